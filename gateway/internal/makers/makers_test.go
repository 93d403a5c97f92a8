package makers

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Each form of list; the longest prefix counts, and a block that was shared out is nobody's.
func TestForms(t *testing.T) {
	t.Parallel()
	text := "OUI/MA-L\t\tOrganization\r\n28-6F-B9   (hex)\t\tLarge Inc.\r\n286FB9     (base 16)\t\tLarge Inc.\r\n\t\t\t\tSome street\r\n" +
		"70-B3-D5   (hex)\t\tIEEE Registration\r\n70-B3-D5   (hex)\t\tSmall Ltd.\r\nABC000-ABCFFF     (base 16)\t\tSmall Ltd.\r\n"
	l, err := Read([]string{write(t, text), write(t, "Registry,Assignment,Organization Name,Organization Address\nMA-M,0055DA1,\"Medium, Co.\",Street\nMA-L,AABBCC,Plain,x\n"),
		write(t, "# note\n40D8550D7\tTiny\n40D855\tIEEE\nnothing here\nXYZ123\tBad\n12\tShort\n")})
	if err != nil {
		t.Fatal(err)
	}
	for mac, want := range map[[6]byte]string{
		{0x28, 0x6f, 0xb9, 1, 2, 3}: "Large Inc.", {0x70, 0xb3, 0xd5, 0xab, 0xcf, 0xff}: "Small Ltd.", {0x70, 0xb3, 0xd5, 0xab, 0xd0, 0}: "",
		{0, 0x55, 0xda, 0x1f, 0, 0}: "Medium, Co.", {0, 0x55, 0xda, 0x2f, 0, 0}: "", {0xaa, 0xbb, 0xcc, 0, 0, 0}: "Plain",
		{0x40, 0xd8, 0x55, 0x0d, 0x7f, 0}: "Tiny", {0x40, 0xd8, 0x55, 0x1d, 0x7f, 0}: "IEEE", {}: "",
	} {
		if got := l.Of(mac); got != want {
			t.Errorf("%x: %q, want %q", mac, got, want)
		}
	}
	if (*List)(nil).Of([6]byte{1}) != "" || new(List).Of([6]byte{1}) != "" {
		t.Error("no list knows somebody")
	}
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	if _, err := Read([]string{"/nowhere/oui.txt"}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Read([]string{write(t, "<html>not found</html>\n")}); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
	if _, err := Read([]string{write(t, strings.Repeat("x", maxLine+1))}); err == nil {
		t.Error("a line without end is taken")
	}
	if _, err := Read(nil); err != nil {
		t.Error("a system without lists is none of error:", err)
	}
}

// The real list: 50,000 prefixes, found without allocation.
func TestRealList(t *testing.T) {
	name := filepath.Join(os.Getenv("OTASUKE_DATA"), "oui/ieee-oui.txt")
	if _, err := os.Stat(name); err != nil {
		t.Skip("OTASUKE_DATA is not set: no list of the IEEE")
	}
	l, err := Read([]string{name})
	if err != nil || l.Len() < 50_000 {
		t.Fatal(l, err)
	}
	for mac, want := range map[[6]byte]string{{0, 0x1b, 0x8b, 1, 2, 3}: "NEC", {0, 0x80, 0x92, 0, 0, 1}: "Silex", {0x58, 0x27, 0x8c, 0, 0, 1}: "BUFFALO"} {
		if got := l.Of(mac); !strings.Contains(got, want) {
			t.Errorf("%x: %q, want %s", mac, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.Of([6]byte{0, 0x1b, 0x8b}) }); n > 0 {
		t.Errorf("%v allocations for a look", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("28-6F-B9   (hex)\t\tX\r\nE00000-EFFFFF (base 16)\tY\n")
	f.Add("MA-S,70B3D5ABC,\"a\",b\n40D8550D7\tTiny\n")
	f.Fuzz(func(t *testing.T, s string) {
		b := builder{of: map[uint64]string{}, shared: map[string]string{}}
		if b.read(strings.NewReader(s)) == nil {
			b.list().Of([6]byte{0x28, 0x6f, 0xb9})
		}
	})
}
