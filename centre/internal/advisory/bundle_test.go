package advisory_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/advisory"
)

// A bundle leaves drafts and changes nothing that went out; each serial is taken once, whoever is at it, and none after its time.
func TestABundleBecomesDrafts(t *testing.T) {
	suite(t, func(o *office) {
		public, secret, err := ed25519.GenerateKey(nil)
		must(o.T, err)
		rules, err := content.Load()
		must(o.T, err)
		o.publish(buffalo)
		for i := range rules {
			rules[i].Version++
		}
		fresh := rules[0]
		fresh.ID = "maker-2026-11"
		b := content.Bundle{Serial: 4, Made: "2026-11-01", Until: "2026-11-30", Rules: append(rules, fresh)}
		sealed := func() []byte {
			o.Helper()
			data, err := b.Sign(secret)
			must(o.T, err)
			return data
		}
		if _, err := o.svc.TakeBundle(o.Context(), "op", sealed()); !errors.Is(err, content.ErrSigned) {
			o.Errorf("without keys: %v", err)
		}
		o.svc.Source.Keys = []ed25519.PublicKey{public}
		var wg sync.WaitGroup
		var mu sync.Mutex
		took, data := 0, sealed()
		for range 5 {
			wg.Go(func() {
				n, err := o.svc.TakeBundle(o.Context(), "op", data)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && n == 3 {
					took++
				} else if !errors.Is(err, advisory.ErrOld) {
					o.Errorf("%d, %v", n, err)
				}
			})
		}
		wg.Wait()
		if took != 1 {
			o.Errorf("taken %d times", took)
		}
		for id, want := range map[string]struct {
			state   any
			version int
		}{buffalo: {advisory.Published, 1}, buffalo + "-v2": {advisory.Draft, 2}, chrome: {advisory.Draft, 2}, "maker-2026-11": {advisory.Draft, 2}} {
			if a, err := o.svc.Get(o.Context(), id); err != nil || a.State != want.state || a.Version != want.version {
				o.Errorf("%s: %s %d, %v", id, a.State, a.Version, err)
			}
		}
		b.Serial = 3
		if _, err := o.svc.TakeBundle(o.Context(), "op", sealed()); !errors.Is(err, advisory.ErrOld) {
			o.Errorf("an older one: %v", err)
		}
		b.Serial, b.Until = 5, "2026-11-20"
		if _, err := o.svc.TakeBundle(o.Context(), "op", sealed()); !errors.Is(err, advisory.ErrOver) {
			o.Errorf("after its time: %v", err)
		}
		last, err := o.svc.Bundle(o.Context())
		if err != nil || last.Serial != 4 || last.Drafts != 3 || last.By != "op" {
			o.Errorf("%+v, %v", last, err)
		}
	})
}

// The bundle is fetched by itself; what is wrong with it the desk reads, and the next one is taken.
func TestABundleIsFetched(t *testing.T) {
	suite(t, func(o *office) {
		public, secret, err := ed25519.GenerateKey(nil)
		must(o.T, err)
		rules, err := content.Load()
		must(o.T, err)
		data, err := (&content.Bundle{Serial: 1, Made: "2026-11-01", Until: "2026-11-30", Rules: rules}).Sign(secret)
		must(o.T, err)
		var answer func(w http.ResponseWriter)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
		defer server.Close()
		o.svc.Source = advisory.Source{URL: server.URL, Keys: []ed25519.PublicKey{public}, Private: true}
		must(o.T, o.svc.Plan(o.Context()))
		fetch := func(to func(w http.ResponseWriter)) advisory.Taken {
			o.Helper()
			answer = to
			must(o.T, o.svc.HandleFetch(o.Context(), tenant.House, json.RawMessage(`{}`)))
			t, err := o.svc.Bundle(o.Context())
			must(o.T, err)
			return t
		}
		for name, to := range map[string]func(w http.ResponseWriter){
			"404":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
			"a page": func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>" + strings.Repeat("長", 1000))) },
			"another's": func(w http.ResponseWriter) {
				_, _ = w.Write([]byte(strings.Replace(string(data), `"sig":"`, `"sig":"AA`, 1)))
			},
			"without end": func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, content.MaxBundle+10)) },
			"to somebody else": func(w http.ResponseWriter) {
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.WriteHeader(http.StatusFound)
			},
		} {
			if got := fetch(to); got.Fault == "" || got.Serial != 0 {
				o.Errorf("%s: %+v", name, got)
			}
		}
		if got := fetch(func(w http.ResponseWriter) { _, _ = w.Write(data) }); got.Fault != "" || got.Serial != 1 || !got.Automatical {
			o.Errorf("%+v", got)
		}
		if got := fetch(func(w http.ResponseWriter) { _, _ = w.Write(data) }); got.Fault != "" {
			o.Errorf("the same again: %+v", got)
		}
		o.svc.Source.Private = false
		if got := fetch(func(w http.ResponseWriter) { _, _ = w.Write(data) }); got.Fault == "" {
			o.Error("an address of this machine was asked")
		}
		var at []int64
		must(o.T, o.s.GlobalRead(o.Context(), func(tx *store.GlobalTx) (err error) {
			at, err = store.Collect[int64](tx.Query(`SELECT run_at FROM job WHERE kind = $1`, advisory.KindFetch))(func(scan func(...any) error) (n int64, err error) { return n, scan(&n) })
			return err
		}))
		if len(at) != 1 || store.Time(at[0]).Sub(o.clock.Now()) > 6*time.Hour {
			o.Errorf("next: %v", at)
		}
	})
}
