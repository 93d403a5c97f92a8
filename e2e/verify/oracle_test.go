package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"otasuke/gateway"
)

// agreement is the least of recall and of precision: the share of the other engine's
// findings that are ours, and of ours that are the other's.
const agreement = 0.99

// found is one signature of a conversation, in one direction.
type found struct {
	SID uint32
	Src string
	SP  uint16
	Dst string
	DP  uint16
}

// own is where the numbers of findings begin that no rule makes.
const own = 9900000

// Our findings agree with those of Suricata 8.0.6 with the same rules.
func TestOracle(t *testing.T) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	rules := filepath.Join(t.TempDir(), "et-open.rules")
	if err := os.WriteFile(rules, unpacked(t, filepath.Join(data, "rules/et-open-composite-2025-07.rules.xz")), 0o600); err != nil {
		t.Fatal(err)
	}
	events, err := filepath.Glob(filepath.Join(data, "rules/suricata-8.0.6-events/*.rules"))
	if err != nil || len(events) == 0 {
		t.Skipf("the rules for events are not there: %v", err)
	}
	t.Run("synthetic", func(t *testing.T) {
		agrees(t, data, "oracle/suricata-8.0.6-synthetic.jsonl.xz", []string{rules}, "synthetic-et-open")
	})
	t.Run("public", func(t *testing.T) {
		agrees(t, data, "oracle/suricata-8.0.6-et-open-2025-07.jsonl.xz", append([]string{rules}, events...),
			"suricata-verify-data", "ndpi-default-pcap-and-result", "zeek-btest-traces", "tcpdump-tests", "arkime-tests")
	})
}

// unpacked is the content of an .xz file.
func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	out, err := exec.Command("xz", "-dc", name).Output()
	if err != nil {
		t.Skipf("%s cannot be unpacked: %v", name, err)
	}
	return out
}

// agrees inspects the captures of archives and compares with an oracle.
func agrees(t *testing.T, data, oracle string, rules []string, archives ...string) {
	dir, out := t.TempDir(), t.TempDir()
	for _, a := range archives {
		if text, err := exec.Command("tar", "-xJf", filepath.Join(data, "captures", a+".tar.xz"), "-C", dir).CombinedOutput(); err != nil {
			t.Skipf("%s cannot be unpacked: %v %s", a, err, text)
		}
	}
	sum, err := gateway.Inspect(context.Background(), gateway.InspectConfig{Capture: dir, Each: true, Rules: rules, Dir: out, Warn: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Panics > 0 {
		t.Errorf("%d flows lost their inspection", sum.Panics)
	}
	var both, ours, theirs int
	for line := range bytes.Lines(unpacked(t, filepath.Join(data, oracle))) {
		var row struct {
			Capture string
			Alerts  []found
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		want, got := map[found]bool{}, alerts(t, out, row.Capture)
		for _, a := range row.Alerts {
			want[a] = true
		}
		theirs, ours = theirs+len(want), ours+len(got)
		var missed, extra []uint32
		for f := range want {
			if got[f] {
				both++
			} else {
				missed = append(missed, f.SID)
			}
		}
		for f := range got {
			if !want[f] {
				extra = append(extra, f.SID)
			}
		}
		if len(missed)+len(extra) > 0 {
			slices.Sort(missed)
			slices.Sort(extra)
			t.Logf("%s: missed %v, only here %v", row.Capture, missed, extra)
		}
	}
	recall, precision := float64(both)/float64(theirs), float64(both)/float64(ours)
	t.Logf("%d captures: recall %.4f, precision %.4f (%d expected, %d found, %d in both)", sum.Captures, recall, precision, theirs, ours, both)
	if recall < agreement || precision < agreement {
		t.Errorf("recall %.4f, precision %.4f; at least %.2f is wanted", recall, precision, agreement)
	}
}

// alerts reads what was found in one capture; nothing was when it could not be read.
func alerts(t *testing.T, out, capture string) map[found]bool {
	t.Helper()
	list := map[found]bool{}
	b, err := os.ReadFile(filepath.Join(out, capture, "eve.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return list
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		if !bytes.Contains(line, []byte(`"event_type":"alert"`)) {
			continue
		}
		var e struct {
			SrcIP    string `json:"src_ip"`
			SrcPort  uint16 `json:"src_port"`
			DestIP   string `json:"dest_ip"`
			DestPort uint16 `json:"dest_port"`
			Alert    struct {
				SID uint32 `json:"signature_id"`
			}
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Alert.SID < own {
			list[found{e.Alert.SID, e.SrcIP, e.SrcPort, e.DestIP, e.DestPort}] = true
		}
	}
	return list
}
