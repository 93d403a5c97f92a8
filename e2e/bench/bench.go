package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"otasuke/e2e/bench/fleet"
	"otasuke/e2e/bench/machine"
	"otasuke/e2e/bench/pages"
	"otasuke/e2e/lab"
)

// Options of a run.
type Options struct {
	Path   string        // of the JSON file; "" for none
	Doc    string        // Markdown file whose table of figures is written anew; "" for none
	Each   time.Duration // length of one measurement
	Hold   time.Duration // how long connections are opened one after the other
	Rounds int           // kernel and box in turn, this often
	// Only keeps the modes and captures whose names begin with one of these; empty for all.
	Only []string
	Out  io.Writer
	Log  io.Writer // of the box
}

// mode is how the box's place is filled.
type mode struct {
	name    string
	box     bool
	peer    bool // the field's sensor stands there
	pass    bool // queues whose packets pass unseen
	queues  int  // 0 for as many as the box takes by itself
	noGSO   bool
	budget  int64 // flow_budget of the box; 0 for its own, -1 judges everything
	measure []string
	// once: in the last round only.
	once bool
	// list is the file of names; "" for one name; clamd the scanner's socket, settings more of its configuration. starter
	// loads no other rules, quiet writes no records.
	list, clamd    string
	settings       string
	starter, quiet bool
}

// bare is the bridge of the kernel with nothing in the way.
const bare = "kernel bridge"

// everyRow is measured for the kernel, the box and the field's sensor alike. The box comes
// first: half of what it bears is what all stand under when waiting is measured.
var everyRow = []string{"bulk.1", "bulk.8", "tls", "latency", "http.keepalive", "latency.half", "latency.half.apart"}

func modes() []mode {
	return []mode{
		{name: "box", box: true, measure: append(slices.Clip(everyRow), "memory")},
		{name: "kernel", measure: append(slices.Clip(everyRow), "pps")},
		// The flood has a box of its own: nearly all that passes unseen is of it.
		{name: "flood", box: true, measure: []string{"pps"}},
		{name: "queue", pass: true, measure: []string{"bulk.1", "http.keepalive"}},
		{name: "judged", box: true, budget: -1, measure: []string{"bulk.1", "bulk.8"}},
		{name: "judged1", box: true, queues: 1, budget: -1, measure: []string{"bulk.1", "bulk.8"}},
		{name: "nogso", box: true, noGSO: true, budget: -1, measure: []string{"bulk.1"}},
		{name: "peer", peer: true, measure: append(slices.Clip(everyRow), "pps")},
		{name: "kernel.new", once: true, measure: []string{"http.newconn"}},
		{name: "box.new", once: true, box: true, measure: []string{"http.newconn", "memory"}},
		{name: "queue.new", once: true, pass: true, measure: []string{"http.newconn"}},
		{name: "peer.new", once: true, peer: true, measure: []string{"http.newconn"}},
		{name: "flows", once: true, box: true, measure: []string{"flows"}},
	}
}

// Run measures everything, prints a table and writes the files.
func Run(ctx context.Context, o Options) error {
	if err := lab.Available(); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	dir, err := os.MkdirTemp("", "otasuke-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	b := &bench{Options: o, dir: dir, state: filepath.Join(dir, "state"), load: machine.Load(), got: make(map[string][]float64), moved: make(map[string]int64)}
	if b.rules, b.ruleSet, err = publicRules(ctx, dir); err != nil {
		return err
	}
	fmt.Fprintln(o.Out, "rules:", b.ruleSet)
	if len(b.rules) > 0 { // it is compared with the same public rules only
		b.peer, _ = exec.LookPath(peerProgram)
	}
	paths, err := b.captures()
	if err != nil {
		return err
	}
	defer b.progress("")
	for round := range o.Rounds {
		last := round == o.Rounds-1
		if err := b.round(ctx, round, last, paths); err != nil {
			return err
		}
	}
	b.progress("")
	rep := &Report{About: b.about(), Rows: b.rows()}
	rep.print(o.Out)
	return errors.Join(b.write(rep), rep.document(o.Doc))
}

// round measures everything once.
func (b *bench) round(ctx context.Context, round int, last bool, captures map[string]string) error {
	say := func(what string) { b.progress(fmt.Sprintf("round %d of %d: %s", round+1, b.Rounds, what)) }
	if b.wants("machine") {
		say("machine")
		if err := machine.Gaps(b.add); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	if b.wants("apps") {
		say("apps")
		if err := b.apps(ctx); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	if b.wants("start") {
		say("start")
		if err := b.startUp(ctx); err != nil {
			return fmt.Errorf("bench: start: %w", err)
		}
	}
	for _, m := range modes() {
		if m.once && !last || m.peer && b.peer == "" || !b.wants(m.name) {
			continue
		}
		say(m.name)
		if err := b.mode(ctx, m); err != nil {
			return err
		}
	}
	for _, c := range corpora {
		if captures[c.name] == "" {
			continue
		}
		say("offline " + c.name)
		if err := b.offline(ctx, &c, captures[c.name]); err != nil {
			return err
		}
	}
	if last && b.wants("downloads") {
		say("downloads")
		if err := b.downloads(ctx); err != nil {
			return err
		}
	}
	if last && b.wants("centre") {
		say("centre")
		if err := fleet.Measure(ctx, b.Log, b.add); err != nil {
			return err
		}
	}
	if last && b.wants("pages") {
		say("pages")
		if err := pages.Measure(ctx, b.Out, b.Log, b.add); err != nil {
			return err
		}
	}
	if last && b.wants("sites") {
		say("sites")
		return b.sites(ctx)
	}
	return nil
}

// wants tells whether a part of the run is asked for.
func (b *bench) wants(name string) bool {
	return len(b.Only) == 0 || slices.ContainsFunc(b.Only, func(o string) bool { return strings.HasPrefix(name, o) })
}

// progress shows people what is being done, on a line that is overwritten.
func (b *bench) progress(what string) {
	f, ok := b.Out.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(f, "\r\033[K%s", what)
	}
}

type bench struct {
	Options
	dir     string
	state   string   // folder of the box, so that it starts with what it compiled before
	rules   []string // files beside the built-in rules
	ruleSet string   // in words
	peer    string   // path of the field's sensor; "" when there is none
	load    string   // of the machine before the run
	got     map[string][]float64
	moved   map[string]int64 // bytes downloaded in the last round of a mode
}

// add notes a value of "mode.measurement".
func (b *bench) add(key string, v float64) { b.got[key] = append(b.got[key], v) }

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
