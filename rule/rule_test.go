package rule

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unique"

	"github.com/google/go-cmp/cmp"
)

// TestTables keeps the tables whole.
func TestTables(t *testing.T) {
	t.Parallel()
	seen := map[string]Buffer{}
	for b := range Buffer(NumBuffers) {
		if buffers[b].name == "" || buffers[b].dir == 0 {
			t.Errorf("buffer %d has no name or direction", b)
		}
		for _, name := range append(b.Names(), b.String()) {
			if other, ok := seen[name]; ok && other != b {
				t.Errorf("%s selects two buffers", name)
			}
			seen[name] = b
		}
		if b.App() != ProtoUnknown && !b.App().App() {
			t.Errorf("%s belongs to %s, which is no application protocol", b, b.App())
		}
		if b.Packet() && b.App() != ProtoUnknown {
			t.Errorf("%s is of single packets and of %s", b, b.App())
		}
	}
	names := map[string]bool{}
	for p := range Proto(NumProtos) {
		if protoNames[p] == "" || names[p.String()] {
			t.Errorf("protocol %d has no name of its own", p)
		}
		names[p.String()] = true
	}
	for name := range knownEvents {
		if name != strings.TrimSpace(name) || strings.Count(name, ".") > 1 {
			t.Errorf("event %q", name)
		}
	}
	if Buffer(NumBuffers).String() != "unknown" || Proto(NumProtos).String() != "unknown" {
		t.Error("what there is not has no name")
	}
}

func TestBuffers(t *testing.T) {
	t.Parallel()
	if d := cmp.Diff([]string{"dns.query", "dns_query", "dns.query.name"}, DNSQuery.Names()); d != "" {
		t.Error(d)
	}
	if FileMD5.Names() != nil {
		t.Error("a keyword with a value is no sticky buffer")
	}
	if !HTTPURI.ToServer() || HTTPURI.ToClient() || HTTPStatCode.ToServer() || !HTTPStatCode.ToClient() || !DNSQuery.Multi() || DNSQuery.Number() || !DNSRcode.Number() {
		t.Error("what buffers are")
	}
	for b, want := range map[Buffer]bool{PacketEvent: true, IPSrc: true, ICMPv6Header: true, AppEvent: false, FrameDNSPDU: false, BufPayload: false} {
		if b.Packet() != want {
			t.Errorf("%s is of single packets: %v", b, !want)
		}
	}
}

// The set is checked against a plain map.
func TestBufferSet(t *testing.T) {
	t.Parallel()
	var s BufferSet
	have := map[Buffer]bool{}
	for i := range 2000 {
		b := Buffer(i * 37 % NumBuffers)
		if i%3 == 2 {
			s.Remove(b)
			delete(have, b)
		} else {
			s.Add(b)
			have[b] = true
		}
		if s.Has(b) != have[b] || s.Len() != len(have) || s.Empty() != (len(have) == 0) {
			t.Fatalf("after %d steps the set has %d, want %d", i, s.Len(), len(have))
		}
	}
	last := Buffer(NumBuffers - 1)
	one, two, none := SetOf(BufPayload, last), SetOf(last), SetOf()
	if !one.Contains(&two) || two.Contains(&one) || !one.Contains(&none) || !one.Intersects(&two) || one.Intersects(&none) || !none.Empty() {
		t.Error("sets in sets")
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	// A rule for the left applies to conversations of the right.
	for p, c := range map[Proto]struct{ yes, no []Proto }{
		ProtoHTTP: {[]Proto{ProtoHTTP, ProtoHTTP1, ProtoHTTP2, ProtoDoH2}, []Proto{ProtoTLS, ProtoUnknown}}, ProtoHTTP1: {[]Proto{ProtoHTTP}, []Proto{ProtoHTTP2}},
		ProtoHTTP2: {[]Proto{ProtoHTTP2, ProtoDoH2}, []Proto{ProtoHTTP}}, ProtoDNS: {[]Proto{ProtoDNS, ProtoDoH2}, []Proto{ProtoMDNS, ProtoHTTP2}},
		ProtoDCERPC: {[]Proto{ProtoDCERPC, ProtoSMB}, []Proto{ProtoTLS}}, ProtoSMB: {[]Proto{ProtoSMB}, []Proto{ProtoDCERPC}},
	} {
		for want, list := range map[bool][]Proto{true: c.yes, false: c.no} {
			for _, app := range list {
				if p.Includes(app) != want {
					t.Errorf("%s includes %s: %v", p, app, !want)
				}
			}
		}
	}
	type packet struct {
		proto   uint8
		version int
	}
	for p, c := range map[Proto]struct{ yes, no []packet }{
		ProtoIP: {[]packet{{6, 4}, {200, 6}}, nil}, ProtoPacketHeader: {[]packet{{0, 0}}, nil}, ProtoIPv4: {[]packet{{6, 4}}, []packet{{6, 6}}}, ProtoIPv6: {[]packet{{6, 6}}, []packet{{6, 4}}},
		ProtoTCP: {[]packet{{6, 4}}, []packet{{17, 4}}}, ProtoTCPStream: {[]packet{{6, 6}}, []packet{{17, 4}}}, ProtoUDP: {[]packet{{17, 4}}, []packet{{6, 4}}},
		ProtoICMP: {[]packet{{1, 4}, {58, 6}}, []packet{{6, 4}}}, ProtoICMPv6: {[]packet{{58, 6}}, []packet{{1, 4}}}, ProtoSCTP: {[]packet{{132, 4}}, []packet{{6, 4}}},
		ProtoGRE: {[]packet{{47, 4}}, []packet{{6, 4}}}, ProtoESP: {[]packet{{50, 4}}, []packet{{51, 4}}}, ProtoDNS: {[]packet{{6, 4}, {17, 6}}, []packet{{1, 4}}},
		ProtoQUIC: {[]packet{{17, 4}}, []packet{{6, 4}}}, ProtoHTTP: {[]packet{{6, 4}}, []packet{{17, 4}}}, ProtoUnknown: {nil, []packet{{6, 4}, {17, 4}}}, ProtoFailed: {nil, []packet{{6, 4}}},
	} {
		for want, list := range map[bool][]packet{true: c.yes, false: c.no} {
			for _, x := range list {
				if p.Carries(x.proto, x.version) != want {
					t.Errorf("%s carries %+v: %v", p, x, !want)
				}
			}
		}
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	for a, c := range map[Action]struct {
		name   string
		blocks bool
	}{Pass: {"pass", false}, Drop: {"drop", true}, Reject: {"reject", true}, RejectDst: {"rejectdst", true}, RejectBoth: {"rejectboth", true},
		Alert: {"alert", false}, Config: {"config", false}, Action(77): {"action(77)", false}} {
		if a.String() != c.name || a.Blocks() != c.blocks {
			t.Errorf("%s blocks: %v", a, a.Blocks())
		}
	}
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		c       Compare
		yes, no []int64
	}{
		{Compare{Op: OpEqual, A: 5}, []int64{5}, []int64{4}}, {Compare{Op: OpNotEqual, A: 5}, []int64{4}, []int64{5}}, {Compare{Op: OpLess, A: 5}, []int64{4}, []int64{5}},
		{Compare{Op: OpLessEqual, A: 5}, []int64{5}, []int64{6}}, {Compare{Op: OpGreater, A: 5}, []int64{6}, []int64{5}}, {Compare{Op: OpGreaterEqual, A: 5}, []int64{5}, []int64{4}},
		{Compare{Op: OpBetween, A: 3, B: 9}, []int64{4, 8}, []int64{3, 9}}, {Compare{Op: OpNotBetween, A: 3, B: 9}, []int64{3, 9}, []int64{4, 8}},
		{Compare{Op: OpAnd, A: 6}, []int64{2, 7}, []int64{1, 8}}, {Compare{Op: OpOr, A: 6}, []int64{2, 0}, []int64{6}},
		{Compare{Op: OpMaskEqual, A: 6, B: 2}, []int64{2, 3, 10}, []int64{6, 0}}, {Compare{Op: OpMaskNotEqual, A: 6, B: 2}, []int64{6, 0}, []int64{2, 3}}, {Compare{Op: Op(77)}, nil, []int64{0}},
	} {
		for want, list := range map[bool][]int64{true: c.yes, false: c.no} {
			for _, n := range list {
				if c.c.Match(n) != want {
					t.Errorf("%+v holds for %d: %v", c.c, n, !want)
				}
			}
		}
	}
}

// The keyword flags: which of FIN 1, SYN 2, RST 4, PSH 8, ACK 16 are set.
func TestBitTest(t *testing.T) {
	t.Parallel()
	const f, s, a, e = 1, 2, 16, 64
	for name, c := range map[string]struct {
		test    BitTest
		yes, no []uint8
	}{
		"exactly":              {BitTest{Bits: s}, []uint8{s}, []uint8{s | a, 0}},
		"exactly, ignoring":    {BitTest{Bits: s, Ignore: e}, []uint8{s, s | e}, []uint8{s | a}},
		"not exactly":          {BitTest{Bits: s, Not: true}, []uint8{s | a, 0}, []uint8{s}},
		"these and any":        {BitTest{Mode: '+', Bits: s | a}, []uint8{s | a, s | a | f}, []uint8{s}},
		"any of these":         {BitTest{Mode: '*', Bits: s | a}, []uint8{s, a | f}, []uint8{f, 0}},
		"none of these":        {BitTest{Mode: '*', Bits: s | a, Not: true}, []uint8{f, 0}, []uint8{s, a}},
		"none at all":          {BitTest{}, []uint8{0}, []uint8{s}},
		"any, what is ignored": {BitTest{Mode: '*', Bits: s, Ignore: s}, nil, []uint8{s}},
	} {
		for want, list := range map[bool][]uint8{true: c.yes, false: c.no} {
			for _, flags := range list {
				if c.test.Match(flags) != want {
					t.Errorf("%s: holds for %#x: %v", name, flags, !want)
				}
			}
		}
	}
}

func TestSets(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddr
	s := AddrSet{Ranges: []AddrRange{{addr("10.0.0.5"), addr("10.0.0.9")}, {addr("10.0.0.20"), addr("10.0.0.20")}, {addr("2001:db8::"), addr("2001:db8::ff")}}}
	for want, list := range map[bool][]string{
		true:  {"10.0.0.5", "10.0.0.7", "10.0.0.9", "10.0.0.20", "2001:db8::", "2001:db8::ff"},
		false: {"0.0.0.0", "10.0.0.4", "10.0.0.10", "10.0.0.19", "10.0.0.21", "255.255.255.255", "::", "2001:db8::100"},
	} {
		for _, a := range list {
			if s.Contains(addr(a)) != want {
				t.Errorf("%s is in the set: %v", a, !want)
			}
		}
	}
	p := PortSet{Ranges: []PortRange{{1, 5}, {80, 80}, {60000, 65535}}}
	for want, list := range map[bool][]uint16{true: {1, 5, 80, 60000, 65535}, false: {0, 6, 79, 81, 59999}} {
		for _, port := range list {
			if p.Contains(port) != want {
				t.Errorf("%d is in the set: %v", port, !want)
			}
		}
	}
	none, all := AddrSet{}, AddrSet{Any: true}
	noPort, anyPort := PortSet{}, PortSet{Any: true}
	if none.Contains(addr("10.0.0.1")) || !all.Contains(addr("::1")) || noPort.Contains(80) || !anyPort.Contains(0) {
		t.Error("nothing and everything")
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	for _, m := range []Match{&Content{HasDistance: true}, &Content{HasWithin: true}, &PCRE{FromLast: true}, &ByteTest{ByteRead: ByteRead{FromLast: true}}, &IsDataAt{FromLast: true},
		&Base64Decode{FromLast: true}} {
		if !m.Relative() {
			t.Errorf("%T starts where the former match ended", m)
		}
	}
	for _, m := range []Match{&Content{HasOffset: true, HasDepth: true}, &PCRE{}, &ByteJump{}, &IsDataAt{}, &Base64Decode{}, &BSize{}, &Number{}, &NumberList{}, &Now{}, &Tuple{}, &Interface{},
		&Bounce{}, &Entropy{}, &Dataset{}, &Datarep{}} {
		if m.Relative() {
			t.Errorf("%T starts anywhere", m)
		}
	}
	for op, want := range map[BitOp]bool{BitIsSet: true, BitIsNotSet: true, BitSet: false, BitUnset: false, BitToggle: false} {
		if op.Condition() != want {
			t.Errorf("bit operation %d asks: %v", op, !want)
		}
	}
	for op, want := range map[string]bool{"=": false, "+": false, "-": false, "==": true, "isset": true, "<": true} {
		if (Flowint{Op: op}).Condition() != want {
			t.Errorf("%s asks: %v", op, !want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	r := &Rule{GID: 1, SID: 7, Rev: 2, Msg: "a message", Metadata: []unique.Handle[KeyValue]{unique.Make(KeyValue{"a", "1"}), unique.Make(KeyValue{"a", "2"})}}
	if r.String() != "[1:7:2] a message" {
		t.Error(r)
	}
	if v, ok := r.Meta("a"); !ok || v != "1" {
		t.Error("the first value of a key counts", v)
	}
	if _, ok := r.Meta("b"); ok {
		t.Error("no such key")
	}
	for want, f := range map[string]Refusal{
		"a.rules:3: why":              {File: "a.rules", Line: 3, Reason: "why"},
		"a.rules:3: sid 7: pcre: why": {File: "a.rules", Line: 3, SID: 7, Keyword: "pcre", Reason: "why"},
	} {
		if f.String() != want {
			t.Errorf("%s, want %s", f, want)
		}
	}
	if got := (Reference{ID: "2021-44228", Prefix: DefaultReferences()["cve"]}).URL(); got != "https://www.cve.org/CVERecord?id=CVE-2021-44228" {
		t.Error(got)
	}
	if (Reference{Type: "mine", ID: "x"}).URL() != "" {
		t.Error("a reference of no known type leads nowhere")
	}
	for name, want := range map[string]bool{"ipv4.trunc_pkt": true, "stream.est_invalid_ack": true, "http.range_invalid": true, "applayer_unexpected_protocol": true,
		"decode.ipv4.trunc_pkt": false, "est_invalid_ack": false, "": false} {
		if KnownEvent(name) != want {
			t.Errorf("event %q is known: %v", name, !want)
		}
	}
}

func TestClassFile(t *testing.T) {
	t.Parallel()
	got, refused := ParseClasses("c", []byte("\n# remark\r\nconfig classification: a-b, Some text ,2\r\nconfig \t classification :c,d,255\n"))
	if d := cmp.Diff(Classes{"a-b": {"Some text", 2}, "c": {"d", 255}}, got); d != "" || len(refused) > 0 {
		t.Error(d, refused)
	}
	for name, line := range map[string]string{"two parts": "config classification: a,1", "no number": "config classification: a,b,high", "priority 0": "config classification: a,b,0",
		"priority 256": "config classification: a,b,256", "another line": "config reference: a b", "nothing of a class": "classification: a,b,1", "no name": "config classification: ,b,1"} {
		if got, refused := ParseClasses("c", []byte("\n"+line)); len(refused) != 1 || refused[0].Line != 2 || refused[0].File != "c" || len(got) > 0 {
			t.Errorf("%s: %v, %v", name, got, refused)
		}
	}
	for name, c := range DefaultClasses() {
		if c.Text == "" || c.Priority < 1 || c.Priority > 4 {
			t.Errorf("class %s: %+v", name, c)
		}
	}
}

func TestReferenceFile(t *testing.T) {
	t.Parallel()
	got, refused := ParseReferences("r", []byte("config reference: CVE   https://cve.example/?q= \n#x\nconfig reference:url\thttp://"))
	if d := cmp.Diff(map[string]string{"cve": "https://cve.example/?q=", "url": "http://"}, got); d != "" || len(refused) > 0 {
		t.Error(d, refused)
	}
	for name, line := range map[string]string{"no address": "config reference: cve", "two addresses": "config reference: cve a b", "nothing": "config reference:", "another line": "reference: cve http://"} {
		if got, refused := ParseReferences("r", []byte(line)); len(refused) != 1 || len(got) > 0 {
			t.Errorf("%s: %v, %v", name, got, refused)
		}
	}
}

// FuzzConfig: no file panics; what is not taken is named by its line.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("config classification: a-b, Some text, 2\n# x\nconfig classification: a"))
	f.Add([]byte("config reference: cve https://cve.example/?q=\nx"))
	f.Fuzz(func(t *testing.T, text []byte) {
		classes, one := ParseClasses("c", text)
		for name, c := range classes {
			if name == "" || c.Priority < 1 || c.Priority > 255 {
				t.Errorf("class %q: %+v", name, c)
			}
		}
		references, two := ParseReferences("r", text)
		if _, ok := references[""]; ok {
			t.Error("a reference without a name")
		}
		lines := strings.Count(string(text), "\n") + 1
		for _, r := range slices.Concat(one, two) {
			if r.Line < 1 || r.Line > lines || r.Reason == "" {
				t.Errorf("%s", r)
			}
		}
	})
}
