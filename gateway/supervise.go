package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"otasuke/gateway/internal/health"
	"otasuke/gateway/internal/pulse"
	"otasuke/wire"
)

const (
	// restartFirst and restartMax bound the wait before the engine is started
	// again: at once after one crash, rarely when it cannot stay up.
	restartFirst = 100 * time.Millisecond
	restartMax   = 10 * time.Second
	// goodRun is how long an engine must live for the wait to start over.
	goodRun = time.Minute
	// silence after which an engine that inspects but tells nothing is ended: nothing waits
	// for that. One that does not inspect is found out sooner, by its pulse.
	silence = time.Minute
	// maxLine of the engine: an EVE record is under 16 KiB.
	maxLine = 256 << 10
)

// Notes of health events.
const (
	noteDied      = "engine-died"
	noteRestarted = "engine-restarted"
	noteFault     = "inspection-fault"
)

// supervise keeps an engine process running.
func (b *Box) supervise(ctx context.Context) error {
	go b.forward(ctx)
	wait := restartFirst
	for first := true; ctx.Err() == nil; first = false {
		started := time.Now()
		err := b.engine(ctx, !first)
		if ctx.Err() != nil {
			return nil
		}
		b.health.Engine(false)
		b.log.Error("the engine ended: traffic passes without inspection until it is back", "err", err)
		b.note(noteDied)
		b.bundles.Died()
		if time.Since(started) > goodRun {
			wait = restartFirst
		}
		pulse.Awake() // restartMax is less than systemd's patience
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, restartMax)
	}
	return nil
}

// engine runs one engine process to its end.
func (b *Box) engine(ctx context.Context, again bool) error {
	// The kernel ends the child when the thread that started it goes: it must be ours alone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	defer r.Close()
	life, p, err := os.Pipe()
	if err != nil {
		w.Close()
		return fmt.Errorf("gateway: %w", err)
	}
	defer life.Close()
	cmd := exec.CommandContext(ctx, exe, "gateway", "engine", "-config", b.cfg.Path)
	cmd.Stderr, cmd.ExtraFiles = os.Stderr, []*os.File{w, p}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	err = cmd.Start()
	w.Close()
	p.Close()
	if err != nil {
		return fmt.Errorf("gateway: engine: %w", err)
	}
	b.running.Store(cmd.Process)
	defer b.running.Store(nil)
	go func() {
		if err := pulse.Watch(life, pulse.Own, pulse.Awake); errors.Is(err, pulse.ErrHangs) {
			b.log.Error("the engine hangs, and traffic with it: it is ended")
			_ = cmd.Process.Kill()
		}
	}()
	watch := time.AfterFunc(pulse.StartPatience, func() {
		if !b.keeping.Load() { // else our disk is slow, not the engine
			_ = cmd.Process.Kill()
		}
	})
	defer watch.Stop()
	ready := false
	b.read(r, func() {
		watch.Reset(silence)
		if !ready {
			ready = true
			b.log.Info("the engine is inspecting", "pid", cmd.Process.Pid)
			if again {
				b.note(noteRestarted)
			}
		}
	})
	return cmd.Wait()
}

// forward tells the engine that runs of the signals that ask to open the EVE log anew and
// to read rules and lists anew, until ctx ends.
func (b *Box) forward(ctx context.Context) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, reloadSignal)
	defer signal.Stop(c)
	var hangup <-chan os.Signal
	if b.cfg.EVELog != "" {
		h, stop := hangups()
		defer stop()
		hangup = h
	}
	for {
		var s os.Signal
		select {
		case s = <-c:
		case s = <-hangup:
		case <-ctx.Done():
			return
		}
		if p := b.running.Load(); p != nil {
			_ = p.Signal(s)
		}
	}
}

// read takes the engine's lines until it closes them; alive is called at each sign of
// life. Findings that are there together are kept together: a burst costs one wait for
// the disk, not one each.
func (b *Box) read(r io.Reader, alive func()) {
	in := bufio.NewReaderSize(r, maxLine)
	var batch, batches [][]byte
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			b.log.Error("the engine wrote a line without end, left out")
			continue
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if rows, ok := bytes.CutPrefix(line, []byte(flowsHead)); ok {
				batches = append(batches, decodeFlows(rows))
			} else if b.status(line) {
				alive()
			} else if json.Valid(line) { // the last line of an engine that died may be cut
				batch = append(batch, bytes.Clone(line))
			}
		}
		if err != nil || !waiting(in) {
			b.keeping.Store(true)
			_ = b.keep(batch)
			b.logFlows(batches)
			b.keeping.Store(false)
			batch, batches = batch[:0], batches[:0]
		}
		if err != nil {
			return
		}
	}
}

// waiting tells that another whole line can be read without waiting.
func waiting(in *bufio.Reader) bool {
	next, _ := in.Peek(in.Buffered())
	return bytes.IndexByte(next, '\n') >= 0
}

// status takes a line of the engine about itself; false when it is another line.
func (b *Box) status(line []byte) bool {
	var s engineStatus
	if json.Unmarshal(line, &s) != nil || s.EventType != typeStatus {
		return false
	}
	b.health.Engine(true)
	b.bundles.Saw(s.figures())
	b.wanted.InForce(s.Policy, s.PolicyNote, s.PolicyRefused)
	if s.Faults > b.faults {
		b.note(noteFault)
	}
	b.faults = s.Faults
	b.limits.Tell(b.log, health.Reached{Packets: s.Packets, Uninspected: s.Uninspected, Lost: s.Lost, Limits: s.Limits}, time.Now())
	var made time.Time
	if s.Signatures > 0 {
		made = time.Unix(s.Signatures, 0)
	}
	virus := b.scanner.State(wire.State(s.Scanner), b.unsigned(), time.Now())
	defer func() {
		for _, what := range b.scanner.Notes(virus, made, time.Now()) {
			b.log.Warn("the virus scanner", "note", what)
			b.note(what)
		}
	}()
	b.health.Counts(health.Counts{
		Rules: s.Rules, Sites: s.Sites, Packets: s.Packets, Blocked: s.Blocked, Uninspected: s.Uninspected, Scanner: virus, Signatures: s.Signatures, Tested: health.StateOf(s.Tested),
	})
	return true
}

// hangups gives a channel that tells of SIGHUP, which asks to open the EVE log anew and
// does not end the process any more. stop ends it.
func hangups() (c chan os.Signal, stop func()) {
	signal.Ignore(syscall.SIGHUP) // whoever took it for an end before
	c = make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
