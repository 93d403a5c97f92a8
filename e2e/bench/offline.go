package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"time"
)

// captures writes the files that are judged offline, into memory's file system or what
// stands for it, once for all rounds.
func (b *bench) captures() (map[string]string, error) {
	paths := map[string]string{}
	for _, c := range corpora {
		if !b.wants("offline." + c.name) {
			continue
		}
		b.progress("capture " + c.name)
		path, err := c.write(b.dir)
		if err != nil {
			return nil, err
		}
		paths[c.name] = path
	}
	debug.FreeOSMemory() // what the captures were made of must not burden what is measured next
	return paths, nil
}

// offline has a process of ours judge a capture with one worker and write all records.
func (b *bench) offline(ctx context.Context, c *corpus, path string) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	dir, err := os.MkdirTemp(b.dir, "offline-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	args := []string{"inspect", "-json", "-cache", filepath.Join(b.dir, "cache"), "-r", path, "-l", dir}
	for _, r := range b.rules {
		args = append(args, "-S", r)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, b.Log
	peak, err := watched(cmd)
	if err != nil {
		return fmt.Errorf("bench: offline %s: %w", c.name, err)
	}
	var sum struct {
		Bytes   float64       `json:"bytes"`
		Alerts  float64       `json:"alerts"`
		Judging time.Duration `json:"judging_ns"`
	}
	if err := json.Unmarshal(out.Bytes(), &sum); err != nil || sum.Judging <= 0 {
		return fmt.Errorf("bench: offline %s: its summary is not understood: %w", c.name, err)
	}
	key, seconds := "offline."+c.name, sum.Judging.Seconds()
	b.add(key, sum.Bytes*8/seconds/1e9)
	b.add(key+".units", float64(c.units)/seconds)
	b.add(key+".memory", peak)
	return nil
}

// watchEvery is how often the memory of a process is looked at.
const watchEvery = 20 * time.Millisecond

// watched runs a command and returns the most memory that it had, in MiB. What the system
// tells at its end would count memory of ours that it was born with.
func watched(cmd *exec.Cmd) (peak float64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			return peak, err
		case <-time.After(watchEvery):
			if v, err := memory(cmd.Process.Pid, "VmHWM:"); err == nil {
				peak = v
			}
		}
	}
}
