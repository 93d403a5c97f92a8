package enforce

import (
	"fmt"
	"net"
	"strings"
)

// holdTable is apart from the queue's rules, so that making those anew does not let go.
const holdTable = "bridge otasuke_held"

// HoldRules is the text that lets the kernel drop what these hardware addresses send through
// the bridge, before anything else is asked. An address of its own it may keep: ARP, DHCP and
// neighbour discovery pass, so that it comes back at once when it is let go. Nobody is held by
// an empty list: the table goes.
func HoldRules(macs []net.HardwareAddr) string {
	clear := fmt.Sprintf("table %s\ndelete table %s\n", holdTable, holdTable)
	if len(macs) == 0 {
		return clear
	}
	list := make([]string, len(macs))
	for i, m := range macs {
		list[i] = m.String()
	}
	return clear + fmt.Sprintf(`table %s {
	set held {
		type ether_addr
		elements = { %s }
	}
	chain forward {
		type filter hook forward priority -10; policy accept;
		ether saddr != @held accept
		meta protocol arp accept
		meta protocol ip udp dport 67 accept
		icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept
		counter drop
	}
}
`, holdTable, strings.Join(list, ", "))
}

// Hold puts these rules in place of those before, in the network namespace of the calling
// thread. It wants nftables with the bridge family, also where the queue has another mechanism.
func Hold(macs []net.HardwareAddr) error { return feed(HoldRules(macs), "nft", "-f", "-") }
