package heard

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// told is what frames tell, in a line for each thing.
func told(t testing.TB, frames ...[]byte) (out []string) {
	t.Helper()
	words := map[What]string{Seen: "seen", Addr: "addr", Name: "name", Clue: "clue", Server: "server", Router: "router", Chosen: "chosen"}
	e := New(func(n Note) {
		line := fmt.Sprintf("%x %s %s %s", n.MAC, words[n.What], n.By, n.Text)
		if n.Addr.IsValid() {
			line += n.Addr.String()
		}
		out = append(out, strings.TrimSpace(line))
	})
	for _, f := range frames {
		e.Frame(f, 1)
	}
	return out
}

var who = []byte{0x00, 0x1b, 0x8b, 1, 2, 3}

func ether(kind uint16, body ...byte) []byte {
	b := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, who...)
	return append(append(b, byte(kind>>8), byte(kind)), body...)
}

// udp makes a frame from 192.168.1.5; the checksums of IP and UDP do not matter here.
func udp(from, to uint16, say []byte) []byte {
	n := len(say) + 8
	b := []byte{0x45, 0, byte((n + 20) >> 8), byte(n + 20), 0, 1, 0, 0, 64, 17, 0, 0, 192, 168, 1, 5, 224, 0, 0, 251,
		byte(from >> 8), byte(from), byte(to >> 8), byte(to), byte(n >> 8), byte(n), 0, 0}
	return ether(0x0800, append(b, say...)...)
}

// udp6 makes one from fe80::5.
func udp6(from, to uint16, say []byte) []byte {
	n := len(say) + 8
	return six(17, 64, append([]byte{byte(from >> 8), byte(from), byte(to >> 8), byte(to), byte(n >> 8), byte(n), 0, 0}, say...))
}

func six(next, hops byte, body []byte) []byte {
	b := []byte{0x60, 0, 0, 0, byte(len(body) >> 8), byte(len(body)), next, hops}
	src, dst := make([]byte, 16), make([]byte, 16)
	src[0], src[1], src[15] = 0xfe, 0x80, 5
	dst[0], dst[1], dst[15] = 0xff, 2, 1
	return ether(0x86dd, slices.Concat(b, src, dst, body)...)
}

func arp(op byte, sender []byte, addr ...byte) []byte {
	return ether(0x0806, slices.Concat([]byte{0, 1, 8, 0, 6, 4, 0, op}, sender, addr, make([]byte, 10))...)
}

func opt(code byte, data string) string { return string([]byte{code, byte(len(data))}) + data }

func dhcp(op byte, hw string, yours [4]byte, options string) []byte {
	return []byte(string([]byte{op, 1, 6, 0}) + "\x01\x02\x03\x04" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + string(yours[:]) + "\x00\x00\x00\x00\x00\x00\x00\x00" +
		hw + strings.Repeat("\x00", 10+192) + "\x63\x82\x53\x63" + options + "\xff")
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func nb(name string, suffix byte) string {
	padded := fmt.Sprintf("%-15s", name) + string(suffix)
	out := []byte{32}
	for i := range len(padded) {
		out = append(out, 'A'+padded[i]>>4, 'A'+padded[i]&15)
	}
	return string(out) + "\x00"
}

func dnsName(s string) string {
	out := ""
	for l := range strings.SplitSeq(s, ".") {
		out += string(byte(len(l))) + l
	}
	return out + "\x00"
}

func record(name string, kind uint16, data string) string {
	return dnsName(name) + string([]byte{byte(kind >> 8), byte(kind), 0x80, 1, 0, 0, 0, 120, byte(len(data) >> 8), byte(len(data))}) + data
}

func dns(flags uint16, answers ...string) []byte {
	return []byte(string([]byte{0, 0, byte(flags >> 8), byte(flags), 0, 0, 0, byte(len(answers)), 0, 0, 0, 0}) + strings.Join(answers, ""))
}

const hello = `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><d:Hello><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>` +
	`<d:Scopes>onvif://www.onvif.org/name/X onvif://www.onvif.org/hardware/CAM-100</d:Scopes></d:Hello></s:Body></s:Envelope>`

var (
	mac      = "001b8b010203"
	register = []byte("\x00\x01\x29\x10\x00\x01\x00\x00\x00\x00\x00\x01" + nb("KEIRI-PC", 0) + "\x00\x20\x00\x01\xc0\x0c\x00\x20\x00\x01\x00\x00\x00\x00\x00\x06\x00\x00\xc0\xa8\x01\x05")
	browse   = []byte(strings.Repeat("x", 80) + "\\MAILSLOT\\BROWSE\x00" + "\x01\x00\x00\x00\x00\x00" + "OLD-PC\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x06\x01" + "\x03\x10\x00\x00" + "\x0f\x01\x55\xaa" + "\x00")
	samba    = []byte(strings.Replace(string(browse), "\x03\x10\x00\x00", "\x03\x1a\x00\x00", 1))
	notify   = []byte("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nSERVER: Linux UPnP/1.0 TestRouter/1.0\r\n\r\n")
	search   = []byte("M-SEARCH * HTTP/1.1\r\nST: urn:dial-multiscreen-org:device:x:1\r\nUSER-AGENT: Google Chrome/120 Windows\r\n\r\n")
	ask      = dhcp(1, string(who), [4]byte{}, opt(53, "\x03")+opt(12, "keiri-pc")+opt(50, "\xc0\xa8\x01\x63")+opt(55, "\x01\x03\x06")+opt(60, "MSFT 5.0")+opt(81, "\x00\x00\x00keiri-pc.corp"))
	give     = dhcp(2, "\x00\x1b\x8b\x09\x09\x09", [4]byte{192, 168, 1, 9}, opt(53, "\x05")+opt(54, "\xc0\xa8\x01\x01"))
	chassis  = unhex("0207 04 001b8b010203" + "0a05 6d79737731" + "0c04 53776974" + "0e04 0024 0020" + "0000")
	printer  = dns(0x8400, record("_ipp._tcp.local", 12, dnsName("Office._ipp._tcp.local")), record("Office._ipp._tcp.local", 16, "\x09txtvers=1\x13ty=Brother MFC-1234"),
		record("BRN001.local", 1, "\xc0\xa8\x01\x05"), record("other.local", 1, "\xc0\xa8\x01\x06"))
	fqdn6 = unhex("01 000001 0001 000e 0001 0001 11111111 001b8b010203 0027 000a 00 0870632d7365766e00" + "0010 000e 00000137 0008 4d53465420352e30")
	ra    = func(lifetime byte) []byte {
		return six(58, 255, []byte{134, 0, 0, 0, 64, 0, lifetime, 8, 0, 0, 0, 0, 0, 0, 0, 0})
	}
)

func TestFrames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		b    []byte
		want []string
	}{
		{"arp", arp(1, who, 192, 168, 1, 5), []string{mac + " addr arp 192.168.1.5"}},
		{"arp behind tags", slices.Concat(arp(1, who)[:12], unhex("8100 0005 8100 0006"), arp(1, who, 192, 168, 1, 5)[12:]), []string{mac + " addr arp 192.168.1.5"}},
		{"arp probe", arp(1, who, 0, 0, 0, 0), []string{mac + " seen arp"}},
		{"arp for another", arp(2, []byte{0, 1, 2, 3, 4, 5}, 192, 168, 1, 5), nil},
		{"router", ra(7), []string{mac + " addr nd fe80::5", mac + " router ra fe80::5"}},
		{"solicitation", six(58, 255, slices.Concat([]byte{135, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 16))), []string{mac + " addr nd fe80::5"}},
		{"router of elsewhere", six(58, 64, []byte{134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0}), nil},
		{"no way out any more", slices.Concat(ra(0)[:60], []byte{0, 0}, ra(0)[62:]), []string{mac + " addr nd fe80::5"}},
		{"a request proves no address", udp(68, 67, ask), []string{mac + " seen dhcp", mac + " name dhcp keiri-pc", mac + " name dhcp keiri-pc.corp",
			mac + " clue dhcp-vendor MSFT 5.0", mac + " clue dhcp-params 1,3,6"}},
		{"a request names whose offer it takes", udp(68, 67, dhcp(1, string(who), [4]byte{}, opt(53, "\x03")+opt(54, "\xc0\xa8\x01\xfa"))), []string{mac + " seen dhcp", mac + " chosen dhcp 192.168.1.250"}},
		{"a release names it, too", udp(68, 67, dhcp(1, string(who), [4]byte{}, opt(53, "\x07")+opt(54, "\xc0\xa8\x01\xfa"))), []string{mac + " seen dhcp"}},
		{"an acknowledgement does", udp(67, 68, give), []string{mac + " server dhcp 192.168.1.1", "001b8b090909 addr dhcp-ack 192.168.1.9"}},
		{"dhcp6", udp6(546, 547, fqdn6), []string{mac + " name dhcp6 pc-sevn", mac + " clue dhcp-vendor MSFT 5.0"}},
		{"dhcp6 server", udp6(547, 546, unhex("02 000001")), []string{mac + " server dhcp6 fe80::5"}},
		{"mdns", udp(5353, 5353, printer), []string{mac + " addr mdns 192.168.1.5", mac + " clue mdns-service _ipp._tcp", mac + " clue mdns-service _ipp._tcp",
			mac + " clue mdns-model Brother MFC-1234", mac + " name mdns BRN001"}},
		{"mdns question with answers of others", udp(5353, 5353, dns(0, record("BRN001.local", 1, "\xc0\xa8\x01\x05"))), nil},
		{"llmnr", udp(5355, 49152, dns(0x8000, record("keiri-pc", 1, "\xc0\xa8\x01\x05"))), []string{mac + " addr llmnr 192.168.1.5", mac + " name llmnr keiri-pc"}},
		{"netbios", udp(137, 137, register), []string{mac + " addr netbios 192.168.1.5", mac + " name netbios KEIRI-PC"}},
		{"browser", udp(138, 138, browse), []string{mac + " addr netbios 192.168.1.5", mac + " name netbios OLD-PC", mac + " clue browser-os 6.1"}},
		{"samba says any version", udp(138, 138, samba), []string{mac + " addr netbios 192.168.1.5", mac + " name netbios OLD-PC", mac + " clue browser-role unix"}},
		{"ssdp", udp(1900, 1900, notify), []string{mac + " addr ssdp-server 192.168.1.5", mac + " clue ssdp-type InternetGatewayDevice:1", mac + " clue ssdp-server Linux UPnP/1.0 TestRouter/1.0"}},
		{"a search is no thing of its own", udp(50000, 1900, search), []string{mac + " addr ssdp-server 192.168.1.5", mac + " clue ssdp-server Google Chrome/120 Windows"}},
		{"wsd", udp(3702, 3702, []byte(hello)), []string{mac + " addr wsd-type 192.168.1.5", mac + " clue wsd-type NetworkVideoTransmitter", mac + " clue wsd-model CAM-100"}},
		{"lldp", ether(0x88cc, chassis...), []string{mac + " seen lldp", mac + " name lldp mysw1", mac + " clue lldp-text Swit", mac + " clue lldp-role telephone"}},
	} {
		if got := told(t, c.b); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}

// What is cut or lies about its length says nothing that is not there, and nothing that could
// turn a line around on a page.
func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"nothing": {}, "head cut": ether(0x0806)[:13], "arp cut": arp(1, who)[:30], "multicast sender": slices.Concat(make([]byte, 6), []byte{1, 2, 3, 4, 5, 6, 8, 6}),
		"tags without end": ether(0x8100, unhex("0005 8100 0005 8100 0005 0806")...),
		"dhcp head":        udp(68, 67, ask[:200]), "dhcp cookie": udp(68, 67, slices.Concat(ask[:236], []byte{1, 2, 3, 4}, ask[240:])),
		"dhcp of another": udp(68, 67, dhcp(1, "\x00\x01\x02\x03\x04\x05", [4]byte{}, opt(12, "x"))),
		"dhcp6 cut":       udp6(546, 547, fqdn6[:9]), "dhcp6 server head": udp6(547, 546, []byte{2}), "dns cut": udp(5353, 5353, printer[:20]),
		"name of nobody": udp(137, 137, []byte(strings.Replace(string(register), nb("KEIRI-PC", 0), nb("KEIRI-PC", 0x1e), 1))),
		"a group":        udp(137, 137, []byte(strings.Replace(string(register), "\x00\x06\x00\x00", "\x00\x06\x80\x00", 1))),
		"not its own":    udp(137, 137, []byte(strings.Replace(string(register), "\xc0\xa8\x01\x05", "\xc0\xa8\x01\x06", 1))),
		"netbios cut":    udp(137, 137, register[:30]), "netbios letters": udp(137, 137, []byte(strings.Replace(string(register), "\x20E", "\x20z", 1))),
		"browser cut": udp(138, 138, browse[:110]), "browser signature": udp(138, 138, []byte(strings.Replace(string(browse), "\x55\xaa", "\x00\x00", 1))),
		"no ssdp": udp(1900, 1900, []byte("GET / HTTP/1.1\r\nSERVER: x\r\n\r\n")), "no xml": udp(3702, 3702, []byte("<a><b")),
		"probe of another": udp(3702, 3702, []byte(strings.ReplaceAll(hello, "Hello", "Probe"))),
	} {
		if got := told(t, b); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, c := range map[string]struct{ say, want string }{
		"turned around": {"a\u202eb\x07c", "abc"}, "cut at a rune": {strings.Repeat("あ", 40), strings.Repeat("あ", 32)},
		"other coding": {"\x8co\x97\x9d", ""}, "zero": {"pc\x00rest", "pc"}, "only space": {"  \t", ""},
	} {
		if got := clean([]byte(c.say)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func fuzz(f *testing.F, frame func([]byte) []byte, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 2000 {
			return
		}
		for _, line := range told(t, frame(b)) {
			if len(line) > 200 || strings.ContainsAny(line, "\n\r\x1b\u202e") {
				t.Errorf("%q", line)
			}
		}
	})
}

func FuzzFrame(f *testing.F) {
	fuzz(f, func(b []byte) []byte { return b }, arp(1, who, 1, 2, 3, 4), ra(7), udp(68, 67, ask), udp(67, 68, give), udp(5353, 5353, printer), ether(0x88cc, chassis...))
}
func FuzzDHCP(f *testing.F)  { fuzz(f, func(b []byte) []byte { return udp(67, 68, b) }, ask, give) }
func FuzzDHCP6(f *testing.F) { fuzz(f, func(b []byte) []byte { return udp6(546, 547, b) }, fqdn6) }
func FuzzMDNS(f *testing.F)  { fuzz(f, func(b []byte) []byte { return udp(5353, 5353, b) }, printer) }
func FuzzLLMNR(f *testing.F) {
	fuzz(f, func(b []byte) []byte { return udp(5355, 5355, b) }, dns(0x8000, record("pc", 1, "\xc0\xa8\x01\x05")))
}
func FuzzNBNS(f *testing.F) { fuzz(f, func(b []byte) []byte { return udp(137, 137, b) }, register) }
func FuzzBrowser(f *testing.F) {
	fuzz(f, func(b []byte) []byte { return udp(138, 138, b) }, browse, samba)
}
func FuzzSSDP(f *testing.F) {
	fuzz(f, func(b []byte) []byte { return udp(1900, 1900, b) }, notify, search)
}
func FuzzWSD(f *testing.F) {
	fuzz(f, func(b []byte) []byte { return udp(3702, 3702, b) }, []byte(hello))
}
func FuzzLLDP(f *testing.F) { fuzz(f, func(b []byte) []byte { return ether(0x88cc, b...) }, chassis) }
