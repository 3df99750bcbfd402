package ews

import (
	"crypto"
	"crypto/md5" // what the protocol prescribes; it protects no secret here
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
)

// Offsets and values of a CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2) and of the
// attributes in its target information (2.2.2.1).
const (
	flagsAt      = 20
	targetInfoAt = 40
	headerLen    = 48

	keyExchange = 1 << 30 // NTLMSSP_NEGOTIATE_KEY_EXCH

	avEnd             = 0
	avChannelBindings = 10
)

var errChallenge = errors.New("the server's challenge is damaged")

// bindChallenge returns the server's challenge with the channel binding of the
// TLS connection among the attributes that the client's proof covers. Servers
// with Extended Protection refuse a proof without it: it shows that nobody
// sits between who passes the proof on. The library knows no channel bindings,
// but it signs the attributes of the challenge as they are.
//
// It also takes back the key exchange, which the library does not do and which
// only sealing would need.
func bindChallenge(challenge []byte, state *tls.ConnectionState) ([]byte, error) {
	if len(challenge) < headerLen {
		return nil, errChallenge
	}
	out := append([]byte(nil), challenge...)
	flags := binary.LittleEndian.Uint32(out[flagsAt:])
	binary.LittleEndian.PutUint32(out[flagsAt:], flags&^keyExchange)
	n := int(binary.LittleEndian.Uint16(out[targetInfoAt:]))
	at := int(binary.LittleEndian.Uint32(out[targetInfoAt+4:]))
	if n == 0 || state == nil || len(state.PeerCertificates) == 0 {
		return out, nil
	}
	if at > len(out) || n > len(out)-at {
		return nil, errChallenge
	}
	info, err := withBinding(out[at:at+n], channelBinding(state.PeerCertificates[0]))
	if err != nil || len(info) > 0xFFFF {
		return nil, errChallenge
	}
	binary.LittleEndian.PutUint16(out[targetInfoAt:], uint16(len(info)))
	binary.LittleEndian.PutUint16(out[targetInfoAt+2:], uint16(len(info)))
	binary.LittleEndian.PutUint32(out[targetInfoAt+4:], uint32(len(out)))
	return append(out, info...), nil
}

// withBinding returns the attributes with the channel binding before their end.
func withBinding(info, binding []byte) ([]byte, error) {
	var out []byte
	for len(info) >= 4 {
		id, n := binary.LittleEndian.Uint16(info), int(binary.LittleEndian.Uint16(info[2:]))
		if n > len(info)-4 {
			return nil, errChallenge
		}
		switch id {
		case avEnd:
			out = binary.LittleEndian.AppendUint16(out, avChannelBindings)
			out = binary.LittleEndian.AppendUint16(out, uint16(len(binding)))
			out = append(out, binding...)
			return append(out, 0, 0, 0, 0), nil
		case avChannelBindings:
			// Ours replaces it.
		default:
			out = append(out, info[:4+n]...)
		}
		info = info[4+n:]
	}
	return nil, errChallenge
}

// channelBinding returns the hash that stands for a connection to the server
// with this certificate: tls-server-end-point (RFC 5929, 4), the certificate's
// hash by the algorithm of its signature, but SHA-256 in place of MD5 and SHA-1.
func channelBinding(cert *x509.Certificate) []byte {
	hash := crypto.SHA256
	switch cert.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(cert.Raw)
	return bindingHash(h.Sum(nil))
}

// bindingHash returns the MD5 hash of the gss_channel_bindings_struct (RFC 4121,
// 4.1.1.2) around a certificate's hash.
func bindingHash(certificate []byte) []byte {
	data := append([]byte("tls-server-end-point:"), certificate...)
	bindings := make([]byte, 16, 20+len(data)) // no addresses: two empty pairs of type and length
	bindings = binary.LittleEndian.AppendUint32(bindings, uint32(len(data)))
	sum := md5.Sum(append(bindings, data...))
	return sum[:]
}
