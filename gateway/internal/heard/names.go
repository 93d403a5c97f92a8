package heard

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/app/octets"
)

// maxRecords of a message are looked at: a printer with all its services has 40.
const maxRecords = 200

// mdns reads what a device answers or announces (RFC 6762). Questions list answers that are
// known already: those are of others.
func (e *Ear) mdns(b []byte) {
	m := &e.dns
	if m.Parse(b) != nil || !m.Response() {
		return
	}
	e.address(e.src, ByMDNS)
	for _, list := range [...][]dnsmsg.Record{m.Answers, m.Additional} {
		for i := range list[:min(len(list), maxRecords)] {
			e.announced(m, &list[i])
		}
	}
}

// announced reads a record of DNS-based service discovery (RFC 6763).
func (e *Ear) announced(m *dnsmsg.Message, r *dnsmsg.Record) {
	name := m.Bytes(r.Name)
	switch r.Type {
	case dnsmsg.TypeA, dnsmsg.TypeAAAA:
		if a, ok := netip.AddrFromSlice(m.Data(r)); ok && a.Unmap() == e.src {
			e.say(Name, ByMDNS, host(name))
		}
	case dnsmsg.TypePTR, dnsmsg.TypeSRV:
		e.say(Clue, ByMDNSService, service(name))
	case dnsmsg.TypeTXT:
		e.say(Clue, ByMDNSService, service(name))
		e.models(m.Data(r))
	}
}

// host is a name without the domain of the link.
func host(name []byte) string {
	short, ok := bytes.CutSuffix(name, []byte(".local"))
	if !ok || bytes.IndexByte(short, '.') >= 0 {
		return ""
	}
	return clean(short)
}

// service finds the type of a service in a name: "_ipp._tcp".
func service(name []byte) string {
	s := strings.ToLower(clean(name))
	if strings.HasSuffix(s, "._dns-sd._udp.local") {
		return ""
	}
	for _, proto := range []string{"._tcp.local", "._udp.local"} {
		if rest, ok := strings.CutSuffix(s, proto); ok {
			if i := strings.LastIndex(rest, "."); i >= 0 {
				rest = rest[i+1:]
			}
			if strings.HasPrefix(rest, "_") {
				return rest + proto[:5]
			}
		}
	}
	return ""
}

// modelKeys of TXT records say what the thing is, in words of Apple, printers (Bonjour
// Printing Specification) and Google Cast.
var modelKeys = []string{"model=", "ty=", "md=", "am=", "usb_mdl=", "product="}

// versionKeys of TXT records say which firmware it runs: network storage, cameras, printers.
var versionKeys = []string{"fw=", "fv=", "firmware=", "fw_version=", "version=", "swversion="}

// models reads a TXT record.
func (e *Ear) models(b []byte) {
	c := octets.New(b)
	for c.Len() > 0 {
		item := clean(c.Take(int(c.U8())))
		if !c.OK() {
			return
		}
		for _, key := range modelKeys {
			if len(item) > len(key) && strings.EqualFold(item[:len(key)], key) {
				e.say(Clue, ByMDNSModel, strings.Trim(item[len(key):], "() "))
			}
		}
		for _, key := range versionKeys {
			if len(item) > len(key) && strings.EqualFold(item[:len(key)], key) {
				e.say(Clue, ByMDNSVersion, item[len(key):])
			}
		}
	}
}

// llmnr reads an answer (RFC 4795): its sender has the name.
func (e *Ear) llmnr(b []byte) {
	m := &e.dns
	if m.Parse(b) != nil || !m.Response() || m.RCode() != 0 {
		return
	}
	for i := range m.Answers[:min(len(m.Answers), maxRecords)] {
		r := &m.Answers[i]
		if r.Type != dnsmsg.TypeA && r.Type != dnsmsg.TypeAAAA {
			continue
		}
		if a, ok := netip.AddrFromSlice(m.Data(r)); ok && a.Unmap() == e.src {
			e.address(e.src, ByLLMNR)
			e.say(Name, ByLLMNR, clean(m.Bytes(r.Name)))
		}
	}
}

// Operations of the NetBIOS name service (RFC 1002 section 4.2.1.1).
const (
	nbQuery, nbRegister, nbRefresh, nbRefreshOld, nbMultihomed = 0, 5, 8, 9, 15
	nbResponse                                                 = 0x8000
	nbGroup                                                    = 0x8000
	nbType                                                     = 0x20
)

// nbns reads a registration of a name, or the positive answer of who has it.
func (e *Ear) nbns(b []byte) {
	c := octets.New(b)
	c.Skip(2)
	flags := c.U16()
	questions, answers := c.U16(), c.U16()
	c.Skip(4)
	op := flags >> 11 & 15
	var name [16]byte
	var data []byte
	switch {
	case flags&nbResponse == 0 && questions == 1 && (op == nbRegister || op == nbRefresh || op == nbRefreshOld || op == nbMultihomed):
		if name = netbios(&c); !c.OK() || c.U16() != nbType {
			return
		}
		c.Skip(2)
		c.Skip(2 + 2 + 2 + 4) // a pointer to the name, type, class, time
		data = c.Take(int(c.U16()))
	case flags&nbResponse != 0 && op == nbQuery && flags&15 == 0 && answers == 1:
		if name = netbios(&c); !c.OK() || c.U16() != nbType {
			return
		}
		c.Skip(2 + 4)
		data = c.Take(int(c.U16()))
	default:
		return
	}
	// Only who registers for its own address speaks of itself; a group is nobody's name.
	if !c.OK() || len(data) < 6 || binary.BigEndian.Uint16(data)&nbGroup != 0 || netip.AddrFrom4([4]byte(data[2:6])) != e.src {
		return
	}
	if suffix := name[15]; suffix != 0x00 && suffix != 0x20 {
		return
	}
	e.address(e.src, ByNetBIOS)
	e.say(Name, ByNetBIOS, clean(name[:15]))
}

// netbios reads a name in its first-level coding, without a scope (RFC 1001 section 14.1).
func netbios(c *octets.Cursor) (name [16]byte) {
	if c.U8() != 32 {
		c.Fail()
		return name
	}
	b := c.Take(32)
	if c.U8() != 0 || len(b) < 32 {
		c.Fail()
		return name
	}
	for i := range name {
		hi, lo := b[2*i]-'A', b[2*i+1]-'A'
		if hi > 15 || lo > 15 {
			c.Fail()
			return [16]byte{}
		}
		name[i] = hi<<4 | lo
	}
	return name
}

// Announcements of the browser service (MS-BRWS sections 2.2.1 and 2.2.10), roles in
// MS-BRWS section 2.2.
const (
	hostAnnouncement, localMaster = 1, 15
	roleController                = 0x8 | 0x10
	roleUnix                      = 0x800
	roleServer                    = 0x8000
)

var mailslot = []byte("\\MAILSLOT\\BROWSE\x00")

// browser reads an announcement: a name, and the version of Windows.
func (e *Ear) browser(b []byte) {
	i := bytes.Index(b, mailslot)
	if i < 0 {
		return
	}
	c := octets.New(b[i+len(mailslot):])
	if kind := c.U8(); kind != hostAnnouncement && kind != localMaster {
		return
	}
	c.Skip(1 + 4)
	name := c.Take(16)
	major, minor := c.U8(), c.U8()
	role := c.U32LE()
	c.Skip(2)
	if c.U16() != 0x55aa || !c.OK() {
		return
	}
	e.address(e.src, ByNetBIOS)
	e.say(Name, ByNetBIOS, clean(name))
	// Samba calls itself what version it likes.
	if role&roleUnix != 0 {
		e.say(Clue, ByBrowserRole, "unix")
		return
	}
	e.say(Clue, ByBrowserOS, strconv.Itoa(int(major))+"."+strconv.Itoa(int(minor)))
	switch {
	case role&roleController != 0:
		e.say(Clue, ByBrowserRole, "controller")
	case role&roleServer != 0:
		e.say(Clue, ByBrowserRole, "server")
	}
}
