package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// Ids have the length and the make-up of Exchange's: base64 of bytes that name
// the mailbox, the folder and the item. EWS writes them in the standard
// alphabet, Graph with "-" for "/" and "_" for "+". Lower and upper case
// differ in them, and an id of another mailbox names nothing here.

const (
	itemIDSize      = 113 // 152 characters
	folderIDSize    = 88  // 120 characters
	immutableIDSize = 51  // 68 characters
)

// EWSID returns the item's id in EWS, which changes when the item moves.
func (i *Item) EWSID() string { return itemID(i.folder, i.entry) }

// RESTID returns the item's id in Graph without Prefer: IdType="ImmutableId".
func (i *Item) RESTID() string { return restEncoding.EncodeToString(itemIDBytes(i.folder, i.entry)) }

// ChangeKey returns the version of an item, as EWS and Graph give it.
func (i *Item) ChangeKey() string { return changeKey(i.folder.mailbox, i.seq) }

// EWSID returns the folder's id in EWS.
func (f *Folder) EWSID() string { return folderID(f.mailbox, f.num) }

// ChangeKey returns the version of a folder, as EWS gives it.
func (f *Folder) ChangeKey() string { return changeKey(f.mailbox, f.ownSeq) }

func itemID(f *Folder, entry int64) string {
	return base64.StdEncoding.EncodeToString(itemIDBytes(f, entry))
}

func itemIDBytes(f *Folder, entry int64) []byte {
	b := head(f.mailbox, 0x46, itemIDSize)
	b = append(b, 7, 0)
	b = append(b, f.mailbox.storeID...)
	b = binary.BigEndian.AppendUint64(b, uint64(f.num))
	b = append(b, f.mailbox.storeID...)
	b = binary.BigEndian.AppendUint64(b, uint64(entry))
	return append(b, 0)
}

func folderID(m *Mailbox, num int64) string {
	b := head(m, 0x2e, folderIDSize)
	b = append(b, 1, 0)
	b = append(b, m.storeID...)
	b = binary.BigEndian.AppendUint64(b, uint64(num))
	return base64.StdEncoding.EncodeToString(b)
}

func immutableID(m *Mailbox, num int64) string {
	b := append(make([]byte, 0, immutableIDSize), 0, 9, 0, 0x2e, 0, 0, 0, 0, 0)
	b = append(b, provider...)
	b = append(b, 13, 0)
	b = append(b, m.storeID...)
	b = binary.BigEndian.AppendUint64(b, uint64(num))
	return restEncoding.EncodeToString(b)
}

func changeKey(m *Mailbox, seq int64) string {
	b := append([]byte{0x11, 0, 0, 0, 0x16, 0, 0, 0}, m.storeID...)
	num := binary.BigEndian.AppendUint64(nil, uint64(seq))
	return base64.StdEncoding.EncodeToString(append(b, num[2:]...))
}

// provider is the unique id that stands in the entry ids of every store.
var provider = []byte{0x1d, 0x84, 0x03, 0x11, 0xaa, 0x66, 0x11, 0xcd, 0x9b, 0xc8, 0x00, 0xaa, 0x00, 0x2f, 0x84, 0x5a}

// head returns the beginning of an id that names the mailbox.
func head(m *Mailbox, kind byte, size int) []byte {
	b := append(make([]byte, 0, size), 0, 3, 0x24)
	b = append(b, m.ObjectID...)
	b = append(b, 0, kind, 0, 0, 0, 0, 0)
	return append(b, provider...)
}

// item returns the item with this id in any of its forms, or nil.
func (m *Mailbox) item(id string) *Item {
	b := decodeID(id)
	if len(b) < 8 {
		return nil
	}
	if len(b) == itemIDSize {
		b = b[:len(b)-1]
	}
	num := int64(binary.BigEndian.Uint64(b[len(b)-8:]))
	if of, moved := m.moved[num]; moved {
		num = of
	}
	it := m.items[num]
	if it == nil || standard(id) != standard(it.ID) && standard(id) != it.EWSID() {
		return nil
	}
	return it
}

// folder returns the folder with this id, or nil.
func (m *Mailbox) folder(id string) *Folder {
	b := decodeID(id)
	if len(b) != folderIDSize {
		return nil
	}
	f := m.folders[int64(binary.BigEndian.Uint64(b[len(b)-8:]))]
	if f == nil || standard(id) != f.EWSID() {
		return nil
	}
	return f
}

func decodeID(id string) []byte {
	b, err := base64.StdEncoding.DecodeString(standard(id))
	if err != nil {
		return nil
	}
	return b
}

// restEncoding is base64 in Graph's alphabet.
var restEncoding = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")

var (
	toREST = strings.NewReplacer("/", "-", "+", "_")
	toEWS  = strings.NewReplacer("-", "/", "_", "+")
)

func urlSafe(id string) string  { return toREST.Replace(id) }
func standard(id string) string { return toEWS.Replace(id) }
