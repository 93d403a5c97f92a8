package capture

import "testing"

// Who stands across a session is known from both sides, also when one of them was replaced.
func TestEnds(t *testing.T) {
	t.Parallel()
	var e Ends
	router, isp, other := [6]byte{1}, [6]byte{2}, [6]byte{3}
	saw := func(session uint16, port int, mac [6]byte) {
		e.saw(&Packet{InPort: port, MAC: mac, Tag: Tag{Session: session}})
	}
	is := func(what string, session uint16, port int, want [6]byte) {
		t.Helper()
		if got := e.across(session, port); got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	is("nobody was seen", 7, 1, [6]byte{})
	saw(7, 1, router)
	is("only the sender was seen", 7, 1, [6]byte{})
	is("from the other side", 7, 2, router)
	saw(7, 2, isp)
	saw(7, 1, router)
	is("both were seen", 7, 1, isp)
	is("another session", 8, 1, [6]byte{})
	saw(7, 1, other)
	is("a new router", 7, 2, other)
	is("its other end stays", 7, 1, isp)
	saw(0, 1, router)
	for n := uint16(100); n < 100+2*maxSessions; n++ {
		saw(n, 1, router)
	}
	if len(e.list) > maxSessions {
		t.Errorf("%d sessions are remembered", len(e.list))
	}
}

// A port that comes again has another number: what stood behind it before is not there any more.
func TestEndsOfPortThatComesAgain(t *testing.T) {
	t.Parallel()
	var e Ends
	concentrator, router := [6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}
	say := func(port int, mac [6]byte) { e.saw(&Packet{InPort: port, MAC: mac, Tag: Tag{Session: 7}}) }
	say(4, router)
	say(3, concentrator)
	for range 2 {
		say(9, router)
		say(3, concentrator)
	}
	if got := e.across(7, 9); got != concentrator {
		t.Errorf("across from the port that came: %x", got)
	}
	if got := e.across(7, 3); got != router {
		t.Errorf("across from the other: %x", got)
	}
}
