package settings

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden stands for a secret wherever one would be printed.
const hidden = "••••"

// Secret is a password or a client secret. However it is printed, marshalled
// or logged, it comes out as ••••, and as nothing where it is not set; only
// Reveal gives its value. The zero Secret is not set.
//
// The value lies behind a pointer, because fmt calls no method on a field that
// is not exported: of a Secret in such a field it prints an address.
type Secret struct{ value *string }

// NewSecret returns a Secret of the given value; an empty one is not set.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal returns the value; "" where the secret is not set.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet says whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// String returns •••• or, where the secret is not set, nothing.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	return hidden
}

// Format implements fmt.Formatter, for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// MarshalText implements encoding.TextMarshaler, and with it JSON and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
