package simulator

import "strings"

// resolveNames answers ResolveNames from the tenant's users.
func resolveNames(q *ewsRequest, w *xmlWriter) *ewsError {
	entry := strings.ToLower(strings.TrimSpace(q.op.childText("m:UnresolvedEntry")))
	entry = strings.TrimPrefix(entry, "smtp:")
	full := q.op.attr("ReturnFullContactData") == "true"
	var found []*Mailbox
	for _, m := range q.mailbox.tenant.mailboxes {
		if entry != "" && !m.NoMailbox && len(found) < 100 && m.answersTo(entry) {
			found = append(found, m)
		}
	}
	w.response("ResolveNames", func() {
		if len(found) == 0 {
			w.failure("ResolveNames", &ewsError{code: "ErrorNameResolutionNoResults", text: "No results were found."}, "")
			return
		}
		content := func() {
			w.printf(`<m:ResolutionSet TotalItemsInView="%d" IncludesLastItemInRange="true">`, len(found))
			for _, m := range found {
				w.resolution(m, full)
			}
			w.WriteString("</m:ResolutionSet>")
		}
		if len(found) == 1 {
			w.message("ResolveNames", content)
			return
		}
		w.WriteString(`<m:ResolveNamesResponseMessage ResponseClass="Warning"><m:MessageText>Multiple results were found.</m:MessageText>` +
			`<m:ResponseCode>ErrorNameResolutionMultipleResults</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>`)
		content()
		w.WriteString("</m:ResolveNamesResponseMessage>")
	})
	return nil
}

// answersTo says whether an ambiguous name can mean the mailbox: addresses and
// names count from their beginning.
func (m *Mailbox) answersTo(entry string) bool {
	for _, name := range append([]string{m.Mail, m.UPN, m.DisplayName}, m.Aliases...) {
		if strings.HasPrefix(strings.ToLower(name), entry) {
			return true
		}
	}
	return false
}

func (w *xmlWriter) resolution(m *Mailbox, full bool) {
	w.WriteString("<t:Resolution><t:Mailbox>")
	w.element("t:Name", m.DisplayName)
	w.element("t:EmailAddress", m.Mail)
	w.WriteString("<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>")
	if full {
		w.WriteString("<t:Contact>")
		w.element("t:DisplayName", m.DisplayName)
		w.WriteString(`<t:EmailAddresses><t:Entry Key="EmailAddress1">`)
		w.escape("SMTP:" + m.Mail)
		w.WriteString("</t:Entry></t:EmailAddresses><t:ContactSource>ActiveDirectory</t:ContactSource></t:Contact>")
	}
	w.WriteString("</t:Resolution>")
}

// convertID answers ConvertId with an error for each id: clients that nobody
// here wrote use it to learn the server's version.
func convertID(q *ewsRequest, w *xmlWriter) *ewsError {
	w.response("ConvertId", func() {
		for range q.op.children("m:SourceIds") {
			w.failure("ConvertId", errIDMalformed, "")
		}
	})
	return nil
}
