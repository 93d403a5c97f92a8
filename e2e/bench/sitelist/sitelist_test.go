package sitelist

import (
	"path/filepath"
	"strings"
	"testing"

	"otasuke/gateway"
)

// The names of a list are all different, and all entries of the box.
func TestNames(t *testing.T) {
	t.Parallel()
	const n = 20_000
	path := filepath.Join(t.TempDir(), "list")
	if err := write(path, n, plain); err != nil {
		t.Fatal(err)
	}
	s, err := gateway.ReadSites(path)
	if err != nil || s.Len() != n || !s.Has(name(nil, n-1)) || s.Has(name(nil, n)) {
		t.Errorf("%d names of %d: %v", s.Len(), n, err)
	}
}

// A question has its name, as on the wire.
func TestQuestion(t *testing.T) {
	t.Parallel()
	for _, i := range []int{0, 1, blocked - 1, blocked} {
		q := question(nil, i)
		var labels []string
		at := 12
		for q[at] != 0 {
			labels = append(labels, string(q[at+1:at+1+int(q[at])]))
			at += 1 + int(q[at])
		}
		if got, want := strings.Join(labels, "."), string(name(nil, i%blocked)); got != want || len(q) != at+5 {
			t.Errorf("%d: %s, want %s, %d bytes behind", i, got, want, len(q)-at)
		}
	}
}

// Each program gets the list in words that it understands, and every figure has a name.
func TestFigures(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, f := range Figures() {
		if names[f.Name] || f.Unit == "" {
			t.Errorf("%+v", f)
		}
		names[f.Name] = true
	}
	for _, r := range resolvers {
		if !names[r.program+".dns.blocked"] {
			t.Errorf("%s has no figure", r.program)
		}
		if conf := r.conf("/x/list", "192.0.2.1"); !strings.Contains(conf, "/x/list") || !strings.Contains(conf, "192.0.2.1") {
			t.Errorf("%s: %s", r.program, conf)
		}
	}
}
