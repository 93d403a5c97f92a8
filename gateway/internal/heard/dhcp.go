package heard

import (
	"net/netip"
	"strconv"
	"strings"

	"otasuke/gateway/internal/app/dhcpmsg"
	"otasuke/gateway/internal/app/octets"
)

// Options of DHCP (RFC 2132; RFC 4702 for the full name).
const (
	optHostname = 12
	optServerID = 54
	optParams   = 55
	optVendor   = 60
	optFullName = 81
)

// maxParams of an order are kept: real ones have up to 20.
const maxParams = 32

// dhcp reads a message. The client's name is what it calls itself; its address is what a
// server acknowledges.
func (e *Ear) dhcp(b []byte) {
	var m dhcpmsg.Message
	if !m.Parse(b) {
		return
	}
	client, ok := m.Client()
	if m.Reply() {
		e.offered(&m, client, ok)
		return
	}
	if !ok || client != e.mac && !m.Relayed() {
		return
	}
	server := e.mac
	e.mac = client
	e.tell(Note{MAC: client, What: Seen, By: ByDHCP})
	e.say(Name, ByDHCP, clean(m.Option(optHostname)))
	if full := m.Option(optFullName); len(full) > 3 {
		e.say(Name, ByDHCP, fullName(full[0], full[3:]))
	}
	e.say(Clue, ByDHCPVendor, clean(m.Option(optVendor)))
	e.say(Clue, ByDHCPParams, order(m.Option(optParams)))
	// Only who has heard an offer names its server (RFC 2131 section 4.3.2), and everybody hears
	// that; the offer itself may have stayed behind one switch.
	if id, ok := netip.AddrFromSlice(m.Option(optServerID)); ok && m.Kind() == dhcpmsg.Request && usable(id) {
		e.tell(Note{MAC: client, What: Chosen, By: ByDHCP, Addr: id})
	}
	e.mac = server
}

// offered reads what a server says.
func (e *Ear) offered(m *dhcpmsg.Message, client [6]byte, ok bool) {
	kind := m.Kind()
	if kind != dhcpmsg.Offer && kind != dhcpmsg.Acknowledge {
		return
	}
	own := e.src
	if id, four := netip.AddrFromSlice(m.Option(optServerID)); four {
		own = id
	}
	e.tell(Note{MAC: e.mac, What: Server, By: ByDHCP, Addr: own})
	if kind != dhcpmsg.Acknowledge || !ok {
		return
	}
	if your := m.Your(); usable(your) {
		e.tell(Note{MAC: client, What: Addr, By: ByDHCPAck, Addr: your})
	}
}

// fullName reads RFC 4702 section 2: labels with their lengths, or plain text.
func fullName(flags byte, b []byte) string {
	if flags&4 == 0 {
		return clean(b)
	}
	return labels(b)
}

// labels joins the labels of a name that has no pointers.
func labels(b []byte) string {
	c := octets.New(b)
	var out []string
	for c.Len() > 0 {
		n := c.U8()
		if n == 0 || n > 63 {
			break
		}
		out = append(out, string(c.Take(int(n))))
	}
	if !c.OK() {
		return ""
	}
	return clean([]byte(strings.Join(out, ".")))
}

// order writes the options that a client asks for.
func order(b []byte) string {
	var s []byte
	for i, o := range b[:min(len(b), maxParams)] {
		if i > 0 {
			s = append(s, ',')
		}
		s = strconv.AppendUint(s, uint64(o), 10)
	}
	return string(s)
}

// Messages and options of DHCPv6 (RFC 8415 section 7.3, RFC 4704, RFC 8415 section 21.16).
const (
	advertise6, reply6  = 2, 7
	optVendor6, optFQDN = 16, 39
)

// dhcp6 reads a message between a client and a server of the same network.
func (e *Ear) dhcp6(b []byte, server bool) {
	c := octets.New(b)
	kind := c.U8()
	c.Skip(3)
	if server {
		if c.OK() && (kind == advertise6 || kind == reply6) {
			e.tell(Note{MAC: e.mac, What: Server, By: ByDHCP6, Addr: e.src})
		}
		return
	}
	if kind > 11 {
		return // relays
	}
	for c.Len() >= 4 {
		code, size := c.U16(), c.U16()
		data := c.Take(int(size))
		if !c.OK() {
			return
		}
		switch {
		case code == optFQDN && len(data) > 1:
			e.say(Name, ByDHCP6, labels(data[1:]))
		case code == optVendor6 && len(data) > 6:
			e.say(Clue, ByDHCPVendor, clean(data[6:]))
		}
	}
}
