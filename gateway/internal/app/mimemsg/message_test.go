package mimemsg

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told writes down what a message holds.
type told struct {
	lines []string
	file  bytes.Buffer
}

func (t *told) OpenFile(name []byte) { t.lines = append(t.lines, "open "+string(name)) }
func (t *told) WriteFile(b []byte)   { t.file.Write(b) }
func (t *told) CloseFile() {
	t.lines = append(t.lines, fmt.Sprintf("file %q", t.file.Bytes()))
	t.file.Reset()
}
func (t *told) MIMEEvent(name string) { t.lines = append(t.lines, "event "+name) }
func (t *told) Headers()              { t.lines = append(t.lines, "headers") }
func (t *told) URL(u []byte)          { t.lines = append(t.lines, "url "+string(u)) }

// read reads a message whose lines end in CRLF.
func read(s string) []string {
	var h told
	m := New(&h, "http")
	for _, l := range strings.SplitAfter(s, "\r\n") {
		if text, ok := strings.CutSuffix(l, "\r\n"); ok {
			m.Line([]byte(text), []byte("\r\n"), false)
		} else if l != "" {
			m.Line([]byte(l), nil, false)
		}
	}
	m.End(false)
	return h.lines
}

func TestMessages(t *testing.T) {
	const named = "Content-Disposition: attachment; filename=\"f\"\r\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"text alone":    {"From: a\r\n\r\nhttp://a.example/x and https://b.example\r\n", []string{"headers", "url a.example/x"}},
		"address twice": {"\r\nHTTP://a HTTP://a\r\n", []string{"headers", "url a"}},
		"plain file ends before the boundary": {
			"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + named + "\r\none\r\n\r\n--b--\r\nnot of it",
			[]string{"headers", "open f", `file "one\r\n"`},
		},
		"nested": {
			"Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n" +
				"--in\r\n" + named + "\r\n1\r\n--in--\r\n--out\r\n" + named + "\r\n2\r\n--out--\r\n",
			[]string{"headers", "open f", `file "1"`, "open f", `file "2"`},
		},
		"outer boundary ends the inner": {
			"Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: multipart/x; boundary=in\r\n\r\n" +
				"--in\r\n" + named + "\r\n1\r\n--out\r\n" + named + "\r\n2\r\n--in\r\nstill\r\n--out--\r\n",
			[]string{"headers", "open f", `file "1"`, "open f", `file "2\r\n--in\r\nstill"`},
		},
		"message within": {
			"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n" + named +
				"Content-Transfer-Encoding: base64\r\n\r\nSGk=\r\n--b--\r\n",
			[]string{"headers", "open f", `file "Hi"`},
		},
		"base64 tricks": {
			named + "Content-Transfer-Encoding: BASE64\r\n\r\nS G\tk\r\n=SGk=SGk\r\n",
			[]string{"headers", "open f", `file "HiHiHi"`},
		},
		"base64 with dirt": {
			named + "Content-Transfer-Encoding: base64\r\n\r\nSG$k\r\n", []string{"headers", "event mime_invalid_base64", "open f", `file "Hi"`},
		},
		"quoted-printable": {
			named + "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\nb=zz\r\nc=4", []string{
				"headers", "open f", "event mime_invalid_qp", `file "a=b=zz\r\nc=4"`},
		},
		"folded parameter": {
			"Content-Type: application/x;\r\n\tname=\"a;b\\\"c\"\r\n\r\nx", []string{"headers", `open a;b"c`, `file "x"`},
		},
		"extended parameter": {
			"Content-Disposition: a; filename*=utf-8'ja'%e8%a8%98.txt\r\n\r\nx", []string{"headers", "open 記.txt", `file "x"`},
		},
		"parameter in pieces": {
			"Content-Disposition: a; filename*0*=''a%20; filename*1=b; filename*3=d\r\n\r\nx", []string{"headers", "open a b", `file "x"`},
		},
		"no header at all": {"\r\nhttp://x", []string{"headers", "url x"}},
		"no colon":         {"nonsense\r\n\r\n", []string{"event mime_malformed_msg", "headers"}},
		"long value":       {"X: " + strings.Repeat("v", MaxValue+1) + "\r\n\r\n", []string{"event mime_long_header_value", "headers"}},
		"long name":        {strings.Repeat("n", MaxName+1) + ": v\r\n\r\n", []string{"event mime_long_header_name", "headers"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, read(c.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestDepth: multiparts within multiparts cost no more than MaxDepth looks a line.
func TestDepth(t *testing.T) {
	var b strings.Builder
	for i := range 10 * MaxDepth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n", i, i)
	}
	var h told
	m := New(&h)
	for l := range strings.SplitSeq(b.String(), "\r\n") {
		m.Line([]byte(l), []byte("\r\n"), false)
	}
	if len(m.boundaries) > MaxDepth {
		t.Errorf("%d boundaries open", len(m.boundaries))
	}
}

// TestPieces: a line that comes in pieces holds no boundary inside.
func TestPieces(t *testing.T) {
	var h told
	m := New(&h)
	for _, l := range []string{"Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: a/b; name=f", ""} {
		m.Line([]byte(l), []byte("\r\n"), false)
	}
	m.Line([]byte("long"), nil, false)
	m.Line([]byte("--b--"), []byte("\n"), true)
	m.End(true)
	if d := cmp.Diff([]string{"headers", "open f", `file "long--b--"`}, h.lines); d != "" {
		t.Error(d)
	}
	if m.Status() != "PARSE_ERROR" {
		t.Error(m.Status())
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b; name=f\nContent-Transfer-Encoding: base64\n\nSGk=\n--b--\n"))
	f.Add([]byte("Content-Disposition: a; filename*0*=x''%41;filename*1=\"\\\n\n=3D=\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h told
		m := New(&h, "http", "ftp")
		for l := range bytes.SplitAfterSeq(b, []byte("\n")) {
			text, ok := bytes.CutSuffix(l, []byte("\n"))
			if ok {
				m.Line(text, []byte("\n"), false)
			} else {
				m.Line(text, nil, len(text)%2 == 0)
			}
		}
		m.End(false)
		if h.file.Len() > 0 || len(m.attached) > MaxParts || len(m.urls) > MaxURLs {
			t.Error("a file is open, or lists grow")
		}
	})
}
