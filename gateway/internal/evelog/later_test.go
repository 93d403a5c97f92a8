package evelog

import (
	"slices"
	"testing"

	"otasuke/gateway/internal/eve"
)

// A record waits until what it is about has been acknowledged; an alert also until its
// sender goes on.
func TestLater(t *testing.T) {
	t.Parallel()
	const (
		client = 0
		server = 1
	)
	var q Later
	var told []string
	tell := func(r *eve.Record) { told = append(told, r.EventType) }
	q.Put(&eve.Record{EventType: "alert"}, client, 100, false)
	q.Put(&eve.Record{EventType: "http"}, client, 100, true)
	for _, c := range []struct {
		what string
		dir  int
		acks bool
		ack  uint32
		want []string
	}{
		{"the sender goes on", client, true, 500, nil},
		{"not all of it is acknowledged", server, true, 99, nil},
		{"a segment without an acknowledgement", server, false, 100, nil},
		{"acknowledged", server, true, 100, []string{"http"}},
		{"the other side again", server, true, 200, []string{"http"}},
		{"the sender goes on then", client, false, 0, []string{"http", "alert"}},
	} {
		if q.Noticed(c.dir, c.acks, c.ack, tell); !slices.Equal(told, c.want) {
			t.Fatalf("%s: %v, want %v", c.what, told, c.want)
		}
	}
	// Numbers go round.
	q.Put(&eve.Record{EventType: "tls"}, client, 5, true)
	if q.Noticed(server, true, 0xfffffff0, tell); len(told) != 2 {
		t.Error("told before its bytes came, just before numbers begin again")
	}
	q.Flush(tell)
	if q.Flush(tell); len(told) != 3 {
		t.Errorf("%v after the flow ended", told)
	}
}

func TestLaterIsBounded(t *testing.T) {
	t.Parallel()
	var q Later
	n := 0
	for q.Put(&eve.Record{}, 0, 1, false) {
		n++
	}
	if n != maxLater {
		t.Errorf("%d records wait, want %d", n, maxLater)
	}
}
