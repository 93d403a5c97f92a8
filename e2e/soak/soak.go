package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"otasuke/e2e/lab"
)

const (
	// pcs of the office: what the box is made for.
	pcs = 100
	// maxGrowth in MiB of the engine's memory between the end of its warming up and its
	// end. Go lets garbage grow to as much as is in use before it is collected, and tables
	// fill until the first conversations run out (two minutes): a leak of 1 KB a connection
	// is several times this in an hour.
	maxGrowth = 96
	// warmUp is the part of the run after which memory is compared, one in so many.
	warmUp = 4
)

// Options of a run.
type Options struct {
	// Length of the office's work.
	Length time.Duration
	// Data is a folder with public rules; "" for the starter rules alone.
	Data string
	Out  io.Writer
	Log  io.Writer // of the box
}

// Result is the last line of a run.
type Result struct {
	OK          bool    `json:"ok"`
	Seconds     int     `json:"seconds"`
	Rules       string  `json:"rules"` // "et-open" or "starter"
	Connections int64   `json:"connections"`
	Failed      int64   `json:"failed"`
	MiB         int64   `json:"mib"` // that the PCs have received
	Packets     uint64  `json:"packets"`
	Drops       uint64  `json:"drops"`
	Alerts      uint64  `json:"alerts"`
	Uninspected uint64  `json:"uninspected"`
	Faults      uint64  `json:"faults"`
	Lost        uint64  `json:"lost_records"`
	Restarts    int     `json:"restarts"`
	RSSStart    float64 `json:"rss_start_mib"` // after warming up
	RSSEnd      float64 `json:"rss_end_mib"`
	Growth      float64 `json:"rss_growth_mib"`
	// Why says what went wrong, the first few of each kind.
	Why []string `json:"why,omitempty"`
}

// Run lets the office work and prints one line of JSON at the end. It fails when the box
// has lost or blocked something, or when its memory has grown.
func Run(ctx context.Context, o Options) error {
	if err := lab.Available(); err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	dir, err := os.MkdirTemp("", "otasuke-soak-")
	if err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	defer os.RemoveAll(dir)
	r := Result{Rules: "et-open"}
	rules := filepath.Join(dir, "et.rules")
	if err := unpack(o.Data, rules); err != nil {
		fmt.Fprintf(o.Out, "starter rules only: %v\n", err)
		r.Rules, rules = "starter", ""
	}
	if err := run(ctx, &o, dir, rules, &r); err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	fmt.Fprintln(o.Out, string(line))
	if !r.OK {
		return errors.New("soak: the box did not keep what it promises")
	}
	return nil
}

// unpack writes the big public rule set to a file.
func unpack(data, path string) error {
	if data == "" {
		return errors.New("OTASUKE_DATA names no folder of public rules")
	}
	text, err := exec.Command("xz", "-dc", filepath.Join(data, "rules/et-open-composite-2025-07.rules.xz")).Output()
	if err != nil {
		return fmt.Errorf("the public rules cannot be unpacked: %w", err)
	}
	return os.WriteFile(path, text, 0o600)
}

func run(ctx context.Context, o *Options, dir, rules string, r *Result) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	defer l.Close()
	servers, err := openServers(l)
	if err != nil {
		return err
	}
	defer servers.close()
	box, err := startBox(ctx, l, o, dir, rules)
	if err != nil {
		return err
	}
	defer box.stop()
	office := newOffice(l, servers)
	work, cancel := context.WithTimeout(ctx, o.Length)
	defer cancel()
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		office.work(work)
	}()
	early, late := box.watch(work, o.Length)
	<-done
	r.Seconds = int(time.Since(began).Seconds())
	r.RSSStart, r.RSSEnd, r.Restarts = early, late, box.restarts()
	box.stop()
	if err := box.figures(r); err != nil {
		return err
	}
	r.Connections, r.Failed, r.MiB = office.connections.Load(), office.failed.Load(), office.bytes.Load()>>20
	r.Why = append(r.Why, office.why...)
	r.judge()
	return ctx.Err()
}

// judge says whether a run was as it must be. Packets without inspection are told, not
// judged: they say that the machine was too slow for box and office together.
func (r *Result) judge() {
	r.Growth = r.RSSEnd - r.RSSStart
	wrong := func(is bool, format string, args ...any) {
		if is {
			r.Why = append(r.Why, fmt.Sprintf(format, args...))
		}
	}
	wrong(r.Connections == 0, "nobody has worked")
	wrong(r.Failed > 0, "%d connections were lost", r.Failed)
	wrong(r.Drops > 0, "%d packets were stopped", r.Drops)
	wrong(r.Faults > 0, "%d conversations lost their inspection by a fault", r.Faults)
	wrong(r.Restarts > 0, "the engine ended %d times", r.Restarts)
	wrong(r.Growth > maxGrowth, "memory has grown by %.0f MiB, at most %d may be", r.Growth, maxGrowth)
	r.OK = len(r.Why) == 0
}
