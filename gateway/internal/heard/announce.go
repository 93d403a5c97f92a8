package heard

import (
	"bytes"
	"encoding/xml"
	"strings"

	"otasuke/gateway/internal/app/octets"
)

const (
	// maxLines of a message of SSDP: real ones have under 20.
	maxLines = 64
	// maxSOAP of WS-Discovery: it must fit into a datagram.
	maxSOAP = 32 << 10
	// maxTokens of it: real ones have under 100.
	maxTokens = 1000
	// maxTypes that one message names.
	maxTypes = 16
)

// ssdp reads the header of a message (UPnP Device Architecture 2.0 section 1): an
// announcement or an answer says what its sender is, a search with what it searches.
func (e *Ear) ssdp(b []byte) {
	first, rest, _ := bytes.Cut(b, []byte("\n"))
	first = bytes.TrimSpace(first)
	search := bytes.HasPrefix(first, []byte("M-SEARCH "))
	if !search && !bytes.HasPrefix(first, []byte("NOTIFY ")) && !bytes.HasPrefix(first, []byte("HTTP/1.1 200")) {
		return
	}
	e.address(e.src, BySSDPServer)
	for range maxLines {
		var line []byte
		if line, rest, _ = bytes.Cut(rest, []byte("\n")); len(bytes.TrimSpace(line)) == 0 {
			return
		}
		key, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		switch strings.ToLower(string(bytes.TrimSpace(key))) {
		case "server", "user-agent":
			e.say(Clue, BySSDPServer, clean(value))
		case "nt", "st":
			if urn := clean(value); !search && strings.HasPrefix(urn, "urn:") && strings.Contains(urn, ":device:") {
				e.say(Clue, BySSDPType, urn[strings.Index(urn, ":device:")+len(":device:"):])
			}
		}
	}
}

// wsd reads a message of WS-Discovery (OASIS WS-Discovery 1.1) that tells of its sender.
func (e *Ear) wsd(b []byte) {
	d := xml.NewDecoder(bytes.NewReader(b[:min(len(b), maxSOAP)]))
	d.Strict = true
	own, in := false, ""
	for range maxTokens {
		t, err := d.RawToken()
		if err != nil {
			return
		}
		switch t := t.(type) {
		case xml.StartElement:
			in = t.Name.Local
			if in == "Hello" || in == "ProbeMatches" || in == "ResolveMatches" {
				own = true
				e.address(e.src, ByWSDType)
			}
		case xml.EndElement:
			in = ""
		case xml.CharData:
			if own && in == "Types" {
				e.types(string(t))
			}
			if own && in == "Scopes" {
				e.scopes(string(t))
			}
		}
	}
}

func (e *Ear) types(s string) {
	for i, word := range strings.Fields(s) {
		if i == maxTypes {
			return
		}
		if _, local, ok := strings.Cut(word, ":"); ok {
			word = local
		}
		if word != "Device" { // everybody is one
			e.say(Clue, ByWSDType, clean([]byte(word)))
		}
	}
}

// scopes of cameras name their model (ONVIF Core Specification section 7.3.2.2).
func (e *Ear) scopes(s string) {
	for i, word := range strings.Fields(s) {
		if i == maxTypes {
			return
		}
		if model, ok := strings.CutPrefix(word, "onvif://www.onvif.org/hardware/"); ok {
			e.say(Clue, ByWSDModel, clean([]byte(model)))
		}
	}
}

// TLVs of LLDP (IEEE 802.1AB section 8.5) that are read.
const (
	lldpEnd, lldpName, lldpText, lldpRoles = 0, 5, 6, 7
	maxTLVs                                = 64
)

// lldpRole names bits of what is enabled, the more telling first.
var lldpRole = []struct {
	bit  uint16
	name string
}{{1 << 5, "telephone"}, {1 << 3, "access-point"}, {1 << 4, "router"}, {1 << 2, "bridge"}}

// lldp reads what switches, access points and telephones say to their neighbour.
func (e *Ear) lldp(b []byte) {
	c := octets.New(b)
	e.tell(Note{MAC: e.mac, What: Seen, By: ByLLDP})
	for range maxTLVs {
		head := c.U16()
		data := c.Take(int(head & 0x1ff))
		if !c.OK() {
			return
		}
		switch head >> 9 {
		case lldpEnd:
			return
		case lldpName:
			e.say(Name, ByLLDP, clean(data))
		case lldpText:
			e.say(Clue, ByLLDPText, clean(data))
		case lldpRoles:
			if len(data) < 4 {
				return
			}
			for _, r := range lldpRole {
				if (uint16(data[2])<<8|uint16(data[3]))&r.bit != 0 {
					e.say(Clue, ByLLDPRole, r.name)
					break
				}
			}
		}
	}
}
