package phonebook

import "slices"

// Kind says what a telephone number is for. The kinds are Outlook's slots,
// slots of the same purpose taken together.
type Kind string

// The kinds of number in the order in which an entry lists them.
const (
	Business    Kind = "business"
	Home        Kind = "home"
	Mobile      Kind = "mobile"
	CompanyMain Kind = "company_main"
	Primary     Kind = "primary"
	Assistant   Kind = "assistant"
	Callback    Kind = "callback"
	Car         Kind = "car"
	Radio       Kind = "radio"
	Other       Kind = "other"
	Pager       Kind = "pager"
	FaxBusiness Kind = "fax_business"
	FaxHome     Kind = "fax_home"
	FaxOther    Kind = "fax_other"
	ISDN        Kind = "isdn"
	Telex       Kind = "telex"
	TTY         Kind = "tty"
)

// Kinds lists every kind in the order of an entry's numbers.
var Kinds = []Kind{
	Business, Home, Mobile, CompanyMain, Primary, Assistant, Callback, Car, Radio,
	Other, Pager, FaxBusiness, FaxHome, FaxOther, ISDN, Telex, TTY,
}

// rank returns where numbers of a kind stand in an entry; a kind that nobody
// knows stands last.
func (k Kind) rank() int { return rank(Kinds, k) }

// AddressKind says which of a contact's three postal addresses one is.
type AddressKind string

// The kinds of address in the order in which an entry lists them.
const (
	BusinessAddress AddressKind = "business"
	HomeAddress     AddressKind = "home"
	OtherAddress    AddressKind = "other"
)

// AddressKinds lists every kind of address in the order of an entry's addresses.
var AddressKinds = []AddressKind{BusinessAddress, HomeAddress, OtherAddress}

func (k AddressKind) rank() int { return rank(AddressKinds, k) }

func rank[K comparable](order []K, k K) int {
	if i := slices.Index(order, k); i >= 0 {
		return i
	}
	return len(order)
}
