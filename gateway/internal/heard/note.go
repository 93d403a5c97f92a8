package heard

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText of a note, in bytes: names of hosts have at most 63 bytes a label, descriptions of
// models are shorter.
const maxText = 96

// What a note is about.
type What uint8

// Kinds of notes.
const (
	Seen   What = iota // it is there
	Addr               // it has this address
	Name               // it is called so
	Clue               // what it says, as patterns of content/devices know it
	Server             // it gives out addresses
	Router             // it calls itself a router
	Chosen             // it takes the address that the server with Addr has offered
)

// Where notes come from; words of content/devices and of what people read.
const (
	ByARP         = "arp"
	ByND          = "nd"
	ByRA          = "ra"
	ByDHCP        = "dhcp"     // what the device asked with
	ByDHCPAck     = "dhcp-ack" // what the server gave it
	ByDHCPVendor  = "dhcp-vendor"
	ByDHCPParams  = "dhcp-params" // in which order it asks for what
	ByDHCP6       = "dhcp6"
	ByMDNS        = "mdns"
	ByMDNSService = "mdns-service"
	ByMDNSModel   = "mdns-model"
	ByMDNSVersion = "mdns-version"
	BySSDPServer  = "ssdp-server"
	BySSDPType    = "ssdp-type"
	ByNetBIOS     = "netbios"
	ByBrowserOS   = "browser-os"
	ByBrowserRole = "browser-role"
	ByLLMNR       = "llmnr"
	ByWSDType     = "wsd-type"
	ByWSDModel    = "wsd-model"
	ByLLDP        = "lldp"
	ByLLDPRole    = "lldp-role"
	ByLLDPText    = "lldp-text"
)

// Note is one thing that a device has said about itself.
type Note struct {
	MAC  [6]byte
	What What
	By   string
	Text string     // of names and clues
	Addr netip.Addr // of addresses; of servers and routers their own, when they say it; the chosen server's
}

// clean makes text of what was sent: printable, short, without space around it. What is no
// UTF-8 is in a coding that nobody tells: nothing of it is kept.
func clean(b []byte) string {
	if i := strings.IndexByte(string(b), 0); i >= 0 {
		b = b[:i]
	}
	if !utf8.Valid(b) {
		return ""
	}
	s := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(b))
	for len(s) > maxText {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return strings.TrimSpace(s)
}

// say hands a name or a clue on unless it is empty.
func (e *Ear) say(what What, by string, text string) {
	if text != "" {
		e.tell(Note{MAC: e.mac, What: what, By: by, Text: text})
	}
}
