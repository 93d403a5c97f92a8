package hook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/hook"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

// ear is where messages arrive.
type ear struct {
	mu     sync.Mutex
	status int
	got    []string
	signed []string
}

func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got, e.signed = append(e.got, string(body)), append(e.signed, r.Header.Get(hook.Signature))
	w.Header().Set("Location", "http://127.0.0.1:1/")
	w.WriteHeader(e.status)
}

type office struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *hook.Service
	alerts     *alert.Service
	ear        *ear
	url        string
	own, decoy string
	alert      string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, private bool, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)), ear: &ear{status: 200}}
		k, err := knowledge.Load()
		must(t, err)
		tenants := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			*to, err = tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
		}
		o.alerts = alert.New(alert.Config{Store: s, Classifier: k, Clock: o.clock})
		o.svc = hook.New(hook.Config{Store: s, Alerts: o.alerts, Knowledge: k, BaseURL: "https://portal.example", Private: private, Clock: o.clock})
		server := httptest.NewServer(o.ear)
		t.Cleanup(server.Close)
		o.url = server.URL + "/services/SECRET"
		must(t, s.Write(t.Context(), o.own, func(tx *store.Tx) error {
			return o.alerts.Record(tx, []alert.Incoming{{BoxID: "b", DeviceName: "経理のパソコン", DeviceAddr: "192.168.1.23", Event: &wire.Event{ID: strings.Repeat("0", 25) + "1", Time: o.clock.Now(), Kind: wire.KindIPS, Verdict: wire.VerdictBlocked, Direction: wire.Outbound,
				Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), SrcPort: 5, Dst: netip.MustParseAddr("203.0.113.9"), DstPort: 443}, Rule: &wire.Rule{GID: 1, SID: 2, Rev: 1, Msg: "x", Family: "c2"}}}})
		}))
		all, err := o.alerts.List(t.Context(), o.own, alert.Filter{})
		must(t, err)
		o.alert = all[0].ID
		fn(o)
	}, tenant.Schema(), job.Schema(), alert.Schema(), hook.Schema())
}

// run does the jobs that wait, each once, and says what they said.
func (o *office) run() (err error) {
	o.Helper()
	type waiting struct{ id, args string }
	var all []waiting
	must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) (err error) {
		if all, err = store.Collect[waiting](tx.Query(`SELECT id, args FROM job WHERE owner = $1 AND kind = $2`, hook.KindSend))(func(scan func(...any) error) (w waiting, err error) { err = scan(&w.id, &w.args); return w, err }); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM job WHERE owner = $1 AND kind = $2`, hook.KindSend)
		return err
	}))
	for _, w := range all {
		err = errors.Join(err, o.svc.Handle(context.WithoutCancel(o.Context()), o.own, json.RawMessage(w.args)))
	}
	return err
}

func (o *office) add(kind string) hook.Hook {
	o.Helper()
	h, err := o.svc.Add(o.Context(), o.own, "p1", hook.Hook{Kind: kind, Name: "総務の " + kind, URL: o.url, Lang: "ja"})
	must(o.T, err)
	return h
}

func (o *office) spread() {
	o.Helper()
	must(o.T, o.svc.Spread(o.Context(), o.own, json.RawMessage(`{"alert":"`+o.alert+`"}`)))
}

func (o *office) states() (all []string) {
	o.Helper()
	_, sent, err := o.svc.Hooks(o.Context(), o.own)
	must(o.T, err)
	for _, d := range sent {
		all = append(all, d.State+" "+d.Answer+" "+strconv.Itoa(d.Tries))
	}
	return all
}

func TestAlertsArriveOnceAndSigned(t *testing.T) {
	suite(t, true, func(o *office) {
		h := o.add(hook.Webhook)
		must(t, o.run())
		o.spread()
		o.spread() // the job ran twice
		must(t, o.run())
		o.spread()
		must(t, o.run())
		if len(o.ear.got) != 2 {
			o.Fatalf("%d messages", len(o.ear.got))
		}
		var trial, e hook.Event
		must(t, json.Unmarshal([]byte(o.ear.got[0]), &trial))
		must(t, json.Unmarshal([]byte(o.ear.got[1]), &e))
		if trial.Kind != "trial" || e.Kind != "alert" || e.Stars != 3 || e.Family != "c2" || !e.Blocked || e.Update || !strings.Contains(e.Title, "経理のパソコン") || e.URL != "https://portal.example/alerts/"+o.alert || e.Do == "" {
			o.Errorf("%+v", e)
		}
		if want := hook.Sign(h.Secret, o.clock.Now(), []byte(o.ear.got[1])); o.ear.signed[1] != want || !strings.HasPrefix(want, "t="+strconv.FormatInt(o.clock.Now().Unix(), 10)+",v1=") {
			o.Errorf("signed %q, want %q", o.ear.signed[1], want)
		}
		if hook.Sign("other", o.clock.Now(), []byte(o.ear.got[1])) == o.ear.signed[1] {
			o.Error("any key signs")
		}
		if all, sent, err := o.svc.Hooks(o.Context(), o.decoy); err != nil || len(all)+len(sent) != 0 {
			o.Errorf("another company: %v %v", all, sent)
		}
		if err := o.svc.Remove(o.Context(), o.decoy, "p2", h.ID); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company removes it: %v", err)
		}
		must(t, o.svc.Try(o.Context(), o.own, h.ID))
		must(t, o.svc.Remove(o.Context(), o.own, "p1", h.ID))
		must(t, o.run()) // nothing is left to be told
		if len(o.ear.got) != 2 {
			o.Errorf("told after it was taken away")
		}
	})
}

func TestChat(t *testing.T) {
	suite(t, true, func(o *office) {
		o.add(hook.Slack)
		o.add(hook.Teams)
		o.spread()
		must(t, o.run())
		all := strings.Join(o.ear.got, "\n")
		for _, want := range []string{`"type":"plain_text"`, `"text":"くわしく見る"`, `"contentType":"application/vnd.microsoft.card.adaptive"`, `"type":"Action.OpenUrl"`, "経理のパソコン", "https://portal.example/alerts/" + o.alert} {
			if !strings.Contains(all, want) {
				o.Errorf("no %s in %s", want, all)
			}
		}
		if o.ear.signed[0] != "" {
			o.Error("chat is signed")
		}
	})
}

func TestWhenItDoesNotGo(t *testing.T) {
	suite(t, true, func(o *office) {
		o.add(hook.Slack)
		o.ear.status = 503
		if err := o.run(); err == nil || strings.Contains(err.Error(), "SECRET") {
			o.Errorf("busy: %v", err)
		}
		if got := o.states(); len(got) != 1 || got[0] != "waiting 503 1" {
			o.Errorf("%v", got)
		}
		o.ear.status = 302
		o.spread()
		must(t, o.run())
		if got := o.states(); len(got) != 2 || !strings.Contains(strings.Join(got, ","), "refused 302 1") {
			o.Errorf("sent elsewhere: %v", got)
		}
		if len(o.ear.got) != 2 {
			o.Errorf("%d calls", len(o.ear.got))
		}
		for range 4 {
			o.add(hook.Slack)
		}
		if _, err := o.svc.Add(o.Context(), o.own, "p1", hook.Hook{Kind: hook.Slack, Name: "x", URL: o.url}); !errors.Is(err, hook.ErrTooMany) {
			o.Errorf("a sixth: %v", err)
		}
	})
}

// Nobody reaches into the centre's own network.
func TestOnlyTheInternet(t *testing.T) {
	suite(t, false, func(o *office) {
		for _, bad := range []string{"http://hooks.example/x", "ftp://hooks.example", "https://user:pw@hooks.example/", "https://", "javascript:alert(1)", "https://hooks.example/#x", "https://" + strings.Repeat("x", 2000)} {
			if _, err := o.svc.Add(o.Context(), o.own, "p1", hook.Hook{Kind: hook.Webhook, Name: "x", URL: bad}); !errors.Is(err, hook.ErrURL) {
				o.Errorf("%.40s: %v", bad, err)
			}
		}
		for _, host := range []string{"127.0.0.1", "[::1]", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"} {
			h, err := o.svc.Add(o.Context(), o.own, "p1", hook.Hook{Kind: hook.Webhook, Name: "x", URL: "https://" + host + "/"})
			must(t, err)
			must(t, o.run())
			if got := o.states(); len(got) != 1 || got[0] != "refused private 1" {
				o.Errorf("%s: %v", host, got)
			}
			must(t, o.svc.Remove(o.Context(), o.own, "p1", h.ID))
		}
		if _, err := o.svc.Add(o.Context(), o.own, "p1", hook.Hook{Kind: "sms", Name: "x", URL: "https://hooks.example/"}); !errors.Is(err, hook.ErrKind) {
			o.Errorf("unknown kind: %v", err)
		}
	})
}
