package intake_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/enrol"
	"otasuke/centre/internal/intake"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

var start = time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)

// office is a centre with its box listener on a real socket.
type office struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	ca         *enrol.CA
	devices    *device.Service
	alerts     *alert.Service
	in         *intake.Intake
	addr       string
	own, decoy string
	n          int
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(start)}
		known, err := knowledge.Load()
		must(t, err)
		o.ca, err = enrol.Open(enrol.Config{Dir: t.TempDir(), Clock: o.clock})
		must(t, err)
		companies := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		o.devices = device.New(device.Config{Store: s, Clock: o.clock})
		o.alerts = alert.New(alert.Config{Store: s, Classifier: known, Clock: o.clock})
		o.in = intake.New(intake.Config{Store: s, Companies: companies, Devices: o.devices, Alerts: o.alerts, CA: o.ca, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			*to, err = companies.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
		}
		o.listen()
		fn(o)
	}, job.Schema(), tenant.Schema(), device.Schema(), alert.Schema(), intake.Schema())
}

func (o *office) listen() {
	o.Helper()
	server, err := o.in.Server([]string{"127.0.0.1"})
	must(o.T, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(o.T, err)
	o.addr = listener.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(listener, "", "") }()
	o.Cleanup(func() {
		must(o.T, server.Close())
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			o.Error(err)
		}
	})
}

// box is a client with the identity that a claim gave it.
type box struct {
	o      *office
	id     string
	key    *ecdsa.PrivateKey
	client *http.Client
}

func (o *office) client(cert ...tls.Certificate) *http.Client {
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: o.ca.Pool(), Certificates: cert, Time: o.clock.Now}}
	o.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 30 * time.Second}
}

// post sends body and reads the answer into ok or gives the centre's error.
func (o *office) post(client *http.Client, path string, body []byte, ok any) (int, *wire.Error) {
	o.Helper()
	resp, err := client.Post("https://"+o.addr+path, "application/json", bytes.NewReader(body))
	must(o.T, err)
	defer resp.Body.Close()
	decode := json.NewDecoder(resp.Body)
	if resp.StatusCode/100 != 2 {
		var e wire.Error
		must(o.T, decode.Decode(&e))
		return resp.StatusCode, &e
	}
	must(o.T, decode.Decode(ok))
	return resp.StatusCode, nil
}

func (o *office) csr(key *ecdsa.PrivateKey) string {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	must(o.T, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func (o *office) code(tenantID string) string {
	code, _, err := o.devices.NewClaim(o.Context(), tenantID, "", "op-1")
	must(o.T, err)
	return code
}

func (o *office) claim(code string, key *ecdsa.PrivateKey) (wire.ClaimResponse, int, *wire.Error) {
	var got wire.ClaimResponse
	body, err := json.Marshal(wire.ClaimRequest{Version: wire.Version, Code: code, CSR: o.csr(key), Model: "OT-1"})
	must(o.T, err)
	status, refused := o.post(o.client(), wire.PathClaim, body, &got)
	return got, status, refused
}

func (o *office) newBox(tenantID string) *box {
	o.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(o.T, err)
	got, _, refused := o.claim(o.code(tenantID), key)
	if refused != nil {
		o.Fatal(refused)
	}
	block, _ := pem.Decode([]byte(got.Certificate))
	return &box{o: o, id: got.BoxID, key: key, client: o.client(tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key})}
}

func (o *office) event(change ...func(*wire.Event)) wire.Event {
	o.n++
	e := wire.Event{ID: fmt.Sprintf("%026d", o.n), Time: o.clock.Now(), Kind: wire.KindIPS, Verdict: wire.VerdictBlocked, Direction: wire.Outbound,
		Device: wire.Device{MAC: "02:00:00:00:00:01", Addr: netip.MustParseAddr("192.0.2.10")},
		Flow:   wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.0.2.10"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443},
		Rule:   &wire.Rule{GID: 1, SID: 2000001, Rev: 1, Msg: "ET MALWARE beacon", Class: "command-and-control"}}
	for _, c := range change {
		c(&e)
	}
	return e
}

func pack(t testing.TB, v any) []byte {
	text, err := json.Marshal(v)
	must(t, err)
	w, err := zstd.NewWriter(nil)
	must(t, err)
	defer w.Close()
	return w.EncodeAll(text, nil)
}

func (b *box) send(events ...wire.Event) wire.Ack {
	b.o.Helper()
	var ack wire.Ack
	if _, refused := b.o.post(b.client, wire.PathEvents, pack(b.o.T, wire.Batch{Version: wire.Version, Events: events}), &ack); refused != nil {
		b.o.Fatal(refused)
	}
	return ack
}

func (b *box) beat(h wire.Health) wire.HeartbeatResponse {
	b.o.Helper()
	var got wire.HeartbeatResponse
	body, err := json.Marshal(wire.Heartbeat{Version: wire.Version, Health: h})
	must(b.o.T, err)
	if _, refused := b.o.post(b.client, wire.PathHeartbeat, body, &got); refused != nil {
		b.o.Fatal(refused)
	}
	return got
}

func (o *office) list(tenantID string) []alert.Alert {
	o.Helper()
	all, err := o.alerts.List(o.Context(), tenantID, alert.Filter{})
	must(o.T, err)
	return all
}

func TestFromClaimToAlert(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		ack := b.send(o.event(), o.event(), o.event(func(e *wire.Event) {
			e.Kind, e.Rule, e.Site = wire.KindSite, nil, &wire.Site{Name: "evil.example", Layer: "dns", Category: "phishing", List: "starter"}
		}))
		if ack.New != 3 || len(ack.Refused) != 0 || ack.Version != wire.Version {
			o.Errorf("ack %+v", ack)
		}
		all := o.list(o.own)
		if len(all) != 2 {
			o.Fatalf("alerts %+v", all)
		}
		ends, err := o.devices.Endpoints(o.Context(), o.own)
		if err != nil || len(ends) != 1 || ends[0].MAC != "02:00:00:00:00:01" || all[0].DeviceID != ends[0].ID || all[0].BoxID != b.id {
			o.Errorf("devices %+v, %v; alert %+v", ends, err, all[0])
		}
		must(o.T, o.devices.Rename(o.Context(), o.own, ends[0].ID, "hanako", "経理のパソコン"))
		b.send(o.event())
		for _, a := range o.list(o.own) {
			if a.Family == "c2" && (a.DeviceName != "経理のパソコン" || a.Count != 3) {
				o.Errorf("after renaming: %+v", a)
			}
		}
		if got := b.beat(wire.Health{Protecting: true, Software: "2.0"}); !got.Time.Equal(start) || got.Version != wire.Version {
			o.Errorf("heartbeat %+v", got)
		}
		if got := o.list(o.decoy); len(got) != 0 {
			o.Errorf("another company got alerts: %+v", got)
		}
	})
}

func TestClaimAnswers(t *testing.T) {
	suite(t, func(o *office) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(o.T, err)
		other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(o.T, err)
		code := o.code(o.own)
		got, _, refused := o.claim(strings.ToLower(code), key)
		if refused != nil || got.Company != "株式会社さくら金属" || got.CA != o.ca.Certificate() {
			o.Fatalf("claim %+v, %v", got, refused)
		}
		if again, _, refused := o.claim(code, key); refused != nil || again.BoxID != got.BoxID || again.Certificate != got.Certificate {
			o.Errorf("the answer got lost, and the box repeats: %+v, %v", again, refused)
		}
		f := func(what, code string, status int, kind string) {
			o.Helper()
			if _, got, refused := o.claim(code, other); refused == nil || got != status || refused.Code != kind || refused.Message == "" {
				o.Errorf("%s: %d %v, want %d %s", what, got, refused, status, kind)
			}
		}
		f("used", code, http.StatusConflict, "code")
		f("mistyped", "7K2M", http.StatusBadRequest, "code")
		f("unknown", "2222-2222-2222-2222", http.StatusNotFound, "code")
		late := o.code(o.own)
		o.clock.Advance(device.CodeLife)
		f("expired", late, http.StatusGone, "code")
		for range 25 {
			o.claim("2222-2222-2222-2222", other)
		}
		f("guessed", o.code(o.own), http.StatusTooManyRequests, "again")
		raw := func(what, body string, status int, kind string) {
			o.Helper()
			if got, refused := o.post(o.client(), wire.PathClaim, []byte(body), nil); refused == nil || got != status || refused.Code != kind {
				o.Errorf("%s: %d %v, want %d %s", what, got, refused, status, kind)
			}
		}
		raw("no request", `{"version":1,"code":"x"}`, http.StatusBadRequest, "body")
		raw("not JSON", `hello`, http.StatusBadRequest, "body")
		raw("version of tomorrow", `{"version":99,"code":7}`, http.StatusUpgradeRequired, "version")
		raw("endless", `{"version":1,"code":"`+strings.Repeat("x", wire.MaxControlBytes)+`"}`, http.StatusRequestEntityTooLarge, "limit")
	})
}

func TestOnlyBoxesInUseAreHeard(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		body := pack(o.T, wire.Batch{Version: wire.Version, Events: []wire.Event{o.event()}})
		f := func(what string, client *http.Client, path string, status int, kind string) {
			o.Helper()
			if got, refused := o.post(client, path, body, nil); refused == nil || got != status || refused.Code != kind {
				o.Errorf("%s: %d %v, want %d %s", what, got, refused, status, kind)
			}
		}
		f("no certificate", o.client(), wire.PathEvents, http.StatusUnauthorized, "certificate")
		f("no certificate", o.client(), wire.PathHeartbeat, http.StatusUnauthorized, "certificate")
		f("no such path", b.client, "/v1/admin", http.StatusNotFound, "body")
		resp, err := b.client.Get("https://" + o.addr + wire.PathEvents)
		must(o.T, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed {
			o.Errorf("GET: %d", resp.StatusCode)
		}
		must(o.T, o.devices.Return(o.Context(), o.own, b.id, "op-1", "contract ended"))
		f("given back", b.client, wire.PathEvents, http.StatusForbidden, "certificate")
		f("given back", b.client, wire.PathHeartbeat, http.StatusForbidden, "certificate")
		// A certificate of the authority for a box that the database does not have.
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(o.T, err)
		req, err := enrol.ParseRequest(o.csr(key))
		must(o.T, err)
		text, _, err := o.ca.SignBox(req, o.decoy, b.id)
		must(o.T, err)
		block, _ := pem.Decode([]byte(text))
		f("unknown box", o.client(tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}), wire.PathEvents, http.StatusForbidden, "certificate")
		if len(o.list(o.own))+len(o.list(o.decoy)) != 0 {
			o.Error("something was kept")
		}
	})
}

func TestPayloadCannotNameAnotherCompany(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		text, err := json.Marshal(o.event())
		must(o.T, err)
		evil := fmt.Sprintf(`{"tenant":%[1]q,"tenant_id":%[1]q,"TenantID":%[1]q,`, o.decoy)
		var ack wire.Ack
		body := []byte(evil + `"version":1,"events":[` + evil + `"box_id":"x",` + string(text[1:]) + `]}`)
		w, err := zstd.NewWriter(nil)
		must(o.T, err)
		defer w.Close()
		if _, refused := o.post(b.client, wire.PathEvents, w.EncodeAll(body, nil), &ack); refused != nil || ack.New != 1 {
			o.Fatalf("%+v %v", ack, refused)
		}
		if len(o.list(o.decoy)) != 0 || len(o.list(o.own)) != 1 {
			o.Errorf("the payload chose the company: %+v", o.list(o.decoy))
		}
	})
}

func TestVersionAndLimits(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		f := func(what string, body []byte, status int, kind string) {
			o.Helper()
			if got, refused := o.post(b.client, wire.PathEvents, body, nil); refused == nil || got != status || refused.Code != kind {
				o.Errorf("%s: %d %v, want %d %s", what, got, refused, status, kind)
			}
		}
		f("unknown version", pack(o.T, wire.Batch{Version: 99}), http.StatusUpgradeRequired, "version")
		f("bomb", pack(o.T, strings.Repeat("a", 64<<20)), http.StatusRequestEntityTooLarge, "limit")
		f("endless", make([]byte, 6<<20), http.StatusBadRequest, "body")
		f("not compressed", []byte(`{"version":1}`), http.StatusBadRequest, "body")
		f("too many", pack(o.T, wire.Batch{Version: 1, Events: make([]wire.Event, 501)}), http.StatusRequestEntityTooLarge, "limit")
		bad, old := o.event(func(e *wire.Event) { e.Kind = "gossip" }), o.event(func(e *wire.Event) { e.Time = start.AddDate(-1, 0, 0) })
		ack := b.send(o.event(), bad, old)
		if ack.New != 1 || len(ack.Refused) != 2 || ack.Refused[bad.ID] == "" || ack.Refused[old.ID] == "" {
			o.Errorf("ack %+v", ack)
		}
	})
}

// TestRepeatedBatchCountsOnce: the centre died, or the line did, between the commit
// and the answer.
func TestRepeatedBatchCountsOnce(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.own)
		batch := []wire.Event{o.event(), o.event()}
		batch = append(batch, batch[0])
		at, err := o.devices.BoxByID(o.Context(), o.own, b.id)
		must(o.T, err)
		if _, err := o.in.Accept(o.Context(), at, batch); err != nil { // and nobody hears the answer
			o.Fatal(err)
		}
		for range 3 {
			if ack := b.send(batch...); ack.New != 0 || len(ack.Refused) != 0 {
				o.Errorf("repeated: %+v", ack)
			}
		}
		if a := o.list(o.own)[0]; a.Count != 2 {
			o.Errorf("counted %d times, want 2", a.Count)
		}
		// Another box has ids of its own.
		if ack := other.send(batch[0]); ack.New != 1 {
			o.Errorf("another box: %+v", ack)
		}
	})
}

// TestCrashBeforeCommitKeepsNothing: a batch is kept whole or not at all.
func TestCrashBeforeCommitKeepsNothing(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		at, err := o.devices.BoxByID(o.Context(), o.own, b.id)
		must(o.T, err)
		ctx, cancel := context.WithCancel(o.Context())
		cancel()
		batch := []wire.Event{o.event(), o.event()}
		if _, err := o.in.Accept(ctx, at, batch); err == nil {
			o.Fatal("accepted after the end")
		}
		if len(o.list(o.own)) != 0 {
			o.Error("a part was kept")
		}
		if ack := b.send(batch...); ack.New != 2 {
			o.Errorf("then repeated: %+v", ack)
		}
	})
}

func TestManyBatchesAtOnce(t *testing.T) {
	suite(t, func(o *office) {
		boxes := []*box{o.newBox(o.own), o.newBox(o.own), o.newBox(o.decoy)}
		const batches, size = 6, 20
		var group sync.WaitGroup
		for _, b := range boxes {
			for range batches {
				var events []wire.Event
				for range size {
					events = append(events, o.event())
				}
				group.Go(func() {
					b.send(events...)
					b.send(events...)
				})
			}
		}
		group.Wait()
		for tenantID, want := range map[string]int{o.own: 2 * batches * size, o.decoy: batches * size} {
			got := 0
			for _, a := range o.list(tenantID) {
				got += a.Count
			}
			if got != want {
				o.Errorf("%d events counted, want %d", got, want)
			}
		}
	})
}

func TestUnprotectedForFiveMinutesIsToldOnce(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		q := job.New(job.Config{Store: o.s, Clock: o.clock, Poll: time.Millisecond})
		o.in.Register(q)
		q.Handle(alert.KindNotify, func(context.Context, string, json.RawMessage) error { return nil })
		ctx, cancel := context.WithCancel(o.Context())
		done := make(chan error, 1)
		go func() { done <- q.Run(ctx) }()
		defer func() { cancel(); must(o.T, <-done) }()
		settle := func() {
			o.Helper()
			for deadline := time.Now().Add(20 * time.Second); ; {
				c, err := q.Counts(o.Context())
				must(o.T, err)
				if c.Running == 0 && c.Oldest.IsZero() {
					return
				}
				if time.Now().After(deadline) {
					o.Fatalf("jobs never ended: %+v", c)
				}
				time.Sleep(time.Millisecond)
			}
		}
		dead := wire.Health{Note: "engine-died", Parts: map[string]wire.State{"inspection": wire.StateDown}}
		b.beat(dead)
		o.clock.Advance(2 * time.Minute)
		b.beat(wire.Health{Protecting: true})
		o.clock.Advance(10 * time.Minute)
		settle()
		if all := o.list(o.own); len(all) != 0 {
			o.Errorf("a gap of two minutes was told: %+v", all)
		}
		b.send(o.event(func(e *wire.Event) { *e = wire.Event{ID: e.ID, Time: e.Time, Kind: wire.KindHealth, Health: &dead} }))
		o.clock.Advance(5 * time.Minute) // and the box says nothing more
		settle()
		all := o.list(o.own)
		if len(all) != 1 || all[0].Family != alert.FamilyUnprotected || all[0].Stars != alert.High || all[0].BoxID != b.id {
			o.Fatalf("five minutes without protection: %+v", all)
		}
		b.beat(wire.Health{})
		b.beat(wire.Health{Protecting: true, Note: "engine-restarted"})
		settle()
		history, err := o.alerts.History(o.Context(), o.own, all[0].ID)
		if err != nil || history[len(history)-1].What != alert.ChangeRestored || len(o.list(o.own)) != 1 {
			o.Errorf("back: %+v, %v", history, err)
		}
	})
}

// TestEveryTableOfACompanyIsLocked looks at the schema of the whole back of the
// centre: the fourth lock must be on each table that has a tenant.
func TestEveryTableOfACompanyIsLocked(t *testing.T) {
	suite(t, func(o *office) {
		if o.s.Engine() != store.Postgres {
			return // SQLite has no such lock; the decoy companies stand in for it
		}
		must(o.T, o.s.GlobalRead(o.Context(), func(tx *store.GlobalTx) error {
			var tables, open int
			err := tx.QueryRow(`SELECT count(*), coalesce(sum(CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 0 ELSE 1 END), 0)
				FROM information_schema.columns i JOIN pg_class c ON c.oid = quote_ident(i.table_name)::regclass
				WHERE i.table_schema = current_schema() AND i.column_name = 'tenant_id'`).Scan(&tables, &open)
			if tables < 15 || open != 0 {
				o.Errorf("%d of %d tables without row-level security", open, tables)
			}
			return err
		}))
	})
}
