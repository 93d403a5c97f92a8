package route

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// The rules and the configuration that the tools are given.
func TestTexts(t *testing.T) {
	t.Parallel()
	c := &Config{Outside: "wan0", Inside: "lan0", Address: netip.MustParsePrefix("10.20.30.1/16"), SSH: true}
	for name, got := range map[string]string{"router.rules": Rules(c), "dnsmasq.conf": c.conf("/s/router", "dnsmasq", []netip.Addr{netip.MustParseAddr("192.0.2.53"), netip.MustParseAddr("2001:db8::53")})} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}
