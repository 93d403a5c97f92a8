package route

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Places of the addresses that are given away, in the inside network: those before are for
// printers and the like.
const (
	firstGiven = 100
	lastGiven  = 249
)

// Of IPv6 the inside is told every sixEvery seconds, and that this is its router for sixRouter, the
// longest there is (RFC 4861 section 6.2.1): it waits for a program that is started again. longestSix
// bounds the time of addresses, where the line gives a longer one.
const (
	sixEvery   = 300
	sixRouter  = 9000
	longestSix = 24 * time.Hour
)

// Config of a router.
type Config struct {
	Outside, Inside string
	// Address is the inside's own, with its network, which has 256 addresses or more.
	Address netip.Prefix
	// SSH lets the inside reach the system's SSH server.
	SSH bool
	// Forwards are what outside may begin: it gets to hosts of the inside.
	Forwards []Forward
}

// Forward leads a port of the address outside to a host of the inside (RFC 3022 §4.1, the other way
// round). What goes there is inspected like all else.
type Forward struct {
	// Protocol is "tcp", also when it is empty, or "udp".
	Protocol string `toml:"protocol"`
	Port     uint16 `toml:"port"`
	// To is the host inside and its port.
	To netip.AddrPort `toml:"to"`
	// From are the networks outside that it is for; empty for all.
	From []netip.Prefix `toml:"from"`
}

// ErrForward tells what is wrong with a port that is led to the inside.
var ErrForward = errors.New("route: forward")

// CheckForwards looks at the ports that are to be led to the inside, and fills in defaults.
func (c *Config) CheckForwards() error {
	seen := map[string]bool{}
	for i := range c.Forwards {
		f := &c.Forwards[i]
		if f.Protocol == "" {
			f.Protocol = "tcp"
		}
		key := fmt.Sprint(f.Protocol, f.Port)
		switch to := f.To.Addr(); {
		case f.Protocol != "tcp" && f.Protocol != "udp":
			return fmt.Errorf("%w: protocol = %q: write \"tcp\" or \"udp\"", ErrForward, f.Protocol)
		case f.Port == 0 || f.To.Port() == 0:
			return fmt.Errorf("%w: port and to need a port each, for example port = 8443 and to = \"%s\"", ErrForward, netip.AddrPortFrom(c.Address.Addr().Next(), 443))
		case !c.Address.Contains(to) || to == c.Address.Addr() || to == c.Address.Masked().Addr():
			return fmt.Errorf("%w: to = %s is no host of the inside, %s", ErrForward, f.To, c.Address.Masked())
		case seen[key]:
			return fmt.Errorf("%w: %s port %d stands there twice", ErrForward, f.Protocol, f.Port)
		}
		for _, from := range f.From {
			if !from.Addr().Is4() {
				return fmt.Errorf("%w: from = %s: ports are led to the inside over IPv4 alone", ErrForward, from)
			}
		}
		seen[key] = true
	}
	return nil
}

// text is the rule of nftables for a port.
func (f *Forward) text(outside string) string {
	from := ""
	if len(f.From) > 0 {
		from = "ip saddr { " + list(f.From) + " } "
	}
	return fmt.Sprintf("\t\tiifname %q %s%s dport %d dnat to %s\n", outside, from, f.Protocol, f.Port, f.To)
}

// Rules is the text of nftables for a router.
func Rules(c *Config) string {
	ssh := ""
	if c.SSH {
		ssh = ", 22"
	}
	forwards := ""
	for i := range c.Forwards {
		forwards += c.Forwards[i].text(c.Outside)
	}
	return fmt.Sprintf(`table ip otasuke_router
delete table ip otasuke_router
table ip otasuke_router {
	chain forward {
		type filter hook forward priority -5; policy accept;
		ct state established,related accept
		iifname %[2]q oifname %[1]q accept
		iifname %[1]q oifname %[2]q ct status dnat accept
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
	chain prerouting {
		type nat hook prerouting priority -100; policy accept;
%[4]s	}
	chain postrouting {
		type nat hook postrouting priority 100; policy accept;
		oifname %[1]q masquerade
	}
}
`, c.Outside, c.Inside, ssh, forwards)
}

// Rules6 is the same for IPv6, without NAT; nets are the networks of the inside, of which alone
// packets go out. Who uses another one, as after a change, is told so (RFC 7084, L-14). Of ICMPv6
// passes what belongs to a connection, errors with it (RFC 4890 section 4.3), and to the box what
// neighbours need (section 4.4). The outside of the box has package manage's guard.
func Rules6(c *Config, nets []netip.Prefix) string {
	ssh, out := "", ""
	if c.SSH {
		ssh = ", 22"
	}
	if len(nets) > 0 {
		out = fmt.Sprintf("\t\tiifname %q oifname %q ip6 saddr { %s } accept\n", c.Inside, c.Outside, list(nets))
	}
	return fmt.Sprintf(`table ip6 otasuke_router
delete table ip6 otasuke_router
table ip6 otasuke_router {
	chain forward {
		type filter hook forward priority -5; policy accept;
		ct state established,related accept
%[4]s		iifname %[2]q oifname %[1]q reject with icmpv6 policy-fail
		iifname { %[1]q, %[2]q } drop
	}
	chain input {
		type filter hook input priority 0; policy accept;
		iifname != %[2]q accept
		ct state established,related accept
		icmpv6 type { echo-request, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept
		udp dport { 53, 547, 5353 } accept
		tcp dport { 53, 80%[3]s } accept
		drop
	}
}
`, c.Outside, c.Inside, ssh, out)
}

// list writes networks as nftables reads them.
func list(nets []netip.Prefix) string {
	texts := make([]string, len(nets))
	for i, p := range nets {
		texts[i] = p.Masked().String()
	}
	return strings.Join(texts, ", ")
}

// conf is what dnsmasq is to do: dir is its folder, user whom it is once it has its ports,
// names are the servers to ask, old networks of IPv6 of before, which it would not tell of by itself
// after a start. It reads no other file, as it could not as that user.
func (c *Config) conf(dir, user string, names []netip.Addr, old []netip.Prefix) string {
	net := c.Address.Masked().Addr().As4()
	at := func(last byte) netip.Addr { net[3] = last; return netip.AddrFrom4(net) }
	text := strings.Join([]string{
		"interface=" + c.Inside, "except-interface=lo", "bind-dynamic", "no-hosts", "domain-needed", "bogus-priv", "cache-size=1000",
		"no-resolv", "dhcp-authoritative", fmt.Sprintf("dhcp-range=%s,%s,12h", at(firstGiven), at(lastGiven)),
		// What the inside has of IPv6 is told to it while it is good: addresses by themselves (RFC 4862),
		// this machine for names (RFC 8106).
		fmt.Sprintf("dhcp-range=::,constructor:%s,ra-stateless,64,%d", c.Inside, int(longestSix.Seconds())), fmt.Sprintf("ra-param=%s,%d,%d", c.Inside, sixEvery, sixRouter),
		"dhcp-leasefile=" + dir + "/leases", "pid-file=" + dir + "/" + pidFile, "user=" + user, "",
	}, "\n")
	for _, n := range names {
		text += "server=" + n.String() + "\n"
	}
	for _, p := range old {
		text += fmt.Sprintf("dhcp-range=%s,ra-stateless,64,deprecated\n", p.Addr())
	}
	return text
}
