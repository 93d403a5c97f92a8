package value

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/rule"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "plain": "plain", "|0d 0a|": "\r\n", "a|3B|b": "a;b", "|0D0a|": "\r\n", "||": "", `\;\"\\\:`: `;"\:`, "|7c|": "|", "a|20|b|20|c": "a b c", "日本": "日本",
	} {
		if got, err := Bytes(in); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for name, in := range map[string]string{
		"no partner": "|0d", "one digit": "|0|", "odd digits": "|0d 0|", "no digit": "|0g|", "single backslash": `a\`, "no escape": `\n`,
	} {
		if got, err := Bytes(in); err == nil {
			t.Errorf("%s: taken for %q", name, got)
		}
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		text string
		not  bool
	}{`"a"`: {"a", false}, `!"a"`: {"a", true}, `! "a"`: {"a", true}, `""`: {"", false}} {
		if text, not, err := Quoted(in); err != nil || text != want.text || not != want.not {
			t.Errorf("%s: %q %v %v", in, text, not, err)
		}
	}
	for _, in := range []string{"", "a", `"`, `"a`, `a"`, `!`, `!"`} {
		if text, _, err := Quoted(in); err == nil {
			t.Errorf("%q is taken for %q", in, text)
		}
	}
	if Unquote(`"a"`) != "a" || Unquote(`a`) != "a" || Unquote(`"`) != `"` {
		t.Error("quotation marks")
	}
	if got := Unescape(`a\;b\"c\\d\:e\n\`); got != `a;b"c\d:e\n\` {
		t.Error(got)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	// What a comparison holds for says what it is.
	for in, c := range map[string]struct{ in, out []int64 }{
		"5": {[]int64{5}, []int64{4, 6}}, "=5": {[]int64{5}, []int64{4}}, "!5": {[]int64{4, 6}, []int64{5}}, "!=5": {[]int64{4}, []int64{5}},
		"<5": {[]int64{4}, []int64{5}}, "<=5": {[]int64{5}, []int64{6}}, "> 5": {[]int64{6}, []int64{5}}, ">=5": {[]int64{5}, []int64{4}},
		"!<5": {[]int64{5}, []int64{4}}, "!>5": {[]int64{5}, []int64{6}}, "!<=5": {[]int64{6}, []int64{5}}, "!>=5": {[]int64{4}, []int64{5}},
		"3<>9": {[]int64{4, 8}, []int64{3, 9}}, "3-9": {[]int64{4, 8}, []int64{3, 9}}, "!3<>9": {[]int64{3, 9, 10}, []int64{4}}, " 3 <> 9 ": {[]int64{5}, []int64{9}},
		"0x10": {[]int64{16}, []int64{10}}, "-5": {[]int64{-5}, []int64{5}}, ">-5": {[]int64{-4, 0}, []int64{-5}}, "<-5": {[]int64{-6}, []int64{-5}},
		"-9<>-3": {[]int64{-5}, []int64{-9, -3}}, "9223372036854775807": {[]int64{math.MaxInt64}, []int64{0}},
	} {
		holds(t, Compare, in, c.in, c.out)
	}
	for name, in := range map[string]string{
		"nothing": "", "a word": "a", "sign only": "<", "no upper end": "3<>", "no lower end": "<>9", "ends changed": "9<>3", "empty range": "3<>3", "two signs": "<>5",
		"trailing": "5x", "not what": "!", "too large": "9223372036854775808", "two ranges": "1<>2<>3",
	} {
		if got, err := Compare(in); err == nil {
			t.Errorf("%s: %q is taken for %+v", name, in, got)
		}
	}
}

func holds(t *testing.T, read func(string) (rule.Compare, error), text string, in, out []int64) {
	t.Helper()
	c, err := read(text)
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return
	}
	for want, list := range map[bool][]int64{true: in, false: out} {
		for _, n := range list {
			if c.Match(n) != want {
				t.Errorf("%q holds for %d: %v", text, n, !want)
			}
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, c := range map[string]struct{ in, out []int64 }{
		"5": {[]int64{5}, []int64{4}}, "&0x41": {[]int64{0x40, 0x43}, []int64{0x02, 0}}, "!&0x41": {[]int64{0, 2}, []int64{1}},
		"&0x41=0x40": {[]int64{0x40, 0x42}, []int64{0x41, 1}}, "&0x41!=0x40": {[]int64{0x41, 1}, []int64{0x40}}, "& 4 = 4": {[]int64{5}, []int64{1}},
	} {
		holds(t, Mask, in, c.in, c.out)
	}
	for name, in := range map[string]string{
		"no mask": "&", "a word": "&x", "no value": "&1=", "a word as value": "&1=x", "not without what": "&1!", "twice not": "!&1=1", "not only": "!&",
	} {
		if got, err := Mask(in); err == nil {
			t.Errorf("%s: %q is taken for %+v", name, in, got)
		}
	}
}

func TestWhich(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]rule.Which{
		"any": {}, "all": {Kind: rule.WhichAllOrNone}, "all1": {Kind: rule.WhichAll}, "0": {Kind: rule.WhichIndex}, "-1": {Kind: rule.WhichIndex, Index: -1},
		"nb>2": {Kind: rule.WhichCount, Count: rule.Compare{Op: rule.OpGreater, A: 2}}, "nb 3": {Kind: rule.WhichCount, Count: rule.Compare{A: 3}},
	} {
		if got, err := Which(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "some", "nb", "nb>", "1.5"} {
		if got, err := Which(in); err == nil {
			t.Errorf("%q is taken for %+v", in, got)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"1970": 0, "1970-01": 0, "1970-01-02": 86400, "1970-01-01 01": 3600, "1970-01-01T01:02": 3720, " 1970-01-01 01:02:03 ": 3723, "2026-11-22T14:05:00": 1795356300,
	} {
		if got, err := Date(in); err != nil || got != want {
			t.Errorf("%s: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "now", "2026-13", "2026-02-30", "22.11.2026", "1795356300000"} {
		if got, err := Date(in); err == nil {
			t.Errorf("%q is taken for %d", in, got)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{"0": 0, "100": 100, "1kb": 1024, "2 KiB": 2048, "3MB": 3 << 20, "1gib": 1 << 30, "0x10": 16} {
		if got, err := Size(in); err != nil || got != want {
			t.Errorf("%s: %d, %v", in, got, err)
		}
	}
	for name, in := range map[string]string{"nothing": "", "unit only": "kb", "below zero": "-1", "below zero, wraps": "-9223372036854775807gb", "too large": "9223372036854775807kb", "no such unit": "1tb", "a part": "1.5kb"} {
		if got, err := Size(in); err == nil {
			t.Errorf("%s: %q is taken for %d", name, in, got)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	text := "# remark\r\n\r\n 192.0.2.1 , 80 \r\n2001:db8::1\n::ffff:192.0.2.9,-3"
	list := rule.List{Kind: "ip", Entries: map[string]int64{}}
	if err := Fill(&list, []byte(text)); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"\xc0\x00\x02\x01": 80, "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01": 0, "\xc0\x00\x02\x09": -3}
	if d := cmp.Diff(want, list.Entries); d != "" {
		t.Error(d)
	}
	for name, c := range map[string]struct{ kind, text, why string }{
		"no address":          {"ip", "\n192.0.2", "line 2"},
		"a network":           {"ip", "192.0.2.0/24", "line 1"},
		"an interface":        {"ip", "fe80::1%eth0", "not an address"},
		"IPv6 in a list of 4": {"ipv4", "2001:db8::1", "IPv4"},
		"no reputation":       {"ip", "192.0.2.1,bad", "not a reputation"},
		"large reputation":    {"ip", "192.0.2.1,99999999999", "not a reputation"},
		"no base64":           {"string", "plain text", "base64"},
		"digest of another":   {"sha256", "d41d8cd98f00b204e9800998ecf8427e", "sha256"},
		"digest, no digits":   {"md5", strings.Repeat("x", 32), "md5"},
	} {
		err := Fill(&rule.List{Kind: c.kind, Entries: map[string]int64{}}, []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for kind, c := range map[string][2]string{
		"string": {base64.StdEncoding.EncodeToString([]byte("a b")), "a b"}, "md5": {"d41d8cd98f00b204e9800998ecf8427e", "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e"},
		"sha1": {strings.Repeat("ab", 20), strings.Repeat("\xab", 20)}, "sha256": {strings.Repeat("AB", 32), strings.Repeat("\xab", 32)}, "ipv4": {"192.0.2.1", "\xc0\x00\x02\x01"},
	} {
		if got, err := Entry(kind, c[0]); err != nil || got != c[1] {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if d := cmp.Diff(map[string]int64{"a": 0, "b": 1}, Enum("a", "b")); d != "" {
		t.Error(d)
	}
	for name, want := range map[string]int64{"https": 65, "any": 255, "a": 1} {
		if DNSTypes[name] != want {
			t.Errorf("DNS type %s is %d", name, DNSTypes[name])
		}
	}
	if d := cmp.Diff([]string{"a", "b c", ""}, Fields(" a ,b c,")); d != "" {
		t.Error(d)
	}
}

// FuzzValues: no text panics; what is read as bytes can be written and read again.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{`a|0d 0a|\;`, "!&0x41=0x40", "3<>9", "nb>2", "2026-11-22T14:05", "100 KiB", `!"text"`, "192.0.2.1,80", "# x\nYQ==,1", "d41d8cd98f00b204e9800998ecf8427e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := Bytes(s); err == nil {
			var all strings.Builder
			for _, c := range b {
				all.WriteString("|" + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) + "|")
			}
			if again, err := Bytes(all.String()); err != nil || string(again) != string(b) {
				t.Errorf("%q: %q, %v", s, again, err)
			}
		}
		if n, err := Size(s); err == nil && n < 0 {
			t.Errorf("%q is a size of %d", s, n)
		}
		if c, err := Compare(s); err == nil && c.Op == rule.OpBetween && c.A >= c.B {
			t.Errorf("%q holds for nothing", s)
		}
		_, _ = Mask(s)
		_, _ = Which(s)
		_, _ = Date(s)
		_, _, _ = Quoted(s)
		Unescape(s)
		Fields(s)
		for _, kind := range []string{"string", "md5", "sha1", "sha256", "ipv4", "ip"} {
			list := rule.List{Kind: kind, Entries: map[string]int64{}}
			_ = Fill(&list, []byte(s))
			for key := range list.Entries {
				if n := len(key); kind == "ipv4" && n != 4 || kind == "ip" && n != 4 && n != 16 || kind == "sha256" && n != 32 {
					t.Errorf("%s: %q is in the list as %d bytes", kind, s, n)
				}
			}
		}
	})
}
