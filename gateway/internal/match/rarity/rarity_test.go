package rarity_test

import (
	"bytes"
	"strings"
	"testing"

	"otasuke/gateway/internal/match/rarity"
)

// What stands in ordinary traffic costs more than what does not.
func TestCost(t *testing.T) {
	t.Parallel()
	for rare, common := range map[string]string{
		"/gate7x.php":       "/index.php",
		"system_file/2.0":   "Mozilla/5.0 (Windows NT",
		"\xde\xad\xbe\xef":  "\x00\x00\x00\x00",
		"zqxj":              "the ",
		"Xkq-Token: ":       "Content-Type: ",
		"longer than short": "shor",
		"qz":                "\x00\x00",
	} {
		_, less := rarity.Window([]byte(rare))
		_, more := rarity.Window([]byte(common))
		if less >= more {
			t.Errorf("%q costs %g, %q %g", rare, less, common, more)
		}
	}
}

// A window is a part of the content that ends where searches seldom stop.
func TestWindow(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]string{
		"ab":                          "ab",
		"<script>evilXqz</div></div>": "<script>evilXqz",
		"short":                       "short",
	} {
		if got, _ := rarity.Window([]byte(p)); string(got) != want {
			t.Errorf("%q: %q, want %q", p, got, want)
		}
	}
	for _, p := range []string{strings.Repeat("abcdefgh", 40), strings.Repeat("\x00", 300), "aa\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		w, cost := rarity.Window([]byte(p))
		if len(w) < 8 || len(w) > rarity.MaxWindow || !bytes.Contains([]byte(p), w) || cost <= 0 {
			t.Errorf("%q: %q, %g", p, w, cost)
		}
	}
}
