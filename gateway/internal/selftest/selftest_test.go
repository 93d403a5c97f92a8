package selftest

import (
	"net"
	"net/netip"
	"testing"

	"otasuke/gateway/internal/filter"
)

// The name is blocked whatever else is on the lists, for the whole office and for no other name.
func TestJudged(t *testing.T) {
	t.Parallel()
	own := new(filter.Answer)
	b := filter.NewBuilder(nil)
	allow, err := b.Open(filter.List{Name: "ours", Action: filter.Allow})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Name(filter.Mark{List: allow, Scope: filter.Exact | filter.Below}, []byte("otasuke.example")); err != nil {
		t.Fatal(err)
	}
	if err := Add(b, own); err != nil {
		t.Fatal(err)
	}
	l, err := b.Lists()
	if err != nil {
		t.Fatal(err)
	}
	if !Judged(l) {
		t.Error("the test's name passes")
	}
	own.Set(netip.MustParseAddr("192.168.1.2"))
	found, _ := l.Name(filter.Device{}, []byte("TEST.otasuke.example."))
	if found.Answer.Addr() != netip.MustParseAddr("192.168.1.2") || !found.Quiet {
		t.Errorf("%+v", found)
	}
	if found, ok := l.Name(filter.Device{}, []byte("a.test.otasuke.example")); ok && found.Action != filter.Allow {
		t.Errorf("another name: %+v", found)
	}
	empty, err := filter.NewBuilder(nil).Lists()
	if err != nil || Judged(empty) || Judged(nil) {
		t.Error("no lists, and it is blocked")
	}
	if (*filter.Answer)(nil).Addr().IsValid() || new(filter.Answer).Addr().IsValid() {
		t.Error("an address from nowhere")
	}
}

func TestCable(t *testing.T) {
	t.Parallel()
	for flags, want := range map[net.Flags][2]bool{net.FlagUp | net.FlagRunning: {true, true}, net.FlagUp | net.FlagBroadcast: {false, true}, 0: {false, false}} {
		if plugged, known := cable(flags); plugged != want[0] || known != want[1] {
			t.Errorf("%v: %v %v", flags, plugged, known)
		}
	}
	if _, known := Cable("no such port"); known {
		t.Error("something is known of a port that is not there")
	}
	if Own("no such interface").IsValid() || Own("lo").IsValid() {
		t.Error("an address that the office does not reach")
	}
}
