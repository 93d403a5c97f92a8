package update

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"otasuke/internal/ja"
	"otasuke/wire"
)

// box is a keeper with what it did.
type box struct {
	*Keeper
	t      testing.TB
	notes  []string
	used   int
	refuse error
}

func open(t testing.TB, dir string, r *repo) *box {
	t.Helper()
	b := &box{t: t}
	hours, _ := ParseHours("")
	k, err := New(Config{StateDir: dir, Hours: hours, Check: func(context.Context, string, string) error { return b.refuse },
		Apply: func(string) { b.used++ }, Note: func(s string) { b.notes = append(b.notes, s) }})
	if err != nil {
		t.Fatal(err)
	}
	b.Keeper = k
	k.Reach(r.fetch)
	return b
}

// wants lets the box take a version and says what became of it.
func (b *box) wants(kind string, version int64) wire.BundleState {
	b.t.Helper()
	b.Want([]wire.BundleWanted{{Kind: kind, Version: version, Now: true}})
	b.work(b.t.Context(), time.Now())
	return b.is(kind)
}

func (b *box) is(kind string) wire.BundleState {
	b.t.Helper()
	for _, s := range b.Tell() {
		if err := (&wire.Heartbeat{Bundles: []wire.BundleState{s}}).Check(); err != nil {
			b.t.Errorf("%+v: %v", s, err)
		}
		if s.Kind == kind {
			return s
		}
	}
	return wire.BundleState{}
}

// good lets time pass in which the engine says that all is well.
func (b *box) good(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(10 * time.Second)
		b.Saw(Figures{Rules: 100, Packets: 1000 * uint64(time.Now().Unix()), Loaded: map[string]int64{"rules": Read(b.cfg.StateDir)["rules"].Version}})
		b.work(b.t.Context(), time.Now())
	}
}

// has says which version of the rules the engine would read.
func (b *box) has() string {
	text, _ := os.ReadFile(filepath.Join(Read(b.cfg.StateDir)["rules"].Dir, "a.rules"))
	return string(text)
}

func TestTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, dir := newRepo(t), t.TempDir()
		b := open(t, dir, r)
		for v := int64(1); v <= 3; v++ {
			r.bundle("rules", v)
			if s := b.wants("rules", v); s.State != wire.BundleTrial || s.Active != v || b.has() != strconv.FormatInt(v, 10) || b.used != int(v) {
				t.Fatalf("%+v, %q", s, b.has())
			}
			if b.good(trialTime + time.Minute); b.is("rules").State != wire.BundleActive {
				t.Fatalf("%+v", b.is("rules"))
			}
			if names, _ := os.ReadDir(filepath.Join(Folder(dir), "rules")); len(names) != 1 {
				t.Errorf("left: %v", names)
			}
		}
		if s := b.wants("rules", 2); s.Active != 3 || s.State != wire.BundleActive || b.has() != "3" {
			t.Errorf("an older one: %+v", s)
		}
		// A box that starts anew goes on, without the centre and long after everything has expired.
		time.Sleep(2 * 365 * 24 * time.Hour)
		b = open(t, dir, r)
		if b.has() != "3" || b.is("rules").State != wire.BundleActive {
			t.Errorf("after a start: %+v", b.is("rules"))
		}
	})
}

// Each attack of the specification, section 1.5.2, against a box that has version 1.
func TestAttacks(t *testing.T) {
	t.Parallel()
	other := func(path, part string, with []byte) func(string, []byte) []byte {
		return func(p string, text []byte) []byte {
			if strings.Contains(p, part) && (path == "" || strings.HasPrefix(p, path)) {
				return with
			}
			return text
		}
	}
	old := map[string][]byte{} // of each run, set before the attack
	for _, c := range []struct {
		name   string
		attack func(r *repo)
		word   string // of state
		says   string
	}{
		{"arbitrary software", func(r *repo) { r.spoil = other(wire.PathBundleTargets, ".2.tar", pack(r.t, "a.rules=evil")) }, wire.BundleRefused, "other bytes"},
		{"rollback of the timestamp", func(r *repo) { r.spoil = other("", "timestamp", old["timestamp"]) }, wire.BundleRefused, "must be >="},
		{"rollback of targets in a new snapshot", func(r *repo) {
			r.snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(1)
			r.publishSnapshot()
		}, wire.BundleRefused, "targets.json version"},
		{"a role goes missing", func(r *repo) {
			r.snapshot.Signed.Meta = map[string]*metadata.MetaFiles{"x.json": metadata.MetaFile(9)}
			r.publishSnapshot()
		}, wire.BundleRefused, "missing info"},
		{"indefinite freeze", func(r *repo) { time.Sleep(366 * 24 * time.Hour) }, wire.BundleWaiting, "standing still"},
		{"expired timestamp", func(r *repo) {
			r.timestamp.Signed.Expires = time.Now().Add(-time.Hour)
			r.publish()
		}, wire.BundleWaiting, "standing still"},
		{"expired snapshot", func(r *repo) {
			r.snapshot.Signed.Expires = time.Now().Add(-time.Hour)
			r.publish()
		}, wire.BundleWaiting, "standing still"},
		{"expired targets", func(r *repo) {
			r.targets.Signed.Expires = time.Now().Add(-time.Hour)
			r.publish()
		}, wire.BundleWaiting, "standing still"},
		{"endless metadata", func(r *repo) { r.spoil = other("", "timestamp", make([]byte, maxTimestamp+1)) }, wire.BundleRefused, "more than"},
		{"endless bundle", func(r *repo) { r.spoil = other(wire.PathBundleTargets, ".2.tar", make([]byte, 9<<20)) }, wire.BundleRefused, "other bytes"},
		{"mix and match: another snapshot's targets", func(r *repo) { r.spoil = other("", ".targets", old["targets"]) }, wire.BundleRefused, "version"},
		{"extraneous dependencies: nobody signed it", func(r *repo) {
			delete(r.targets.Signed.Targets, "rules/2.tar.zst")
			r.publish()
		}, wire.BundleRefused, "nobody signed"},
		{"wrong software: another kind's bytes", func(r *repo) { r.spoil = other(wire.PathBundleTargets, ".2.tar", old["lists"]) }, wire.BundleRefused, "other bytes"},
		{"malicious mirror: nothing there", func(r *repo) { r.spoil = other(wire.PathBundleTargets, "", nil) }, wire.BundleWaiting, "not exist"},
		{"malicious mirror: garbage", func(r *repo) { r.spoil = other("", "timestamp", []byte("<html>")) }, wire.BundleRefused, ""},
		{"one of two keys of targets", func(r *repo) {
			r.keys[metadata.TARGETS] = r.keys[metadata.TARGETS][:1]
			r.publish()
		}, wire.BundleRefused, "got 1, want 2"},
		{"a stranger's keys of targets", func(r *repo) {
			r.keys[metadata.TARGETS][1] = key()
			r.publish()
		}, wire.BundleRefused, ""},
		{"a root below its threshold", func(r *repo) {
			r.renew(metadata.TARGETS)
			r.root.Signed.Version++
			r.publishRoot(r.keys[metadata.ROOT][0])
			r.publish()
		}, wire.BundleRefused, ""},
		{"a root that skips a version", func(r *repo) {
			r.root.Signed.Version += 2
			text := sign(r, r.root, r.keys[metadata.ROOT]...)
			r.put(wire.PathBundleMetadata+"2.root.json", text)
		}, wire.BundleRefused, "version"},
		{"an expired root", func(r *repo) {
			r.root.Signed.Version++
			r.root.Signed.Expires = time.Now().Add(-time.Hour)
			r.publishRoot(r.keys[metadata.ROOT]...)
		}, wire.BundleWaiting, "standing still"},
		{"another centre's repository", func(r *repo) {
			n := newRepo(r.t)
			for range 9 {
				n.bundle("rules", 2)
			}
			r.files = n.files
		}, wire.BundleRefused, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRepo(t)
				dir := t.TempDir()
				b := open(t, dir, r)
				r.bundle("rules", 1)
				clear(old)
				old["timestamp"] = r.files[wire.PathBundleMetadata+"timestamp.json"]
				old["targets"] = r.files[wire.PathBundleMetadata+strconv.FormatInt(r.targets.Signed.Version, 10)+".targets.json"]
				r.bundle("lists", 1, "lists.toml=x")
				for p, text := range r.files {
					if strings.HasPrefix(p, wire.PathBundleTargets+"lists") {
						old["lists"] = text
					}
				}
				b.wants("rules", 1)
				b.good(trialTime + time.Minute)
				r.bundle("rules", 2)
				c.attack(r)
				s := b.wants("rules", 2)
				if s.State != c.word || s.Active != 1 || !strings.Contains(s.Reason, c.says) || s.Reason == "" {
					t.Errorf("%+v", s)
				}
				if b.has() != "1" {
					t.Errorf("in use: %q", b.has())
				}
				if c.says == "standing still" && (len(b.notes) != 1 || b.notes[0] != Standing) {
					t.Errorf("notes %q", b.notes)
				}
				if b = open(t, dir, r); b.has() != "1" { // protection goes on after a start, too
					t.Errorf("after a start: %q", b.has())
				}
			})
		})
	}
}

// After a theft of keys, new ones make a box come back from any version number.
func TestFastForward(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRepo(t)
		b := open(t, t.TempDir(), r)
		r.timestamp.Signed.Version, r.snapshot.Signed.Version, r.targets.Signed.Version = 1<<40, 1<<40, 1<<40
		r.bundle("rules", 999_999)
		b.wants("rules", 999_999)
		b.good(trialTime + time.Minute)
		for _, role := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT, metadata.TARGETS} {
			r.renew(role)
		}
		r.root.Signed.Version++
		r.publishRoot(r.keys[metadata.ROOT]...)
		r.timestamp.Signed.Version, r.snapshot.Signed.Version, r.targets.Signed.Version = 1, 1, 1
		r.bundle("rules", 7)
		r.bundle("lists", 1)
		b.wants("lists", 1) // the keys are learnt with whatever comes next
		b.good(trialTime + time.Minute)
		if s := b.wants("rules", 7); s.State != wire.BundleTrial || b.has() != "7" {
			t.Errorf("%+v", s)
		}
	})
}

// No byte of anything can be another.
func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.bundle("rules", 1)
	var path string
	at := 0
	r.spoil = func(p string, text []byte) []byte {
		if p == path {
			text = bytes.Clone(text)
			text[at] ^= 1 << (at % 8)
		}
		return text
	}
	n := 0
	for path = range r.files {
		if strings.HasSuffix(path, "root.json") { // taken on trust the first time: given by the configuration here
			continue
		}
		if strings.HasSuffix(path, "snapshot.json") && !strings.HasSuffix(path, "/"+strconv.FormatInt(r.snapshot.Signed.Version, 10)+".snapshot.json") ||
			strings.HasSuffix(path, "targets.json") && !strings.HasSuffix(path, "/"+strconv.FormatInt(r.targets.Signed.Version, 10)+".targets.json") {
			continue // older ones are not asked for
		}
		for at = 0; at < len(r.files[path]); at += 7 {
			b := open(t, t.TempDir(), r)
			n++
			s := b.wants("rules", 1)
			// A member's name in another case means the same: what is signed is what it means.
			same := strings.HasSuffix(path, ".json") && bytes.EqualFold(r.files[path], r.spoil(path, r.files[path]))
			if !same && (s.Active != 0 || b.has() != "") {
				t.Errorf("%s, byte %d: %+v", path, at, s)
			}
		}
	}
	t.Log(n, "flips")
}

func TestReturn(t *testing.T) {
	t.Parallel()
	loaded := map[string]int64{"rules": 2}
	ok := Figures{Rules: 100, Packets: 2_000_000, Loaded: loaded}
	for name, c := range map[string]struct {
		then func(b *box)
		says string
	}{
		"the engine dies":        {func(b *box) { b.Died() }, "ended"},
		"the reload is refused":  {func(b *box) { b.Saw(Figures{Rules: 100, Refused: "line 3"}) }, "line 3"},
		"it is not taken":        {func(b *box) { time.Sleep(takeTime); b.Saw(Figures{Rules: 100}) }, "did not take"},
		"nothing is heard":       {func(b *box) { time.Sleep(takeTime) }, "did not take"},
		"half the rules go":      {func(b *box) { b.Saw(Figures{Rules: 49, Loaded: loaded}) }, "49 rules"},
		"packets go uninspected": {func(b *box) { b.Saw(ok); f := ok; f.Packets += 5000; f.Uninspected = 600; b.Saw(f) }, "without a look"},
		"inspection has faults":  {func(b *box) { b.Saw(ok); f := ok; f.Faults = 3; b.Saw(f) }, "faults"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRepo(t)
				b := open(t, t.TempDir(), r)
				r.bundle("rules", 1)
				r.bundle("rules", 2)
				b.wants("rules", 1)
				b.good(trialTime + time.Minute)
				b.wants("rules", 2)
				used := b.used
				c.then(b)
				b.work(t.Context(), time.Now())
				s := b.is("rules")
				if s.State != wire.BundleReturned || s.Version != 2 || s.Active != 1 || b.has() != "1" || !strings.Contains(s.Reason, c.says) || b.used != used+1 {
					t.Errorf("%+v", s)
				}
				for range 3 {
					time.Sleep(24 * time.Hour)
					if s := b.wants("rules", 2); s.Active != 1 || s.State != wire.BundleReturned {
						t.Errorf("tried again: %+v", s)
					}
				}
				r.bundle("rules", 3)
				if s := b.wants("rules", 3); s.State != wire.BundleTrial || b.has() != "3" {
					t.Errorf("the next: %+v", s)
				}
			})
		})
	}
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRepo(t)
		b := open(t, t.TempDir(), r)
		r.bundle("rules", 1)
		b.refuse = errors.New("3 of 100 rules load")
		if s := b.wants("rules", 1); s.State != wire.BundleRefused || s.Active != 0 || !strings.Contains(s.Reason, "3 of 100") {
			t.Errorf("%+v", s)
		}
		if names, _ := os.ReadDir(filepath.Join(b.folder, "rules")); len(names) != 0 {
			t.Errorf("left: %v", names)
		}
	})
}

func TestProgramWaitsForItsHour(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "no no yes no", "22:30-03:00": "yes no yes no"} {
		h, err := ParseHours(text)
		var got []string
		for _, at := range []string{"23:00", "12:00", "02:00", "05:00"} {
			c, _ := time.ParseInLocation("15:04", at, ja.Zone)
			c = c.UTC() // as machines have it that nobody has told where they are
			got = append(got, map[bool]string{true: "yes", false: "no"}[h.Has(c)])
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	for _, bad := range []string{"2-5", "02:00", "02:00-02:00", "25:00-26:00"} {
		if _, err := ParseHours(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// A box that does not stay up goes back, and a program that is not there is not started.
func TestStarts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(s *State) {
		if err := s.save(folder); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []string{"4", "5"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(folder, "program", v), 0o755), os.WriteFile(filepath.Join(folder, "program", v, Program), nil, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	write(&State{Kinds: map[string]*Kind{"program": {Active: 5, Floor: 5, Packaged: "p", Trial: &Trial{Before: 4}}, "rules": {Active: 2, Floor: 2, Trial: &Trial{Before: 1}}}})
	for n := 1; n <= 5; n++ {
		path, _ := begin(folder, "p")
		want := "program/5/otasuke"
		if n > maxStarts {
			want = "program/4/otasuke"
		}
		if !strings.HasSuffix(path, want) {
			t.Errorf("start %d: %s", n, path)
		}
	}
	s, err := load(folder)
	if err != nil || s.Kinds["rules"].Active != 1 || s.Kinds["program"].Word != wire.BundleReturned || s.Kinds["program"].Version != 5 {
		t.Errorf("%+v %v", s, err)
	}
	if path, why := begin(folder, "another"); path != "" || len(why) == 0 {
		t.Errorf("a newer package must count: %q %v", path, why)
	}
	write(&State{Kinds: map[string]*Kind{"program": {Active: 9, Floor: 9, Packaged: "p"}}})
	if path, _ := begin(folder, "p"); path != "" {
		t.Errorf("not there: %s", path)
	}
	if err := os.WriteFile(filepath.Join(folder, stateFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if path, why := begin(folder, "p"); path != "" || len(why) == 0 {
		t.Errorf("damaged: %q %v", path, why)
	}
}

const killEnv = "OTASUKE_TEST_KILL"

// TestKilled ends the process at each step that changes the disk: afterwards the version before or
// the new one is there, whole, and the box gets on.
func TestKilled(t *testing.T) {
	t.Parallel()
	if at := os.Getenv(killEnv); at != "" {
		childStep(t, at)
		return
	}
	for n := 1; ; n++ {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), killEnv+"="+strconv.Itoa(n)+" "+dir)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
		if err != nil && !killed {
			t.Fatalf("%v: %s", err, out)
		}
		if _, err := load(Folder(dir)); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		use, text := Read(dir)["rules"], ""
		if use.Dir != "" {
			b, _ := os.ReadFile(filepath.Join(use.Dir, "sub", "b.rules"))
			text = string(b)
		}
		if text != "" && text != strconv.FormatInt(use.Version, 10) || text == "" && use.Version != 0 {
			t.Errorf("step %d: version %d has %q", n, use.Version, text)
		}
		// It gets on: with another repository's root this one is believed no more, so forget it.
		if err := errors.Join(os.RemoveAll(filepath.Join(Folder(dir), metaFolder)), os.RemoveAll(filepath.Join(Folder(dir), anchorFile))); err != nil {
			t.Fatal(err)
		}
		r := newRepo(t)
		b := open(t, dir, r)
		b.watch = nil
		r.bundle("rules", 5)
		if s := b.wants("rules", 5); s.State != wire.BundleTrial || b.has() != "5" {
			t.Errorf("step %d: afterwards %+v", n, s)
		}
		if !killed {
			t.Log(n-1, "steps")
			return
		}
	}
}

// childStep takes versions 1 and 2 and is killed at a step.
func childStep(t *testing.T, at string) {
	num, dir, _ := strings.Cut(at, " ")
	left, _ := strconv.Atoi(num)
	r := newRepo(t)
	b := open(t, dir, r)
	step := func(string) {
		if left--; left == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	b.cfg.step, b.trust.step = step, step
	for v := int64(1); v <= 2; v++ {
		r.bundle("rules", v, "a.rules="+strconv.FormatInt(v, 10), "sub/b.rules="+strconv.FormatInt(v, 10))
		b.wants("rules", v)
		b.confirm("rules")
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"kinds":{"rules":{"active":2,"floor":2,"trial":{"before":1,"starts":1,"base":{}},"version":2,"state":"trial"}}}`))
	f.Add([]byte(`{"kinds":{"../x":{"active":2}}}`))
	f.Add([]byte(`{"kinds":{"rules":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := decode(text)
		if err != nil {
			return
		}
		folder := t.TempDir()
		if err := s.save(folder); err != nil {
			t.Fatal(err)
		}
		path, _ := begin(folder, "p")
		if rel, err := filepath.Rel(folder, path); path != "" && (err != nil || strings.HasPrefix(rel, "..")) {
			t.Errorf("leads to %s", path)
		}
		if _, err := load(folder); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}
