package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"contactsync/internal/phonebook"
)

// members is `contactsync members`.
func (p *program) members(c *cli.Context) error {
	if err := nothingElse(c); err != nil {
		return err
	}
	set, err := p.directorySettings(c)
	if err != nil {
		return err
	}
	directory, err := newDirectory(set)
	if err != nil {
		return err
	}
	members, err := directory.Members(c.Context)
	if err != nil {
		return err
	}
	if given(c, "json") {
		return p.membersJSON(members)
	}
	w := tabwriter.NewWriter(p.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "USER\tMAIL\tGROUPS\tPROBLEM")
	for _, m := range members {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", visible(m.User), visible(m.Mail), visible(strings.Join(m.Groups, ", ")), visible(m.Problem))
	}
	return w.Flush()
}

func (p *program) membersJSON(members []phonebook.Member) error {
	type member struct {
		User    string   `json:"user"`
		Mail    string   `json:"mail"`
		Groups  []string `json:"groups"`
		Problem string   `json:"problem"`
	}
	list := make([]member, 0, len(members))
	for _, m := range members {
		list = append(list, member{m.User, m.Mail, append([]string{}, m.Groups...), m.Problem})
	}
	return json.NewEncoder(p.stdout).Encode(list)
}
