package simulator

import (
	"strconv"
	"testing"
)

// What is remembered of requests stays within its bounds, and making room
// forgets no more than is needed.
func TestParsedEWSMakesRoom(t *testing.T) {
	const size = parsedBytes / 10
	var p parsedEWS
	for i := range 100 {
		sum := strconv.Itoa(i)
		p.put(sum, &ewsRequest{}, size)
		p.put(sum, &ewsRequest{}, size) // two may read the same at once
		if p.get(sum) == nil {
			t.Fatalf("request %d is forgotten at once", i)
		}
		if n := len(p.requests); p.bytes > parsedBytes || p.bytes != n*size || i > 10 && n < 9 {
			t.Fatalf("after %d requests %d are remembered, %d bytes", i+1, n, p.bytes)
		}
	}
}
