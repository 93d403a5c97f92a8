package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/fault"
	"otasuke/e2e/lab"
)

const (
	// shortStall is for faults that no packet waits for, on a machine that does much else.
	shortStall = time.Second
	// hangStall is for an engine that hangs: the patience of its pulse, and some looks.
	hangStall = 6 * time.Second
	// backWithin is how soon the box must inspect again.
	backWithin = 30 * time.Second
	// someAnswers of the transfer are awaited before the fault, and behind it.
	someAnswers = 50
	// shortTime is enough for a word where nothing stalls.
	shortTime = 700 * time.Millisecond
)

// childOf finds the child of a process that has this word in its command line, 0 for none.
func childOf(pid int, word string) int {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		b, _ := os.ReadFile(t)
		for f := range strings.FieldsSeq(string(b)) {
			n, _ := strconv.Atoi(f)
			if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", n)); bytes.Contains(line, []byte(word)) {
				return n
			}
		}
	}
	return 0
}

// protects tells whether what is forbidden is stopped and that alone.
func protects(l *lab.Lab) bool {
	for range 2 {
		if fault.Say(l.PC1, "harmless words", shortTime) != nil || fault.Say(l.PC1, forbidden, shortTime) == nil {
			return false
		}
	}
	return fault.Say(l.PC1, "harmless words", shortTime) == nil
}

// until polls a condition.
func until(t *testing.T, what string, within time.Duration, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		at := time.Since(began)
		if ok() {
			return at
		}
		if at > within {
			t.Fatalf("not within %v: %s", within, what)
		}
		<-tick.C
	}
}

// row is a line of the table.
type row struct {
	name string
	seen fault.Seen
	back time.Duration
}

func (r row) String() string {
	s := r.seen
	return fmt.Sprintf("%-34s udp %3d of %4d lost, gap %5d ms | stall %5d ms of %4d answers | %d of %3d connections failed, slowest %5d ms | inspecting after %5d ms",
		r.name, s.Lost, s.Sent, s.Gap.Milliseconds(), s.Stall.Milliseconds(), s.Answers, s.Failed, s.Dialled, s.Slowest.Milliseconds(), r.back.Milliseconds())
}

// faultCase is a part that fails.
type faultCase struct {
	name  string
	more  string // configuration
	stall time.Duration
	start func(t *testing.T, more string) *boxRun
	// do makes it fail, and may wait for what the box does about it.
	do func(t *testing.T, b *boxRun)
	// after checks what the box says, once it protects again.
	after func(t *testing.T, b *boxRun)
}

// plainBox inspects every byte: nothing of the transfer is let go to the kernel.
func plainBox(t *testing.T, more string) *boxRun {
	return startBox(t, "", "flow_budget = -1\n"+more, nil)
}

func (c *faultCase) run(t *testing.T) row {
	start := c.start
	if start == nil {
		start = plainBox
	}
	b := start(t, c.more)
	if err := fault.Serve(b.lab); err != nil {
		t.Fatal(err)
	}
	if !protects(b.lab) {
		t.Fatal("the box does not protect before the fault")
	}
	p, err := fault.Start(b.lab)
	if err != nil {
		t.Fatal(err)
	}
	more := func() {
		n := p.Answers() + someAnswers
		until(t, "more answers of the transfer", fault.Patience, func() bool { return p.Answers() >= n })
	}
	more()
	began := time.Now()
	c.do(t, b)
	until(t, "protection", backWithin, func() bool { return protects(b.lab) })
	back := time.Since(began)
	more()
	if c.after != nil {
		c.after(t, b)
	}
	seen := p.Stop()
	r := row{c.name, seen, back}
	if seen.Broken != nil || seen.Connections != 1 || seen.Failed != 0 {
		t.Errorf("the transfer took %d connections: %v; %d new connections failed", seen.Connections, seen.Broken, seen.Failed)
	}
	if seen.Stall > c.stall {
		t.Errorf("a stall of %v, at most %v is meant", seen.Stall, c.stall)
	}
	if t.Failed() {
		t.Logf("%v\n%s", r, b.log.all())
	}
	return r
}

// engineGets sends a signal to the engine.
func engineGets(t *testing.T, b *boxRun, s syscall.Signal) {
	t.Helper()
	pid := childOf(b.cmd.Process.Pid, "engine")
	if pid == 0 {
		t.Fatal("the box has no engine")
	}
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

// TestFaults: whatever part of the box fails, nobody in the office loses a connection, and
// the box protects again by itself.
func TestFaults(t *testing.T) {
	needLab(t)
	var table []string
	for _, c := range faults() {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			table = append(table, c.run(t).String())
		})
	}
	t.Log("\n" + strings.Join(table, "\n"))
}

func faults() []faultCase {
	return []faultCase{
		{name: "engine killed", stall: shortStall, do: func(t *testing.T, b *boxRun) {
			engineGets(t, b, syscall.SIGKILL)
			b.log.await(t, "the engine is inspecting", 2)
		}},
		{name: "engine hangs", stall: hangStall, do: func(t *testing.T, b *boxRun) {
			engineGets(t, b, syscall.SIGSTOP)
			b.log.await(t, "the engine hangs", 1)
			b.log.await(t, "the engine is inspecting", 2)
		}},
	}
}
