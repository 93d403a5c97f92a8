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
const wanted = 0.80

// passed lists the cases that Suricata 8.0.6 passes and whose checks are filters of events:
// what a filter asks of the engine's own log or of its account of the rules is no event.
func passed(t *testing.T, data string) []string {
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
	var list []string
	for _, row := range rows[1:] {
		if row[column("status")] == "OK" && row[column("check_types")] == "filter" && !filesOnly(row[column("event_types")]) {
			list = append(list, row[column("test")])
		}
	}
	return list
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
	dir, list := cases(t, data), passed(t, data)
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
	good, here := 0, 0
	for i, err := range results {
		if !errors.Is(err, ErrNotHere) {
			here++
		}
		switch {
		case err == nil:
			good++
		case errors.Is(err, ErrNotHere):
		default:
			t.Logf("%s: %s", list[i], strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	share := float64(good) / float64(here)
	t.Logf("%d of %d cases whose captures are here (of %d), %.4f", good, here, len(list), share)
	if share < wanted {
		t.Errorf("%.4f of the cases pass, want at least %.2f", share, wanted)
	}
}
