package soak

import (
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
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"otasuke/e2e/lab"
)

const (
	// startTime is enough for the largest public rule set on a busy machine.
	startTime = 3 * time.Minute
	// sampleEvery is how often memory is looked at.
	sampleEvery = time.Second
)

// box is the gateway under test.
type box struct {
	cmd  *exec.Cmd
	eve  string
	log  *journalLog
	once sync.Once
}

// journalLog keeps what a box says.
type journalLog struct {
	mu   sync.Mutex
	text bytes.Buffer
	out  io.Writer
}

func (j *journalLog) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(b)
	return j.out.Write(b)
}

func (j *journalLog) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Count(j.text.Bytes(), []byte(text))
}

// startBox starts one and waits until it inspects.
func startBox(ctx context.Context, l *lab.Lab, o *Options, dir, rules string) (*box, error) {
	b := &box{eve: filepath.Join(dir, "eve.json"), log: &journalLog{out: o.Log}}
	conf := fmt.Sprintf("state_dir = %q\nports = [%q, %q]\nhome = [\"192.168.0.0/16\"]\neve_log = %q\n", filepath.Join(dir, "state"), lab.OutsidePort, lab.InsidePort, b.eve)
	if rules != "" {
		conf += fmt.Sprintf("rules = [%q]\n", rules)
	}
	path := filepath.Join(dir, "box.toml")
	exe, err := os.Executable()
	if err = errors.Join(err, os.Mkdir(filepath.Join(dir, "state"), 0o700), os.WriteFile(path, []byte(conf), 0o600)); err != nil {
		return nil, err
	}
	b.cmd = exec.Command(exe, "gateway", "-config", path)
	b.cmd.Stdout, b.cmd.Stderr = b.log, b.log
	if err := l.Box.Start(b.cmd); err != nil {
		return nil, err
	}
	for end := time.Now().Add(startTime); b.log.count("the engine is inspecting") == 0; {
		if time.Now().After(end) || ctx.Err() != nil {
			b.stop()
			return nil, fmt.Errorf("the box did not start inspecting:\n%s", b.log.text.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
	return b, nil
}

// stop ends the box; it writes its last statistics then.
func (b *box) stop() {
	b.once.Do(func() {
		_ = b.cmd.Process.Signal(syscall.SIGTERM)
		_ = b.cmd.Wait()
	})
}

// restarts is how often the engine was started again.
func (b *box) restarts() int { return b.log.count("the engine is inspecting") - 1 }

// watch samples the engine's memory until ctx ends and returns the medians of the part
// behind the warming up and of the last part, of equal lengths.
func (b *box) watch(ctx context.Context, length time.Duration) (early, late float64) {
	var samples []float64
	tick := time.NewTicker(min(sampleEvery, length/20))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if v := resident(engineOf(b.cmd.Process.Pid)); v > 0 {
				samples = append(samples, v)
			}
			continue
		case <-ctx.Done():
		}
		part := len(samples) / warmUp
		if part == 0 {
			return 0, 0
		}
		return median(samples[part : 2*part]), median(samples[len(samples)-part:])
	}
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

// engineOf finds the engine process of a box.
func engineOf(pid int) int {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		b, _ := os.ReadFile(t)
		for f := range strings.FieldsSeq(string(b)) {
			n, _ := strconv.Atoi(f)
			if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", n)); bytes.Contains(line, []byte("engine")) {
				return n
			}
		}
	}
	return 0
}

// resident memory of a process in MiB, 0 when it is gone.
func resident(pid int) float64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 64)
			return kb / 1024
		}
	}
	return 0
}

// figures reads the last statistics that the box wrote, of its last engine.
func (b *box) figures(r *Result) error {
	text, err := os.ReadFile(b.eve)
	if err != nil {
		return err
	}
	var last struct {
		Stats struct {
			Decoder struct {
				Pkts uint64 `json:"pkts"`
			} `json:"decoder"`
			Detect struct {
				Alert uint64 `json:"alert"`
			} `json:"detect"`
			IPS struct {
				Reasons map[string]uint64 `json:"drop_reason"`
			} `json:"ips"`
		} `json:"stats"`
		Otasuke struct {
			Counts map[string]uint64 `json:"counts"`
		} `json:"otasuke"`
	}
	found := false
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte(`"event_type":"stats"`)) && json.Unmarshal(line, &last) == nil {
			found = true
		}
	}
	if !found {
		return errors.New("the box wrote no statistics")
	}
	n := last.Otasuke.Counts
	for why, n := range last.Stats.IPS.Reasons {
		if n > 0 {
			r.Why = append(r.Why, fmt.Sprintf("%d packets were stopped: %s, with counts %v", n, why, last.Otasuke.Counts))
		}
	}
	r.Packets, r.Alerts = last.Stats.Decoder.Pkts, last.Stats.Detect.Alert
	r.Drops, r.Uninspected, r.Faults, r.Lost = n["blocked"], n["uninspected"], n["faults"], n["lost"]
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte(`"action":"blocked"`)) && len(r.Why) < maxWhy {
			r.Why = append(r.Why, string(line[:min(len(line), 600)]))
		}
	}
	return nil
}
