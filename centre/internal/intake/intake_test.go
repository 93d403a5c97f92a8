package intake_test

import (
	"bytes"
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
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/enrol"
	"otasuke/centre/internal/intake"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/pairing"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/release/repo"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
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
	questions  *question.Service
	policies   *policy.Service
	found      *discovery.Service
	pairings   *pairing.Service
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
		o.questions = question.New(s, o.clock)
		guard, err := discovery.NewGuard(nil, "127.0.0.1")
		must(t, err)
		o.found = discovery.New(discovery.Config{Store: s, Guard: guard, Ask: o.questions.Ask, Clock: o.clock})
		o.policies = policy.New(policy.Config{Store: s, Stops: o.found.Stops, Clock: o.clock})
		must(t, companies.EnsureHouse(t.Context(), "センター"))
		o.pairings = pairing.New(pairing.Config{Store: s, Devices: o.devices, Clock: o.clock})
		o.in = intake.New(intake.Config{Store: s, Companies: companies, Devices: o.devices, Alerts: o.alerts, Usage: usage.New(s, o.clock), Questions: o.questions, Appeals: appeal.New(s, o.clock, nil), Releases: release.New(release.Config{Store: s, Repo: repo.New(t.TempDir(), o.clock), Clock: o.clock}), Pairings: o.pairings, Policies: o.policies, Stopped: o.found.Counter, Site: "https://portal.example", CA: o.ca, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			*to, err = companies.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
		}
		o.listen()
		fn(o)
	}, job.Schema(), tenant.Schema(), device.Schema(), alert.Schema(), intake.Schema(), usage.Schema(), question.Schema(), appeal.Schema(), release.Schema(), pairing.Schema(), policy.Schema(), discovery.Schema())
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

// A box that is rented for years is heard all the time: before the certificate of its claim ends it has another.
func TestBoxOfManyYears(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		for year := range 5 {
			got := b.beat(wire.Health{Time: o.clock.Now(), Protecting: true})
			if (got.Certificate != "") != (year > 0) {
				o.Fatalf("year %d: certificate %q", year, got.Certificate)
			}
			if year > 0 {
				block, _ := pem.Decode([]byte(got.Certificate))
				b.client = o.client(tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: b.key})
			}
			o.clock.Advance(366 * 24 * time.Hour)
		}
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
