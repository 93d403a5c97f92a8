package manage

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"otasuke/e2e/lab"
	"otasuke/gateway/internal/manage/dhcp"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]string{"bridge": Rules("br0", "wan0", false, false), "port": Rules("eth2", "", true, false), "closed": Rules("wan0", "", true, true)} {
		want, err := os.ReadFile(filepath.Join("testdata", name+".rules"))
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// says is what a command of the host prints.
func says(t *testing.T, n *lab.Namespace, name string, args ...string) (out string) {
	t.Helper()
	if err := n.Do(func() error {
		b, err := exec.Command(name, args...).CombinedOutput()
		out = string(b)
		return err
	}); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return out
}

// One address takes the place of another, also of one that an earlier program gave, and
// nothing is left when none is wanted any more.
func TestChanges(t *testing.T) {
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	var both [2]*lab.Namespace
	for i, name := range []string{"box", "other"} {
		n, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		both[i] = n
	}
	box := both[0]
	if err := lab.Cable(box, "eth0", both[1], "eth0", 1); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "address")
	static := func(address, gateway string) (shown string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() {
			done <- box.Visit(func() error {
				return Run(ctx, Config{Link: "eth0", Address: address, Gateway: netip.MustParseAddr(gateway), Dir: dir, Log: slog.New(slog.DiscardHandler)}, new(Resolver))
			})
		}()
		for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
			if shown = says(t, box, "ip", "-4", "addr", "show", "dev", "eth0"); strings.Contains(shown, address) && strings.Contains(says(t, box, "ip", "route"), "via "+gateway) {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("no %s:\n%s", address, shown)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		return shown
	}
	static("192.168.9.9/24", "192.168.9.1")
	if shown := static("10.9.0.9/24", "10.9.0.1"); strings.Contains(shown, "192.168.9.9") {
		t.Errorf("the address before is still there:\n%s", shown)
	}
	m := &manager{Config: Config{Link: "eth0", Dir: dir}, resolver: new(Resolver), addressed: func() {}}
	m.recall()
	if err := box.Do(func() error {
		return m.use(&dhcp.Lease{Addr: netip.MustParsePrefix("10.8.0.9/24"), Router: netip.MustParseAddr("10.8.0.1"), Length: time.Minute})
	}); err != nil {
		t.Fatal(err)
	}
	if shown := says(t, box, "ip", "-4", "addr", "show", "dev", "eth0"); strings.Contains(shown, "10.9.0.9") || !strings.Contains(shown, "valid_lft 60sec") && !strings.Contains(shown, "valid_lft 59sec") {
		t.Errorf("a lease does not end by itself, or the address before stays:\n%s", shown)
	}
	for range 2 {
		if err := box.Do(func() error { return Leave(dir) }); err != nil {
			t.Fatal(err)
		}
	}
	if shown := says(t, box, "ip", "-4", "addr", "show", "dev", "eth0") + says(t, box, "nft", "list", "ruleset"); strings.Contains(shown, "inet ") {
		t.Errorf("left behind:\n%s", shown)
	}
}
