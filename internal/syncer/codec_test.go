package syncer

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

// Every field of an entry comes back, one that is new tomorrow too.
func TestEntriesAsBytes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		var e phonebook.Entry
		fill(random, reflect.ValueOf(&e).Elem())
		record := appendEntry([]byte("before"), &e)
		if got := entryOf(string(record[len("before"):])); !reflect.DeepEqual(got, e) {
			t.Fatalf("got  %+v\nwant %+v", got, e)
		}
	}
}

// fill gives every text and list below v a random value.
func fill(random *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		lengths := []int{0, 1, 5, 127, 128, 300, 1 << 14}
		v.SetString(strings.Repeat(string(rune(random.IntN(0x800))), lengths[random.IntN(len(lengths))]))
	case reflect.Slice:
		for range random.IntN(4) {
			part := reflect.New(v.Type().Elem()).Elem()
			fill(random, part)
			v.Set(reflect.Append(v, part))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(random, v.Field(i))
		}
	default:
		panic("a kind of field that the bytes do not know: " + v.Kind().String())
	}
}
