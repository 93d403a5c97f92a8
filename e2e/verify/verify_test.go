package verify

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// wanted is the least share of the cases whose checks are filters and that the engine
// whose language we speak passes itself.
const wanted = 0.84

// status are all public cases, by what they are to us.
type status struct {
	// asked are the cases that Suricata 8.0.6 passes and whose checks are filters of events:
	// what a filter asks of the engine's own log or of its account of the rules is no event.
	asked []string
	// others ask for other things than events of eve.json, foreign are those that 8.0.6
	// skips, does not run or does not pass.
	others, foreign []string
}

func statusOf(t *testing.T, data string) (st status) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "oracle/suricata-verify-8.0.6-status.tsv"))
	if err != nil {
		t.Skipf("the status of the cases is not there: %v", err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	for _, row := range rows[1:] {
		name := row[column("test")]
		switch {
		case row[column("status")] != "OK":
			st.foreign = append(st.foreign, name)
		case row[column("check_types")] != "filter" || filesOnly(row[column("event_types")]):
			st.others = append(st.others, name)
		default:
			st.asked = append(st.asked, name)
		}
	}
	return st
}

// filesOnly tells that all filters of a case look at other files than eve.json.
func filesOnly(events string) bool {
	return !slices.ContainsFunc(strings.Split(events, ","), func(e string) bool { return !strings.HasPrefix(e, "file:") })
}

// cases unpacks the public cases, or names where they are unpacked already.
func cases(t *testing.T, data string) string {
	t.Helper()
	if dir := os.Getenv("OTASUKE_VERIFY"); dir != "" {
		return dir
	}
	dir := t.TempDir()
	out, err := exec.Command("tar", "-xJf", filepath.Join(data, "captures/suricata-verify-data.tar.xz"), "-C", dir).CombinedOutput()
	if err != nil {
		t.Skipf("the cases cannot be unpacked: %v %s", err, out)
	}
	return filepath.Join(dir, "suricata-verify-data/tests")
}

// TestSuricataVerify: what suricata-verify asks of eve.json, of us.
func TestSuricataVerify(t *testing.T) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	dir, list := cases(t, data), statusOf(t, data).asked
	source := filepath.Join(data, "rules/suricata-8.0.6-etc")
	results := make([]error, len(list))
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for i := range work {
				results[i] = Run(context.Background(), filepath.Join(dir, list[i]), source, t.TempDir())
			}
		})
	}
	for i := range list {
		work <- i
	}
	close(work)
	wg.Wait()
	reasons := readReasons(t)
	var o outcome
	for i, err := range results {
		name := list[i]
		_, listed := reasons.of[name]
		switch {
		case errors.Is(err, ErrNotHere):
			o.missing = append(o.missing, name)
		case err == nil:
			o.good = append(o.good, name)
			if listed {
				t.Errorf("%s passes: take it out of testdata/reasons.txt", name)
			}
		case listed:
			o.bad = append(o.bad, name)
			t.Logf("%s: %s", name, strings.ReplaceAll(err.Error(), "\n", "; "))
		default:
			t.Errorf("%s fails and has no reason in testdata/reasons.txt: %s", name, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	here := len(list) - len(o.missing)
	share := float64(len(o.good)) / float64(here)
	t.Logf("%d of %d cases whose captures are here (of %d), %.4f", len(o.good), here, len(list), share)
	if share < wanted {
		t.Errorf("%.4f of the cases pass, want at least %.2f", share, wanted)
	}
	o.documented(t, reasons, statusOf(t, data))
}
