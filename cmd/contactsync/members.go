package main

import (
	"encoding/json"
	"strings"

	"github.com/urfave/cli/v2"

	"contactsync/internal/phonebook"
	"contactsync/internal/words"
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
	t := newTable(column{head: words.HeadUser}, column{head: words.HeadMail}, column{head: words.HeadGroups, spare: true},
		column{head: words.HeadProblem, spare: true, tone: always(doubtful)})
	for _, m := range members {
		t.row(m.User, m.Mail, strings.Join(m.Groups, ", "), m.Problem)
	}
	return t.print(p.stdout)
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
