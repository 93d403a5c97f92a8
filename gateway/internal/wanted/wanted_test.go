package wanted_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"otasuke/gateway/internal/wanted"
	"otasuke/wire"
)

func policy(t testing.TB, deny ...string) *wire.Policy {
	t.Helper()
	p := &wire.Policy{Deny: deny, Stops: []wire.Stop{{Kind: wire.StopName, Value: "evil.example", Category: "phishing", Until: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}}}
	if err := p.Seal(); err != nil {
		t.Fatal(err)
	}
	return p
}

// box is a keeper with what its engine would do.
type box struct {
	*testing.T
	*wanted.Keeper
	dir      string
	bad      error
	applied  atomic.Int64
	hurried  int
	fetched  int
	override string // the engine's reason
}

func newBox(t *testing.T, dir, off string) *box {
	b := &box{T: t, dir: dir}
	b.Keeper = wanted.New(wanted.Config{Dir: dir, Off: off, Own: []string{"list"}, Log: slog.New(slog.DiscardHandler),
		Try: func(*wire.Policy) error { return b.bad }, Apply: func() { b.applied.Add(1) }})
	b.Hurry(func() { b.hurried++ })
	return b
}

func (b *box) want(p *wire.Policy, err error) bool {
	return b.Want(b.Context(), p.ID, func(_ context.Context, path string) (io.ReadCloser, error) {
		b.fetched++
		if err != nil || path != wire.PathPolicy {
			return nil, err
		}
		text, err := json.Marshal(p)
		return io.NopCloser(bytes.NewReader(text)), err
	})
}

// engine reads what is kept as an engine does that starts.
func (b *box) engine() {
	b.Helper()
	p, err := wanted.Load(b.dir, time.Now())
	if err != nil {
		b.Error(err)
	}
	id := ""
	if p != nil {
		id = p.ID
	}
	b.InForce(id, "", b.override)
}

func (b *box) is(state, id, active string) {
	b.Helper()
	if s := b.State(); s.State != state || s.ID != id || s.Active != active {
		b.Errorf("%+v, want %s %s, in force %s", s, state, id, active)
	}
}

// The centre hears that a policy counts when the engine says so, and not before; what would not do leaves the one before,
// also for a box that starts anew then.
func TestKeeper(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBox(t, dir, "")
	b.engine()
	one, two := policy(t, "one.example"), policy(t, "two.example")
	if b.want(one, errors.New("the line is down")) || b.applied.Load() != 0 {
		t.Error("something came of nothing")
	}
	b.want(one, nil)
	b.is(wire.PolicyWaiting, one.ID, "")
	b.engine()
	b.is(wire.PolicyActive, one.ID, one.ID)
	if b.applied.Load() != 1 || b.hurried != 1 {
		t.Errorf("applied %d times, told %d times", b.applied.Load(), b.hurried)
	}
	for range 3 {
		if b.want(one, nil) || b.fetched != 2 {
			t.Fatal("fetched again")
		}
		b.engine()
	}
	b.bad = errors.New("this box has no such group")
	if !b.want(two, nil) || b.want(two, nil) {
		t.Error("a refusal is told once")
	}
	b.is(wire.PolicyRefused, two.ID, one.ID)
	b.engine()
	b.is(wire.PolicyRefused, two.ID, one.ID)
	b = newBox(t, dir, "")
	b.is(wire.PolicyWaiting, one.ID, "")
	b.engine()
	b.is(wire.PolicyActive, one.ID, one.ID)
	if s := b.State(); len(s.Own) != 1 || s.Own[0] != "list" {
		t.Errorf("its own file: %v", s.Own)
	}
	// The centre returns to the one before, and to another.
	b.bad = errors.New("no")
	b.want(two, nil)
	if !b.want(one, nil) {
		t.Error("nobody hears that it is as before")
	}
	b.is(wire.PolicyActive, one.ID, one.ID)
	b.bad, b.override = nil, "the engine does not want it"
	b.want(two, nil)
	b.InForce(one.ID, "", b.override)
	b.is(wire.PolicyRefused, two.ID, one.ID)
}

// A disk that is full refuses nothing: when it has room, what the company wants is in force without anybody who asks again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	rest := filepath.Join(dir, "rest")
	if err := os.WriteFile(rest, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	b, p := newBox(t, dir, ""), policy(t, "one.example")
	if !b.want(p, nil) || b.want(p, nil) {
		t.Error("that it waits is told once")
	}
	b.is(wire.PolicyWaiting, p.ID, "")
	b.engine()
	if err := os.Remove(rest); err != nil {
		t.Fatal(err)
	}
	b.want(p, nil)
	b.engine()
	b.is(wire.PolicyActive, p.ID, p.ID)
	if s := b.State(); s.Reason != "" {
		t.Error(s.Reason)
	}
}

// What is broken on the disk is taken from the copy, and the centre is asked again.
func TestBroken(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "cut": `{"version":1,"id":"0`, "other": "<!DOCTYPE html>", "bad": `{"version":1,"id":"00000000000000000000000000000000","deny":["a b"]}`} {
		dir := t.TempDir()
		b := newBox(t, dir, "")
		p := policy(t, "one.example")
		b.want(p, nil)
		b.engine()
		if err := os.WriteFile(filepath.Join(dir, "policy.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := wanted.Load(dir, time.Now())
		if got == nil || got.ID != p.ID || err == nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		b = newBox(t, dir, "")
		if b.want(p, nil); b.fetched != 1 {
			t.Errorf("%s: not fetched again", name)
		}
		b.engine()
		b.is(wire.PolicyActive, p.ID, p.ID)
	}
}

// The centre hears up to where the box has what is stopped for all: of the policy in force, not of one that is on its way or
// was refused; and files end as the rest does.
func TestStopsSeq(t *testing.T) {
	t.Parallel()
	seq := func(n int64) *wire.Policy {
		p := &wire.Policy{StopsSeq: n, StopFiles: []wire.StopFile{{SHA256: strings.Repeat("ab", 32), Until: time.Now().Add(-time.Duration(n) * time.Hour)}}}
		if err := p.Seal(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	dir := t.TempDir()
	b := newBox(t, dir, "")
	b.engine()
	b.want(seq(7), nil)
	if n := b.State().StopsSeq; n != 0 {
		t.Errorf("on its way, and told as there: %d", n)
	}
	b.engine()
	if n := b.State().StopsSeq; n != 7 {
		t.Errorf("in force: %d", n)
	}
	b.bad = errors.New("no")
	b.want(seq(8), nil)
	b.engine()
	if n := b.State().StopsSeq; n != 7 {
		t.Errorf("one was refused: %d", n)
	}
	b = newBox(t, dir, "")
	b.engine()
	if n := b.State().StopsSeq; n != 7 {
		t.Errorf("started anew: %d", n)
	}
	if p, err := wanted.Load(dir, time.Now()); err != nil || len(p.StopFiles) != 0 {
		t.Errorf("what has ended: %+v %v", p, err)
	}
}

// A box whose own file says so takes none, and says that.
func TestOff(t *testing.T) {
	t.Parallel()
	b := newBox(t, t.TempDir(), "by its file")
	if b.want(policy(t), nil) || b.fetched != 0 {
		t.Error("taken all the same")
	}
	b.engine()
	if s := b.State(); s.State != wire.PolicyOff || s.Reason != "by its file" {
		t.Errorf("%+v", s)
	}
}

// What ends is let go by the box itself, while the centre is away.
func TestEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox(t, t.TempDir(), "")
		p := policy(t)
		b.want(p, nil)
		b.engine()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { b.Keeper.Run(ctx); close(done) }()
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if got, _ := wanted.Load(b.dir, time.Now()); b.applied.Load() != 1 || len(got.Stops) != 1 {
			t.Errorf("before its end: read %d times, %+v", b.applied.Load(), got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got, _ := wanted.Load(b.dir, time.Now()); b.applied.Load() != 2 || len(got.Stops) != 0 || got.ID != p.ID {
			t.Errorf("after its end: read %d times, %+v", b.applied.Load(), got)
		}
		cancel()
		<-done
	})
}

func FuzzDecode(f *testing.F) {
	text, err := json.Marshal(policy(f, "a.example"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(strings.Repeat("[", 1000)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := wanted.Decode(text); err == nil && p.Check() != nil {
			t.Error("unchecked")
		}
	})
}

func TestDecodeLarge(t *testing.T) {
	t.Parallel()
	if _, err := wanted.Decode(bytes.Repeat([]byte(" "), wire.MaxPolicyBytes+1)); err == nil {
		t.Error("too much is read")
	}
}
