package redact

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	catalogue "otasuke/content/text"
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/letter"
	"otasuke/gateway/internal/packet"
)

// known makes a memory know the first part of a mail.
func known(m *Memory, mail [32]byte, part string) {
	m.Add(&Part{Name: Name{mail, 1}}, Gone{File: "invoice.zip", Virus: "Test.Virus", Size: len(part)}, 1)
}

const border = "--=_x"

// coded is a part with an attachment of n bytes.
func coded(n int) string {
	b := bytes.Repeat([]byte("MZ-a program"), n/12+1)
	text := base64.StdEncoding.EncodeToString(b[:n])
	var out strings.Builder
	out.WriteString("Content-Type: application/zip; name=invoice.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for ; len(text) > 76; text = text[76:] {
		out.WriteString(text[:76] + "\r\n")
	}
	return out.String() + text + "\r\n"
}

// pass gives an editor a stream that has a part between before and after, cut by chance, and
// returns what passes.
func pass(e *Editor, m *Memory, before, part, after string, r *rand.Rand, seq uint32) string {
	stream := before + part + after
	var out []byte
	for at := 0; at < len(stream); {
		n := min(1+r.IntN(60), len(stream)-at)
		b := []byte(stream[at : at+n])
		if at < len(before) && at+n >= len(before) {
			e.Part(m, &app.Part{Tx: new(app.Tx), Number: 1, Left: at + n - len(before), Size: -1, Borders: [][]byte{[]byte(border)}}, 2)
		}
		at += n
		e.Bytes(0, b, seq+uint32(at), true)
		if got := e.Apply(0, seq+uint32(at-n), b); got != nil {
			b = got
		}
		out = append(out, b...)
	}
	return string(out)
}

// A part is replaced however it is cut, nothing else is, and what is sent again is replaced in
// the same way, in any piece, also behind the largest number.
func TestEditor(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var m Memory
		part := coded(30 + r.IntN(3000))
		known(&m, [32]byte{}, part)
		before, after := "DATA\r\nSubject: a\r\n\r\n"+border+"\r\n", border+"--\r\n.\r\nQUIT\r\n"
		seq := uint32(0) - uint32(r.IntN(len(part)))
		var e Editor
		got := pass(&e, &m, before, part, after, r, seq)
		stream := before + part + after
		if len(got) != len(stream) || !strings.HasPrefix(got, before) || !strings.HasSuffix(got, "\r\n"+after) {
			t.Fatalf("%d: %q", seed, got)
		}
		inside := got[len(before) : len(before)+len(part)]
		if strings.Contains(inside, "TVotYSBwcm9ncmFt") || strings.Contains(inside, "zip; name") {
			t.Fatalf("%d: the file is still there: %q", seed, inside)
		}
		for range 50 {
			from := r.IntN(len(stream))
			to := from + 1 + r.IntN(len(stream)-from)
			b := []byte(stream[from:to])
			if again := e.Apply(0, seq+uint32(from), b); again != nil {
				b = again
			}
			if string(b) != got[from:to] {
				t.Fatalf("%d: sent again from %d to %d it is %q, was %q", seed, from, to, b, got[from:to])
			}
		}
		if e.Apply(1, seq+uint32(len(before)), []byte(part)) != nil {
			t.Errorf("%d: the other direction is changed", seed)
		}
	}
}

// A long part takes bounded memory, and nothing of it passes later either.
func TestLongPart(t *testing.T) {
	t.Parallel()
	var m Memory
	var e Editor
	part := coded(4 << 20)
	known(&m, [32]byte{}, part)
	r := rand.New(rand.NewPCG(1, 1))
	before := border + "\r\n"
	pass(&e, &m, before, part, border+"--\r\n", r, 7)
	if len(e.out) > 2*maxOut+64 {
		t.Errorf("%d bytes are kept", len(e.out))
	}
	first := []byte(part[:1000])
	if got := e.Apply(0, 7+uint32(len(before)), first); got == nil || strings.TrimSpace(string(got)) != "" {
		t.Errorf("of what is forgotten %.60q passes", got)
	}
}

// What ends a part is found as readers of mail find it.
func TestEnds(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x\r\n", 300)
	for name, c := range map[string]struct {
		in, want string // behind the beginning of the part
		size     int64
	}{
		"border":                {"abc\r\n--=_x\r\nnext", "   \r\n--=_x\r\nnext", -1},
		"last border":           {"abc\r\n--=_x--\r\n.\r\n", "   \r\n--=_x--\r\n.\r\n", -1},
		"outer border":          {"abc\r\n--out\r\nnext", "   \r\n--out\r\nnext", -1},
		"longer than a border":  {"--=_xyz\r\nnext", "--=_xyz\r\nnext", -1},
		"nearly a border":       {"--=_y\r\n-x\r\nabc", "--=_ \r\n- \r\n   ", -1},
		"border within a line":  {"a--=_x\r\nabc", "      \r\n   ", -1},
		"dot":                   {"abc\r\n.\r\nQUIT", "   \r\n.\r\nQUIT", -1},
		"dot, bare line end":    {"abc\n.\nQUIT", "   \n.\nQUIT", -1},
		"stuffed dot":           {"..\r\n.a\r\nabc", ". \r\n. \r\n   ", -1},
		"dot in a literal":      {".\r\nabc)", ".\r\n   )", 6},
		"literal ends":          {"abcdef)\r\n1 OK", "      )\r\n1 OK", 6},
		"border behind its end": {"abc\r\n--=_x\r\nabcdef", "   \r\n--=_x\r\nabcdef", 400},
	} {
		var r region
		size := c.size // of what comes behind the text's place
		if size >= 0 {
			size += int64(len(big))
		}
		r.begin(&start{on: true, text: bytes.Repeat([]byte("T"), len(big)-2), borders: [][]byte{[]byte("--out"), []byte("--=_x")}, dots: c.size < 0, size: size})
		var got []byte
		for _, b := range []byte(big + c.in) {
			got = append(got, r.next(b))
		}
		if name == "dot in a literal" {
			c.want = " \r\n   )"
		}
		if tail := string(got[len(big):]); tail != c.want {
			t.Errorf("%s: %q, want %q", name, tail, c.want)
		}
	}
}

// A mail is broken off once; what could not be replaced when it came again passes.
func TestMemory(t *testing.T) {
	t.Parallel()
	var m Memory
	name, g := Name{Number: 2}, Gone{File: "a\r\nb\u202egpj.exe", Virus: "V", Size: 5000}
	p := &Part{Name: name, Since: 10}
	if _, ok := m.Find(name, 10); ok || !m.Empty() {
		t.Error("known before")
	}
	if !m.Add(p, g, 20) || m.Empty() {
		t.Error("not remembered")
	}
	if !m.Add(p, g, 30) {
		t.Error("one that was on its way at the same time passes")
	}
	if m.Add(&Part{Name: name, Since: 21}, g, 40) {
		t.Error("it is broken off again and again")
	}
	got, ok := m.Find(name, 50)
	if !ok || got.File != "a__b_gpj.exe" {
		t.Errorf("%+v", got)
	}
	if _, ok := m.Find(name, 50+MaxAge+1); ok {
		t.Error("for ever")
	}
	if m.Forget(name); !m.Empty() {
		t.Error("not forgotten")
	}
	if m.Add(p, Gone{Size: 20}, 60) || !m.Empty() {
		t.Error("waits for what has no room for a text")
	}
	for i := range MaxRemembered + 10 {
		m.Add(&Part{Name: Name{Number: i}}, g, int64(100+i))
	}
	if _, ok := m.Find(Name{Number: MaxRemembered + 9}, 200); !ok || len(m.known) != MaxRemembered {
		t.Errorf("%d are known", len(m.known))
	}
}

// Texts fit, in both languages, and are mail that every server takes.
func TestTexts(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range append(slices.Clone(keys[:]), "redact.again") {
		if !c.In("ja").Has(k) {
			t.Errorf("%s is missing", k)
		}
	}
	for size := range 3000 {
		b := text(&Gone{File: strings.Repeat("請求書", 60), Virus: strings.Repeat("v", 300), Size: size})
		if len(b) > size || size > 40 && len(b) == 0 {
			t.Fatalf("%d bytes for %d", len(b), size)
		}
		for _, line := range strings.SplitAfter(string(b), "\r\n") {
			if len(line) > 78 || strings.HasPrefix(line, ".") || strings.HasPrefix(line, "-") || strings.Contains(strings.TrimSuffix(line, "\r\n"), "\n") {
				t.Fatalf("line %q", line)
			}
		}
	}
	if a := Again(); strings.Count(a, "\n") != 1 || len(a) > 512 || strings.IndexFunc(a, func(r rune) bool { return r > 126 }) >= 0 {
		t.Errorf("%q", a)
	}
}

// Packets in the place of one carry its bytes and its headers, with right sums.
func TestSegments(t *testing.T) {
	t.Parallel()
	for _, ends := range [][2]string{{"192.0.2.1", "198.51.100.1"}, {"2001:db8::1", "2001:db8::2"}} {
		for _, n := range []int{1, 1400, 1460, 9000, 60_000} {
			raw := packet.AppendTCP(nil, packet.Segment{Src: netip.MustParseAddr(ends[0]), Dst: netip.MustParseAddr(ends[1]), SrcPort: 25, DstPort: 50000,
				Seq: 0xffffff00, Ack: 9, Flags: packet.ACK | packet.PSH | packet.FIN, Payload: bytes.Repeat([]byte("a"), n)})
			dec := packet.Decoder{Inline: true}
			p := &dec.Frame(packet.LinkRaw, raw, 0)[0]
			if !Can(p, true) || Can(p, false) {
				t.Fatal("cannot be replaced")
			}
			want := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
			var got []byte
			list := Segments(p, want)
			for i, ip := range list {
				d := packet.Decoder{Inline: true}
				q := &d.Frame(packet.LinkRaw, ip, 0)[0]
				last := i == len(list)-1
				if len(q.Events) > 0 || !q.ChecksumOK() || q.Seq != 0xffffff00+uint32(len(got)) || q.Ack != 9 || len(ip) > wholePacket || q.TransportChecksum() != packet.ChecksumRight ||
					(q.Flags&packet.FIN != 0) != last || (q.Flags&packet.PSH != 0) != last || q.Src != p.Src || q.DstPort != p.DstPort || q.TTL != p.TTL {
					t.Errorf("%d bytes, packet %d: %+v", n, i, q)
				}
				got = append(got, q.Payload...)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes: other ones go", n)
			}
		}
	}
}

// sink follows a mail with an editor, as the engine does.
type sink struct {
	app.Sink
	e *Editor
	m *Memory
}

func (s *sink) Part(p *app.Part)                                 { s.e.Part(s.m, p, 5) }
func (s *sink) OpenFile(tx *app.Tx, dir int, _ []byte) *app.File { return &app.File{Tx: tx, Dir: dir} }
func (s *sink) WriteFile(*app.File, []byte)                      {}
func (s *sink) CloseFile(*app.File, bool)                        {}

// Whatever a mail looks like, it keeps its length, nothing before the part changes, and the
// editor ends the part where the reader does.
func FuzzMail(f *testing.F) {
	f.Add([]byte("a"+coded(500)+border+"\r\n\r\nbye\r\n"), uint8(40), true)
	f.Add([]byte("\r\n..\r\n.\r"), uint8(3), true)
	f.Add([]byte("--=_\r\n--=_x--\r\n--=_x"), uint8(2), false)
	f.Fuzz(func(t *testing.T, rest []byte, size uint8, dots bool) {
		head := "Message-ID: <1>\r\nContent-Type: multipart/mixed; boundary=\"=_x\"\r\n\r\n" + border + "\r\n"
		stream := []byte(head + strings.Repeat("y", 300) + "\r\n" + string(rest))
		var m Memory
		var e Editor
		first := &sink{e: new(Editor), m: &m}
		probe := letter.New(first, new(app.Tx), 0)
		probe.Write([]byte(head))
		m.Add(&Part{Name: first.e.part.Name}, Gone{Size: 300}, 1)
		l := letter.New(&sink{e: &e, m: &m}, new(app.Tx), 0)
		var got []byte
		for at := 0; at < len(stream); {
			n := min(1+int(size), len(stream)-at)
			b := stream[at : at+n]
			at += n
			if !dots {
				l.More = int64(len(stream) - at)
			}
			l.Write(b)
			e.Bytes(0, b, uint32(at), true)
			if c := e.Apply(0, uint32(at-n), b); c != nil {
				b = c
			}
			got = append(got, b...)
		}
		if len(got) != len(stream) || string(got[:len(head)]) != head {
			t.Fatalf("%q", got)
		}
		if i := bytes.Index(stream[len(head):], []byte("\n"+border)); i > 300 && !bytes.Equal(got[len(head)+i:], stream[len(head)+i:]) && !bytes.Contains(stream, []byte("\n.")) {
			t.Fatalf("behind the part: %q, was %q", got[len(head)+i:], stream[len(head)+i:])
		}
	})
}

func ExampleAgain() {
	fmt.Print(Again())
	// Output: 451 4.7.1 An attachment has a virus. Please send the mail again: that attachment will be replaced by a text, the rest will arrive.
}
