package update

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"otasuke/wire"
)

// repo is a centre's repository, of which a test may spoil anything.
type repo struct {
	t         testing.TB
	keys      map[string][]ed25519.PrivateKey
	root      *metadata.Metadata[metadata.RootType]
	timestamp *metadata.Metadata[metadata.TimestampType]
	snapshot  *metadata.Metadata[metadata.SnapshotType]
	targets   *metadata.Metadata[metadata.TargetsType]

	mu    sync.Mutex
	files map[string][]byte
	spoil func(path string, text []byte) []byte
}

func key() ed25519.PrivateKey {
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	return k
}

func newRepo(t testing.TB) *repo {
	year := time.Now().Add(365 * 24 * time.Hour).UTC()
	r := &repo{t: t, keys: map[string][]ed25519.PrivateKey{}, root: metadata.Root(year), timestamp: metadata.Timestamp(year), snapshot: metadata.Snapshot(year), targets: metadata.Targets(year), files: map[string][]byte{}}
	for role, n := range map[string]int{metadata.ROOT: 3, metadata.TIMESTAMP: 1, metadata.SNAPSHOT: 1, metadata.TARGETS: 2} {
		for range n {
			r.add(role, key())
		}
	}
	r.root.Signed.Roles[metadata.ROOT].Threshold = 2
	r.root.Signed.Roles[metadata.TARGETS].Threshold = 2
	r.publishRoot(r.keys[metadata.ROOT][:2]...)
	r.publish()
	return r
}

func (r *repo) add(role string, k ed25519.PrivateKey) {
	r.keys[role] = append(r.keys[role], k)
	pub, err := metadata.KeyFromPublicKey(k.Public())
	if err == nil {
		err = r.root.Signed.AddKey(pub, role)
	}
	r.must(err)
}

// renew gives a role other keys.
func (r *repo) renew(role string) {
	n := len(r.keys[role])
	r.keys[role], r.root.Signed.Roles[role].KeyIDs = nil, []string{}
	for range n {
		r.add(role, key())
	}
}

func (r *repo) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// sign signs with keys and gives the text.
func sign[T metadata.Roles](r *repo, m *metadata.Metadata[T], keys ...ed25519.PrivateKey) []byte {
	r.t.Helper()
	m.ClearSignatures()
	for _, k := range keys {
		s, err := signature.LoadSigner(k, crypto.Hash(0))
		r.must(err)
		_, err = m.Sign(s)
		r.must(err)
	}
	text, err := m.ToBytes(false)
	r.must(err)
	return text
}

func (r *repo) put(path string, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[path] = text
}

func (r *repo) publishRoot(keys ...ed25519.PrivateKey) {
	r.put(fmt.Sprintf("%s%d.root.json", wire.PathBundleMetadata, r.root.Signed.Version), sign(r, r.root, keys...))
}

// publish signs everything but the root anew.
func (r *repo) publish() {
	m := wire.PathBundleMetadata
	r.targets.Signed.Version++
	r.put(fmt.Sprintf("%s%d.targets.json", m, r.targets.Signed.Version), sign(r, r.targets, r.keys[metadata.TARGETS]...))
	r.snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(r.targets.Signed.Version)
	r.publishSnapshot()
}

func (r *repo) publishSnapshot() {
	m := wire.PathBundleMetadata
	r.snapshot.Signed.Version++
	r.put(fmt.Sprintf("%s%d.snapshot.json", m, r.snapshot.Signed.Version), sign(r, r.snapshot, r.keys[metadata.SNAPSHOT]...))
	r.timestamp.Signed.Version++
	r.timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(r.snapshot.Signed.Version)
	r.put(m+"timestamp.json", sign(r, r.timestamp, r.keys[metadata.TIMESTAMP]...))
}

// bundle publishes a version.
func (r *repo) bundle(kind string, version int64, files ...string) {
	name := fmt.Sprintf("%s/%d.tar.zst", kind, version)
	if len(files) == 0 {
		files = []string{fmt.Sprintf("a.rules=%d", version)}
	}
	text := pack(r.t, files...)
	info, err := metadata.TargetFile().FromBytes(name, text, "sha256")
	r.must(err)
	r.targets.Signed.Targets[name] = info
	r.put(fmt.Sprintf("%s%s/%s.%d.tar.zst", wire.PathBundleTargets, kind, info.Hashes["sha256"], version), text)
	r.publish()
}

func pack(t testing.TB, files ...string) []byte {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		name, text, _ := strings.Cut(f, "=")
		err = errors.Join(err, w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o755, Typeflag: tar.TypeReg}))
		_, e := w.Write([]byte(text))
		err = errors.Join(err, e)
	}
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (r *repo) fetch(_ context.Context, path string) (io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, ok := r.files[path]
	if r.spoil != nil {
		text = r.spoil(path, text)
		ok = text != nil
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}
