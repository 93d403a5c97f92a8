package tlsmsg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"otasuke/gateway/internal/app/told"
)

// hello builds a ClientHello from its extensions, without type and length.
func hello(exts func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddUint16(0x0303)
	b.AddBytes(make([]byte, 32))
	b.AddUint8LengthPrefixed(func(*cryptobyte.Builder) {})
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(0x0a0a); b.AddUint16(0x1301); b.AddUint16(0xc02f) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
	if exts != nil {
		b.AddUint16LengthPrefixed(exts)
	}
	return b.BytesOrPanic()
}

func ext(kind uint16, data ...byte) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddUint16(kind)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(data) })
	}
}

func name(s string) []byte {
	n := byte(len(s))
	return append([]byte{0, n + 3, 0, 0, n}, s...)
}

func rec(kind byte, data ...byte) string {
	return string([]byte{kind, 3, 1, byte(len(data) >> 8), byte(len(data))}) + string(data)
}

func message(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func TestMalformedHello(t *testing.T) {
	t.Parallel()
	good := hello(ext(0, name("x.jp")...))
	for what, c := range map[string]struct {
		in   []byte
		want Fault
	}{
		"nothing":                  {nil, faultLength},
		"random cut":               {good[:20], faultLength},
		"session over the message": {append([]byte{3, 3}, append(make([]byte, 32), 9, 9)...), faultLength},
		"extension list cut":       {good[:len(good)-1], faultLength},
		"odd list of ciphers":      {append(append([]byte{3, 3}, make([]byte, 33)...), 0, 1, 9, 1, 0), faultLength},
		"extension cut":            {hello(func(b *cryptobyte.Builder) { b.AddBytes([]byte{0, 0, 0}) }), faultLength},
		"extension over the list":  {hello(func(b *cryptobyte.Builder) { b.AddBytes([]byte{0, 99, 0, 9, 1}) }), faultLength},
		"name without a kind":      {hello(ext(0, 0, 1)), faultLength},
		"other kind of name":       {hello(ext(0, 0, 4, 7, 0, 1, 'x')), faultSNIType},
		"name over its list":       {hello(ext(0, 0, 3, 0, 0, 9)), faultSNILength},
		"empty name":               {hello(ext(0, name("")...)), faultSNILength},
		"name of 256 bytes":        {hello(ext(0, append([]byte{1, 3, 0, 1, 0}, bytes.Repeat([]byte("x"), 256)...)...)), faultSNILength},
		"groups cut":               {hello(ext(10, 0, 9)), faultLength},
		"point formats cut":        {hello(ext(11, 9)), faultLength},
		"signatures cut":           {hello(ext(13, 9)), faultLength},
		"protocols cut":            {hello(ext(16, 0, 9)), faultLength},
		"first protocol cut":       {hello(ext(16, 0, 1, 9)), faultLength},
		"versions cut":             {hello(ext(43, 9)), faultLength},
		"versions empty":           {hello(ext(43, 0)), faultLength},
		"no extensions":            {hello(nil), ""},
		"extensions of no bytes":   {hello(func(*cryptobyte.Builder) {}), ""},
		"empty extensions are fine": {hello(func(b *cryptobyte.Builder) {
			ext(0)(b)
			ext(10)(b)
			ext(11)(b)
			ext(13)(b)
			ext(16)(b)
			ext(43)(b)
		}), ""},
		"a name with a zero is read": {hello(ext(0, name("good.example\x00.bad.example")...)), ""},
		"a byte behind":              {append(bytes.Clone(hello(nil)), 1), ""},
	} {
		var h ClientHello
		if got, _ := h.Parse(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

func TestUnusualHello(t *testing.T) {
	t.Parallel()
	f := func(what string, in []byte, check func(*ClientHello, bool) bool) {
		t.Helper()
		var h ClientHello
		if fault, twice := h.Parse(in); fault != "" || !check(&h, twice) {
			t.Errorf("%s: %+v, %v", what, h, fault)
		}
	}
	f("two names", hello(func(b *cryptobyte.Builder) { ext(0, name("a")...)(b); ext(0, name("b")...)(b) }),
		func(h *ClientHello, twice bool) bool { return string(h.ServerName) == "a" && twice })
	f("ECH", hello(ext(extECH, 1)), func(h *ClientHello, _ bool) bool { return h.ECH })
	f("GREASE version", hello(ext(43, 6, 0xfa, 0xfa, 3, 4, 3, 3)), func(h *ClientHello, _ bool) bool { return h.Preferred == 0x0304 && h.Versions })
	f("ticket", hello(ext(35, 1)), func(h *ClientHello, _ bool) bool { return h.Ticket })
	f("early data", hello(ext(42)), func(h *ClientHello, _ bool) bool { return h.EarlyData })
}

// TestFingerprints compares with texts written out by hand after the definitions.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	full := hello(func(b *cryptobyte.Builder) {
		ext(0x1a1a)(b)
		ext(0, name("x.jp")...)(b)
		ext(10, 0, 6, 0x2a, 0x2a, 0, 29, 0, 23)(b)
		ext(11, 1, 0)(b)
		ext(13, 0, 4, 4, 3, 8, 4)(b)
		ext(16, 0, 3, 2, 'h', '2')(b)
		ext(43, 2, 3, 4)(b)
		ext(0xeaea, 0)(b)
	})
	for _, c := range []struct {
		in       []byte
		ja3, ja4 string
	}{
		// The sums are those of "1301,c02f", "_" and "000a,000b,000d,002b_0403,0804".
		{hello(nil), "771,4865-49199,,,", "t12i020000_a2ab9c6d1cee_d2e2adf7177b"},
		{full, "771,4865-49199,0-10-11-13-16-43,29-23,0", "t13d0206h2_a2ab9c6d1cee_"},
	} {
		var h ClientHello
		if fault, _ := h.Parse(c.in); fault != "" || string(h.AppendJA3([]byte(">"))) != ">"+c.ja3 {
			t.Errorf("%s, want %s", h.AppendJA3(nil), c.ja3)
		}
		if got := string(h.AppendJA4(nil, false)); !strings.HasPrefix(got[:13], c.ja4[:10]) || len(got) != 36 {
			t.Errorf("%s, want %s", got, c.ja4)
		}
		if got := string(h.AppendJA4(nil, true)); got[0] != 'q' {
			t.Error(got)
		}
	}
	if grease(0x0a1a) || !grease(0xfafa) || grease(0x0b0b) {
		t.Error("GREASE values are those of RFC 8701")
	}
	for alpn, want := range map[string]string{"h2": "h2", "http/1.1": "h1", "x": "xx", "": "00", "\x0a\x0a": "00", "\xab": "ab", "h\xff": "6f"} {
		h := ClientHello{ALPN: [][]byte{[]byte(alpn)}}
		if got := string(h.appendALPN(nil)); got != want {
			t.Errorf("%q is %s, want %s", alpn, got, want)
		}
	}
}

func serverHello(exts ...byte) []byte {
	return append(append(append([]byte{3, 3}, make([]byte, 32)...), 0, 0x13, 1, 0), exts...)
}

func TestServerHello(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		in      []byte
		version uint16
		fault   Fault
	}{
		"without extensions":  {serverHello(), 0x0303, ""},
		"chosen by extension": {serverHello(0, 6, 0, 43, 0, 2, 3, 4), 0x0304, ""},
		"version cut":         {serverHello(0, 5, 0, 43, 0, 1, 3), 0x0303, faultLength},
		"extension cut":       {serverHello(0, 3, 0, 43, 0), 0x0303, faultLength},
		"protocol cut":        {serverHello(0, 7, 0, 16, 0, 3, 0, 1, 9), 0x0303, faultLength},
		"nothing":             {nil, 0, faultLength},
		"random cut":          {[]byte{3, 3, 0, 0}, 0x0303, faultLength},
		"a draft":             {append(append([]byte{0x7f, 0x12}, make([]byte, 32)...), 0x13, 1, 0, 0), 0x7f12, ""},
	} {
		var h ServerHello
		if fault := h.Parse(c.in); fault != c.fault || fault == "" && h.Version != c.version {
			t.Errorf("%s: %x, %q", what, h.Version, fault)
		}
	}
}

// TestRecords: how records are put together, what is told of bad ones and who is told.
func TestRecords(t *testing.T) {
	t.Parallel()
	m := message(1, hello(ext(0, name("x.jp")...)))
	good := rec(22, m...)
	tiny := rec(22, m[:9]...)
	for _, c := range m[9:] {
		tiny += rec(22, c)
	}
	two := func(s string) told.Talk {
		return told.Talk{{Dir: 0, B: good + s}, {Dir: 1, B: rec(22, message(2, serverHello())...)}}
	}
	sni := `tls.sni="x.jp"`
	for what, c := range map[string]struct {
		talk      told.Talk
		has, lack string
	}{
		"one record":                  {told.Talk{{Dir: 0, B: good}}, sni, "event"},
		"two messages in a record":    {told.Talk{{Dir: 0, B: rec(22, append(bytes.Clone(m), message(0, nil)...)...)}}, sni, "event"},
		"a byte in each record":       {told.Talk{{Dir: 0, B: tiny}}, sni, "event"},
		"head of a message cut":       {told.Talk{{Dir: 0, B: rec(22, m[:2]...) + rec(22, m[2:]...)}}, sni, "dead"},
		"alert before":                {told.Talk{{Dir: 0, B: rec(21, 1, 0) + good}}, sni, "event"},
		"bad alert":                   {two(rec(21, 3, 0)), `0 app-layer-event="tls.invalid_alert_message"`, "ssl_state=2"},
		"empty record":                {two(rec(22)), `tls.invalid_tls_header`, ""},
		"record of another version":   {told.Talk{{Dir: 0, B: "\x16\x02\x00\x00\x01\x01"}}, `tls.invalid_record_version`, ""},
		"both sides are told":         {two(rec(22, message(99, nil)...)), `tx0 1 app-layer-event="tls.invalid_ssl_record"`, ""},
		"unknown message":             {two(rec(22, message(99, nil)...)), `tx0 0 app-layer-event="tls.invalid_handshake_message"`, ""},
		"no TLS at all":               {told.Talk{{Dir: 0, B: good}, {Dir: 1, B: "220 mail"}}, `tx0 1 app-layer-event="tls.invalid_record_type"`, `tx0 0 app-layer`},
		"unknown record is passed":    {told.Talk{{Dir: 0, B: good}, {Dir: 0, B: "\x00\x00\x00\x00\x00"}, {Dir: 0, B: rec(22, message(16, nil)...)}}, `ssl_state=3`, ""},
		"bad hello":                   {two(rec(22, message(1, []byte{3})...)), `tls.handshake_invalid_length`, ""},
		"second name":                 {told.Talk{{Dir: 0, B: rec(22, message(1, hello(func(b *cryptobyte.Builder) { ext(0, name("a")...)(b); ext(0, name("b")...)(b) }))...)}}, `tls.multiple_sni_extensions`, ""},
		"chain over the message":      {two(rec(22, message(11, []byte{0, 9, 9, 1})...)), `tls.invalid_handshake_message`, "certificate_invalid_length"},
		"certificate over the chain":  {two(rec(22, message(11, []byte{0, 0, 4, 0, 9, 9, 1})...)), `tls.certificate_invalid_length`, ""},
		"certificate that is none":    {two(rec(22, message(11, []byte{0, 0, 5, 0, 0, 2, 5, 0})...)), `tls.certificate_invalid_der`, "handshake_message"},
		"encrypted is not read":       {two(rec(20, 1) + rec(22, message(99, nil)...)), "log tls", "event"},
		"data without a handshake":    {two(rec(23, 1, 2, 3)), `log tls`, "event"},
		"SSL 2":                       {told.Talk{{Dir: 0, B: "\x80\x09\x01\x00\x02\x00\x00\x00\x00\x00\x10"}}, "tls.version=2\n", "event"},
		"SSL 2, error":                {told.Talk{{Dir: 1, B: "\x80\x03\x00\x00\x01"}}, "tls.error_message_encountered", ""},
		"SSL 2, no length":            {told.Talk{{Dir: 1, B: "\x80\x00\x00\x00\x01"}}, "tls.invalid_sslv2_header", ""},
		"hello of SSL 2, then TLS":    {told.Talk{{Dir: 0, B: "\x80\x09\x01\x03\x01\x00\x00\x00\x00\x00\x10"}, {Dir: 1, B: rec(22, message(2, serverHello())...)}}, "tls.version=771", "event"},
		"heartbeat over its record":   {two(rec(24, 1, 0x40, 0)), "tls.overflow_heartbeat_message", ""},
		"heartbeat without padding":   {two(rec(24, 1, 0, 1, 9)), "tls.invalid_heartbeat_message", ""},
		"heartbeat of another kind":   {two(rec(24, 3, 0, 1, 9)), "tls.invalid_heartbeat_message", ""},
		"heartbeat with padding":      {two(rec(24, append([]byte{1, 0, 1, 9}, make([]byte, 16)...)...)), "ssl_state=2", "event"},
		"two heartbeats in flight":    {two(strings.Repeat(rec(24, append([]byte{1, 0, 1, 9}, make([]byte, 16)...)...), 2)), "tls.invalid_heartbeat_message", ""},
		"heartbeat that gives memory": {told.Talk{{Dir: 0, B: good + rec(20, 1) + rec(24, make([]byte, 20)...)}, {Dir: 1, B: rec(20, 1) + rec(24, make([]byte, 99)...)}}, `1 app-layer-event="tls.dataleak_heartbeat_mismatch"`, ""},
	} {
		whole := told.Of(c.talk, 0, reader(Config{}))
		if got := whole.String() + "\n"; !strings.Contains(got, c.has) || c.lack != "" && strings.Contains(got, c.lack) {
			t.Errorf("%s: %s", what, got)
		}
		if what == "unknown record is passed" {
			continue // what is at hand depends on the cut
		}
		for _, n := range told.Cuts {
			if got := told.Of(c.talk, n, reader(Config{})); got.String() != whole.String() {
				t.Errorf("%s: %s\nin parts of %d: %s", what, whole, n, got)
				break
			}
		}
	}
}

func TestGap(t *testing.T) {
	t.Parallel()
	l := &told.Log{}
	c := New(l, Config{})
	m := rec(22, message(1, hello(ext(0, name("x.jp")...)))...)
	c.Push(0, []byte(m[:20]))
	c.Gap(0, 5)
	c.Push(0, []byte(m))
	if l.Has("sni") {
		t.Error(l)
	}
}

// der1 wraps content.
func der1(tag byte, content ...[]byte) []byte {
	all := bytes.Join(content, nil)
	return append([]byte{tag, 0x82, byte(len(all) >> 8), byte(len(all))}, all...)
}

func TestCertificateFaults(t *testing.T) {
	t.Parallel()
	oid := []byte{6, 3, 0x55, 4, 3}
	name := der1(tagSequence, der1(tagSet, der1(tagSequence, oid, der1(12, []byte("a")))))
	version, serial := der1(0xa0, []byte{2, 1, 2}), []byte{2, 1, 5}
	alg := der1(tagSequence, oid)
	dates := der1(tagSequence, der1(tagUTCTime, []byte("500101000000Z")), der1(tagTime, []byte("20500101000000Z")))
	key := der1(tagSequence)
	cert := func(parts ...[]byte) []byte { return der1(tagSequence, der1(tagSequence, parts...)) }
	for what, c := range map[string]struct {
		in   []byte
		want error
	}{
		"whole":              {cert(version, serial, alg, name, dates, name, key), nil},
		"version 1":          {cert(serial, alg, name, dates, name, key), nil},
		"nothing":            {nil, errLength},
		"length to come":     {[]byte{0x30, 0x80, 0, 0}, errDER},
		"length of 5 bytes":  {[]byte{0x30, 0x85, 0, 0, 0, 0, 1, 1}, errDER},
		"length cut":         {[]byte{0x30, 0x84, 0xff}, errLength},
		"length over all":    {[]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xfa, 4}, errLength},
		"no sequence":        {der1(tagSet), errDER},
		"bad version":        {cert(der1(0xa0, []byte{4, 1, 2}), serial), errVersion},
		"bad serial":         {cert(version, []byte{4, 1, 5}), errSerial},
		"bad algorithm":      {cert(version, serial, der1(tagSequence, serial)), errAlgorithm},
		"bad issuer":         {cert(version, serial, alg, der1(tagSequence, serial)), errName},
		"issuer without OID": {cert(version, serial, alg, der1(tagSequence, der1(tagSet, der1(tagSequence, serial)))), errName},
		"bad date":           {cert(version, serial, alg, name, der1(tagSequence, der1(tagUTCTime, []byte("never")))), errDate},
		"date of other kind": {cert(version, serial, alg, name, der1(tagSequence, serial)), errDate},
		"key missing":        {cert(version, serial, alg, name, dates, name), errLength},
		"bad extensions":     {cert(version, serial, alg, name, dates, name, key, der1(0xa3, serial)), errExtensions},
		"extension cut":      {cert(version, serial, alg, name, dates, name, key, der1(0xa3, der1(tagSequence, der1(tagSequence, oid)))), errExtensions},
	} {
		got, err := parseCertificate(c.in)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		if err == nil && (got.subject != "CN=a" || got.serial != "05" || got.notBefore.Year() != 1950 || got.notAfter.Year() != 2050) {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// TestNames: how names are written that are not the usual.
func TestNames(t *testing.T) {
	t.Parallel()
	at := func(oid, value []byte) []byte { return der1(tagSequence, oid, value) }
	cn, odd := []byte{6, 3, 0x55, 4, 3}, []byte{6, 3, 0x2a, 3, 4}
	for want, in := range map[string][]byte{
		"CN=a + OID(1.2.3.4)=b": der1(tagSequence, der1(tagSet, at(cn, []byte{12, 1, 'a'}), at(odd, []byte{12, 1, 'b'}))),
		"CN=日":                  der1(tagSequence, der1(tagSet, at(cn, []byte{30, 2, 0x65, 0xe5}))),
		"CN=é":                  der1(tagSequence, der1(tagSet, at(cn, []byte{20, 1, 0xe9}))),
		"CN=01FF":               der1(tagSequence, der1(tagSet, at(cn, []byte{3, 2, 1, 0xff}))),
		"":                      der1(tagSequence),
	} {
		if got, _, err := nameText(in); got != want || err != nil {
			t.Errorf("%q, want %q (%v)", got, want, err)
		}
	}
	if got := oidText(bytes.Repeat([]byte{0xff}, 100)); got != "" {
		t.Error(got)
	}
}

func FuzzConn(f *testing.F) {
	for _, c := range []string{"usual", "TLS 1.2"} {
		talk, _, _ := handshake(f, configs()[c], false)
		f.Add([]byte(talk[0].B), []byte(talk[1].B), byte(7))
	}
	b, err := hex.DecodeString("1503010000160301000101")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, []byte("\x80\x09\x01\x00\x02\x00\x00\x00\x00\x00\x10"), byte(1))
	f.Fuzz(func(t *testing.T, client, server []byte, n byte) {
		talk := told.Talk{{Dir: 0, B: string(client)}, {Dir: 1, B: string(server)}}
		whole, parts := told.Of(talk, 0, reader(Config{})), told.Of(talk, 1+int(n), reader(Config{Client: true, Chain: true, Handshakes: true}))
		values := func(l *told.Log) (out []string) {
			for _, line := range l.Lines {
				if strings.HasPrefix(line, "tx0") {
					out = append(out, line)
				}
			}
			return out
		}
		if whole.Has("invalid_record_type") {
			return // what is passed over depends on the cut
		}
		if a, b := values(whole), values(parts); strings.Join(a, "\n") != strings.Join(b, "\n") {
			t.Errorf("%s\nin parts of %d: %s", whole, 1+int(n), parts)
		}
	})
}

func FuzzCertificate(f *testing.F) {
	f.Add(certificateFor(f, subject).Certificate[0])
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := parseCertificate(b); err == nil && len(c.names) > maxNames {
			t.Fatal("too many names")
		}
	})
}
