package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{`ports = ["eth0", "eth1"]`, ""},
		{`ports = ["eth0"]`, "two network interfaces"},
		{"mode = \"tap\"\nports = [\"eth1\"]", ""},
		{"mode = \"tap\"\nports = [\"eth1\"]\nmanagement = \"dhcp\"\nmanagement_port = \"eth0\"", ""},
		{"mode = \"tap\"\nports = [\"eth0\", \"eth1\"]", "needs one port"},
		{"mode = \"tap\"\nports = [\"eth1\"]\nmanagement = \"dhcp\"", "management_port"},
		{"mode = \"router\"\nports = [\"eth0\", \"eth1\"]\nmanagement = \"dhcp\"", ""},
		{"mode = \"router\"\nports = [\"eth0\", \"eth1\"]", "address outside"},
		{"mode = \"router\"\nports = [\"auto\"]\nmanagement = \"dhcp\"", "which port is outside"},
		{"mode = \"router\"\nports = [\"eth0\"]\nmanagement = \"dhcp\"", "two network interfaces"},
		{"mode = \"router\"\nports = [\"eth0\", \"eth1\"]\nmanagement = \"dhcp\"\nrouter_address = \"192.168.77.0/24\"", "router_address"},
		{"mode = \"router\"\nports = [\"eth0\", \"eth1\"]\nmanagement = \"dhcp\"\n[[forward]]\nport = 8443\nto = \"192.168.77.10:443\"\nfrom = [\"203.0.113.0/24\"]", ""},
		{"mode = \"router\"\nports = [\"eth0\", \"eth1\"]\nmanagement = \"dhcp\"\n[[forward]]\nport = 8443\nto = \"192.168.1.10:443\"", "no host of the inside"},
		{"ports = [\"eth0\", \"eth1\"]\n[[forward]]\nport = 8443\nto = \"192.168.77.10:443\"", "the office's own router"},
		{"mode = \"hub\"\nports = [\"eth1\"]", `mode = "hub"`},
		{"ports = [\"eth0\", \"eth1\"]\nmtu = 100", "mtu = 100"},
	} {
		path := filepath.Join(t.TempDir(), "box.toml")
		if err := os.WriteFile(path, []byte("state_dir = \"/s\"\n"+tt.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.text, err)
		}
		if err == nil && c.Stops() != !strings.Contains(tt.text, "tap") {
			t.Errorf("%s: stops %v", tt.text, c.Stops())
		}
	}
}

// This machine need not have two ports: what is said of them is looked at by itself.
func TestWhichOutside(t *testing.T) {
	t.Parallel()
	if got := whichOutside("enp1s0", "enp2s0").Error(); !strings.Contains(got, `write ports = ["enp1s0", "enp2s0"] if the cable of the line is in enp1s0, otherwise`) {
		t.Error(got)
	}
}
