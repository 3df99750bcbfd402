package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// ErrNobody tells that the tenant knows nobody by a member's address.
var ErrNobody = words.Errorf(words.NobodyHasAddress)

// mailbox is a mailbox as requests address it.
type mailbox struct {
	path     string // /users/…
	bySignIn bool   // the path holds an address that may not be a sign-in name
	// id is of this mailbox and no other: the user's object id or, where the app
	// may not look users up, the id of the folder Contacts.
	id string
}

// user is the resource type user, as far as it is asked for.
type user struct {
	ID   string `json:"id"`
	Mail string `json:"mail"`
	UPN  string `json:"userPrincipalName"`
}

// find returns the mailbox whose primary address is the member's.
func (s *Source) find(ctx context.Context, a asker, m phonebook.Member) (mailbox, error) {
	switch {
	case m.ObjectID != "":
		return byID(m.ObjectID), nil
	case m.Mail == "":
		return mailbox{}, fault.New(fault.Member, words.GiveAddress, words.NoAddressAtAll)
	case s.bySignIn.Load():
		return s.signInName(ctx, a, m.Mail)
	}
	id, err := s.lookUp(ctx, a, m.Mail)
	var refusal *serviceError
	if errors.As(err, &refusal) && refusal.is("Authorization_RequestDenied") {
		if !s.bySignIn.Swap(true) {
			s.logger.Info(words.Fill(words.SignInNamesUsed))
		}
		return s.signInName(ctx, a, m.Mail)
	}
	if err != nil {
		return mailbox{}, err
	}
	return byID(id), nil
}

func byID(id string) mailbox { return mailbox{path: userPath(id), id: strings.ToLower(id)} }

// signInName returns the mailbox of who signs in with an address. A name can
// pass to somebody else, but not the id of the mailbox's folder.
func (s *Source) signInName(ctx context.Context, a asker, mail string) (mailbox, error) {
	box := mailbox{path: userPath(mail), bySignIn: true}
	var f folder
	q := &request{link: s.link(folderPath(box, ""), "$select=id"), use: func(r *reader) error {
		f = folder{}
		if err := json.Unmarshal(r.all(), &f); err != nil {
			return err
		}
		if f.ID == "" {
			return errNoID
		}
		return nil
	}}
	a.ask(ctx, q)
	box.id = f.ID
	return box, box.explain(q.err)
}

// lookUp returns the object id of the one user with the given primary address.
func (s *Source) lookUp(ctx context.Context, a asker, mail string) (id string, err error) {
	query := "$select=id,mail,userPrincipalName&$filter=" + escape("mail eq '"+strings.ReplaceAll(mail, "'", "''")+"'")
	var found []user
	err = list(ctx, s, a, s.link("/users", query), decodeItems[user], func(users []user) error {
		for _, u := range users {
			if strings.EqualFold(u.Mail, mail) {
				found = append(found, u)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return "", wrap("look up user", err)
	case len(found) == 0:
		return "", fault.New(fault.Member, words.CompareAddress,
			"look up user: %w %s", ErrNobody, mail)
	case len(found) > 1:
		return "", fault.New(fault.Member, words.AddressOfSeveral,
			words.SeveralHave, mail, found[0].UPN, found[1].UPN)
	case found[0].ID == "":
		return "", fault.New(fault.Unavailable, words.AnswerStrange, "look up user: Microsoft Graph answers without an id")
	}
	return found[0].ID, nil
}

// explain adds to the failure of a mailbox that was taken by sign-in name what
// is the most likely reason that nobody has it.
func (b mailbox) explain(err error) error {
	var e *serviceError
	if b.bySignIn && errors.As(err, &e) && e.noUser() {
		return fault.New(fault.Member, words.SignInNameDiffers, "%w", err)
	}
	return err
}

// userPath returns the path of a user by id or sign-in name. One that begins
// with $ has to stand in parentheses ("Get a user").
func userPath(id string) string {
	if strings.HasPrefix(id, "$") {
		return "/users('" + url.PathEscape(strings.ReplaceAll(id, "'", "''")) + "')"
	}
	return "/users/" + url.PathEscape(id)
}
