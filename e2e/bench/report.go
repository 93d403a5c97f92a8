package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"otasuke/e2e/bench/machine"
)

// About says on what a run was made: figures of other machines are not compared with it.
type About struct {
	Date   string `json:"date"`
	Rules  string `json:"rules"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int    `json:"memory_mib"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	// Load is the machine's load average before and after: a run beside other work shows here.
	Load   string `json:"load"`
	Each   string `json:"each"`
	Hold   string `json:"hold"`
	Rounds int    `json:"rounds"`
	// Peer is the version of the field's sensor that was measured beside, or why there is none.
	Peer string `json:"peer"`
}

// Report is a run's file.
type Report struct {
	About About `json:"about"`
	Rows  []Row `json:"rows"`
}

func (b *bench) about() About {
	a := About{
		Date: time.Now().UTC().Format(time.DateOnly), Rules: b.ruleSet, Cores: runtime.NumCPU(), Go: runtime.Version(),
		CPU: machine.Field("/proc/cpuinfo", "model name"), Kernel: machine.FirstLine("/proc/sys/kernel/osrelease"),
		Load: b.load + " → " + machine.Load(), Each: b.Each.String(), Hold: b.Hold.String(), Rounds: b.Rounds, Peer: peerProgram + " was not measured",
	}
	var kib int
	if _, err := fmt.Sscanf(machine.Field("/proc/meminfo", "MemTotal"), "%d kB", &kib); err == nil {
		a.Memory = kib >> 10
	}
	if b.peer != "" {
		a.Peer = peerProgram + " with its package's configuration"
	}
	return a
}

// print writes the rows for a terminal.
func (r *Report) print(w io.Writer) {
	fmt.Fprintln(w, r.About.line())
	for _, x := range r.Rows {
		fmt.Fprintf(w, "%-32s %12s %-14s %s\n", x.Name, number(x.Value), x.Unit, x.compared())
	}
}

func (a *About) line() string {
	return fmt.Sprintf("%s · %s · %d × %s, %d MiB · Linux %s · %s · load %s · %d rounds of %s, connections opened for %s · %s",
		a.Date, a.Rules, a.Cores, a.CPU, a.Memory, a.Kernel, a.Go, a.Load, a.Rounds, a.Each, a.Hold, a.Peer)
}

func (x *Row) compared() string {
	if x.Ratio == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f of %s", x.Ratio, x.Against)
}

// number writes as many digits as mean something.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0.1 && v > -0.1:
		return fmt.Sprintf("%.4f", v)
	case v < 10 && v > -10:
		return fmt.Sprintf("%.3f", v)
	case v < 1000 && v > -1000:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// Lines between which a document holds the table of figures.
const (
	tableBegin = "<!-- figures: written by 'make bench' -->\n"
	tableEnd   = "<!-- end of figures -->\n"
)

// Markdown is the table of figures for documents.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n| row | figure | unit | ratio |\n|---|---:|---|---|\n", r.About.line())
	for _, x := range r.Rows {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", x.Name, number(x.Value), x.Unit, x.compared())
	}
	return b.String()
}

// errNoTable is a document without the lines around its table.
var errNoTable = errors.New("bench: the document has no place for the table of figures")

// into puts the table into a document in place of the one that it has.
func (r *Report) into(doc []byte) ([]byte, error) {
	head, rest, ok := bytes.Cut(doc, []byte(tableBegin))
	_, end, ok2 := bytes.Cut(rest, []byte(tableEnd))
	if !ok || !ok2 {
		return nil, errNoTable
	}
	return bytes.Join([][]byte{head, []byte(tableBegin + "\n" + r.Markdown() + "\n" + tableEnd), end}, nil), nil
}

// document writes the table of a document anew.
func (r *Report) document(path string) error {
	if path == "" {
		return nil
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if doc, err = r.into(doc); err != nil {
		return err
	}
	if err := os.WriteFile(path, doc, 0o644); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

func (b *bench) write(r *Report) error {
	if b.Path == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
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
