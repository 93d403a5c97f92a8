package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"otasuke/e2e/lab"
)

// Options of a run.
type Options struct {
	Path   string        // of the JSON file; "" for none
	Each   time.Duration // length of one measurement
	Rounds int           // kernel and box in turn, this often
	Out    io.Writer
	Log    io.Writer // of the box
}

// Row is one figure.
type Row struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Ratio to Against in the same run; 0 when there is nothing to compare with.
	Ratio   float64 `json:"ratio"`
	Against string  `json:"against"`
}

// mode is how the box's place is filled.
type mode struct {
	name    string
	box     bool
	queues  int
	noGSO   bool
	budget  int64 // flow_budget of the box; -1 judges everything
	measure []string
}

// bare is the bridge of the kernel with nothing in the way.
const bare = "kernel bridge"

// Run measures everything, prints a table and writes the file.
func Run(ctx context.Context, o Options) error {
	if err := lab.Available(); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	dir, err := os.MkdirTemp("", "otasuke-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	b := &bench{Options: o, dir: dir, got: make(map[string][]float64), moved: make(map[string]int64)}
	modes := []mode{
		{name: "kernel", measure: []string{"bulk.1", "bulk.8", "tls", "pps", "latency"}},
		{name: "q2", box: true, queues: 2, budget: -1, measure: []string{"bulk.1", "bulk.8", "tls", "pps", "latency", "memory"}},
		{name: "q1", box: true, queues: 1, budget: -1, measure: []string{"bulk.1", "bulk.8"}},
		{name: "nogso", box: true, queues: 2, noGSO: true, budget: -1, measure: []string{"bulk.1"}},
		{name: "budget", box: true, queues: 2, measure: []string{"bulk.1"}},
	}
	for round := range o.Rounds {
		for _, m := range modes {
			fmt.Fprintf(o.Out, "\rround %d of %d: %-8s", round+1, o.Rounds, m.name)
			if err := b.mode(ctx, m); err != nil {
				return err
			}
		}
	}
	fmt.Fprint(o.Out, "\r\033[K")
	rows := b.rows()
	b.table(rows)
	return b.write(rows)
}

type bench struct {
	Options
	dir   string
	got   map[string][]float64 // mode.measure → one value a round
	moved map[string]int64     // bytes downloaded in the last round of a mode
}

func (b *bench) add(m mode, what string, v float64) {
	key := m.name + "." + what
	b.got[key] = append(b.got[key], v)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

// ratio is the median of the ratios round by round.
func (b *bench) ratio(key, against string) float64 {
	x, y := b.got[key], b.got[against]
	var r []float64
	for i := range min(len(x), len(y)) {
		if y[i] > 0 {
			r = append(r, x[i]/y[i])
		}
	}
	return median(r)
}

// rows turns measurements into the published figures. Names are never changed.
func (b *bench) rows() []Row {
	var rows []Row
	add := func(name, unit, key, against string) {
		r := Row{Name: name, Unit: unit, Value: median(b.got[key])}
		if against != "" {
			r.Ratio, r.Against = b.ratio(key, against), bare
		}
		rows = append(rows, r)
	}
	add("kernel.bulk.1", "Gbit/s", "kernel.bulk.1", "")
	add("kernel.bulk.8", "Gbit/s", "kernel.bulk.8", "")
	add("inline.bulk.1.gso", "Gbit/s", "q2.bulk.1", "kernel.bulk.1")
	add("inline.bulk.8.gso", "Gbit/s", "q2.bulk.8", "kernel.bulk.8")
	add("inline.bulk.1.gso.q1", "Gbit/s", "q1.bulk.1", "kernel.bulk.1")
	add("inline.bulk.8.gso.q1", "Gbit/s", "q1.bulk.8", "kernel.bulk.8")
	add("inline.bulk.1.nogso", "Gbit/s", "nogso.bulk.1", "kernel.bulk.1")
	add("inline.bulk.1.budget", "Gbit/s", "budget.bulk.1", "kernel.bulk.1")
	add("kernel.tls", "Gbit/s", "kernel.tls", "")
	add("inline.tls.bypass", "Gbit/s", "q2.tls", "kernel.tls")
	add("kernel.pps.100b", "packets/s", "kernel.pps", "")
	add("inline.pps.100b", "packets/s", "q2.pps", "kernel.pps")
	for _, p := range []string{"p50", "p99"} {
		add("kernel.latency."+p, "ms", "kernel.latency."+p, "")
		add("inline.latency."+p, "ms", "q2.latency."+p, "kernel.latency."+p)
		with, without := median(b.got["q2.latency."+p]), median(b.got["kernel.latency."+p])
		name := "inline.latency.added"
		if p == "p50" {
			name += ".p50"
		}
		rows = append(rows, Row{Name: name, Unit: "ms", Value: with - without, Against: bare})
	}
	// Bytes that the engine judged against those that were downloaded (headers make it
	// a little more than 1): bulk figures count for inspection only while it holds.
	add("inline.judged.q1", "of bytes", "q1.judged", "")
	add("inline.uninspected", "of packets", "q2.unseen", "")
	add("inline.uninspected.q1", "of packets", "q1.unseen", "")
	add("inline.memory.resident", "MiB", "q2.memory", "")
	return rows
}

func (b *bench) table(rows []Row) {
	for _, r := range rows {
		ratio := ""
		if r.Ratio > 0 {
			ratio = fmt.Sprintf("%6.2f of %s", r.Ratio, r.Against)
		}
		fmt.Fprintf(b.Out, "%-24s %12.3f %-10s %s\n", r.Name, r.Value, r.Unit, ratio)
	}
}

func (b *bench) write(rows []Row) error {
	if b.Path == "" {
		return nil
	}
	text, err := json.MarshalIndent(rows, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(b.Path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(b.Path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}
