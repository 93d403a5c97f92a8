package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
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
	runtime.GC() // what the captures were made of must not burden what is measured next
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
	if err := cmd.Run(); err != nil {
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
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		b.add(key+".memory", float64(use.Maxrss)/1024)
	}
	return nil
}
