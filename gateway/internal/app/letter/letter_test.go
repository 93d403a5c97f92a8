package letter

import (
	"fmt"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
)

// sink writes down files, and where in the stream parts begin.
type sink struct {
	app.Sink
	at    int // behind the bytes at hand
	parts []string
	files []string
}

func (s *sink) Part(p *app.Part) {
	s.parts = append(s.parts, fmt.Sprintf("%d at %d, %v", p.Number, s.at-p.Left, p.Continues))
}

func (s *sink) OpenFile(tx *app.Tx, dir int, name []byte) *app.File {
	s.files = append(s.files, string(name)+": ")
	return &app.File{Tx: tx, Dir: dir}
}

func (s *sink) WriteFile(_ *app.File, b []byte) { s.files[len(s.files)-1] += string(b) }
func (s *sink) GapFile(_ *app.File, n int)      { s.files[len(s.files)-1] += fmt.Sprintf("[%d missing]", n) }
func (s *sink) CloseFile(f *app.File, cut bool) {
	s.files[len(s.files)-1] += fmt.Sprintf(" (%d, cut %v)", f.Encoded, cut)
}

const (
	head  = "Message-ID: <1>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
	text  = "\r\nhello\r\n"
	file  = "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n"
	whole = head + text + "--x\r\n" + file + "--x--\r\n"
)

// In any cut, with anything behind it, parts begin where they do, files are the same, and their
// size in the mail is right.
func TestCuts(t *testing.T) {
	t.Parallel()
	second := len(head + text + "--x\r\n")
	for n := 1; n <= len(whole); n++ {
		for _, after := range []int{0, 7} {
			s := new(sink)
			l := New(s, new(app.Tx), 0)
			for at := 0; at < len(whole); at += n {
				b := whole[at:min(at+n, len(whole))]
				l.After, s.at = after, at+len(b)+after
				l.Write([]byte(b))
			}
			l.End(false)
			want := fmt.Sprintf("[1 at %d, false 2 at %d, false] [a.zip: abc (%d, cut false)]", len(head), second, len(file))
			if got := fmt.Sprint(s.parts, s.files); got != want {
				t.Fatalf("cut at %d, %d behind: %s, want %s", n, after, got, want)
			}
		}
	}
}

// A mail that comes in pieces goes on in its part, one that is fetched by parts has none.
func TestPieces(t *testing.T) {
	t.Parallel()
	s := new(sink)
	l := New(s, new(app.Tx), 0)
	l.Continue([]byte("nothing has begun"))
	cut := len(whole) - 12
	s.at = cut
	l.Write([]byte(whole[:cut]))
	s.at = 1000
	l.Continue([]byte(whole[cut:]))
	l.Write([]byte(whole[cut:]))
	l.End(false)
	if len(s.parts) != 3 || s.parts[2] != fmt.Sprintf("2 at %d, true", 1000-12) || !strings.HasPrefix(s.files[0], "a.zip: abc") {
		t.Errorf("%v %v", s.parts, s.files)
	}
	for name, l := range map[string]func(*sink) *Letter{
		"part": func(s *sink) *Letter { return Part(s, new(app.Tx), 0, "p", "base64") },
		"body": func(s *sink) *Letter { return Body(s, new(app.Tx), 0) },
		"quoted": func(s *sink) *Letter {
			l := New(s, new(app.Tx), 0)
			l.Fixed()
			return l
		},
	} {
		s := new(sink)
		m := l(s)
		m.Write([]byte(whole))
		m.Continue(nil)
		m.End(false)
		if len(s.parts) > 0 {
			t.Errorf("%s: %v", name, s.parts)
		}
	}
}

// What is malformed is passed over.
func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ mail, want string }{
		"no end":             {head + file, "[a.zip: abc (%d, cut true)]"},
		"no headers":         {"\r\n--x\r\n" + file, "[]"},
		"border twice":       {head + "--x\r\n" + file + "--x--\r\n", fmt.Sprintf("[a.zip: abc (%d, cut false)]", len(file)+5)},
		"bare line ends":     {strings.ReplaceAll(whole, "\r\n", "\n"), fmt.Sprintf("[a.zip: abc (%d, cut false)]", len(file)-4)},
		"border within text": {head + strings.Replace(file, "YWJj", "YWJj--x\r\nZGVm", 1) + "--x--", fmt.Sprintf(" (%d, cut false)]", len(file)+9)},
		"very long line":     {head + "Content-Type: application/zip\r\n\r\n" + strings.Repeat("a", 3*maxPiece) + "\r\n--x--\r\n", "application/zip: "},
	} {
		s := new(sink)
		l := New(s, new(app.Tx), 0)
		l.Write([]byte(c.mail))
		l.End(true)
		want := c.want
		if strings.Contains(want, "%d") {
			want = fmt.Sprintf(want, len(file))
		}
		if got := fmt.Sprint(s.files); !strings.Contains(got, want) {
			t.Errorf("%s: %.200s, want %s", name, got, want)
		}
	}
	s := new(sink)
	l := New(s, new(app.Tx), 0)
	l.Write([]byte(head + file))
	l.Gap(9)
	l.End(false)
	if got := fmt.Sprint(s.files); !strings.Contains(got, "[9 missing]") || !strings.Contains(got, "cut true") {
		t.Errorf("with a gap: %s", got)
	}
}

func FuzzLetter(f *testing.F) {
	f.Add([]byte(whole), uint8(5))
	f.Add([]byte(head+head+file), uint8(1))
	f.Fuzz(func(t *testing.T, mail []byte, n uint8) {
		s := new(sink)
		l := New(s, new(app.Tx), 0)
		for at := 0; at < len(mail); at += int(n) + 1 {
			b := mail[at:min(at+int(n)+1, len(mail))]
			s.at = at + len(b)
			l.Write(b)
		}
		l.End(false)
		one := new(sink)
		one.at = len(mail)
		l = New(one, new(app.Tx), 0)
		l.Write(mail)
		l.End(false)
		if fmt.Sprint(s.parts, s.files) != fmt.Sprint(one.parts, one.files) && !strings.Contains(string(mail), "\r\r") && len(mail) < maxPiece {
			t.Errorf("in pieces %v %v, at once %v %v", s.parts, s.files, one.parts, one.files)
		}
	})
}
