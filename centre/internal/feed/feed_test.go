package feed_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/feed"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a centre's feeds with sources on a server of our own.
type world struct {
	*testing.T
	clock  *clock.Fake
	svc    *feed.Service
	other  *feed.Service // of another process
	mu     sync.Mutex
	serve  map[string][]byte // by path
	asked  map[string]int    // whole answers by path
	moving bool
	ready  bool
	tried  []string // kinds
	fails  error
	added  []map[string]string // files of the bundles that went out
	broken error
}

// Ready, Moving and Add are the releases.
func (w *world) Ready() bool                                  { return w.ready }
func (w *world) Moving(context.Context, string) (bool, error) { return w.moving, nil }
func (w *world) Add(_ context.Context, b *release.Bundle, _ string) (release.Release, error) {
	if w.broken != nil {
		return release.Release{}, w.broken
	}
	files := map[string]string{"kind": b.Kind}
	entries, err := os.ReadDir(b.Dir)
	must(w.T, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(b.Dir, e.Name()))
		must(w.T, err)
		files[e.Name()] = string(text)
	}
	w.added = append(w.added, files)
	return release.Release{Kind: b.Kind, Version: int64(len(w.added))}, nil
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch body, ok := w.serve[r.URL.Path]; {
	case r.URL.Path == "/plain-http":
		http.Redirect(rw, r, "http://example.com/", http.StatusFound)
	case !ok:
		http.NotFound(rw, r)
	default:
		tag := fmt.Sprintf("%q", fmt.Sprint(len(body)))
		rw.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		w.asked[r.URL.Path]++
		_, _ = rw.Write(body)
	}
}

func (w *world) put(path string, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serve[path] = body
}

func run(t *testing.T, sources []feed.Source, fn func(w *world)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := &world{T: t, clock: clock.NewFake(time.Now()), serve: map[string][]byte{}, asked: map[string]int{}, ready: true}
		srv := httptest.NewTLSServer(w)
		t.Cleanup(srv.Close)
		own := make([]feed.Source, len(sources))
		for i, src := range sources {
			src.URL = strings.Replace(src.URL, "https://test", srv.URL, 1)
			own[i] = src
		}
		must(t, feed.Check(own))
		cfg := feed.Config{Store: s, Releases: w, Sources: own, Dir: t.TempDir(), Transport: srv.Client().Transport, Clock: w.clock,
			Try: func(_ context.Context, kind, _ string) error { w.tried = append(w.tried, kind); return w.fails }}
		w.svc, w.other = feed.New(cfg), feed.New(cfg)
		fn(w)
	}, tenant.Schema(), feed.Schema())
}

func (w *world) once() {
	w.Helper()
	must(w.T, w.svc.Once(w.Context()))
}

// source says how the source is.
func (w *world) source(name string) feed.State {
	w.Helper()
	list, _, err := w.svc.List(w.Context())
	must(w.T, err)
	for _, s := range list {
		if s.Source.Name == name {
			return s
		}
	}
	w.Fatal(name)
	return feed.State{}
}

func tarball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for name, text := range files {
		must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text)), Format: tar.FormatUSTAR}))
		_, err := io.WriteString(w, text)
		must(t, err)
	}
	must(t, errors.Join(w.Close(), z.Close()))
	return out.Bytes()
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range files {
		f, err := z.Create(name)
		must(t, err)
		_, err = io.WriteString(f, text)
		must(t, err)
	}
	must(t, z.Close())
	return out.Bytes()
}

const two = "# comment\nalert tcp any any -> any any (sid:1;)\n\nalert tcp any any -> any any (sid:2;)\n"

var rulesAndLists = []feed.Source{
	{Name: "et", Kind: "rules", URL: "https://test/rules.tar.gz", Files: []string{"rules/*.rules", "*.lst"}},
	{Name: "more", Kind: "rules", URL: "https://test/more.zip"},
	{Name: "bad-names", Kind: "lists", URL: "https://test/names.txt", Category: "malware", Every: time.Hour},
	{Name: "mine", Kind: "lists", URL: "https://test/mine?x=1", Allow: true},
}

// Sources of all forms become one bundle of their kind, once; a source is asked again when its
// time has come, and what has not changed makes no bundle.
func TestFromSourceToBundle(t *testing.T) {
	run(t, rulesAndLists, func(w *world) {
		w.put("/rules.tar.gz", tarball(t, map[string]string{"rules/a.rules": two, "rules/b.lst": "192.0.2.1", "LICENSE": "x", "old/a.rules": "not this one"}))
		w.put("/more.zip", zipped(t, map[string]string{"x/more.rules": two, "x/readme.txt": "x"}))
		w.put("/names.txt", []byte("evil.example\n"))
		w.put("/mine", []byte("good.example\n"))
		w.once()
		if len(w.added) != 2 || w.added[0]["kind"] != "rules" || w.added[0]["et-a.rules"] != two || w.added[0]["more-more.rules"] != two || w.added[0]["b.lst"] != "192.0.2.1" || len(w.added[0]) != 4 {
			t.Fatalf("%q", w.added)
		}
		lists := w.added[1]["lists.toml"]
		if w.added[1]["bad-names.txt"] != "evil.example\n" || !strings.Contains(lists, "category = \"malware\"\n  file = \"bad-names.txt\"") || !strings.Contains(lists, "name = \"mine\"") || !strings.Contains(lists, "allow = true") {
			t.Errorf("%q", w.added[1])
		}
		if s := w.source("et"); s.Entries != 3 || !s.Fetched.Equal(w.clock.Now().UTC().Truncate(time.Microsecond)) || s.Trouble != "" {
			t.Errorf("%+v", s)
		}
		w.once()
		w.clock.Advance(time.Hour)
		w.once()
		if len(w.added) != 2 || w.asked["/names.txt"] != 1 {
			t.Errorf("nothing was new, and %d bundles went out, asked %v", len(w.added), w.asked)
		}
		w.put("/names.txt", []byte("evil.example\nworse.example\n"))
		w.moving = true
		w.clock.Advance(time.Hour)
		w.once()
		if len(w.added) != 2 {
			t.Error("it overtakes one that is on its way")
		}
		w.moving = false
		w.once()
		if len(w.added) != 3 || w.added[2]["bad-names.txt"] != "evil.example\nworse.example\n" || w.asked["/rules.tar.gz"] != 1 {
			t.Errorf("%q, asked %v", w.added, w.asked)
		}
		if _, made, err := w.svc.List(t.Context()); err != nil || len(made) != 2 {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

// What is wrong with a source stands beside it, and what it had before is kept.
func TestBrokenSourceChangesNothing(t *testing.T) {
	run(t, rulesAndLists[2:3], func(w *world) {
		good := []byte(strings.Repeat("evil.example\n", 100))
		w.put("/names.txt", good)
		w.once()
		for what, c := range map[string]struct {
			body []byte
			why  string
		}{
			"away": {nil, "404"}, "empty": {[]byte{}, "sends nothing"}, "page": {[]byte("<html>\nwe moved\n"), "2 entries and had 100"},
			"half an archive": {tarball(w.T, map[string]string{"a": strings.Repeat("x\n", 100)})[:60], "EOF"},
			"two files":       {zipped(w.T, map[string]string{"a/x": "1", "b/x": "2"}), "two files are called x"},
			"other system":    {zipped(w.T, map[string]string{`..\x`: "1"}), "another system"},
		} {
			w.mu.Lock()
			if w.serve["/names.txt"] = c.body; c.body == nil {
				delete(w.serve, "/names.txt")
			}
			w.mu.Unlock()
			w.clock.Advance(time.Hour)
			w.once()
			if s := w.source("bad-names"); !strings.Contains(s.Trouble, c.why) || s.Entries != 100 || !s.Next.Before(w.clock.Now().Add(time.Hour)) {
				t.Errorf("%s: %+v", what, s)
			}
		}
		if len(w.added) != 1 {
			t.Errorf("%q", w.added)
		}
		w.put("/names.txt", append(good, "new.example\n"...))
		w.clock.Advance(time.Hour)
		w.once()
		if s := w.source("bad-names"); s.Trouble != "" || s.Entries != 101 || len(w.added) != 2 {
			t.Errorf("%+v, %d", s, len(w.added))
		}
	})
}

func TestRedirectsStayInTLS(t *testing.T) {
	run(t, []feed.Source{{Name: "a", Kind: "rules", URL: "https://test/plain-http"}}, func(w *world) {
		w.once()
		if s := w.source("a"); !strings.Contains(s.Trouble, "without TLS") || len(w.added) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A bundle that fails its trial is not tried again until something is new; trouble of our own is
// no reason to forget it. Without keys nothing is made.
func TestTrial(t *testing.T) {
	run(t, rulesAndLists[2:3], func(w *world) {
		w.put("/names.txt", []byte("evil.example\n"))
		w.ready, w.fails = false, fmt.Errorf("%w: half of it is nonsense", feed.ErrTrial)
		w.once()
		if len(w.tried) != 0 {
			t.Error("tried without keys")
		}
		w.ready = true
		w.once()
		w.once()
		_, made, err := w.svc.List(t.Context())
		if err != nil || len(w.tried) != 1 || len(w.added) != 0 || len(made) != 1 || !strings.Contains(made[0].Trouble, "nonsense") {
			t.Fatalf("tried %v, %+v, %v", w.tried, made, err)
		}
		w.put("/names.txt", []byte("evil.example\nother.example\n"))
		w.fails, w.broken = nil, errors.New("disk full")
		w.clock.Advance(time.Hour)
		w.once()
		w.broken = nil
		w.once()
		if len(w.added) != 1 || len(w.tried) != 3 {
			t.Errorf("%q, tried %v", w.added, w.tried)
		}
	})
}

// Of several processes one fetches; one that was cut off is followed by another after a while.
func TestOneProcessFetches(t *testing.T) {
	run(t, rulesAndLists[2:3], func(w *world) {
		w.put("/names.txt", []byte("evil.example\n"))
		var wg sync.WaitGroup
		for _, svc := range []*feed.Service{w.svc, w.other} {
			wg.Go(func() {
				if err := svc.Now(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.once()
		must(t, w.other.Once(t.Context()))
		if w.asked["/names.txt"] != 1 || len(w.added) != 1 {
			t.Errorf("asked %v, %d bundles", w.asked, len(w.added))
		}
		// Stopped in the middle: the source has done nothing wrong, and is due at once.
		ctx, stop := context.WithCancel(t.Context())
		w.clock.Advance(time.Hour)
		stop()
		_ = w.svc.Once(ctx)
		w.once()
		if s := w.source("bad-names"); s.Trouble != "" {
			t.Errorf("%+v", s)
		}
	})
}

func TestSourceErrors(t *testing.T) {
	t.Parallel()
	good := feed.Source{Name: "a", Kind: "lists", URL: "https://a.example/x", Category: "malware"}
	for what, c := range map[string]struct {
		change func(*feed.Source)
		why    string
	}{
		"name":        {func(s *feed.Source) { s.Name = "../a" }, "name:"},
		"plain http":  {func(s *feed.Source) { s.URL = "http://a.example" }, "https"},
		"a password":  {func(s *feed.Source) { s.URL = "https://u:p@a.example/" }, "without name"},
		"beside us":   {func(s *feed.Source) { s.URL = "file://x" }, "https"},
		"kind":        {func(s *feed.Source) { s.Kind = "program" }, "kind"},
		"no category": {func(s *feed.Source) { s.Category = "" }, "category"},
		"both":        {func(s *feed.Source) { s.Allow, s.Deny = true, true }, "exclude"},
		"too often":   {func(s *feed.Source) { s.Every = time.Second }, "every"},
		"pattern":     {func(s *feed.Source) { s.Files = []string{"["} }, "files"},
	} {
		s := good
		c.change(&s)
		if err := feed.Check([]feed.Source{s}); !errors.Is(err, feed.ErrSource) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := feed.Check([]feed.Source{good, good}); err == nil {
		t.Error("two of one name")
	}
}
