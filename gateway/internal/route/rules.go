package route

import (
	"fmt"
	"net/netip"
	"strings"
)

// Places of the addresses that are given away, in the inside network: those before are for
// printers and the like.
const (
	firstGiven = 100
	lastGiven  = 249
)

// Config of a router.
type Config struct {
	Outside, Inside string
	// Address is the inside's own, with its network, which has 256 addresses or more.
	Address netip.Prefix
	// SSH lets the inside reach the system's SSH server.
	SSH bool
}

// Rules is the text of nftables for a router.
func Rules(c *Config) string {
	ssh := ""
	if c.SSH {
		ssh = ", 22"
	}
	return fmt.Sprintf(`table ip otasuke_router
delete table ip otasuke_router
table ip otasuke_router {
	chain forward {
		type filter hook forward priority -5; policy accept;
		ct state established,related accept
		iifname %[2]q oifname %[1]q accept
		iifname { %[1]q, %[2]q } drop
	}
	chain input {
		type filter hook input priority 0; policy accept;
		iifname != %[2]q accept
		ct state established,related accept
		icmp type echo-request accept
		udp dport { 53, 67, 5353 } accept
		tcp dport { 53, 80%[3]s } accept
		drop
	}
	chain postrouting {
		type nat hook postrouting priority 100; policy accept;
		oifname %[1]q masquerade
	}
}
`, c.Outside, c.Inside, ssh)
}

// conf is what dnsmasq is to do: dir is its folder, user whom it is once it has its ports,
// names are the servers to ask. It reads no other file, as it could not as that user.
func (c *Config) conf(dir, user string, names []netip.Addr) string {
	net := c.Address.Masked().Addr().As4()
	at := func(last byte) netip.Addr { net[3] = last; return netip.AddrFrom4(net) }
	text := strings.Join([]string{
		"interface=" + c.Inside, "except-interface=lo", "bind-dynamic", "no-hosts", "domain-needed", "bogus-priv", "cache-size=1000",
		"no-resolv", "dhcp-authoritative", fmt.Sprintf("dhcp-range=%s,%s,12h", at(firstGiven), at(lastGiven)),
		"dhcp-leasefile=" + dir + "/leases", "pid-file=", "user=" + user, "",
	}, "\n")
	for _, n := range names {
		text += "server=" + n.String() + "\n"
	}
	return text
}
