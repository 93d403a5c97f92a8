package eve

import (
	"encoding/json"
	"net/netip"
	"testing"
)

// Whatever kind of address it is, its text is that of netip in full, and can be read again.
func TestAddr(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"192.0.2.1", "2001:db8::1", "::", "::ffff:192.0.2.1", "fe80::1%eth0", "fe80::1%\"<\\"} {
		a := netip.MustParseAddr(text)
		got := addrIf(nil, "ip", Addr{a})
		var back struct{ IP Addr }
		if err := json.Unmarshal(append(append([]byte{'{'}, got[:len(got)-1]...), '}'), &back); err != nil || back.IP.Addr != a || back.IP.String() != a.StringExpanded() {
			t.Errorf("%s: %s %v %v", text, got, back.IP, err)
		}
		var want struct {
			IP string `json:"ip"`
		}
		if err := json.Unmarshal(append(append([]byte{'{'}, got[:len(got)-1]...), '}'), &want); err != nil || want.IP != a.StringExpanded() {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
	if got := addrIf(nil, "ip", Addr{}); got != nil {
		t.Errorf("%s", got)
	}
	back := struct{ IP Addr }{Addr{netip.MustParseAddr("192.0.2.1")}}
	if err := json.Unmarshal([]byte(`{"IP":"nobody"}`), &back); err != nil || !back.IP.IsZero() {
		t.Errorf("%v %v", back.IP, err)
	}
}
