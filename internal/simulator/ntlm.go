package simulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 NTLM is made of MD4
)

// The server's side of NTLMv2 as in MS-NLMP: an answer is accepted only where
// its proof, and its integrity code if it has one, can be computed from the
// password. NTLMv1 and LM are refused, as a well kept Exchange refuses them.

const (
	ntlmUnicode        = 1 << 0
	ntlmRequestTarget  = 1 << 2
	ntlmNegotiateNTLM  = 1 << 9
	ntlmAlwaysSign     = 1 << 15
	ntlmTargetDomain   = 1 << 16
	ntlmExtendedSecure = 1 << 19
	ntlmTargetInfo     = 1 << 23
	ntlm128            = 1 << 29
	ntlmKeyExchange    = 1 << 30
)

// The attributes of a target, MS-NLMP 2.2.2.1.
const (
	ntlmAVEnd          = 0
	ntlmAVComputer     = 1
	ntlmAVDomain       = 2
	ntlmAVDNSComputer  = 3
	ntlmAVDNSDomain    = 4
	ntlmAVFlags        = 6
	ntlmAVTime         = 7
	ntlmFlagMICPresent = 2
)

var errNTLM = errors.New("no valid NTLM message")

// ntlmHandshake is what a server remembers between its challenge and the
// client's answer.
type ntlmHandshake struct {
	negotiate []byte
	challenge []byte
	nonce     [8]byte
}

// ntlmMessageType returns 1 for a negotiate, 3 for an authenticate message and
// 0 for what is neither.
func ntlmMessageType(msg []byte) uint32 {
	if len(msg) < 12 || string(msg[:8]) != "NTLMSSP\x00" {
		return 0
	}
	return binary.LittleEndian.Uint32(msg[8:])
}

// newNTLMHandshake answers a negotiate message with a challenge.
func newNTLMHandshake(negotiate []byte, domain string, now time.Time) *ntlmHandshake {
	h := &ntlmHandshake{negotiate: negotiate}
	rand.Read(h.nonce[:])
	short, _, _ := strings.Cut(strings.ToUpper(domain), ".")
	var info []byte
	for _, av := range []struct {
		id    uint16
		value []byte
	}{
		{ntlmAVDomain, utf16le(short)},
		{ntlmAVComputer, utf16le("EX01")},
		{ntlmAVDNSDomain, utf16le(domain)},
		{ntlmAVDNSComputer, utf16le("ex01." + domain)},
		{ntlmAVTime, binary.LittleEndian.AppendUint64(nil, filetime(now))},
		{ntlmAVEnd, nil},
	} {
		info = binary.LittleEndian.AppendUint16(info, av.id)
		info = binary.LittleEndian.AppendUint16(info, uint16(len(av.value)))
		info = append(info, av.value...)
	}
	target := utf16le(short)
	const header = 56
	msg := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	msg = appendNTLMField(msg, len(target), header)
	flags := uint32(ntlmUnicode | ntlmRequestTarget | ntlmNegotiateNTLM | ntlmAlwaysSign | ntlmTargetDomain | ntlmExtendedSecure | ntlmTargetInfo)
	if len(negotiate) >= 16 { // what only goes where the client can do it
		flags |= binary.LittleEndian.Uint32(negotiate[12:]) & (ntlm128 | ntlmKeyExchange)
	}
	msg = binary.LittleEndian.AppendUint32(msg, flags)
	msg = append(msg, h.nonce[:]...)
	msg = append(msg, make([]byte, 8)...)
	msg = appendNTLMField(msg, len(info), header+len(target))
	msg = append(msg, make([]byte, 8)...) // version, not negotiated
	h.challenge = append(append(msg, target...), info...)
	return h
}

// user returns the user and the domain that an authenticate message names.
func (h *ntlmHandshake) user(msg []byte) (user, domain string, err error) {
	d, err1 := ntlmField(msg, 28)
	u, err2 := ntlmField(msg, 36)
	return fromUTF16le(u), fromUTF16le(d), errors.Join(err1, err2)
}

// verify reports whether an authenticate message proves the password, MS-NLMP
// 3.3.2 and 3.2.5.1.2.
func (h *ntlmHandshake) verify(msg []byte, password string) error {
	user, domain, err := h.user(msg)
	if err != nil {
		return err
	}
	answer, err := ntlmField(msg, 20)
	if err != nil || len(answer) < 16+28 {
		return errNTLM
	}
	proof, blob := answer[:16], answer[16:]
	if blob[0] != 1 || blob[1] != 1 {
		return errNTLM
	}
	hash := md4.New()
	hash.Write(utf16le(password))
	key := hmacMD5(hash.Sum(nil), utf16le(strings.ToUpper(user)+domain))
	if !hmac.Equal(proof, hmacMD5(key, h.nonce[:], blob)) {
		return errors.New("the proof does not fit the password")
	}
	if !ntlmPromisesMIC(blob[28:]) {
		return nil
	}
	return h.verifyMIC(msg, hmacMD5(key, proof))
}

// verifyMIC checks the integrity code over all three messages.
func (h *ntlmHandshake) verifyMIC(msg, sessionKey []byte) error {
	if len(msg) < 88 {
		return errNTLM
	}
	if binary.LittleEndian.Uint32(msg[60:])&ntlmKeyExchange != 0 {
		sealed, err := ntlmField(msg, 52)
		if err != nil || len(sealed) != 16 {
			return errNTLM
		}
		c, err := rc4.NewCipher(sessionKey)
		if err != nil {
			return err
		}
		plain := make([]byte, 16)
		c.XORKeyStream(plain, sealed)
		sessionKey = plain
	}
	blank := bytes.Clone(msg)
	clear(blank[72:88])
	if !hmac.Equal(msg[72:88], hmacMD5(sessionKey, h.negotiate, h.challenge, blank)) {
		return errors.New("the integrity code is wrong")
	}
	return nil
}

// ntlmPromisesMIC looks for MsvAvFlags in the attributes that the client sent.
func ntlmPromisesMIC(avs []byte) bool {
	for len(avs) >= 4 {
		id, n := binary.LittleEndian.Uint16(avs), int(binary.LittleEndian.Uint16(avs[2:]))
		if id == ntlmAVEnd || len(avs) < 4+n {
			return false
		}
		if id == ntlmAVFlags && n == 4 {
			return binary.LittleEndian.Uint32(avs[4:])&ntlmFlagMICPresent != 0
		}
		avs = avs[4+n:]
	}
	return false
}

// ntlmField returns the bytes that the length and offset at pos point at.
func ntlmField(msg []byte, pos int) ([]byte, error) {
	if len(msg) < pos+8 {
		return nil, errNTLM
	}
	n, at := int(binary.LittleEndian.Uint16(msg[pos:])), int(binary.LittleEndian.Uint32(msg[pos+4:]))
	if at > len(msg) || n > len(msg)-at {
		return nil, errNTLM
	}
	return msg[at : at+n], nil
}

func appendNTLMField(msg []byte, n, at int) []byte {
	msg = binary.LittleEndian.AppendUint16(msg, uint16(n))
	msg = binary.LittleEndian.AppendUint16(msg, uint16(n))
	return binary.LittleEndian.AppendUint32(msg, uint32(at))
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	m := hmac.New(md5.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// filetime is a Windows time: steps of 100 ns since 1601.
func filetime(t time.Time) uint64 { return uint64(t.UnixNano()/100) + 116444736000000000 }

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func fromUTF16le(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}
