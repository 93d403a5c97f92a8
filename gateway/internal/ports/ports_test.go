package ports

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nic is an interface as the kernel shows it; an empty place is one without hardware.
type nic struct{ name, place, kind, number, extra string }

func machine(t *testing.T, nics []nic) string {
	t.Helper()
	root := t.TempDir()
	sys := filepath.Join(root, "class/net")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nics {
		dir := filepath.Join(sys, n.name)
		must(os.MkdirAll(filepath.Join(dir, n.extra), 0o755))
		must(os.WriteFile(filepath.Join(dir, "type"), []byte(n.kind+"\n"), 0o644))
		must(os.WriteFile(filepath.Join(dir, "dev_port"), []byte(n.number+"\n"), 0o644))
		if n.place != "" {
			must(os.MkdirAll(filepath.Join(root, "devices", n.place), 0o755))
			must(os.Symlink(filepath.Join(root, "devices", n.place), filepath.Join(dir, "device")))
		}
	}
	return sys
}

func TestFind(t *testing.T) {
	lo := nic{"lo", "", "772", "0", ""}
	for _, c := range []struct {
		name string
		nics []nic
		want []string
		says string
	}{
		{"by place, not by name", []nic{lo, {"eth0", "pci0000:00/0000:02:00.0", "1", "0", ""}, {"eth1", "pci0000:00/0000:01:00.0", "1", "0", ""}}, []string{"eth1", "eth0"}, ""},
		{"first two of four", []nic{lo, {"enp4s0", "pci/04", "1", "0", ""}, {"enp3s0", "pci/03", "1", "0", ""}, {"enp2s0", "pci/02", "1", "0", ""}, {"enp1s0", "pci/01", "1", "0", ""}}, []string{"enp1s0", "enp2s0"}, ""},
		{"one is for something else", []nic{{"apart", "pci/00", "1", "0", ""}, {"b", "pci/02", "1", "0", ""}, {"a", "pci/01", "1", "0", ""}}, []string{"a", "b"}, ""},
		{"one card", []nic{{"b", "pci/01", "1", "10", ""}, {"a", "pci/01", "1", "2", ""}}, []string{"a", "b"}, ""},
		{"USB comes last", []nic{{"enx0", "pci/00/usb1/1-1", "1", "0", ""}, {"enp9s0", "pci/09", "1", "0", ""}, {"enp8s0", "pci/08", "1", "0", ""}}, []string{"enp8s0", "enp9s0"}, ""},
		{"USB when there is no other", []nic{{"enx0", "pci/00/usb1/1-1", "1", "0", ""}, {"enp9s0", "pci/09", "1", "0", ""}}, []string{"enp9s0", "enx0"}, ""},
		{"radio and bridges do not count", []nic{lo, {"wlan0", "pci/00", "1", "0", "wireless"}, {"wlan1", "pci/01", "1", "0", "phy80211"}, {"br0", "", "1", "0", "bridge"}, {"eth0", "pci/02", "1", "0", ""}}, nil, "only eth0"},
		{"no card", []nic{lo}, nil, "none is there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Find(machine(t, c.nics), "apart")
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, ErrTooFew) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("says %v, want %q", err, c.says)
			}
		})
	}
	if _, err := Find("/does/not/exist", ""); err == nil {
		t.Error("no error without /sys")
	}
}

func TestChoose(t *testing.T) {
	got, err := Choose([]string{"a", "b"}, "")
	if err != nil || !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("names are changed: %v, %v", got, err)
	}
}

// Whatever is in the file, a box that stands between two ports gets its line.
func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Plan
		ok         bool
	}{
		{"names", "ports = [\"a\", \"b\"]\nbridge = \"br9\"\nrules = [\"x\"]", Plan{Bridge: "br9", Ports: []string{"a", "b"}}, true},
		{"nothing said", "state_dir = \"/x\"", Plan{Bridge: "br-otasuke", Ports: []string{"auto"}}, true},
		{"an address, jumbo frames", "mtu = 9000\nmanagement = \"dhcp\"", Plan{"br-otasuke", []string{"auto"}, 9000, true, ""}, true},
		{"a tap", "mode = \"tap\"\nports = [\"a\"]", Plan{Bridge: "br-otasuke", Ports: []string{"a"}}, false},
		{"not TOML", "ports = [\"a\", \"b\nclaim_code = ", Plan{Bridge: "br-otasuke", Ports: []string{"auto"}}, true},
		{"saved as UTF-16", "\xff\xfep\x00o\x00", Plan{Bridge: "br-otasuke", Ports: []string{"auto"}}, true},
		{"wrong type", "ports = 3", Plan{Bridge: "br-otasuke", Ports: []string{"auto"}}, true},
		{"carries alerts of another sensor", "eve_input = \"/x\"", Plan{Bridge: "br-otasuke", Ports: []string{"auto"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gateway.toml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, ok := Read(path)
			if d := cmp.Diff(c.want, got); d != "" || ok != c.ok {
				t.Error(d, ok)
			}
		})
	}
	if got, ok := Read("/does/not/exist"); !ok || got.Bridge != DefaultBridge {
		t.Error("no line without a configuration", got, ok)
	}
}
