package transform

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"io"
	"testing"

	"otasuke/rule"
)

func packed(w func(io.Writer) io.WriteCloser, text string) string {
	var b bytes.Buffer
	z := w(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

func gz(text string) string {
	return packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, text)
}

func zl(text string) string {
	return packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, text)
}

func TestApply(t *testing.T) {
	t.Parallel()
	one := func(k rule.TransformKind) []rule.Transform { return []rule.Transform{{Kind: k}} }
	for name, c := range map[string]struct {
		list     []rule.Transform
		in, want string
	}{
		"none":                        {nil, "As It Is", "As It Is"},
		"dotprefix":                   {one(rule.DotPrefix), "example.com", ".example.com"},
		"to_lowercase":                {one(rule.ToLower), "ÄBC[Z", "Äbc[z"},
		"to_uppercase":                {one(rule.ToUpper), "äbc{z", "äBC{Z"},
		"header_lowercase":            {one(rule.HeaderLowercase), "HOST: Ab\r\nX-Y: Z\r\n", "host: Ab\r\nx-y: Z\r\n"},
		"url_decode":                  {one(rule.URLDecode), "a%20b+c%zz%4", "a b c%zz%4"},
		"strip_whitespace":            {one(rule.StripWhitespace), " a\tb\r\nc ", "abc"},
		"compress_whitespace":         {one(rule.CompressWhitespace), "a  \t b", "a b"},
		"strip_pseudo_headers":        {one(rule.StripPseudoHeaders), ":method: GET\r\nhost: a\r\n:path: /", "host: a\r\n"},
		"to_md5":                      {one(rule.ToMD5), "", "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e"},
		"xor":                         {[]rule.Transform{{Kind: rule.XOR, Key: "\x01\x02"}}, "abc", "``b"},
		"domain":                      {one(rule.Domain), "www.example.co.jp", "example.co.jp"},
		"domain of a suffix":          {one(rule.Domain), "co.jp", ""},
		"tld":                         {one(rule.TLD), "www.example.co.jp", "co.jp"},
		"pcrexform":                   {[]rule.Transform{{Kind: rule.Rewrite, Key: "user=(\\w+)"}}, "x&user=taro&y", "taro"},
		"pcrexform without a match":   {[]rule.Transform{{Kind: rule.Rewrite, Key: "user=(\\w+)"}}, "x", ""},
		"gunzip":                      {one(rule.Gunzip), gz("hello"), "hello"},
		"gunzip of something else":    {one(rule.Gunzip), "hello", ""},
		"gunzip, cut":                 {one(rule.Gunzip), gz("hello")[:14], "hel"},
		"gunzip, at most":             {[]rule.Transform{{Kind: rule.Gunzip, Bytes: 3}}, gz("hello"), "hel"},
		"zlib_deflate":                {one(rule.Inflate), zl("hello"), "hello"},
		"from_base64 rfc4648 ends":    {[]rule.Transform{{Kind: rule.FromBase64, Mode: "rfc4648"}}, "aGk*aGk=", "hi"},
		"from_base64 rfc2045 skips":   {[]rule.Transform{{Kind: rule.FromBase64, Mode: "rfc2045"}}, "aG*k=", "hi"},
		"from_base64 strict refuses":  {[]rule.Transform{{Kind: rule.FromBase64, Mode: "strict"}}, "aG*k=", ""},
		"from_base64 offset, bytes":   {[]rule.Transform{{Kind: rule.FromBase64, Mode: "rfc4648", Offset: 2, Bytes: 4}}, "xxaGlqaGlq", "hij"},
		"from_base64, offset too far": {[]rule.Transform{{Kind: rule.FromBase64, Offset: 9}}, "aGk=", "aGk="},
		"two, in their order":         {[]rule.Transform{{Kind: rule.StripWhitespace}, {Kind: rule.FromBase64}}, "a G k =", "hi"},
	} {
		l := Compile(c.list)
		var shown, swap []byte
		for range 2 { // memory that was used before changes nothing
			if got := string(l.Apply(&shown, &swap, []byte(c.in))); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	}
}

// What unpacks to more than anybody looks at is cut.
func TestBombIsCut(t *testing.T) {
	t.Parallel()
	l := Compile([]rule.Transform{{Kind: rule.Gunzip}})
	var shown, swap []byte
	if got := l.Apply(&shown, &swap, []byte(gz(string(make([]byte, 10<<20))))); len(got) != maxInflated {
		t.Errorf("%d bytes, want %d", len(got), maxInflated)
	}
}

// A valid text decodes as the standard library decodes it.
func FuzzBase64(f *testing.F) {
	f.Add([]byte("aGVsbG8gd29ybGQ="))
	f.Add([]byte("aGVs\r\nbG8*"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := AppendBase64(nil, text)
		want, err := base64.StdEncoding.DecodeString(string(text))
		if err == nil && len(text) <= maxBase64 && !bytes.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func FuzzApply(f *testing.F) {
	f.Add(uint8(rule.Gunzip), []byte(gz("hello")))
	f.Add(uint8(rule.URLDecode), []byte("a%2"))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		list := Compile([]rule.Transform{{Kind: rule.TransformKind(kind % 32), Key: "(k)"}})
		before := bytes.Clone(data)
		var shown, swap []byte
		out := list.Apply(&shown, &swap, data)
		if !bytes.Equal(data, before) {
			t.Error("the input was changed")
		}
		if len(out) > len(data)+maxInflated+64 {
			t.Errorf("%d bytes of %d", len(out), len(data))
		}
	})
}
