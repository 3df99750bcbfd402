package transport

import (
	"crypto/tls"
	"errors"
	"time"

	"contactsync/internal/words"
)

// Untrusted says of an error of TLS whose the certificate is that was not
// trusted, and who issued it: often that names what stands between here and the
// server. It returns an empty string where the error is another one.
func Untrusted(err error) string {
	var bad *tls.CertificateVerificationError
	if !errors.As(err, &bad) || len(bad.UnverifiedCertificates) == 0 {
		return ""
	}
	c := bad.UnverifiedCertificates[0]
	return words.Say(words.CertificateUntrusted, c.Subject, c.Issuer, c.NotAfter.UTC().Format(time.DateOnly))
}
