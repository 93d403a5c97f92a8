package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"otasuke/e2e/lab"
)

// mode builds a lab, fills the box's place and takes the mode's measurements.
func (b *bench) mode(ctx context.Context, m mode) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.OpenInternet(lab.Good); err != nil {
		return err
	}
	pid := 0
	if m.box {
		stop, p, err := b.box(ctx, l, m)
		if err != nil {
			return err
		}
		defer stop()
		pid = p
	} else if err := l.JoinBox(); err != nil {
		return err
	}
	t := &traffic{lab: l, each: b.Each}
	defer t.close()
	defer func() { b.moved[m.name] = t.moved }()
	for _, what := range m.measure {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := b.measure(ctx, t, m, what, pid); err != nil {
			return fmt.Errorf("bench: %s %s: %w", m.name, what, err)
		}
	}
	return nil
}

func (b *bench) measure(ctx context.Context, t *traffic, m mode, what string, pid int) error {
	switch what {
	case "bulk.1", "bulk.8":
		n := 1
		if what == "bulk.8" {
			n = 8
		}
		v, err := t.bulk(ctx, n, false)
		b.add(m, what, v)
		return err
	case "tls":
		v, err := t.bulk(ctx, 1, true)
		b.add(m, what, v)
		return err
	case "pps":
		v, err := t.packets(ctx)
		b.add(m, what, v)
		return err
	case "latency":
		p50, p99, err := t.latency(ctx)
		b.add(m, "latency.p50", p50)
		b.add(m, "latency.p99", p99)
		return err
	case "memory":
		v, err := resident(pid)
		b.add(m, what, v)
		return err
	}
	return errors.New("unknown measurement")
}

// box starts a gateway in the lab and waits until it inspects.
func (b *bench) box(ctx context.Context, l *lab.Lab, m mode) (stop func(), engine int, err error) {
	dir, err := os.MkdirTemp(b.dir, "box-")
	if err != nil {
		return nil, 0, err
	}
	list := filepath.Join(dir, "sites.txt")
	conf := fmt.Sprintf("state_dir = %q\nports = [%q, %q]\nhome = [\"192.168.0.0/16\"]\nqueues = %d\nsegmented = %t\nflow_budget = %d\neve_log = %q\n[[list]]\nname = \"bench\"\ncategory = \"malware\"\nfile = %q\n",
		dir, lab.OutsidePort, lab.InsidePort, m.queues, m.noGSO, m.budget, filepath.Join(dir, "eve.json"), list)
	path := filepath.Join(dir, "box.toml")
	if err := errors.Join(os.WriteFile(list, []byte("bad.example\n"), 0o644), os.WriteFile(path, []byte(conf), 0o600)); err != nil {
		return nil, 0, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	cmd := exec.Command(exe, "gateway", "-config", path)
	cmd.Stdout, cmd.Stderr = b.Log, b.Log
	if err := l.Box.Start(cmd); err != nil {
		return nil, 0, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		b.unseen(m, filepath.Join(dir, "eve.json"))
	}
	deadline := time.Now().Add(20 * time.Second)
	for engine == 0 || !listening(engine) {
		if time.Now().After(deadline) || ctx.Err() != nil {
			stop()
			return nil, 0, errors.New("the box did not start inspecting")
		}
		time.Sleep(50 * time.Millisecond)
		engine = child(cmd.Process.Pid)
	}
	return stop, engine, nil
}

// child finds the engine process of a box.
func child(pid int) int {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		b, _ := os.ReadFile(t)
		for _, f := range strings.Fields(string(b)) {
			n, _ := strconv.Atoi(f)
			if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", n)); strings.Contains(string(line), "engine") {
				return n
			}
		}
	}
	return 0
}

// listening tells that a queue is bound in the namespace of a process.
func listening(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/netfilter/nfnetlink_queue", pid))
	return err == nil && len(strings.TrimSpace(string(b))) > 0
}

// resident memory of a process in MiB.
func resident(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(v)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}

// unseen takes the share of packets that the box passed without a look because it
// was too slow: a figure for inspection means nothing without it.
func (b *bench) unseen(m mode, log string) {
	text, err := os.ReadFile(log)
	if err != nil {
		return
	}
	var last struct {
		EventType string `json:"event_type"`
		Stats     struct {
			Packets     float64 `json:"packets"`
			Bytes       float64 `json:"bytes"`
			Uninspected float64 `json:"uninspected"`
		} `json:"stats"`
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, `"event_type":"stats"`) {
			_ = json.Unmarshal([]byte(line), &last)
		}
	}
	if all := last.Stats.Packets + last.Stats.Uninspected; all > 0 {
		b.add(m, "unseen", last.Stats.Uninspected/all)
	}
	if moved := b.moved[m.name]; moved > 0 {
		b.add(m, "judged", last.Stats.Bytes/float64(moved))
	}
}
