package engine

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otasuke/content/rules"
	"otasuke/e2e/talk"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match"
)

var testHome = eve.HomeOf([]netip.Prefix{netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12")})

// starterSet compiles the built-in rules.
func starterSet(t testing.TB) *match.Set {
	t.Helper()
	all, refused := rules.All(nil)
	if len(refused) > 0 {
		t.Fatalf("starter rules refused: %v", refused)
	}
	set, refused, err := match.Compile(all, match.Options{})
	if err != nil || len(refused) > 0 {
		t.Fatalf("starter rules do not compile: %v %v", err, refused)
	}
	t.Cleanup(set.Close)
	return set
}

// play runs a conversation through the engine as a capture file and returns the records.
func play(t testing.TB, cfg Config, text string) (records []*eve.Record) {
	t.Helper()
	c, err := talk.Parse(text)
	if err != nil {
		t.Fatalf("conversation: %v", err)
	}
	var b bytes.Buffer
	if err := c.WritePcap(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "talk.pcap")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Home = testHome
	if cfg.Emit == nil {
		cfg.Emit = eve.Each(func(r *eve.Record) { records = append(records, r) })
	}
	e := New(cfg)
	src := capture.NewFile(path)
	w, err := e.NewWorker(src)
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Run(context.Background(), w); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if n := e.Stats.Panics.Load(); n > 0 {
		t.Fatalf("%d panics", n)
	}
	return records
}

func sids(records []*eve.Record) (out []string) {
	for _, r := range records {
		if r.EventType == eve.TypeAlert {
			out = append(out, fmt.Sprint(r.Alert.SignatureID))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Every starter rule fires on its conversation and is silent on the harmless one.
func TestStarterRules(t *testing.T) {
	set := starterSet(t)
	names, err := filepath.Glob("../../../content/rules/testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, name := range names {
		sid := strings.TrimSuffix(filepath.Base(name), ".txtar")
		t.Run(sid, func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			parts := talk.Sections(string(text))
			if got := sids(play(t, Config{Rules: set}, parts["fires"])); !slices.Contains(got, sid) {
				t.Errorf("does not fire; these did: %v", got)
			}
			if got := sids(play(t, Config{Rules: set}, parts["quiet"])); slices.Contains(got, sid) {
				t.Errorf("fires on harmless traffic")
			}
		})
	}
}
