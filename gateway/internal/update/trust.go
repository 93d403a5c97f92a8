package update

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"

	"otasuke/gateway/internal/update/unpack"
	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

// Limits of what is fetched.
const (
	maxRoot      = 512 << 10
	maxTimestamp = 16 << 10
	maxSnapshot  = 2 << 20
	maxTargets   = 4 << 20
	// maxRotations of the root at once: a box that was off for years.
	maxRotations = 256
	// maxDelegations that are looked at for one bundle: one for each kind would do.
	maxDelegations = 16
	// MaxDownload of a bundle: clamd's signatures have 230 MiB.
	MaxDownload = 1 << 30
	// maxMetadata bounds the time for all metadata.
	maxMetadata = 2 * time.Minute
)

// Errors.
var (
	// ErrExpired: what the centre gives is too old to be believed. What is here stays in use.
	ErrExpired = errors.New("update: updates are standing still")
	// ErrTrust: what the centre gives is not what the keys signed.
	ErrTrust = errors.New("update: not what the keys signed")
)

// Fetch opens a path at the centre. An error that is [fs.ErrNotExist] tells that it has none.
type Fetch func(ctx context.Context, path string) (io.ReadCloser, error)

// get reads a path whole, at most so many bytes.
func (f Fetch) get(ctx context.Context, path string, limit int64) ([]byte, error) {
	body, err := f(ctx, path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%w: %s has more than %d bytes", ErrTrust, path, limit)
	}
	return text, err
}

// line is how TUF's client reaches the centre.
type line struct {
	ctx   context.Context
	fetch Fetch
}

func (l *line) DownloadFile(path string, limit int64, _ time.Duration) ([]byte, error) {
	text, err := l.fetch.get(l.ctx, path, limit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &metadata.ErrDownloadHTTP{StatusCode: 404, URL: path}
	case err != nil && !errors.Is(err, ErrTrust):
		return nil, &lineError{err}
	}
	return text, err
}

// lineError is of the line to the centre, not of what came over it.
type lineError struct{ error }

func (e *lineError) Unwrap() error { return e.error }

// trust is what the keys say.
type trust struct {
	folder string
	root   []byte // given by the configuration; nil for none
	fetch  Fetch
	now    func() time.Time
	step   func(string)
}

// anchor gives the root of trust: the configured one, or the one that was taken first.
func (t *trust) anchor(ctx context.Context) ([]byte, error) {
	name := filepath.Join(t.folder, anchorFile)
	have, err := os.ReadFile(name)
	if err == nil && (t.root == nil || bytes.Equal(have, t.root)) {
		return have, nil
	}
	first := t.root
	if first == nil {
		if first, err = t.fetch.get(ctx, wire.PathBundleMetadata+"1.root.json", maxRoot); err != nil {
			return nil, err
		}
	}
	if err := sound(first); err != nil {
		return nil, err
	}
	// What another root has signed is worth nothing. Gone before the anchor is there: a cut
	// between the two begins with this again.
	if err := os.RemoveAll(filepath.Join(t.folder, metaFolder)); err != nil {
		return nil, fmt.Errorf("update: %w", err)
	}
	t.step("anchor")
	return first, atomicfile.Write(name, first, 0o644)
}

// sound says whether a text is a root that signs itself.
func sound(text []byte) error {
	_, err := updater.New(&config.UpdaterConfig{LocalTrustedRoot: text, RemoteMetadataURL: "-", DisableLocalCache: true})
	if err != nil {
		return fmt.Errorf("%w: root: %w", ErrTrust, err)
	}
	return nil
}

// signed is the state of the centre's repository that the keys vouch for.
type signed struct {
	up   *updater.Updater
	line *line // delegated roles come when a target of theirs is asked for
	keys string
}

// refresh learns what the keys say now.
func (t *trust) refresh(ctx context.Context) (*signed, error) {
	ctx, cancel := context.WithTimeout(ctx, maxMetadata)
	defer cancel()
	root, err := t.anchor(ctx)
	if err != nil {
		return nil, err
	}
	meta := filepath.Join(t.folder, metaFolder)
	if newest, err := os.ReadFile(filepath.Join(meta, "root.json")); err == nil && sound(newest) == nil {
		root = newest // cut or spoilt by the disk: the way up from the anchor is gone again
	}
	l := &line{ctx, t.fetch}
	up, err := updater.New(&config.UpdaterConfig{
		MaxRootRotations: maxRotations, MaxDelegations: maxDelegations,
		RootMaxLength: maxRoot, TimestampMaxLength: maxTimestamp, SnapshotMaxLength: maxSnapshot, TargetsMaxLength: maxTargets,
		Fetcher: l, LocalTrustedRoot: root, LocalMetadataDir: meta, LocalTargetsDir: meta,
		RemoteMetadataURL: wire.PathBundleMetadata, RemoteTargetsURL: wire.PathBundleTargets, PrefixTargetsWithHash: true,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTrust, err)
	}
	up.UnsafeSetRefTime(t.now().UTC()) // its own clock is read at another time
	t.step("metadata")
	err = up.Refresh()
	t.step("metadata is new")
	if err := t.settle(meta); err != nil { // what was verified counts from now on, whatever else failed
		return nil, err
	}
	if err != nil {
		return nil, judge(err)
	}
	set := up.GetTrustedMetadataSet()
	role := set.Root.Signed.Roles[metadata.TARGETS]
	if role == nil {
		return nil, fmt.Errorf("%w: no role targets", ErrTrust)
	}
	return &signed{up, l, strings.Join(slices.Sorted(slices.Values(role.KeyIDs)), " ")}, nil
}

// settle makes the metadata, against which older ones are refused, survive a power cut.
func (t *trust) settle(meta string) error {
	names, err := filepath.Glob(filepath.Join(meta, "*"))
	for _, name := range names {
		if filepath.Ext(name) != ".json" { // of a write that was cut
			err = errors.Join(err, os.Remove(name))
			continue
		}
		err = errors.Join(err, unpack.SyncDir(name))
	}
	return errors.Join(err, unpack.SyncDir(meta))
}

// judge tells expiry and line from what is wrong.
func judge(err error) error {
	var repository *metadata.ErrDownloadHTTP
	var line *lineError
	var disk *fs.PathError
	switch {
	case errors.Is(err, &metadata.ErrExpiredMetadata{}):
		return fmt.Errorf("%w: %w", ErrExpired, err)
	case errors.As(err, &repository):
		return fmt.Errorf("update: %w: %w", fs.ErrNotExist, err)
	case errors.As(err, &line), errors.As(err, &disk):
		return err
	}
	return fmt.Errorf("%w: %w", ErrTrust, err)
}

// download fetches a bundle into a file beside its place and verifies it.
func (t *trust) download(ctx context.Context, s *signed, target, file string) error {
	var cancel context.CancelFunc
	s.line.ctx, cancel = context.WithTimeout(ctx, maxMetadata)
	info, err := s.up.GetTargetInfo(target)
	cancel()
	if err := errors.Join(err, t.settle(filepath.Join(t.folder, metaFolder))); err != nil {
		if strings.HasSuffix(err.Error(), "not found") {
			return fmt.Errorf("%w: nobody signed %s", ErrTrust, target)
		}
		return judge(err)
	}
	if info.Length <= 0 || info.Length > MaxDownload {
		return fmt.Errorf("%w: %s has %d bytes", ErrTrust, target, info.Length)
	}
	name, sum := "sha256", hash.Hash(sha256.New())
	if _, ok := info.Hashes[name]; !ok {
		name, sum = "sha512", sha512.New()
	}
	want := hex.EncodeToString(info.Hashes[name])
	if want == "" {
		return fmt.Errorf("%w: %s has no digest that we know", ErrTrust, target)
	}
	folder, base := filepath.Split(target)
	body, err := t.fetch(ctx, wire.PathBundleTargets+folder+want+"."+base)
	if err != nil {
		return err
	}
	defer body.Close()
	t.step("download")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(body, info.Length+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("update: %s: %w", target, err)
	}
	if n != info.Length || hex.EncodeToString(sum.Sum(nil)) != want {
		return fmt.Errorf("%w: %s: other bytes", ErrTrust, target)
	}
	return nil
}
