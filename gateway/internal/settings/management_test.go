package settings

import (
	"strings"
	"testing"
)

func TestManagement(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want, link, outside string }{
		{"", "", "", ""},
		{`management = "system"`, "", "", ""},
		{`management = "dhcp"`, "", "br-otasuke", "eth0"},
		{"management = \"dhcp\"\nmanagement_port = \"eth2\"", "", "eth2", ""},
		{"management = \"192.168.1.9/24\"\nmanagement_gateway = \"192.168.1.1\"\nmanagement_dns = [\"192.168.1.1\"]", "", "br-otasuke", "eth0"},
		{`management = "DHCP"`, `write "dhcp"`, "", ""},
		{`management = "192.168.1.9"`, "with its network", "", ""},
		{`management = "192.168.1.0/24"`, "with its network", "", ""},
		{"management = \"192.168.1.9/24\"\nmanagement_gateway = \"192.168.2.1\"", "no neighbour", "", ""},
		{"management = \"dhcp\"\nmanagement_port = \"eth1\"", "is a port of the bridge", "", ""},
		{`management_port = "eth2"`, "without an address", "", ""},
	} {
		c, err := loaded(t, tt.text)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.text, err)
		}
		if err != nil {
			continue
		}
		m, ok := c.Manage()
		if ok != (tt.link != "") || ok && (m.Link != tt.link || m.Outside != tt.outside) {
			t.Errorf("%s: %+v %v", tt.text, m, ok)
		}
	}
}
