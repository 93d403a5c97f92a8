package readers

import (
	"net/netip"
	"testing"

	"otasuke/gateway/internal/app"
)

func TestExpected(t *testing.T) {
	t.Parallel()
	var x Expected
	c := Conversation{Client: netip.MustParseAddr("192.0.2.1"), Server: netip.MustParseAddr("192.0.2.2"), Port: 2000}
	if _, ok := x.Take(c, 0); ok {
		t.Error("nothing was announced")
	}
	command := []byte("RETR")
	x.Announce(c, app.Expected{Command: command}, 0)
	command[0] = 'x'
	if e, ok := x.Take(c, expectTime); !ok || string(e.Command) != "RETR" {
		t.Errorf("%v %q", ok, e.Command)
	}
	if _, ok := x.Take(c, 0); ok {
		t.Error("it is there twice")
	}
	x.Announce(c, app.Expected{}, 0)
	if _, ok := x.Take(c, expectTime+1); ok {
		t.Error("it came too late")
	}
	for port := range uint16(2 * maxExpected) {
		x.Announce(Conversation{Port: port}, app.Expected{}, 0)
	}
	if len(x.all) != maxExpected {
		t.Errorf("%d are waited for", len(x.all))
	}
}
