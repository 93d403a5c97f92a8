package manage

import (
	"fmt"
	"strings"
)

// table is the name of the guard's tables; outsideMark tells it what came in outside.
const (
	table       = "otasuke_door"
	outsideMark = 0x4f540002
)

// Ports of the box itself that the office may reach.
const (
	pagePort = 80
	sshPort  = 22
	mdnsPort = 5353
)

// Rules is the text of nftables that guards an interface's address. outside is the port of
// the bridge on whose side nobody may begin anything; empty for an interface of its own. closed
// is an interface that is all outside.
func Rules(link, outside string, ssh, closed bool) string {
	ports := []string{fmt.Sprint(pagePort)}
	if ssh {
		ports = append(ports, fmt.Sprint(sshPort))
	}
	text, advert := Withdraw(), ""
	if outside != "" {
		// A device of the office that plays router could give the attacker's network out for the
		// office's own (RFC 6104).
		advert = fmt.Sprintf("\t\ticmpv6 type nd-router-advert meta mark != %#x drop\n", outsideMark)
		text += fmt.Sprintf(`table bridge %s {
	chain input {
		type filter hook input priority 0; policy accept;
		iifname %q meta mark set %#x
	}
}
`, table, outside, outsideMark)
	}
	open := fmt.Sprintf(`		icmp type echo-request accept
		icmpv6 type echo-request accept
		tcp dport { %s } accept
		udp dport %d accept
`, strings.Join(ports, ", "), mdnsPort)
	if closed {
		// Answers of DHCPv6 come from who was not asked by his address (RFC 8415 section 7.2), and from
		// this cable alone, as nobody forwards to such an address; the groups that we are in are asked
		// for (RFC 4890 section 4.4.1).
		open = "\t\tip6 daddr fe80::/10 udp dport 546 accept\n\t\ticmpv6 type mld-listener-query accept\n"
	}
	return text + fmt.Sprintf(`table inet %s {
	chain input {
		type filter hook input priority 0; policy accept;
		iifname != %q accept
		ct state established,related accept
%s		icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
		meta mark %#x drop
%s		drop
	}
}
`, table, link, advert, outsideMark, open)
}

// Withdraw is the text that takes the guard away, if there is one.
func Withdraw() string {
	return fmt.Sprintf("table bridge %[1]s\ndelete table bridge %[1]s\ntable inet %[1]s\ndelete table inet %[1]s\n", table)
}
