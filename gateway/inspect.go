package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/engine"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// InspectConfig says what to judge offline.
type InspectConfig struct {
	Capture string   // capture file
	Rules   []string // rule files; the built-in starter rules when empty
	Dir     string   // eve.json is appended to in this folder
	// Prevent carries verdicts out as an inline box would: drop rules say "blocked".
	Prevent bool
	// Home are the inside networks; private networks when empty.
	Home []netip.Prefix
	// Lists and ClamdSocket as in Config.
	Lists       []ListFile
	ClamdSocket string
	// Warn gets a line for each rule that was left out and for other doubts.
	Warn io.Writer
}

// InspectSummary counts what Inspect did.
type InspectSummary struct {
	Rules, Refused         int
	Packets, Bytes, Alerts uint64
	Skipped, Malformed     uint64
	// Panics counts packets whose flow lost its inspection by a fault of ours.
	Panics uint64
}

// Inspect judges a capture file and writes EVE JSON.
func Inspect(ctx context.Context, cfg InspectConfig) (sum InspectSummary, err error) {
	c := Config{Rules: cfg.Rules, NoStarterRules: len(cfg.Rules) > 0, Lists: cfg.Lists, Home: cfg.Home, StateDir: cfg.Dir, Ports: []string{"", ""}}
	if err := c.complete(); err != nil {
		return sum, err
	}
	rules, refused, err := loadRules(c.Rules, !c.NoStarterRules, c.homeNet())
	if err != nil {
		return sum, err
	}
	set, notCompiled, err := match.Compile(rules, match.Options{})
	if err != nil {
		return sum, fmt.Errorf("gateway: rules: %w", err)
	}
	defer set.Close()
	refused = append(refused, notCompiled...)
	sum.Rules, sum.Refused = set.Len(), len(refused)
	for _, r := range refused {
		fmt.Fprintf(cfg.Warn, "W: rule left out: %s\n", r)
	}
	lists, errs := c.loadLists()
	for _, err := range errs {
		fmt.Fprintf(cfg.Warn, "W: %v\n", err)
	}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return sum, fmt.Errorf("gateway: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(cfg.Dir, "eve.json"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return sum, fmt.Errorf("gateway: %w", err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	defer func() { err = errors.Join(err, out.Flush(), f.Close()) }()
	ec := engine.Config{Rules: set, Lists: lists, Home: engine.HomeOf(c.Home), Inline: cfg.Prevent, LogApps: true, LogFlows: true, Budget: -1}
	if cfg.ClamdSocket != "" {
		ec.Scanner = &scan.Scanner{Socket: cfg.ClamdSocket}
	}
	ec.Emit = func(r *eve.Record) {
		if r.EventType == eve.TypeAlert {
			sum.Alerts++
		}
		var line []byte
		if line, err = eve.Append(nil, r); err == nil {
			_, err = out.Write(line)
		}
	}
	err = replay(ctx, cfg.Capture, ec, &sum)
	return sum, err
}

// replay runs the engine over one capture file.
func replay(ctx context.Context, path string, ec engine.Config, sum *InspectSummary) error {
	e := engine.New(ec)
	src := capture.NewFile(path)
	w, err := e.NewWorker(src)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	defer func() {
		w.Close()
		sum.Packets, sum.Bytes = e.Stats.Packets.Load(), e.Stats.Bytes.Load()
		sum.Skipped, sum.Malformed, sum.Panics = src.Skipped, e.Stats.Malformed.Load(), e.Stats.Panics.Load()
	}()
	return src.Run(ctx, w)
}

// RulesReport is what 'otasuke rules check' prints.
type RulesReport struct {
	Total   int            `json:"total"`
	Loaded  int            `json:"loaded"`
	Refused []rule.Refusal `json:"refused"`
}

// CheckRules loads rule files and says which rules would not run, and why.
func CheckRules(files []string) (RulesReport, error) {
	rep := RulesReport{Refused: []rule.Refusal{}}
	rules, refused, err := loadRules(files, false, "")
	if err != nil {
		return rep, err
	}
	set, notCompiled, err := match.Compile(rules, match.Options{})
	if err != nil {
		return rep, fmt.Errorf("gateway: rules: %w", err)
	}
	defer set.Close()
	rep.Refused = append(append(rep.Refused, refused...), notCompiled...)
	rep.Loaded = set.Len()
	rep.Total = rep.Loaded + len(rep.Refused)
	return rep, nil
}
