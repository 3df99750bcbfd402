package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/simulator"
)

// blunder is a mistake in a world of its own.
type blunder struct {
	chapter, name string
	make          func(*world)
}

// keyMistake is a key that is missing or wrong.
type keyMistake struct {
	chapter, name string
	values        map[string]string
}

// machineBlunder is a mistake with files or users.
type machineBlunder struct {
	name string
	make func(*appliance) result
}

// The chapters of the list.
const (
	ofTheApp       = "The keys of the app registration"
	ofOwnServers   = "The keys of an Exchange server of one's own"
	ofAddresses    = "The keys of addresses and of the network"
	ofTheDirectory = "The keys of the directory"
	ofContents     = "The other keys"
	ofSignIn       = "The sign-in: what Microsoft Entra answers"
	ofPermissions  = "The permissions"
	ofEWS          = "Exchange Web Services"
	ofMailboxes    = "The mailboxes"
	ofDirectories  = "The directory"
	ofGroups       = "The groups and their members"
	ofNetworks     = "The network and the clock"
	ofMachines     = "The machine"
)

// chapter is a part of the list.
type chapter struct {
	title string
	names []string
}

// chapters returns the list's parts with the names of their mistakes.
func chapters() (all []chapter) {
	for _, title := range []string{ofTheApp, ofOwnServers, ofAddresses, ofTheDirectory, ofContents, ofSignIn, ofPermissions, ofEWS, ofMailboxes, ofDirectories, ofGroups, ofNetworks, ofMachines} {
		c := chapter{title: title}
		for _, k := range keyMistakes(&world{}) {
			if k.chapter == title {
				c.names = append(c.names, k.name)
			}
		}
		for _, b := range blunders {
			if b.chapter == title {
				c.names = append(c.names, b.name)
			}
		}
		for _, b := range machineBlunders {
			if title == ofMachines {
				c.names = append(c.names, b.name)
			}
		}
		all = append(all, c)
	}
	return all
}

// guidOfNobody is a well-formed id that nothing has.
const guidOfNobody = "12345678-90ab-cdef-1234-567890abcdef"

// one is one key with a value.
func one(key, value string) map[string]string { return map[string]string{key: value} }

// keyMistakes are all keys that can be missing or wrong.
func keyMistakes(w *world) []keyMistake {
	long := strings.Repeat("Telefonbuch ", 10)
	own := func(without string, values ...string) map[string]string {
		all := map[string]string{"office365": "false", "ews_url": "https://127.0.0.1/EWS/Exchange.asmx", "ews_username": `EXAMPLE\svc`, "ews_password": "geheim-und-lang"}
		if without != "" {
			all[without] = ""
		}
		for i := 0; i+1 < len(values); i += 2 {
			all[values[i]] = values[i+1]
		}
		return all
	}
	return []keyMistake{
		{ofTheApp, "nothing was ever set", map[string]string{"tenant_id": "", "client_id": "", "client_secret": ""}},
		{ofTheApp, "tenant_id is missing", one("tenant_id", "")},
		{ofTheApp, "tenant_id is the company's name", one("tenant_id", "Contoso GmbH")},
		{ofTheApp, "tenant_id has lost a digit", one("tenant_id", guidOfNobody[1:])},
		{ofTheApp, "tenant_id is common", one("tenant_id", "common")},
		{ofTheApp, "tenant_id is of another tenant", one("tenant_id", guidOfNobody)},
		{ofTheApp, "tenant_id is a domain of another tenant", one("tenant_id", "contoso.onmicrosoft.com")},
		{ofTheApp, "client_id is missing", one("client_id", "")},
		{ofTheApp, "client_id is the app's name", one("client_id", "contactsync")},
		{ofTheApp, "client_id is the tenant's", one("client_id", tenantOf(w))},
		{ofTheApp, "client_id is the object id, or that of another tenant's app", one("client_id", guidOfNobody)},
		{ofTheApp, "client_secret is missing", one("client_secret", "")},
		{ofTheApp, "client_secret is the secret's id", one("client_secret", guidOfNobody)},
		{ofTheApp, "client_secret is the whole line of the portal", one("client_secret", "contactsync 31.3.2027 8Q~abcdefghijk "+guidOfNobody)},
		{ofTheApp, "client_secret has a line end in the middle", one("client_secret", "8Q~abcdefg\nhijk")},
		{ofTheApp, "client_secret was cut off", one("client_secret", secret[:20])},
		{ofTheApp, "client_secret is hidden, as the portal shows it later", one("client_secret", "8Q~******************")},
		{ofTheApp, "client_secret_expires is a German date", one("client_secret_expires", "31.03.2027")},
		{ofTheApp, "client_secret_expires is missing", one("client_secret_expires", "")},
		{ofTheApp, "client_secret_expires is near", one("client_secret_expires", inDays(30))},
		{ofTheApp, "client_secret_expires is over", one("client_secret_expires", inDays(-3))},
		{ofTheApp, "client_certificate is no absolute path", one("client_certificate", "app.pem")},
		{ofTheApp, "client_certificate names no file", one("client_certificate", "/nonexistent/app.pem")},
		{ofTheApp, "client_certificate is no certificate", one("client_certificate", "/dev/null")},
		{ofTheApp, "office365 is neither yes nor no", one("office365", "maybe")},
		{ofTheApp, "source is none", one("source", "outlook")},
		{ofTheApp, "a key is misspelt", one("tenantid", guidOfNobody)},

		{ofOwnServers, "ews_url is missing", own("ews_url")},
		{ofOwnServers, "ews_url is Microsoft's", own("", "ews_url", "https://outlook.office365.com/EWS/Exchange.asmx")},
		{ofOwnServers, "ews_url has no path", own("", "ews_url", "https://mail.example.org")},
		{ofOwnServers, "ews_url is not encrypted", own("", "ews_url", "http://mail.example.org/EWS/Exchange.asmx")},
		{ofOwnServers, "ews_username is missing", own("ews_username")},
		{ofOwnServers, "ews_password is missing", own("ews_password")},
		{ofOwnServers, "source is graph", own("", "source", "graph")},

		{ofAddresses, "authority has no scheme", one("authority", "login.microsoftonline.com")},
		{ofAddresses, "authority holds the tenant", one("authority", "https://login.microsoftonline.com/contoso.onmicrosoft.com")},
		{ofAddresses, "authority is of another cloud", map[string]string{"authority": "https://login.microsoftonline.us", "graph_url": "https://graph.microsoft.com/v1.0"}},
		{ofAddresses, "graph_url has no scheme", one("graph_url", "graph.microsoft.com")},
		{ofAddresses, "graph_url has no version", one("graph_url", "https://graph.microsoft.com")},
		{ofAddresses, "ews_url of Exchange Online has no path", one("ews_url", "https://outlook.office365.com")},
		{ofAddresses, "ca_file is no absolute path", one("ca_file", "ca.pem")},
		{ofAddresses, "ca_file names no file", one("ca_file", "/nonexistent/ca.pem")},
		{ofAddresses, "ca_file is no certificate", one("ca_file", "/dev/null")},
		{ofAddresses, "proxy_url has no scheme", one("proxy_url", "proxy.example.org:3128")},
		{ofAddresses, "proxy_url holds a password", one("proxy_url", "http://svc:geheim@proxy.example.org:3128")},
		{ofAddresses, "proxy_username without an address", one("proxy_username", "svc")},
		{ofAddresses, "proxy_password without a user", map[string]string{"proxy_url": "http://127.0.0.1:3128", "proxy_password": "geheim-und-lang"}},

		{ofTheDirectory, "ldap_url has no scheme", one("ldap_url", "ldap.example.org")},
		{ofTheDirectory, "ldap_url holds a base", one("ldap_url", "ldap://ldap.example.org/dc=example,dc=org")},
		{ofTheDirectory, "ldap_starttls is neither yes nor no", one("ldap_starttls", "maybe")},
		{ofTheDirectory, "ldap_starttls would send a password unencrypted", map[string]string{"ldap_url": "ldap://ldap.example.org", "ldap_starttls": "false", "ldap_bind_dn": ldaptest.ReaderDN, "ldap_bind_password": ldaptest.ReaderPassword}},
		{ofTheDirectory, "ldap_bind_dn without a password", one("ldap_bind_dn", ldaptest.ReaderDN)},
		{ofTheDirectory, "ldap_bind_password without a name", one("ldap_bind_password", ldaptest.ReaderPassword)},
		{ofTheDirectory, "ldap_base_dn is a domain", one("ldap_base_dn", "example.org")},
		{ofTheDirectory, "ldap_group_filter has lost a parenthesis", one("ldap_group_filter", "(&(objectClass=groupOfNames)(description=ews_synccontacts=true)")},
		{ofTheDirectory, "ldap_member_attribute is no name", one("ldap_member_attribute", "the members")},
		{ofTheDirectory, "ldap_uid_attribute is no name", one("ldap_uid_attribute", "uid=")},
		{ofTheDirectory, "ldap_mail_attribute is no name", one("ldap_mail_attribute", "e mail")},
		{ofTheDirectory, "ldap_object_id_attribute is no name", one("ldap_object_id_attribute", "object id")},

		{ofContents, "phonebookname is too long", one("phonebookname", long)},
		{ofContents, "contact_folders is none", one("contact_folders", "alle")},
		{ofContents, "skip_without_number is neither yes nor no", one("skip_without_number", "vielleicht")},
		{ofContents, "include_notes is neither yes nor no", one("include_notes", "vielleicht")},
		{ofContents, "default_region is a name", one("default_region", "Germany")},
		{ofContents, "default_area_code is a town", one("default_area_code", "Berlin")},
		{ofContents, "leavers is none", one("leavers", "remove")},
		{ofContents, "workers is no number", one("workers", "many")},
		{ofContents, "workers are too many", one("workers", "1000")},
	}
}

// tenantOf returns the id of the tenant, where there is one.
func tenantOf(w *world) string {
	if w.tenant == nil {
		return ""
	}
	return w.tenant.ID
}

// inDays returns a day from today on.
func inDays(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly) }

// refuses has the sign-in service answer an error of Microsoft Entra.
func refuses(name string, code int, text string) func(*world) {
	return func(w *world) {
		w.cloud.SetFault(simulator.Always("/oauth2/v2.0/token", func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
			rw.Header().Set("Content-Type", "application/json; charset=utf-8")
			rw.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(rw, `{"error":%q,"error_description":"AADSTS%d: %s Trace ID: t Correlation ID: c Timestamp: 2026-11-22 09:00:00Z","error_codes":[%[2]d],"trace_id":"t","correlation_id":"c","timestamp":"2026-11-22 09:00:00Z"}`, name, code, text)
		}))
	}
}

// only has the app be granted one thing.
func only(resource string, roles ...string) func(*world) {
	return func(w *world) {
		w.tenant.Change(func() { w.app.Roles = map[string][]string{resource: roles} })
	}
}

// and makes several mistakes at once.
func and(all ...func(*world)) func(*world) {
	return func(w *world) {
		for _, f := range all {
			f(w)
		}
	}
}

// with sets a key.
func with(key, value string) func(*world) { return func(w *world) { w.set(key, value) } }

// overEWS is the app that may do nothing but EWS.
var overEWS = only(simulator.EWSResource, "full_access_as_app")

// exchange is a server of one's own with an account.
func exchange(password string, impersonates bool) func(*world) {
	return func(w *world) {
		w.tenant.AddMailbox(simulator.Mailbox{Mail: "svc@example.org", Password: secret, MayImpersonate: impersonates})
		for key, value := range map[string]string{"office365": "false", "ews_username": "svc@example.org", "ews_password": password,
			"tenant_id": "", "client_id": "", "client_secret": "", "client_secret_expires": "", "authority": "", "graph_url": ""} {
			w.set(key, value)
		}
	}
}

// outOfOrder has the service fail each request to a path.
func outOfOrder(part string, f simulator.Fault) func(*world) {
	return func(w *world) { w.cloud.SetFault(simulator.Always(part, f)) }
}

// write writes a file into the world's folder and lets a key name it.
func write(key, name, text string) func(*world) {
	return func(w *world) {
		if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
		w.set(key, w.path(name))
	}
}

// blunders are all mistakes that take a world of their own.
var blunders = []blunder{
	{ofSignIn, "the secret has expired (AADSTS7000222)", func(w *world) { w.tenant.Change(func() { w.app.Expired = true }) }},
	{ofSignIn, "the certificate was not uploaded (AADSTS700027)", func(w *world) {
		w.certificate("app.pem")
		w.set("client_certificate", w.path("app.pem"))
		w.set("client_secret", "")
	}},
	{ofSignIn, "the certificate has expired", func(w *world) { w.certify(time.Now().AddDate(0, 0, -3)); w.set("client_secret", "") }},
	{ofSignIn, "the certificate is near its end", func(w *world) { w.certify(time.Now().AddDate(0, 0, 30)); w.set("client_secret", "") }},
	{ofSignIn, "the file of the certificate holds no key", func(w *world) {
		write("client_certificate", "app.pem", string(w.cloud.CAPEM))(w)
		w.set("client_secret", "")
	}},
	{ofSignIn, "no secret was sent (AADSTS7000216)", refuses("invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")},
	{ofSignIn, "the app is switched off (AADSTS7000112)", refuses("unauthorized_client", 7000112, "Application 'x' is disabled.")},
	{ofSignIn, "nobody in the tenant consented to the app (AADSTS7000229)", refuses("unauthorized_client", 7000229, "The client application is missing service principal in the tenant.")},
	{ofSignIn, "no consent (AADSTS65001)", refuses("invalid_grant", 65001, "The user or administrator has not consented to use the application.")},
	{ofSignIn, "consent by an administrator is needed (AADSTS90094)", refuses("access_denied", 90094, "Admin consent is required for the permissions requested by this application.")},
	{ofSignIn, "the tenant does not know the service (AADSTS500011)", refuses("invalid_resource", 500011, "The resource principal named https://graph.microsoft.com was not found in the tenant.")},
	{ofSignIn, "the tenant has no subscription for the service (AADSTS500014)", refuses("invalid_resource", 500014, "The service principal for resource is disabled.")},
	{ofSignIn, "the tenant has no licence for the service (AADSTS650052)", refuses("invalid_client", 650052, "The app needs access to a service that your organization has not subscribed to or enabled.")},
	{ofSignIn, "Conditional Access (AADSTS53003)", refuses("invalid_grant", 53003, "Access has been blocked by Conditional Access policies.")},
	{ofSignIn, "a firewall that restricts tenants (AADSTS500021)", refuses("access_denied", 500021, "Access to the tenant is denied.")},
	{ofSignIn, "no such sign-in service (AADSTS50049)", refuses("invalid_request", 50049, "Unknown or invalid instance.")},
	{ofSignIn, "the tenant is in another cloud (AADSTS90038)", refuses("invalid_request", 90038, "Confidential Client is not supported in Cross Cloud request.")},
	{ofSignIn, "common as a tenant (AADSTS9001023)", refuses("invalid_grant", 9001023, "The grant type is not supported over the /common endpoint.")},
	{ofSignIn, "the clock, with a certificate (AADSTS700024)", refuses("invalid_client", 700024, "Client assertion is not within its valid time range.")},
	{ofSignIn, "too many sign-ins (AADSTS90055)", outOfOrder("/oauth2/", simulator.SignInThrottled("3600"))},
	{ofSignIn, "an error that nobody explains (AADSTS999999)", refuses("invalid_client", 999999, "Something new.")},
	{ofSignIn, "somebody else answers in Microsoft's place", outOfOrder("/oauth2/", simulator.LoginPage)},

	{ofPermissions, "none, or consent is missing", (*world).nothingGranted},
	{ofPermissions, "none any more, after a run that worked", func(w *world) { w.sync(0); w.nothingGranted() }},
	{ofPermissions, "delegated permissions instead of application permissions", (*world).nothingGranted},
	{ofPermissions, "only User.ReadBasic.All", only(simulator.GraphResource, "User.ReadBasic.All")},
	{ofPermissions, "only Contacts.Read", only(simulator.GraphResource, "Contacts.Read")},
	{ofPermissions, "another one, Mail.Read", only(simulator.GraphResource, "Mail.Read", "User.ReadBasic.All")},
	{ofPermissions, "Contacts.ReadWrite", only(simulator.GraphResource, "Contacts.ReadWrite", "User.ReadBasic.All")},
	{ofPermissions, "more than needed", only(simulator.GraphResource, "Contacts.Read", "User.ReadBasic.All", "Mail.Read", "Directory.Read.All")},
	{ofPermissions, "full_access_as_app beside Contacts.Read", func(w *world) {
		w.tenant.Change(func() { w.app.Roles[simulator.EWSResource] = []string{"full_access_as_app"} })
	}},
	{ofPermissions, "source is graph, and only EWS is granted", and(overEWS, with("source", "graph"))},
	{ofPermissions, "source is ews, and only Graph is granted", with("source", "ews")},

	{ofEWS, "full_access_as_app alone, until 2027-04-01", overEWS},
	{ofEWS, "source is ews, until 2027-04-01", and(overEWS, with("source", "ews"))},
	{ofEWS, "EWS is blocked by a policy of the organisation", and(overEWS, outOfOrder("/EWS/", simulator.EWSBlocked("EWS is blocked by policy for this user or tenant")))},
	{ofEWS, "EWS is switched off for the organisation", and(overEWS, outOfOrder("/EWS/", simulator.EWSBlocked("EWS is disabled for this user or tenant")))},
	{ofEWS, "EWS is switched off for one mailbox", and(overEWS, func(w *world) { m := w.mailbox("bram"); w.tenant.Change(func() { m.EWSDisabled = true }) })},
	{ofEWS, "an address that is an alias", and(overEWS, func(w *world) {
		w.tenant.AddMailbox(simulator.Mailbox{Mail: "b.bakker@example.org", Aliases: []string{"alias@example.org"}})
		w.mail("bram", "alias@example.org")
	})},
	{ofEWS, "a mailbox without a licence", and(overEWS, func(w *world) { w.revoke("bram") })},
	{ofEWS, "a mailbox out of scope", and(overEWS, func(w *world) { w.leaveOut("bram") })},
	{ofEWS, "the wrong password of one's own server", exchange("falsch-und-lang", true)},
	{ofEWS, "no ApplicationImpersonation on one's own server", exchange(secret, false)},
	{ofEWS, "an address of one's own server that is none", and(exchange(secret, true), func(w *world) { w.set("ews_url", strings.Replace(w.cloud.EWSURL(), "/EWS/Exchange.asmx", "/owa/", 1)) })},

	{ofMailboxes, "nobody has the address", func(w *world) { w.mail("bram", "gone@example.org") }},
	{ofMailboxes, "the address is an alias", func(w *world) {
		w.tenant.AddMailbox(simulator.Mailbox{Mail: "b.bakker@example.org", Aliases: []string{"alias@example.org"}})
		w.mail("bram", "alias@example.org")
	}},
	{ofMailboxes, "two users have the address", func(w *world) {
		w.tenant.AddMailbox(simulator.Mailbox{Mail: address("bram"), ObjectID: guidOfNobody, UPN: "bram2@example.org"})
	}},
	{ofMailboxes, "no licence", func(w *world) { w.revoke("bram") }},
	{ofMailboxes, "no licence at all", func(w *world) { w.revoke("anna"); w.revoke("bram") }},
	{ofMailboxes, "out of scope", func(w *world) { w.leaveOut("bram") }},
	{ofMailboxes, "all out of scope", func(w *world) { w.leaveOut("anna", "bram") }},
	{ofMailboxes, "another sign-in name, and no permission to look up", and(only(simulator.GraphResource, "Contacts.Read"), func(w *world) {
		w.tenant.AddMailbox(simulator.Mailbox{Mail: "b.bakker@example.org", UPN: "bram.b@example.org"})
		w.mail("bram", "b.bakker@example.org")
	})},
	{ofMailboxes, "a wrong object id", and(with("ldap_object_id_attribute", "description"), func(w *world) {
		w.ldap.Replace(ldaptest.PersonDN("anna"), "description", guidOfNobody)
		w.ldap.Replace(ldaptest.PersonDN("bram"), "description", w.mailbox("bram").ObjectID)
	})},

	{ofDirectories, "down", func(w *world) { w.ldap.Stop() }},
	{ofDirectories, "a name that is not there", with("ldap_url", "ldap://ldap."+nowhere)},
	{ofDirectories, "a server that is no directory", func(w *world) {
		w.set("ldap_url", strings.Replace(w.cloud.GraphURL(), "https", "ldap", 1)[:len("ldap://127.0.0.1:00000")])
	}},
	{ofDirectories, "ldaps:// at the port of ldap://", func(w *world) { w.set("ldap_url", strings.Replace(w.ldap.URL, "ldap:", "ldaps:", 1)) }},
	{ofDirectories, "a certificate of a strange authority", (*world).strangeDirectory},
	{ofDirectories, "a certificate with another name", (*world).otherName},
	{ofDirectories, "no StartTLS there", func(w *world) {
		w.ldap = ldaptest.NewServer(w.t, ldaptest.Options{NoTLS: true}, ldaptest.Person("anna", address("anna")), ldaptest.SyncedGroup("telefonie", ldaptest.PersonDN("anna")))
		direct(w)
	}},
	{ofDirectories, "a wrong password", func(w *world) { w.bind("falsch-und-lang") }},
	{ofDirectories, "a wrong name to sign in with", func(w *world) { w.bind(ldaptest.ReaderPassword); w.set("ldap_bind_dn", "cn=nobody,"+ldaptest.BaseDN) }},
	{ofDirectories, "nobody signs in, and nobody may read", func(w *world) { w.move(ldaptest.Options{Access: ldaptest.SignedIn}) }},
	{ofDirectories, "the account may not read", func(w *world) { w.move(ldaptest.Options{Access: ldaptest.Nobody}); w.bind(ldaptest.ReaderPassword) }},
	{ofDirectories, "a base that is not there", with("ldap_base_dn", "ou=elsewhere,"+ldaptest.BaseDN)},
	{ofDirectories, "a base that another server holds", with("ldap_base_dn", "dc=example,dc=com")},
	{ofDirectories, "a referral", func(w *world) { w.refer() }},
	{ofDirectories, "too many groups for the server's limit", func(w *world) { w.move(ldaptest.Options{SizeLimit: 1}, "another") }},

	{ofGroups, "no group", func(w *world) { w.ldap.Delete(ldaptest.GroupDN("telefonie")) }},
	{ofGroups, "a group without the parameter", func(w *world) { w.ldap.Replace(ldaptest.GroupDN("telefonie"), "description", "Telefonie") }},
	{ofGroups, "a group with the parameter switched off", func(w *world) { w.ldap.Replace(ldaptest.GroupDN("telefonie"), "description", "ews_synccontacts=false") }},
	{ofGroups, "a group without members", func(w *world) {
		w.ldap.Add(ldaptest.SyncedPosixGroup("empty"))
		w.set("ldap_group_filter", "(cn=empty)")
		w.set("ldap_member_attribute", "memberUid")
	}},
	{ofGroups, "a group whose only member is gone", func(w *world) { w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("gone")) }},
	{ofGroups, "a member who is gone", func(w *world) {
		w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"), ldaptest.PersonDN("gone"))
	}},
	{ofGroups, "a user without mail", func(w *world) { w.ldap.Replace(ldaptest.PersonDN("bram"), "mail") }},
	{ofGroups, "nobody with mail, because the attribute is another one", with("ldap_mail_attribute", "proxyAddresses")},
	{ofGroups, "nobody with a user id, because the attribute is another one", with("ldap_uid_attribute", "sAMAccountName")},
	{ofGroups, "two users with the same mail", func(w *world) { w.mail("bram", address("anna")) }},
	{ofGroups, "a mail address that is none", func(w *world) { w.mail("bram", "bram") }},

	{ofNetworks, "a name that cannot be resolved", with("graph_url", "https://graph."+nowhere+"/v1.0")},
	{ofNetworks, "nobody listens", func(w *world) { w.set("authority", w.closed()) }},
	{ofNetworks, "a firewall that opens TLS, whose authority is not trusted", func(w *world) { w.set("ca_file", w.ldap.CAFile) }},
	{ofNetworks, "no TLS there", func(w *world) { w.set("graph_url", w.unencrypted()+"/v1.0") }},
	{ofNetworks, "a proxy that is not there", func(w *world) { w.set("proxy_url", strings.Replace(w.closed(), "https", "http", 1)) }},
	{ofNetworks, "a name of a proxy that cannot be resolved", with("proxy_url", "http://proxy."+nowhere+":3128")},
	{ofNetworks, "a proxy that wants a login", func(w *world) { a, _ := connectProxy(w.t, "svc", secret); w.set("proxy_url", a) }},
	{ofNetworks, "a wrong password of the proxy", func(w *world) {
		a, _ := connectProxy(w.t, "svc", secret)
		w.set("proxy_url", a)
		w.set("proxy_username", "svc")
		w.set("proxy_password", "falsch-und-lang")
	}},
	{ofNetworks, "a login page in the service's place", outOfOrder("/v1.0/", simulator.LoginPage)},
	{ofNetworks, "a clock that is a little off", func(w *world) { w.late(3 * time.Minute) }},
	{ofNetworks, "a clock that is far off", func(w *world) { w.late(-2 * time.Hour) }},
	{ofNetworks, "a clock that is far off, with a certificate", func(w *world) { w.behind(2 * time.Hour) }},

	{ofMachines, "a damaged store", func(w *world) { w.set("note", strings.Repeat("x", 20000)); w.damage("kvstore/contactsync.db") }},
	{ofMachines, "damaged phonebooks", func(w *world) { w.sync(0); w.damage("phonebooks.db") }},
	{ofMachines, "one damaged page of the phonebooks", (*world).oneLeaf},
	{ofMachines, "a folder in the place of the lock", (*world).folderForLock},
	{ofMachines, "another run", (*world).otherRun},
}

// otherName has the directory be reached by an address that does not stand in
// its certificate.
func (w *world) otherName() {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	there := strings.TrimPrefix(w.ldap.URL, "ldap://")
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			go hand(here, there)
		}
	}()
	w.set("ldap_url", "ldap://"+l.Addr().String())
}

// hand connects a client with an address.
func hand(here net.Conn, address string) {
	defer here.Close()
	there, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer there.Close()
	go io.Copy(there, here)
	io.Copy(here, there)
}

// nothingGranted takes all permissions away.
func (w *world) nothingGranted() { w.grant() }

// machineBlunders are all mistakes with files and users.
var machineBlunders = []machineBlunder{
	{"check runs as root", func(a *appliance) result { return a.as("root", "check", "--json") }},
	{"check runs as somebody else", func(a *appliance) result { return a.as("asterisk", "check", "--json") }},
	{"root owns the store's file", func(a *appliance) result {
		a.chown("kvstore/contactsync.db", 0)
		return a.as("ucservices", "check", "--json")
	}},
	{"the store may not be read", func(a *appliance) result {
		a.chmod("kvstore/contactsync.db", 0)
		return a.as("ucservices", "check", "--json")
	}},
	{"root owns the phonebooks", func(a *appliance) result {
		a.chown("phonebooks/phonebooks.db", 0)
		return a.as("ucservices", "check", "--json")
	}},
	{"the folder of the phonebooks may not be written", func(a *appliance) result {
		a.chown("phonebooks", 0)
		a.chmod("phonebooks", 0o755)
		return a.as("ucservices", "check", "--json")
	}},
	{"the disk is full", func(a *appliance) result { return a.mounted(512, "check", "--json") }},
	{"the disk is nearly full", func(a *appliance) result { return a.mounted(8<<10, "check", "--json") }},
}

func (a *appliance) chown(name string, uid int) {
	if err := os.Chown(a.path(name), uid, uid); err != nil {
		a.t.Fatal(err)
	}
}

func (a *appliance) chmod(name string, mode os.FileMode) {
	if err := os.Chmod(a.path(name), mode); err != nil {
		a.t.Fatal(err)
	}
}
