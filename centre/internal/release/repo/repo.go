package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"golang.org/x/sys/unix"

	"otasuke/internal/atomicfile"
	"otasuke/internal/clock"
	"otasuke/wire"
)

// How long signatures count. What is signed here is short, so that a frozen mirror is noticed
// soon; what people sign is long enough for a yearly drill.
const (
	RootLife      = 365 * 24 * time.Hour
	TargetsLife   = 365 * 24 * time.Hour
	ProgramLife   = 365 * 24 * time.Hour
	ContentLife   = 90 * 24 * time.Hour
	SnapshotLife  = 7 * 24 * time.Hour
	TimestampLife = 24 * time.Hour
	// WarnBefore is when people are told that something they sign will end.
	WarnBefore = 30 * 24 * time.Hour
)

// Delegated roles.
const (
	roleContent = "content"
	roleProgram = "program"
)

// MaxTarget bounds a bundle: the largest, a program, has some tens of megabytes.
const MaxTarget = 512 << 20

// Errors.
var (
	ErrNone  = errors.New("repo: there is no repository yet: otasuke centre bundle init")
	ErrThere = errors.New("repo: there is a repository already")
	ErrName  = errors.New("repo: no such name")
	// ErrTaken tells that a version is there already.
	ErrTaken = errors.New("repo: that version is there already")
)

// Repo is a repository. It is safe for concurrent use.
type Repo struct {
	dir   string
	clock clock.Clock
	mu    sync.Mutex
}

// New is the repository in dir, which [Repo.Init] makes.
func New(dir string, c clock.Clock) *Repo {
	if c == nil {
		c = clock.System{}
	}
	return &Repo{dir: dir, clock: c}
}

// Ready says whether there is a repository.
func (r *Repo) Ready() bool {
	_, err := os.Stat(r.metadata("timestamp.json"))
	return err == nil
}

func (r *Repo) metadata(name string) string { return filepath.Join(r.dir, "metadata", name) }
func (r *Repo) keys() string                { return filepath.Join(r.dir, "keys") }

// locked runs fn while no other process changes the folder.
func (r *Repo) locked(fn func() error) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, dir := range []string{r.dir, r.keys(), filepath.Join(r.dir, "metadata"), filepath.Join(r.dir, "targets")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("repo: %w", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(r.dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("repo: %w", err)
	}
	defer f.Close() // which unlocks
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("repo: lock: %w", err)
	}
	return fn()
}

// Init makes the repository. The keys of root and targets, of them `need` must sign, are
// made in keysDir as root-1.pem …, that of programs as program.pem; files that are there already
// are taken. Who asks keeps that folder away from the centre afterwards.
func (r *Repo) Init(keysDir string, of, need int) error {
	if need < 1 || of < need {
		return fmt.Errorf("%w: %d of %d", ErrKey, need, of)
	}
	return r.locked(func() error {
		if r.Ready() {
			return ErrThere
		}
		if err := os.MkdirAll(keysDir, 0o700); err != nil {
			return fmt.Errorf("repo: %w", err)
		}
		roots, program, err := offline(keysDir, of)
		if err != nil {
			return err
		}
		return r.begin(1, roots, roots, program, need, nil)
	})
}

// offline reads the keys of a folder and makes those that are missing.
func offline(dir string, of int) (roots []*key, program *key, err error) {
	for i := 1; i <= of; i++ {
		k, err := readOrMake(filepath.Join(dir, fmt.Sprintf("root-%d.pem", i)))
		if err != nil {
			return nil, nil, err
		}
		roots = append(roots, k)
	}
	program, err = readOrMake(filepath.Join(dir, "program.pem"))
	return roots, program, err
}

func readOrMake(path string) (*key, error) {
	if _, err := os.Stat(path); err == nil {
		return readKey(path)
	}
	return makeKey(path)
}

// begin writes a root with new online keys, signed by signers, and everything below it.
func (r *Repo) begin(version int64, roots, signers []*key, program *key, need int, before *tops) error {
	online := map[string]*key{}
	for _, role := range []string{roleContent, metadata.SNAPSHOT, metadata.TIMESTAMP} {
		k, err := readOrMake(filepath.Join(r.keys(), fmt.Sprintf("%d.%s.pem", version, role)))
		if err != nil {
			return err
		}
		online[role] = k
	}
	root := metadata.Root(r.until(RootLife))
	root.Signed.Version = version
	for _, k := range roots {
		for _, role := range []string{metadata.ROOT, metadata.TARGETS} {
			if err := root.Signed.AddKey(k.public, role); err != nil {
				return fmt.Errorf("repo: %w", err)
			}
			root.Signed.Roles[role].Threshold = need
		}
	}
	for _, role := range []string{metadata.SNAPSHOT, metadata.TIMESTAMP} {
		if err := root.Signed.AddKey(online[role].public, role); err != nil {
			return fmt.Errorf("repo: %w", err)
		}
	}
	if err := sign(root, append(slices.Clone(roots), signers...)...); err != nil {
		return err
	}
	targets := metadata.Targets(r.until(TargetsLife))
	targets.Signed.Version = r.newest(metadata.TARGETS) + 1
	targets.Signed.Delegations = &metadata.Delegations{
		Keys: map[string]*metadata.Key{online[roleContent].id: online[roleContent].public, program.id: program.public},
		Roles: []metadata.DelegatedRole{
			{Name: roleContent, KeyIDs: []string{online[roleContent].id}, Threshold: 1, Terminating: true, Paths: contentPaths()},
			{Name: roleProgram, KeyIDs: []string{program.id}, Threshold: 1, Terminating: true, Paths: []string{wire.BundleProgram + "/*/*.tar.zst"}},
		}}
	if err := sign(targets, roots...); err != nil {
		return err
	}
	if err := r.carry(before, roleContent, ContentLife, online[roleContent]); err != nil {
		return err
	}
	if err := r.carry(before, roleProgram, ProgramLife, program); err != nil {
		return err
	}
	if err := writeRole(r, metadata.TARGETS, targets.Signed.Version, targets); err != nil {
		return err
	}
	if err := writeRole(r, metadata.ROOT, version, root); err != nil {
		return err
	}
	return r.publish()
}

func contentPaths() (out []string) {
	for _, kind := range []string{wire.BundleRules, wire.BundleLists, wire.BundleApplications, wire.BundleVirus} {
		out = append(out, kind+"/*.tar.zst")
	}
	return out
}

func (r *Repo) until(d time.Duration) time.Time {
	return r.clock.Now().UTC().Add(d).Truncate(time.Second)
}

// carry signs what a delegated role said before anew, as far as its key had signed it, or that
// it says nothing.
func (r *Repo) carry(before *tops, role string, life time.Duration, by *key) (err error) {
	m := metadata.Targets()
	if before != nil {
		if m, err = r.speaker(*before, role); err != nil {
			return err
		}
	}
	m.Signed.Version, m.Signed.Expires = r.newest(role)+1, r.until(life)
	if err := sign(m, by); err != nil {
		return err
	}
	return writeRole(r, role, m.Signed.Version, m)
}

// newest is the highest version of a role that is there, 0 for none.
func (r *Repo) newest(role string) int64 {
	names, _ := filepath.Glob(r.metadata("*." + role + ".json")) // the pattern is ours
	most := int64(0)
	for _, name := range names {
		digits, _, _ := strings.Cut(filepath.Base(name), ".")
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			most = max(most, n)
		}
	}
	return most
}

func readRole[T metadata.Roles](r *Repo, role string, n int64) (*metadata.Metadata[T], error) {
	m, err := new(metadata.Metadata[T]).FromFile(r.metadata(fmt.Sprintf("%d.%s.json", n, role)))
	if err != nil {
		return nil, fmt.Errorf("repo: %s %d: %w", role, n, err)
	}
	return m, nil
}

func writeRole[T metadata.Roles](r *Repo, role string, n int64, m *metadata.Metadata[T]) error {
	text, err := m.ToBytes(false)
	if err != nil {
		return fmt.Errorf("repo: %s: %w", role, err)
	}
	name := fmt.Sprintf("%d.%s.json", n, role)
	if role == metadata.TIMESTAMP {
		name = "timestamp.json"
	}
	return atomicfile.Write(r.metadata(name), text, 0o600)
}

// tops are the root, targets and key of each online role that are in use.
type tops struct {
	root    *metadata.Metadata[metadata.RootType]
	targets *metadata.Metadata[metadata.TargetsType]
	online  []*key
}

func (r *Repo) tops() (t tops, err error) {
	n := r.newest(metadata.ROOT)
	if n == 0 {
		return t, ErrNone
	}
	if t.root, err = readRole[metadata.RootType](r, metadata.ROOT, n); err != nil {
		return t, err
	}
	for v := r.newest(metadata.TARGETS); ; v-- { // the newest that this root's keys signed
		if t.targets, err = readRole[metadata.TargetsType](r, metadata.TARGETS, v); err != nil {
			return t, err
		}
		if t.root.VerifyDelegate(metadata.TARGETS, t.targets) == nil {
			break
		}
	}
	t.online, err = readKeys(r.keys(), "*.pem")
	return t, err
}

// speaker is the delegated role's newest version that verifies.
func (r *Repo) speaker(t tops, role string) (m *metadata.Metadata[metadata.TargetsType], err error) {
	for v := r.newest(role); ; v-- {
		if m, err = readRole[metadata.TargetsType](r, role, v); err != nil {
			return nil, err
		}
		if t.targets.VerifyDelegate(role, m) == nil {
			return m, nil
		}
	}
}

// publish makes a snapshot of what is in use, and a timestamp of it.
func (r *Repo) publish() error {
	t, err := r.tops()
	if err != nil {
		return err
	}
	snap := metadata.Snapshot(r.until(SnapshotLife))
	snap.Signed.Version = r.newest(metadata.SNAPSHOT) + 1
	snap.Signed.Meta["targets.json"] = metadata.MetaFile(t.targets.Signed.Version)
	for _, role := range []string{roleContent, roleProgram} {
		m, err := r.speaker(t, role)
		if err != nil {
			return err
		}
		snap.Signed.Meta[role+".json"] = metadata.MetaFile(m.Signed.Version)
	}
	if err := sign(snap, among(t.online, t.root.Signed.Roles[metadata.SNAPSHOT].KeyIDs)...); err != nil {
		return err
	}
	if err := writeRole(r, metadata.SNAPSHOT, snap.Signed.Version, snap); err != nil {
		return err
	}
	return r.stamp(t, snap.Signed.Version)
}

// stamp writes the timestamp of a snapshot.
func (r *Repo) stamp(t tops, snapshot int64) error {
	m := metadata.Timestamp(r.until(TimestampLife))
	if old, err := new(metadata.Metadata[metadata.TimestampType]).FromFile(r.metadata("timestamp.json")); err == nil {
		m.Signed.Version = old.Signed.Version + 1
	}
	m.Signed.Meta["snapshot.json"] = metadata.MetaFile(snapshot)
	if err := sign(m, among(t.online, t.root.Signed.Roles[metadata.TIMESTAMP].KeyIDs)...); err != nil {
		return err
	}
	return writeRole(r, metadata.TIMESTAMP, m.Signed.Version, m)
}

// Add makes data the target name and publishes it. The key of programs is the file program,
// which is not read for other kinds. Version is that of name.
func (r *Repo) Add(_ context.Context, name string, data []byte, program string) error {
	kind, _, _ := strings.Cut(name, "/")
	if !targetName.MatchString(name) || !wire.ValidBundleKind(kind) || (kind == wire.BundleProgram) != (strings.Count(name, "/") == 2) || len(data) > MaxTarget {
		return fmt.Errorf("%w: %q", ErrName, name)
	}
	return r.locked(func() error {
		t, err := r.tops()
		if err != nil {
			return err
		}
		role, life, signers := roleContent, ContentLife, t.online
		if kind == wire.BundleProgram {
			k, err := readKey(program)
			if err != nil {
				return err
			}
			role, life, signers = roleProgram, ProgramLife, []*key{k}
		}
		for _, d := range t.targets.Signed.Delegations.Roles {
			if d.Name == role {
				signers = among(signers, d.KeyIDs)
			}
		}
		if len(signers) == 0 {
			return fmt.Errorf("%w: that is not the key of %s", ErrKey, role)
		}
		m, err := r.speaker(t, role)
		if err != nil {
			return err
		}
		if m.Signed.Targets[name] != nil {
			return fmt.Errorf("%w: %s", ErrTaken, name)
		}
		file, err := metadata.TargetFile().FromBytes(name, data, "sha256")
		if err != nil {
			return fmt.Errorf("repo: %w", err)
		}
		if err := r.store(name, file.Hashes["sha256"].String(), data); err != nil {
			return err
		}
		m.Signed.Targets[name] = file
		m.Signed.Version, m.Signed.Expires = r.newest(role)+1, r.until(life)
		if err := sign(m, signers...); err != nil {
			return err
		}
		if err := writeRole(r, role, m.Signed.Version, m); err != nil {
			return err
		}
		return r.publish()
	})
}

// store writes a target's file under its hash.
func (r *Repo) store(name, hash string, data []byte) error {
	path := filepath.Join(r.dir, "targets", filepath.Dir(name), hash+"."+filepath.Base(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("repo: %w", err)
	}
	return atomicfile.Write(path, data, 0o600)
}

// Renew signs anew what ends within half of its life, and completes what was cut short.
func (r *Repo) Renew() error {
	return r.locked(func() error {
		t, err := r.tops()
		if err != nil {
			return err
		}
		now := r.clock.Now()
		content, err := r.speaker(t, roleContent)
		if err != nil {
			return err
		}
		if content.Signed.Expires.Sub(now) < ContentLife/2 {
			for _, d := range t.targets.Signed.Delegations.Roles {
				if d.Name != roleContent {
					continue
				}
				content.Signed.Version, content.Signed.Expires = r.newest(roleContent)+1, r.until(ContentLife)
				if err := errors.Join(sign(content, among(t.online, d.KeyIDs)...), writeRole(r, roleContent, content.Signed.Version, content)); err != nil {
					return err
				}
			}
			return r.publish()
		}
		stamp, err := new(metadata.Metadata[metadata.TimestampType]).FromFile(r.metadata("timestamp.json"))
		if err != nil || t.root.VerifyDelegate(metadata.TIMESTAMP, stamp) != nil {
			return r.publish()
		}
		n := stamp.Signed.Meta["snapshot.json"].Version
		snap, err := readRole[metadata.SnapshotType](r, metadata.SNAPSHOT, n)
		if err != nil || t.root.VerifyDelegate(metadata.SNAPSHOT, snap) != nil || snap.Signed.Expires.Sub(now) < SnapshotLife/2 || n != r.newest(metadata.SNAPSHOT) {
			return r.publish()
		}
		if stamp.Signed.Expires.Sub(now) < TimestampLife/2 {
			return r.stamp(t, n)
		}
		return nil
	})
}

// Rotate replaces all keys: oldDir holds those that sign now, newDir gets or holds the new ones.
// A client that knows any earlier root follows.
func (r *Repo) Rotate(oldDir, newDir string, of, need int) error {
	if need < 1 || of < need {
		return fmt.Errorf("%w: %d of %d", ErrKey, need, of)
	}
	return r.locked(func() error {
		t, err := r.tops()
		if err != nil {
			return err
		}
		old, err := readKeys(oldDir, "root-*.pem")
		if err != nil {
			return err
		}
		role := t.root.Signed.Roles[metadata.ROOT]
		if old = among(old, role.KeyIDs); len(old) < role.Threshold {
			return fmt.Errorf("%w: %d of the present root's keys are in %s, %d are needed", ErrKey, len(old), oldDir, role.Threshold)
		}
		if err := os.MkdirAll(newDir, 0o700); err != nil {
			return fmt.Errorf("repo: %w", err)
		}
		roots, program, err := offline(newDir, of)
		if err != nil {
			return err
		}
		return r.begin(t.root.Signed.Version+1, roots, old, program, need, &t)
	})
}
