package repo_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"

	"otasuke/centre/internal/release/repo"
	"otasuke/internal/clock"
	"otasuke/wire"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fetch is a box that knows root and has nothing else.
func fetch(t *testing.T, url string, root []byte, name string) ([]byte, error) {
	t.Helper()
	cfg, err := config.New(url+wire.PathBundleMetadata, root)
	must(t, err)
	cfg.RemoteTargetsURL, cfg.PrefixTargetsWithHash = url+wire.PathBundleTargets, true
	cfg.LocalMetadataDir, cfg.LocalTargetsDir = t.TempDir(), t.TempDir()
	must(t, cfg.SetDefaultFetcherRetry(0, 1))
	u, err := updater.New(cfg)
	must(t, err)
	if err := u.Refresh(); err != nil {
		return nil, err
	}
	info, err := u.GetTargetInfo(name)
	if err != nil {
		return nil, err
	}
	_, data, err := u.DownloadTarget(info, "", "")
	return data, err
}

// made is a repository that is served, with one rules bundle. Its clock is held at the real
// time, by which clients judge.
func made(t *testing.T) (r *repo.Repo, dir, keys, url string, c *clock.Fake) {
	t.Helper()
	dir, keys, c = t.TempDir(), t.TempDir(), clock.NewFake(time.Now())
	r = repo.New(dir, c)
	must(t, r.Init(keys, 3, 2))
	must(t, r.Add(t.Context(), "rules/1.tar.zst", []byte("one"), ""))
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	return r, dir, keys, srv.URL, c
}

func TestFetch(t *testing.T) {
	t.Parallel()
	r, _, keys, url, _ := made(t)
	root, err := r.Root()
	must(t, err)
	must(t, r.Add(t.Context(), "program/linux-amd64/7.tar.zst", []byte("elf"), filepath.Join(keys, "program.pem")))
	for name, want := range map[string]string{"rules/1.tar.zst": "one", "program/linux-amd64/7.tar.zst": "elf"} {
		if got, err := fetch(t, url, root, name); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if err := r.Add(t.Context(), "program/linux-amd64/8.tar.zst", nil, filepath.Join(keys, "root-1.pem")); err == nil {
		t.Error("a program signed by another key went out")
	}
	for _, name := range []string{"../rules/1.tar.zst", "rules/01.tar.zst", "rules/x/1.tar.zst", "other/1.tar.zst", "program/1.tar.zst"} {
		if r.Add(t.Context(), name, nil, "") == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// Whoever changes a byte of anything is noticed.
func TestChanged(t *testing.T) {
	t.Parallel()
	r, dir, _, url, _ := made(t)
	root, err := r.Root()
	must(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "targets", "rules", "*"))
	must(t, err)
	files = append(files, filepath.Join(dir, "metadata", "timestamp.json"), filepath.Join(dir, "metadata", "2.snapshot.json"), filepath.Join(dir, "metadata", "1.targets.json"), filepath.Join(dir, "metadata", "2.content.json"))
	for _, name := range files {
		was, err := os.ReadFile(name)
		must(t, err)
		for at := 0; at < len(was); at += max(1, len(was)/40) {
			bad := bytes.Clone(was)
			bad[at] ^= 1
			must(t, os.WriteFile(name, bad, 0o600))
			if got, err := fetch(t, url, root, "rules/1.tar.zst"); err == nil && string(got) != "one" {
				t.Errorf("%s, byte %d: %q", filepath.Base(name), at, got)
			}
		}
		must(t, os.WriteFile(name, was, 0o600))
	}
	if got, err := fetch(t, url, root, "rules/1.tar.zst"); err != nil || string(got) != "one" {
		t.Errorf("in the end: %q %v", got, err)
	}
}

// Keys are replaced, twice; clients with the first root follow, and stolen old keys say nothing.
func TestRotate(t *testing.T) {
	t.Parallel()
	r, _, keys, url, _ := made(t)
	first, err := r.Root()
	must(t, err)
	second, third := t.TempDir(), t.TempDir()
	if r.Rotate(t.TempDir(), second, 3, 2) == nil {
		t.Fatal("rotated without the present keys")
	}
	must(t, r.Rotate(keys, second, 3, 2))
	must(t, r.Rotate(second, third, 5, 3))
	must(t, r.Add(t.Context(), "rules/2.tar.zst", []byte("two"), ""))
	for name, want := range map[string]string{"rules/1.tar.zst": "one", "rules/2.tar.zst": "two"} {
		if got, err := fetch(t, url, first, name); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if r.Add(t.Context(), "program/linux-amd64/1.tar.zst", []byte("bad"), filepath.Join(keys, "program.pem")) == nil {
		t.Error("the key of programs before still signs")
	}
}

// A change that was cut short after any of its files is completed or undone, never half seen.
func TestCutShort(t *testing.T) {
	t.Parallel()
	r, dir, keys, url, c := made(t)
	root, err := r.Root()
	must(t, err)
	stamp, err := os.ReadFile(filepath.Join(dir, "metadata", "timestamp.json"))
	must(t, err)
	must(t, r.Rotate(keys, t.TempDir(), 3, 2))
	must(t, os.WriteFile(filepath.Join(dir, "metadata", "timestamp.json"), stamp, 0o600))
	must(t, os.Remove(filepath.Join(dir, "metadata", "3.snapshot.json")))
	must(t, repo.New(dir, c).Renew())
	if got, err := fetch(t, url, root, "rules/1.tar.zst"); err != nil || string(got) != "one" {
		t.Errorf("after the new root only: %q %v", got, err)
	}
}

// What is signed here is renewed; what people sign is asked for in time.
func TestRenew(t *testing.T) {
	t.Parallel()
	r, _, _, url, c := made(t)
	root, err := r.Root()
	must(t, err)
	for range 630 { // 341 days of 365; the client's clock stands: it must find newer and newer
		c.Advance(13 * time.Hour)
		must(t, r.Renew())
	}
	if _, err := fetch(t, url, root, "rules/1.tar.zst"); err != nil {
		t.Error(err)
	}
	ends, err := r.Ends()
	if err != nil || len(ends) != 3 || !ends[0].Soon {
		t.Errorf("%+v %v", ends, err)
	}
}

func TestServedNames(t *testing.T) {
	t.Parallel()
	r, _, _, _, _ := made(t)
	for path, want := range map[string]int{
		wire.PathBundleMetadata + "timestamp.json": 200, wire.PathBundleMetadata + "1.root.json": 200,
		wire.PathBundleMetadata + "../keys/1.content.pem": 404, wire.PathBundleMetadata + "1.content.pem": 404, wire.PathBundleMetadata: 404,
		wire.PathBundleTargets + "rules": 404, wire.PathBundleTargets + "rules/1.tar.zst": 404, wire.PathBundleTargets + "../keys/1.content.pem": 404,
	} {
		w := httptest.NewRecorder()
		req := httptest.NewRequest("GET", "/", nil)
		req.URL.Path = path
		r.ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
