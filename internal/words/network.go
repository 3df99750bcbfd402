package words

// What to do about a network, a proxy, a certificate or a service that does not
// answer, for all services alike.
const (
	Offline = "this machine has no network, or no name server that answers (DNS): ip route and /etc/resolv.conf tell; the next run tries again"
	// OfflineOrProxy is Offline where a proxy may be the only way out.
	OfflineOrProxy = Offline + "; where only a proxy reaches out, set proxy_url"
	// NameUnknown has the key that holds the name.
	NameUnknown        = "the name cannot be resolved; check its spelling in the key %s and this machine's DNS"
	NameUnknownOrProxy = NameUnknown + "; where only a proxy reaches out, set proxy_url"
	// SomeNameUnknown is NameUnknownOrProxy where the key is not known.
	SomeNameUnknown = "the name cannot be resolved; check its spelling in the settings and this machine's DNS; where only a proxy reaches out, set proxy_url"
	NoConnection    = "no connection; check the firewall; where only a proxy reaches out, set proxy_url"
	CheckNetwork    = "check the network; the next run tries again"
	BrokeOff        = "the connection broke off; check the network and a proxy between"
	ClosedUnheard   = "connect to %s: the connection was closed without an answer"

	ProxyWithoutTLS = "the proxy speaks no TLS; let proxy_url begin with http://, or name the port on which it does"
	ProxySilent     = "the proxy does not answer; check proxy_url"
	ProxyBrokeOff   = "the proxy broke off; check that an HTTP proxy listens at the address in proxy_url"
	// ProxyBrokeOffTLS is ProxyBrokeOff for an address with https://.
	ProxyBrokeOffTLS      = ProxyBrokeOff + ", and that it speaks TLS, as https:// in it says"
	ProxyWantsLogin       = "the proxy wants a login; set proxy_username and proxy_password"
	ProxyWantsOtherLogin  = "the proxy wants another login; check proxy_username and proxy_password"
	ProxyForbids          = "let the proxy allow connections to %s"
	ProxyDoesNotReach     = "the proxy does not reach %s; the next run tries again"
	SomethingElseAnswers  = "something between here and Microsoft answers in its place, such as a proxy's or a guest network's login page; let the firewall pass this machine to %s, or set proxy_url, proxy_username and proxy_password"
	ServerOrGatewayAnswer = "check %s, and whether a proxy or a firewall answers in the server's place: it must let this machine through without a login page"

	NameAuthority        = "if the server or a proxy uses a certificate authority of your own, name its PEM file in the key ca_file"
	CertificateOfOther   = "the certificate belongs to another name; check the address in the settings and whether something intercepts the connection"
	CertificateNotValid  = "the certificate is not valid; check its dates and this machine's clock (timedatectl)"
	NoTLSServer          = "that is no TLS server; check the address and port in the settings"
	TLSRefused           = "the server refuses this TLS connection; it must offer TLS 1.2 or newer"
	CertificateUntrusted = "the certificate is of %[1]q, issued by %[2]q, good until %[3]s"

	CAFileUnreadable     = "let the key ca_file name a readable PEM file with certificates"
	CAFileNoCertificates = "let the key ca_file name a PEM file with certificates (BEGIN CERTIFICATE); of one that Windows exported, in DER, this makes such a file: openssl x509 -inform DER -in FILE.cer -out FILE.pem"

	ClockAhead  = "this machine's clock is %[1]s ahead of that of %[2]s"
	ClockBehind = "this machine's clock is %[1]s behind that of %[2]s"
	// SetClock says what a wrong clock does, too.
	SetClock = "set this machine's clock: sudo timedatectl set-ntp true; a sign-in by certificate fails from ten minutes on, " +
		"a token's life is counted by it, and certificates are taken for expired"
)

// What to do about answers that nobody can do much about here.
const (
	ServiceBusy      = "the service is busy or out of order; the next run tries again"
	ServiceFailed    = "a failure of the service; the next run tries again"
	ServiceFailedID  = ServiceFailed + ", and Microsoft's support wants the request id"
	AnswerNew        = "the next run tries again; if it stays so, tell the maintainers"
	AnswerStrange    = "the answer makes no sense; the next run tries again, and if it stays so, tell the maintainers"
	AnswersDisagree  = "the service's answers contradict each other; the next run tries again, and if it stays so, tell the maintainers"
	AnswerTooLarge   = "the service sent far more than a page can hold; tell the maintainers"
	RequestRefused   = "the server refuses what we send; tell the maintainers"
	CheckSameCloud   = "check that %s, authority and tenant_id belong to the same cloud, and this machine's clock (timedatectl)"
	NextRunTries     = "the next run tries again"
	GivenUpAfter     = "given up after %[1]d tries in a row: %[2]w"
	TriedTimes       = "%[1]w (tried %[2]d times)"
	ServiceSlowed    = "the service is busy: slowing down to %[1]d of %[2]d requests at a time"
	ServiceAtSpeed   = "at full speed again, %d requests at a time"
	WaitingBeforeTry = "waiting %[1]s before try %[2]d of %[3]d"
)
