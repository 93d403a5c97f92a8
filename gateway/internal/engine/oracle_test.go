package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match"
	"otasuke/rule/parse"
)

// oracleSample is the number of captures compared: all that there are, a few seconds.
const oracleSample = 57

// wanted is the least of recall and precision against the oracle.
const wanted = 0.97

// found is one signature on one pair of ends.
type found struct {
	sid      uint32
	src, dst string
}

// unpacked is the content of an .xz file of the public data.
func unpacked(t *testing.T, dir, name string) []byte {
	t.Helper()
	out, err := exec.Command("xz", "-dc", filepath.Join(dir, name)).Output()
	if err != nil {
		t.Skipf("%s cannot be unpacked: %v", name, err)
	}
	return out
}

// oracle reads what another engine alerts, by capture.
func oracle(t *testing.T, dir string) map[string]map[found]bool {
	t.Helper()
	out := map[string]map[found]bool{}
	dec := json.NewDecoder(bytes.NewReader(unpacked(t, dir, "oracle/suricata-8.0.6-synthetic.jsonl.xz")))
	for {
		var row struct {
			Capture string
			Alerts  []struct {
				SID      uint32
				Src, Dst string
				SP, DP   uint16
			}
		}
		if err := dec.Decode(&row); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		set := map[found]bool{}
		for _, a := range row.Alerts {
			set[pair(a.SID, fmt.Sprintf("%s %d", a.Src, a.SP), fmt.Sprintf("%s %d", a.Dst, a.DP))] = true
		}
		out[row.Capture] = set
	}
}

// pair puts the ends in one order: which packet of a conversation carries the alert
// is not compared.
func pair(sid uint32, a, b string) found {
	if a > b {
		a, b = b, a
	}
	return found{sid, a, b}
}

// Our findings on generated conversations agree with those of an independent engine
// with the same rules.
func TestOracle(t *testing.T) {
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	expected := oracle(t, dir)
	rules, _ := parse.Rules("et-open.rules", unpacked(t, dir, "rules/et-open-composite-2025-07.rules.xz"), parse.Options{Vars: parse.DefaultVars()})
	set, _, err := match.Compile(rules, match.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var both, ours, theirs int
	archive := tar.NewReader(bytes.NewReader(unpacked(t, dir, "captures/synthetic-et-open.tar.xz")))
	for n := 0; n < oracleSample; {
		h, err := archive.Next()
		if err != nil {
			t.Fatal(err)
		}
		want, ok := expected[h.Name]
		if !ok {
			continue
		}
		n++
		got := alertsOf(t, set, archive)
		theirs += len(want)
		ours += len(got)
		var missed, extra []uint32
		for f := range want {
			if got[f] {
				both++
			} else {
				missed = append(missed, f.sid)
			}
		}
		for f := range got {
			if !want[f] {
				extra = append(extra, f.sid)
			}
		}
		slices.Sort(missed)
		slices.Sort(extra)
		t.Logf("%s: %d expected, %d found; missed %v; only here %v", filepath.Base(h.Name), len(want), len(got), missed, extra)
	}
	recall, precision := float64(both)/float64(theirs), float64(both)/float64(ours)
	t.Logf("%d rules, %d captures: recall %.4f, precision %.4f (%d expected, %d found, %d in both)", set.Len(), oracleSample, recall, precision, theirs, ours, both)
	if recall < wanted || precision < wanted {
		t.Errorf("recall %.4f, precision %.4f; at least %.2f is wanted", recall, precision, wanted)
	}
}

// alertsOf judges one capture offline.
func alertsOf(t *testing.T, set *match.Set, in io.Reader) map[found]bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "capture")
	b, err := io.ReadAll(in)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[found]bool{}
	e := New(Config{Rules: set, Home: testHome, Budget: -1, Emit: func(r *eve.Record) {
		if r.EventType == eve.TypeAlert {
			out[pair(r.Alert.SignatureID, fmt.Sprintf("%s %d", r.SrcIP, r.SrcPort), fmt.Sprintf("%s %d", r.DestIP, r.DestPort))] = true
		}
	}})
	src := capture.NewFile(path)
	w, err := e.NewWorker(src)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := src.Run(context.Background(), w); err != nil {
		t.Fatal(err)
	}
	if n := e.Stats.Panics.Load(); n > 0 {
		t.Errorf("%d panics", n)
	}
	return out
}
