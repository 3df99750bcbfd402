package syncer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// What a member's Result can say.
const (
	OK        = "ok"        // the phonebook was changed, or made
	Unchanged = "unchanged" // nothing had changed
	Kept      = "kept"      // the mailbox is empty, and the phonebook was kept from becoming so
	Failed    = "failed"    // the phonebook is as it was
	Skipped   = "skipped"   // the directory's data does not lead to a mailbox
)

// Result says what became of one member.
type Result struct {
	User    string `json:"user"`
	Mail    string `json:"mail"`
	Result  string `json:"result"`
	Entries int    `json:"entries"` // in the phonebook afterwards; 0 where that is not known
	Added   int    `json:"added"`
	Updated int    `json:"updated"`
	Removed int    `json:"removed"`
	Error   string `json:"error"`
	Hint    string `json:"hint"`

	Err     error              `json:"-"` // behind Error, where the member failed
	Left    bool               `json:"-"` // no member any more, and the phonebook deleted
	Renamed string             `json:"-"` // the phonebook's title before, where that changed
	Details []phonebook.Detail `json:"-"` // in a dry run, for Done only
}

// Report says what became of a run.
type Report struct {
	Started, Finished time.Time
	Source, Why       string // the source, and why that one
	Members           []Result
	Requests, Bytes   int64 // to and from Microsoft's services, sign-in included
	Err               error // why the run as a whole failed

	wanted int // members that the run was to do; 0: they are not known yet
}

// unfinished tells whether members are left to do.
func (r *Report) unfinished() bool { return r.wanted == 0 || len(r.Members) < r.wanted }

// Read returns how many mailboxes were read.
func (r *Report) Read() int {
	n := 0
	for _, m := range r.Members {
		if !m.Left && (m.Result == OK || m.Result == Unchanged || m.Result == Kept) {
			n++
		}
	}
	return n
}

// WriteJSON writes the document of `contactsync --json`, one member after the
// other, so that it does not take room for ten thousand of them.
func (r *Report) WriteJSON(w io.Writer) error {
	head := struct {
		Started  string `json:"started"`
		Finished string `json:"finished"`
		Source   string `json:"source"`
	}{r.Started.UTC().Format(time.RFC3339), r.Finished.UTC().Format(time.RFC3339), r.Source}
	tail := struct {
		Requests int64  `json:"requests"`
		Bytes    int64  `json:"bytes"`
		Error    string `json:"error"`
		Hint     string `json:"hint"`
	}{Requests: r.Requests, Bytes: r.Bytes}
	if r.Err != nil {
		tail.Error, tail.Hint = r.Err.Error(), fault.HintOf(r.Err)
	}
	out := bufio.NewWriter(w)
	text, err := json.Marshal(head)
	out.Write(bytes.TrimSuffix(text, []byte("}")))
	out.WriteString(`,"members":[`)
	for i := range r.Members {
		if i > 0 {
			out.WriteByte(',')
		}
		var wrong error
		text, wrong = json.Marshal(&r.Members[i])
		err = errors.Join(err, wrong)
		out.Write(text)
	}
	out.WriteString("],")
	text, wrong := json.Marshal(tail)
	out.Write(bytes.TrimPrefix(text, []byte("{")))
	out.WriteByte('\n')
	return errors.Join(err, wrong, out.Flush())
}

// Count returns how many members have the given result.
func (r *Report) Count(result string) int {
	n := 0
	for _, m := range r.Members {
		if m.Result == result {
			n++
		}
	}
	return n
}

// ExitStatus returns the exit status that the contract gives to such a run.
func (r *Report) ExitStatus() int {
	switch {
	case r.Err != nil:
		return fault.ClassOf(r.Err).ExitStatus()
	case r.Count(Failed)+r.Count(Kept) > 0:
		return 1
	}
	return 0
}

// Verdict makes one failure of the run of the failures of all its members:
// where every mailbox fails for the same reason, it is not the members'. Of
// some members alone, a refusal says nothing about the others. It returns nil
// where there is none.
func Verdict(members []Result, some bool) error {
	var first *Result
	class := fault.Member
	answered := false
	for i, m := range members {
		switch {
		case m.Result == Skipped, m.Left:
			continue
		case m.Result == Failed && fault.ClassOf(m.Err) == fault.Member:
			answered = true // his own failure says nothing of the others'
		case m.Result != Failed:
			return nil
		case first == nil:
			first, class = &members[i], fault.ClassOf(m.Err)
		case fault.ClassOf(m.Err) != class:
			return nil
		}
	}
	switch {
	case first == nil, class == fault.Refused && some, class == fault.Unavailable && answered:
		return nil
	case class == fault.Refused:
		class = fault.Config
	}
	return fault.New(class, first.Hint, words.NobodyUpToDate, first.Err)
}

// stopped is the error of a run that a signal ended.
func stopped(r *Report) error {
	if r.wanted == 0 {
		return fault.New(fault.Unavailable, words.NextRunDoesRest, words.StoppedBefore)
	}
	return fault.New(fault.Unavailable, words.NextRunDoesRest, words.StoppedAfter, len(r.Members), r.wanted)
}

// Line returns the result in words, for people.
func (r Result) Line() string {
	switch r.Result {
	case OK:
		if r.Left {
			return words.Say(words.LeaverDeleted, entries(r.Removed))
		}
		if r.Renamed != "" {
			return words.Say(words.ChangesRenamed, entries(r.Entries), r.Added, r.Updated, r.Removed, r.Renamed)
		}
		return words.Say(words.Changes, entries(r.Entries), r.Added, r.Updated, r.Removed)
	case Unchanged:
		return entries(r.Entries)
	}
	return r.Error
}

func entries(n int) string { return words.Count(n, words.Entries) }

// Failure returns the report of a run that never began.
func Failure(started time.Time, err error) *Report {
	return &Report{Started: started, Finished: time.Now(), Members: []Result{}, Err: err}
}
