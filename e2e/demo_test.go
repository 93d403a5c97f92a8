// Package e2e holds the end-to-end tests: the program as its users start it.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

// program builds otasuke once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "otasuke-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "otasuke")
	cmd := exec.Command("go", "build", "-o", path, "otasuke")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return path, os.Chmod(dir, 0o755)
})

func build(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

type summary struct {
	OK    bool
	Mode  string
	Steps []struct {
		ID, Expected, Seen, Alert string
		Mail, OK                  bool
	}
	PacketToMail struct{ P50, P99, N int64 } `json:"packet_to_mail_ms"`
}

// demo runs a demo to its end and reads its last line.
func demo(t *testing.T, args ...string) summary {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	log := filepath.Join(t.TempDir(), "log")
	cmd := exec.CommandContext(ctx, build(t), append([]string{"demo", "-once", "-log", log}, args...)...)
	out, err := cmd.Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var s summary
	if e := json.Unmarshal([]byte(lines[len(lines)-1]), &s); e != nil || err != nil || !s.OK {
		text, _ := os.ReadFile(log)
		t.Fatalf("demo: %v %v\n%s\nlog:\n%s", err, e, out, text)
	}
	return s
}

func needLab(t *testing.T) {
	t.Helper()
	if err := lab.Available(); err != nil {
		t.Skipf("no lab here: %v", err)
	}
}

// The product's main job, on real traffic, checked to its end.
func TestDemo(t *testing.T) {
	needLab(t)
	s := demo(t)
	if s.Mode != "lab" || len(s.Steps) != 18 {
		t.Errorf("mode %q with %d steps, want the lab with 18", s.Mode, len(s.Steps))
	}
	if s.PacketToMail.N < 20 || s.PacketToMail.P99 >= 5000 {
		t.Errorf("from packet to mail: %+v, want at least 20 and p99 under 5 s", s.PacketToMail)
	}
}

// The same without a lab: recorded traffic through the same engine; beside it a chamber with customers is made up and opened.
func TestDemoReplay(t *testing.T) {
	if s := demo(t, "-replay", "-customers", "15"); s.Mode != "replay" || len(s.Steps) != 5 {
		t.Errorf("mode %q with %d steps, want replay with 5", s.Mode, len(s.Steps))
	}
}

// However the demo ends, nothing of it is left.
func TestDemoLeavesNothing(t *testing.T) {
	needLab(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) { leavesNothing(t, sig) })
	}
}

func leavesNothing(t *testing.T, sig syscall.Signal) {
	tmp := t.TempDir() // stands in the command line of every child
	before := hostState(t)
	var out bytes.Buffer
	cmd := exec.Command(build(t), "demo", "-big", "1048576")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	buf := make([]byte, 4096)
	for !strings.Contains(out.String(), "inspecting") {
		n, err := r.Read(buf)
		out.Write(buf[:n])
		if err != nil {
			t.Fatalf("demo ended early: %s", out.String())
		}
	}
	go func() { // let it go on talking
		for _, err := r.Read(buf); err == nil; _, err = r.Read(buf) {
		}
	}()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	var left []string
	deadline := time.Now().Add(10 * time.Second)
	for {
		if left = processes(tmp); len(left) == 0 || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	if after := hostState(t); after != before {
		t.Errorf("the host's network changed\nbefore:\n%s\nafter:\n%s", before, after)
	}
}

// processes lists those whose command line names dir.
func processes(dir string) (out []string) {
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		b, _ := os.ReadFile(name)
		if bytes.Contains(b, []byte(dir)) {
			out = append(out, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return out
}

// hostState is what a demo could leave behind: named namespaces, interfaces, rules.
func hostState(t *testing.T) string {
	t.Helper()
	ns, _ := filepath.Glob("/run/netns/*")
	links, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(links)) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	rules, _ := exec.Command("iptables-save").Output()
	var kept []string
	for line := range strings.Lines(string(rules)) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ":") {
			kept = append(kept, line)
		}
	}
	return strings.Join(append(append(ns, names...), kept...), "\n")
}
