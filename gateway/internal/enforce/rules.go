package enforce

import (
	"fmt"
	"strings"
	"time"
)

// BypassMark on a connection means: seen enough, forward it without us. The
// upper half spells "OT", so that it does not meet other users' marks by chance.
const BypassMark = 0x4f540001

// Mechanism of the kernel that feeds the queue.
type Mechanism string

// Mechanisms.
const (
	NFT    Mechanism = "nftables"
	XTable Mechanism = "br_netfilter"
)

// Config is the wanted state.
type Config struct {
	// Bridge is the name of the bridge; it is made when it is missing.
	Bridge string
	// Ports are the two network interfaces that become its ports.
	Ports []string
	// Queues are numbered from FirstQueue; flows are spread over them by hash.
	FirstQueue, Queues int
	// Routed tells that the box is a router: there is no bridge, and what it forwards is queued.
	Routed bool
	// MTU is given to the ports, bytes; 0 leaves theirs.
	MTU int
	// Apart is a port of its own for the box's address, "" for none.
	Apart string
	// Address tells that the bridge has an address of its own. Without one it is silent.
	Address bool

	steady time.Duration // replaces the constant, because tests cannot wait
}

// tagTable holds what TagRules makes.
const tagTable = "bridge otasuke_tags"

// TagRules is the text that lets the kernel copy what stands before a tagged packet into its
// mark: br_netfilter takes it off, and the queue of xtables does not tell it. Of a VLAN it is
// type and tag, of PPPoE the first four bytes of its header (RFC 2516 section 4).
func TagRules(c Config) string {
	return fmt.Sprintf(`table %[1]s
delete table %[1]s
table %[1]s {
	chain prerouting {
		type filter hook prerouting priority -300; policy accept;
		iifname != { "%[2]s" } accept
		ether type 8021q meta mark set @ll,96,32
		ether type 0x8864 meta mark set @nh,0,32
	}
}
`, tagTable, strings.Join(c.Ports, `", "`))
}

// Rules gives the text that the kernel's tool is fed with for a mechanism.
func Rules(c Config, m Mechanism) string {
	last := c.FirstQueue + c.Queues - 1
	family, packets, bridged := "bridge", "meta protocol { ip, ip6, 0x8864 } ", "-m physdev --physdev-is-bridged "
	if c.Routed {
		family, packets, bridged = "inet", "", ""
	}
	if m == NFT {
		own := ""
		if c.Routed {
			own = names(c, last)
		}
		// Without "fanout", which spreads by processor: both directions of a flow
		// must meet in one queue, and the hash of the addresses sees to that.
		return fmt.Sprintf(`table %[1]s otasuke
delete table %[1]s otasuke
table %[1]s otasuke {
	chain forward {
		type filter hook forward priority 0; policy accept;
		ct mark %#[2]x accept
		%[3]squeue num %[4]d-%[5]d bypass
	}
	chain after {
		type filter hook postrouting priority 0; policy accept;
		meta mark %#[2]x ct mark set meta mark
	}
%[6]s}
`, family, BypassMark, packets, c.FirstQueue, last, own)
	}
	balance := fmt.Sprintf("--queue-num %d", c.FirstQueue)
	if c.Queues > 1 {
		balance = fmt.Sprintf("--queue-balance %d:%d", c.FirstQueue, last)
	}
	own := ""
	if c.Routed {
		own = fmt.Sprintf(`:OTASUKE_ASKED - [0:0]
:OTASUKE_ANSWERED - [0:0]
-A OTASUKE_ASKED -i %[1]s -p udp --dport 53 -j OTASUKE
-A OTASUKE_ASKED -i %[1]s -p tcp --dport 53 -j OTASUKE
-A OTASUKE_ANSWERED -o %[1]s -p udp --sport 53 -j OTASUKE
-A OTASUKE_ANSWERED -o %[1]s -p tcp --sport 53 -j OTASUKE
-A INPUT -j OTASUKE_ASKED
-A OUTPUT -j OTASUKE_ANSWERED
`, c.inside())
	}
	return fmt.Sprintf(`*filter
:OTASUKE - [0:0]
-A OTASUKE -m connmark --mark %#x -j ACCEPT
-A OTASUKE %s-j NFQUEUE %s --queue-bypass
-A FORWARD -j OTASUKE
%sCOMMIT
*mangle
:OTASUKE - [0:0]
-A OTASUKE -m mark --mark %#x -j CONNMARK --save-mark
-A POSTROUTING -j OTASUKE
COMMIT
`, BypassMark, bridged, balance, own, BypassMark)
}

// inside is the port of a router that its office is at.
func (c Config) inside() string { return c.Ports[len(c.Ports)-1] }

// names are the chains of a router for what its office asks the box itself: names, which no packet that is forwarded asks for.
func names(c Config, last int) string {
	return fmt.Sprintf(`	chain asked {
		type filter hook input priority 0; policy accept;
		iifname "%[1]s" meta l4proto { tcp, udp } th dport 53 queue num %[2]d-%[3]d bypass
	}
	chain answered {
		type filter hook output priority 0; policy accept;
		oifname "%[1]s" meta l4proto { tcp, udp } th sport 53 queue num %[2]d-%[3]d bypass
	}
`, c.inside(), c.FirstQueue, last)
}

// withdrawNames is the text that takes those of a router away, which are there on routers alone.
const withdrawNames = `*filter
-D INPUT -j OTASUKE_ASKED
-F OTASUKE_ASKED
-X OTASUKE_ASKED
-D OUTPUT -j OTASUKE_ANSWERED
-F OTASUKE_ANSWERED
-X OTASUKE_ANSWERED
COMMIT
`

// withdraw is the text that takes xtables rules away, table by table.
func withdraw() []string {
	var out []string
	for table, chain := range map[string]string{"filter": "FORWARD", "mangle": "POSTROUTING"} {
		out = append(out, strings.Join([]string{"*" + table, "-D " + chain + " -j OTASUKE", "-F OTASUKE", "-X OTASUKE", "COMMIT", ""}, "\n"))
	}
	return out
}
