package ascii_test

import (
	"testing"

	"otasuke/internal/ascii"
)

func TestCase(t *testing.T) {
	t.Parallel()
	if got := string(ascii.ToLower([]byte("aZ\xc9\xff@[\u212a"))); got != "az\xc9\xff@[\u212a" {
		t.Errorf("%q", got)
	}
	if got := string(ascii.ToUpper([]byte("aZ\xe9\xff`{"))); got != "AZ\xe9\xff`{" {
		t.Errorf("%q", got)
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", true}, {"Chunked", "cHUNKED", true}, {"chunked", "chunke", false}, {"@", "`", false},
		{"\u212ay", "ky", false}, {"\u017f", "s", false}, {"\xc9", "\xe9", false}, {"\xff\xfeA", "\xff\xfea", true},
	} {
		if got := ascii.EqualFold(c.a, []byte(c.b)); got != c.want {
			t.Errorf("%q, %q: %v", c.a, c.b, got)
		}
	}
}
