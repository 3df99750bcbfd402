package ews

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
)

// scripted returns a source on a server that answers what a test tells it to,
// for answers that a well-behaved Exchange never gives.
func scripted(t *testing.T, answer func(request string) string) *Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, answer(body.String()))
	}))
	t.Cleanup(server.Close)
	return newSource(t, &Config{URL: server.URL}, transport.Options{Sleep: func(context.Context, time.Duration) error { return nil }})
}

// findItemAnswer is a page with contacts of these ids; attributes are those of
// its RootFolder.
func findItemAnswer(attributes string, ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, `<t:Contact><t:ItemId Id="%s"/><t:DisplayName>%[1]s</t:DisplayName></t:Contact>`, id)
	}
	return `<s:Envelope xmlns:s="s" xmlns:m="m" xmlns:t="t"><s:Body><m:FindItemResponse><m:ResponseMessages>` +
		`<m:FindItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:RootFolder ` + attributes + `><t:Items>` +
		b.String() + `</t:Items></m:RootFolder></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>`
}

// offsetOf returns the offset that a request asks for.
func offsetOf(request string) int {
	n, _ := strconv.Atoi(offsets.FindStringSubmatch(request)[1])
	return n
}

// A service that calls the first of 500 contacts the last must not empty a
// phonebook.
func TestShortOfTotal(t *testing.T) {
	asked := 0
	src := scripted(t, func(string) string {
		asked++
		return findItemAnswer(`TotalItemsInView="500" IncludesLastItemInRange="true"`, "A")
	})
	_, err := readAll(t, src, "anna@example.test")
	if err == nil || fault.ClassOf(err) != fault.Member || !strings.Contains(err.Error(), "ended before") || fault.HintOf(err) == "" {
		t.Errorf("%v (%s)", err, fault.HintOf(err))
	}
	if asked != 1+rereads {
		t.Errorf("asked %d times, want %d", asked, 1+rereads)
	}

	asked = 0
	src = scripted(t, func(string) string {
		if asked++; asked == 1 {
			return findItemAnswer(`TotalItemsInView="2" IncludesLastItemInRange="true"`, "A")
		}
		return findItemAnswer(`TotalItemsInView="2" IncludesLastItemInRange="true"`, "A", "B")
	})
	if got := mustRead(t, src, "anna@example.test"); names(got) != "A, B" {
		t.Errorf("after a passing mistake: %s", names(got))
	}
}

// A folder with an entry that the service counts and never gives is read all
// the same, after some tries.
func TestAlmostAll(t *testing.T) {
	asked := 0
	src := scripted(t, func(string) string {
		asked++
		return findItemAnswer(`TotalItemsInView="21" IncludesLastItemInRange="true"`, strings.Split("ABCDEFGHIJKLMNOPQRST", "")...)
	})
	if got := mustRead(t, src, "anna@example.test"); len(got) != 20 || asked != 1+rereads {
		t.Errorf("%d contacts after %d requests", len(got), asked)
	}
}

func TestShort(t *testing.T) {
	for _, tt := range []struct {
		missing, total int
		want           error
	}{{1, 1, errShort}, {1, 2, errAlmost}, {2, 10, errShort}, {2, 40, errAlmost}, {5, 1000, errAlmost}, {6, 1000, errShort}} {
		if got := short(tt.missing, tt.total); got != tt.want {
			t.Errorf("%d of %d missing: bearable %t", tt.missing, tt.total, got == errAlmost)
		}
	}
}

func TestNoID(t *testing.T) {
	src := scripted(t, func(string) string {
		page := findItemAnswer(`TotalItemsInView="3" IncludesLastItemInRange="true"`, "A", "B", "C")
		return strings.NewReplacer(`<t:ItemId Id="B"/>`, "", `<t:ItemId Id="C"/>`, "").Replace(page)
	})
	if got, err := readAll(t, src, "anna@example.test"); err == nil || fault.ClassOf(err) != fault.Member || !strings.Contains(err.Error(), "without an id") {
		t.Errorf("%s, %v", names(got), err)
	}
}

// Servers divide a folder as they like, and may leave pages empty.
func TestPagesOfAnySize(t *testing.T) {
	all := strings.Split("ABCDEFGHIJKLMNOP", "")
	for name, size := range map[string]func(offset, call int) int{
		"one each":         func(int, int) int { return 1 },
		"two each":         func(int, int) int { return 2 },
		"shrinking":        func(_, call int) int { return max(5-call, 1) },
		"one in between":   func(_, call int) int { return 1 + call%2*4 },
		"empty in between": func(_, call int) int { return call % 2 * 4 },
	} {
		t.Run(name, func(t *testing.T) {
			call := 0
			src := scripted(t, func(request string) string {
				call++
				if call > 3*len(all) {
					t.Error("it goes on for ever")
					return findItemAnswer(`IncludesLastItemInRange="true"`)
				}
				from := min(offsetOf(request), len(all))
				to := min(from+size(from, call), len(all))
				next := max(to, from+1) // an empty page passes over an entry that is hidden
				return findItemAnswer(fmt.Sprintf(`IndexedPagingOffset="%d" TotalItemsInView="%d" IncludesLastItemInRange="%t"`, next, len(all), to == len(all)), all[from:to]...)
			})
			if got := mustRead(t, src, "anna@example.test"); strings.ReplaceAll(names(got), ", ", "") != strings.Join(all, "") {
				t.Errorf("%s after %d pages", names(got), call)
			}
		})
	}
}

// A page that never holds anything new has to end the reading.
func TestPagesInACircle(t *testing.T) {
	for name, ids := range map[string][]string{"one": {"A"}, "two": {"A", "A"}, "none": nil, "three": {"A", "B", "A"}} {
		asked := 0
		src := scripted(t, func(string) string {
			if asked++; asked > 3000 {
				t.Error("it goes on for ever")
				return findItemAnswer(`IncludesLastItemInRange="true"`)
			}
			return findItemAnswer(`TotalItemsInView="5" IncludesLastItemInRange="false"`, ids...)
		})
		if _, err := readAll(t, src, "anna@example.test"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A line end that is written as two characters counts as two where the service
// cuts, and is one here.
func TestCutAfterLineEnd(t *testing.T) {
	long := "Weg 1\r\nHinterhaus, " + strings.Repeat("x", 300)
	for name, wrap := range map[string]string{"as text": "%s", "in CDATA": "<![CDATA[%s]]>"} {
		src := scripted(t, func(request string) string {
			page := findItemAnswer(`TotalItemsInView="1" IncludesLastItemInRange="true"`, "A")
			text := long
			if strings.Contains(request, "<m:FindItem") {
				text = long[:cutAt]
			} else {
				page = strings.NewReplacer("FindItem", "GetItem").Replace(page)
			}
			return strings.Replace(page, "</t:Contact>", `<t:PhysicalAddresses><t:Entry Key="Home"><t:Street>`+
				fmt.Sprintf(wrap, text)+`</t:Street></t:Entry></t:PhysicalAddresses></t:Contact>`, 1)
		})
		got := mustRead(t, src, "anna@example.test")
		if want := strings.ReplaceAll(long, "\r\n", "\n"); len(got) != 1 || got[0].Addresses[0].Street != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
