package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"otasuke/e2e/lab"
)

const (
	// startLimit bounds the wait for a box: rules are compiled in seconds.
	startLimit = 2 * time.Minute
	// startPoll is how often it is looked at meanwhile, and so what a start is measured to.
	startPoll = 5 * time.Millisecond
	// logTail is where the last statistics of an EVE log are looked for.
	logTail = 256 << 10
	// clockTicks of the kernel in a second, in what it tells about processes (proc(5)).
	clockTicks = 100
)

// inline is what stands in the box's place.
type inline struct {
	name  string
	pid   int // of the process that judges; 0 for the bare kernel
	log   string
	stop  func()
	began float64 // processor seconds that it had used when it was ready
	used  float64 // those from then to its end
}

// end stops it and notes what it used.
func (in *inline) end() {
	if in.stop == nil {
		return
	}
	in.used = cpuSeconds(in.pid) - in.began
	in.stop()
}

// box starts a gateway in the lab and waits until it inspects. What a mode does not say is
// left as the box has it by default.
func (b *bench) box(ctx context.Context, l *lab.Lab, m mode) (*inline, error) {
	dir, err := os.MkdirTemp(b.dir, "box-")
	if err != nil {
		return nil, err
	}
	in := &inline{name: m.name, log: filepath.Join(dir, "eve.json")}
	list, path := cmp.Or(m.list, filepath.Join(dir, "sites.txt")), filepath.Join(dir, "box.toml")
	conf := fmt.Sprintf("state_dir = %q\nports = [%q, %q]\nhome = [\"192.168.0.0/16\"]\nsegmented = %t\n", b.state, lab.OutsidePort, lab.InsidePort, m.noGSO)
	if m.clamd != "" {
		conf += fmt.Sprintf("clamd_socket = %q\n", m.clamd)
	}
	if !m.quiet {
		conf += fmt.Sprintf("eve_log = %q\n", in.log)
	}
	if m.queues > 0 {
		conf += fmt.Sprintf("queues = %d\n", m.queues)
	}
	if m.budget != 0 {
		conf += fmt.Sprintf("flow_budget = %d\n", m.budget)
	}
	if len(b.rules) > 0 && !m.starter {
		conf += fmt.Sprintf("rules = [%q]\n", b.rules[0])
	}
	conf += fmt.Sprintf("[[list]]\nname = \"bench\"\ncategory = \"malware\"\nfile = %q\n", list)
	conf += m.settings
	if m.list == "" {
		err = os.WriteFile(list, []byte("bad.example\n"), 0o644)
	}
	if err := errors.Join(err, os.MkdirAll(b.state, 0o700), os.WriteFile(path, []byte(conf), 0o600)); err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe, "gateway", "-config", path)
	cmd.Stdout, cmd.Stderr = b.Log, b.Log
	if err := l.Box.Start(cmd); err != nil {
		return nil, err
	}
	return in, b.ready(ctx, in, cmd, child)
}

// ready waits until the process that judges has its queues.
func (b *bench) ready(ctx context.Context, in *inline, cmd *exec.Cmd, judge func(pid int) int) error {
	in.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	deadline := time.Now().Add(startLimit)
	for in.pid == 0 || lab.Queues(in.pid) == 0 {
		if time.Now().After(deadline) || ctx.Err() != nil {
			in.stop()
			return errors.Join(errors.New("it did not start inspecting"), ctx.Err())
		}
		time.Sleep(startPoll)
		in.pid = judge(cmd.Process.Pid)
	}
	in.began = cpuSeconds(in.pid)
	return nil
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

// resident memory of a process in MiB.
func resident(pid int) (float64, error) { return memory(pid, "VmRSS:") }

// memory of a process in MiB, by the kernel's name for it.
func memory(pid int, what string) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, what); ok {
			kb, err := strconv.ParseFloat(strings.Fields(v)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no memory of the process")
}

// cpuSeconds that a process used, without what the kernel does for it in interrupts.
func cpuSeconds(pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The fields behind the name in parentheses: state is the third, utime the 14th.
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / clockTicks
}

// unseen takes from the statistics the share of packets that were passed without a look
// because the box was too slow, the share of bytes that was judged, and packets by processor
// second: a figure for inspection means nothing without them.
func (b *bench) unseen(in *inline) {
	text, err := tail(in.log, logTail)
	if err != nil {
		return
	}
	var last struct {
		Stats struct {
			Decoder struct {
				Packets float64 `json:"pkts"`
				Bytes   float64 `json:"bytes"`
			} `json:"decoder"`
			Flow struct {
				Total float64 `json:"total"`
			} `json:"flow"`
		} `json:"stats"`
		Otasuke struct {
			Counts struct {
				Uninspected float64 `json:"uninspected"`
				Lost        float64 `json:"lost"`
			} `json:"counts"`
		} `json:"otasuke"`
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, `"event_type":"stats"`) {
			_ = json.Unmarshal([]byte(line), &last)
		}
	}
	judged, missed := last.Stats.Decoder.Packets, last.Otasuke.Counts.Uninspected
	if judged+missed == 0 {
		return
	}
	b.add(in.name+".unseen", missed/(judged+missed))
	b.add(in.name+".lost", last.Otasuke.Counts.Lost)
	b.add(in.name+".total", last.Stats.Flow.Total)
	if in.used > 0 {
		b.add(in.name+".packets", judged/in.used)
	}
	if moved := b.moved[in.name]; moved > 0 {
		b.add(in.name+".share", last.Stats.Decoder.Bytes/float64(moved))
	}
}

// tail reads the end of a file.
func tail(path string, n int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.NewSectionReader(f, max(info.Size()-n, 0), n))
	return string(text), err
}
