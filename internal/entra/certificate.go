package entra

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// flaw is something wrong with the file, and what to do about it.
func flaw(hint, format string, args ...any) error {
	return fault.New(fault.Config, hint, format, args...)
}

// CertificateEnd returns until when the certificate in a PEM file is valid, in
// UTC, though that be over. The error has a class and a hint.
func CertificateEnd(file string) (time.Time, error) {
	certs, key, err := readPEM(file)
	if err != nil {
		return time.Time{}, err
	}
	own, err := ownCertificate(certs, key)
	if err != nil {
		return time.Time{}, inFile(file, err)
	}
	return own.NotAfter.UTC(), nil
}

// readCertificate reads a PEM file with a certificate and its RSA key, in any
// order and with any further certificates of the chain. now is for the
// certificate's dates. The error has a class and a hint.
func readCertificate(file string, now time.Time) ([]*x509.Certificate, *rsa.PrivateKey, error) {
	certs, key, err := readPEM(file)
	if err != nil {
		return nil, nil, err
	}
	if err := checkPair(certs, key, now); err != nil {
		return nil, nil, inFile(file, err)
	}
	return certs, key, nil
}

// readPEM reads the certificates and the key in a file.
func readPEM(file string) ([]*x509.Certificate, *rsa.PrivateKey, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrPermission) {
		return nil, nil, fault.New(fault.Permission, words.LetReadCertificate, "read client_certificate: %w", err)
	}
	if err != nil {
		return nil, nil, flaw(words.CertificateFile, "read client_certificate: %w", err)
	}
	certs, key, err := parsePEM(data)
	return certs, key, inFile(file, err)
}

// inFile adds the file's name to an error, where there is one.
func inFile(file string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read client_certificate %s: %w", file, err)
}

// checkPair tells whether Entra would take the certificate and the key.
func checkPair(certs []*x509.Certificate, key *rsa.PrivateKey, now time.Time) error {
	c, err := ownCertificate(certs, key)
	if err != nil {
		return err
	}
	day := c.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case key.N.BitLen() < 2048:
		return flaw(words.KeyTooShort, words.RSAKeyShort, key.N.BitLen())
	case now.After(c.NotAfter):
		return flaw(words.Say(words.CertificateHasEnded, day), words.CertificateExpired, day)
	case now.Before(c.NotBefore):
		return flaw(words.CertificateBegins, words.CertificateNotYet, c.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

// ownCertificate returns the certificate that belongs to the key.
func ownCertificate(certs []*x509.Certificate, key *rsa.PrivateKey) (*x509.Certificate, error) {
	i := slices.IndexFunc(certs, func(c *x509.Certificate) bool { return key.PublicKey.Equal(c.PublicKey) })
	if i < 0 {
		return nil, flaw(words.CertificateFile, words.KeyOfAnother)
	}
	return certs[i], nil
}

// parsePEM returns the certificates and the key of a PEM file.
func parsePEM(data []byte) (certs []*x509.Certificate, key *rsa.PrivateKey, err error) {
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return nil, nil, flaw(words.CertificateConvert, words.NoPEM)
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, flaw(words.CertificateFile, words.CertificateDamaged, err)
			}
			certs = append(certs, c)
			continue
		}
		k, err := parseKey(block)
		switch {
		case err != nil:
			return nil, nil, err
		case k != nil && key != nil:
			return nil, nil, flaw(words.CertificateFile, words.SeveralKeys)
		case k != nil:
			key = k
		}
	}
	switch {
	case key == nil:
		return nil, nil, flaw(words.CertificateFile, words.NoKey)
	case len(certs) == 0:
		return nil, nil, flaw(words.CertificateFile, words.NoCertificate)
	}
	return certs, key, nil
}

// parseKey returns the RSA key in a block; nil where the block holds something
// else than a key.
func parseKey(block *pem.Block) (*rsa.PrivateKey, error) {
	var key any
	var err error
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, flaw(words.CertificateDecrypt, words.KeyEncrypted)
	case block.Type == "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case block.Type == "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type != "EC PRIVATE KEY" && block.Type != "DSA PRIVATE KEY":
		return nil, nil
	}
	if err != nil {
		return nil, flaw(words.CertificateFile, words.KeyDamaged) // err may hold parts of the key
	}
	k, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, flaw(words.KeyTooShort, words.KeyNotRSA)
	}
	return k, nil
}
