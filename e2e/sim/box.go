package sim

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/wire"
)

const (
	// callTimeout and retryMax are those of a real box.
	callTimeout = 30 * time.Second
	retryFirst  = 500 * time.Millisecond
	retryMax    = time.Minute
	// maxAnswer of the centre.
	maxAnswer = 1 << 20
)

// box is one of them.
type box struct {
	r         *run
	n         int
	transport *http.Transport
	started   time.Time
	devices   int // that were attacked
	ids       atomic.Int64
	wanted    wanted
}

// newBox claims one.
func newBox(ctx context.Context, r *run, n int) (*box, error) {
	b := &box{r: r, n: n, started: time.Now()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, err
	}
	b.transport = &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: b.tls(nil), DialContext: b.dial}
	var resp wire.ClaimResponse
	req := wire.ClaimRequest{Version: wire.Version, Code: r.o.Codes[n], Model: "sim", Software: "sim", CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))}
	if err := b.call(ctx, wire.PathClaim, req, false, callTimeout, &resp); err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(resp.Certificate))
	if block == nil {
		return nil, errors.New("no certificate in the answer")
	}
	b.transport.CloseIdleConnections()
	b.transport = &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: b.tls(&tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}), DialContext: b.dial}
	return b, nil
}

func (b *box) close() {
	if b != nil {
		b.transport.CloseIdleConnections()
	}
}

// dial comes from an address of its own where the centre is on this machine: claims are limited by
// address.
func (b *box) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: callTimeout}
	if host, _, _ := net.SplitHostPort(address); host == "127.0.0.1" {
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 1, byte(b.n/250), byte(1+b.n%250))}
	}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return counted{c, &b.r.line}, nil
}

// tls trusts the centre by its fingerprint, as a box does.
func (b *box) tls(cert *tls.Certificate) *tls.Config {
	cfg := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, VerifyConnection: func(s tls.ConnectionState) error {
		for _, c := range s.PeerCertificates {
			sum := sha256.Sum256(c.Raw)
			if hex.EncodeToString(sum[:]) == b.r.o.Fingerprint {
				return nil
			}
		}
		return errors.New("sim: another centre")
	}}
	if cert != nil {
		cfg.Certificates = []tls.Certificate{*cert}
	}
	return cfg
}

var encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2))

// call posts a message and reads the answer.
func (b *box) call(ctx context.Context, path string, in any, packed bool, timeout time.Duration, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	kind := "application/json"
	if packed {
		body, kind = encoder.EncodeAll(body, nil), "application/zstd"
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.r.o.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	resp, err := b.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the centre answers %s: %.200s", resp.Status, bytes.TrimSpace(text))
	}
	return json.Unmarshal(text, out)
}

// work tells how the box is and sends what it sees, until the end, and what is left then. What it sees while the centre is
// away waits, as in a box's journal.
func (b *box) work(ctx context.Context, end time.Time) {
	if b.r.o.Flood {
		b.flood(ctx, end)
		return
	}
	seen := make(chan []wire.Event)
	var carrying sync.WaitGroup
	carrying.Go(func() { b.carry(ctx, seen) })
	defer carrying.Wait()
	defer close(seen)
	now := time.Now()
	quiet := end
	if b.r.o.BurstFor > 0 {
		quiet = now.Add(b.r.o.BurstFor)
	}
	until := func(now time.Time) time.Time {
		rate := inboundRate + outboundRate
		if now.Before(quiet) {
			rate *= b.r.o.Burst
		}
		if at := now.Add(wait(rate)); at.Before(quiet) || !now.Before(quiet) {
			return at
		}
		return quiet.Add(wait(inboundRate + outboundRate)) // the burst ended before it
	}
	beat := now.Add(mrand.N(b.r.o.Heartbeat))
	usage := now.Add(mrand.N(time.Hour))
	event := until(now)
	for ctx.Err() == nil {
		next := beat
		for _, t := range []time.Time{usage, event} {
			if t.Before(next) {
				next = t
			}
		}
		if next.After(end) {
			return
		}
		if !sleep(ctx, time.Until(next)) {
			return
		}
		switch next {
		case beat:
			b.beat(ctx)
			beat = beat.Add(b.r.o.Heartbeat)
		case usage:
			seen <- b.usage()
			usage = usage.Add(time.Hour)
		default:
			seen <- []wire.Event{b.seen()}
			event = until(event)
		}
	}
}

// carry sends what was seen, in its order, in batches as large as there is, until seen is closed and all of it is sent.
func (b *box) carry(ctx context.Context, seen <-chan []wire.Event) {
	var journal []wire.Event
	sent := make(chan struct{}, 1)
	sending := false
	for open := true; open || sending || len(journal) > 0; {
		if !sending && len(journal) > 0 {
			n := min(len(journal), wire.MaxBatchEvents)
			batch := journal[:n:n]
			journal, sending = journal[n:], true
			go func() { b.send(ctx, batch); sent <- struct{}{} }()
		}
		select {
		case more, ok := <-seen:
			if open = ok; !ok {
				seen = nil
			}
			journal = append(journal, more...)
		case <-sent:
			sending = false
		}
	}
}

// flood sends full batches one after the other.
func (b *box) flood(ctx context.Context, end time.Time) {
	for ctx.Err() == nil && time.Now().Before(end) {
		batch := make([]wire.Event, wire.MaxBatchEvents)
		for i := range batch {
			batch[i] = b.attempt()
		}
		b.send(ctx, batch)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// beat tells how the box is. One that fails is followed by the next, in its time.
func (b *box) beat(ctx context.Context) {
	began := time.Now()
	h := wire.Health{Time: began.UTC(), Software: "sim", Uptime: int64(time.Since(b.started).Seconds()), Protecting: true, Rules: 37000, Sites: 200000, Packets: uint64(b.ids.Add(1)) * 60000,
		Parts: map[string]wire.State{"inspection": wire.StateOK, "virus": wire.StateOK, "sites": wire.StateOK, "journal": wire.StateOK, "uplink": wire.StateOK}}
	req := wire.Heartbeat{Version: wire.Version, Health: h}
	if b.r.o.Policies {
		id, _ := b.wanted.state()
		req.Policy = &wire.PolicyState{ID: id, Active: id, State: wire.PolicyActive, Since: b.started.UTC()}
	}
	var resp wire.HeartbeatResponse
	if err := b.call(ctx, wire.PathHeartbeat, req, false, callTimeout, &resp); err != nil {
		b.r.retries.Add(1)
		return
	}
	b.r.heartbeats.Add(1)
	b.r.beats.add(time.Since(began))
	if id, _ := b.wanted.state(); b.r.o.Policies && resp.Policy != "" && resp.Policy != id {
		b.take(ctx)
	}
}

// FullBatch is a batch as one of [Options.Flood], not compressed yet.
func FullBatch() []byte {
	b := &box{}
	events := make([]wire.Event, wire.MaxBatchEvents)
	for i := range events {
		events[i] = b.attempt()
	}
	text, err := json.Marshal(wire.Batch{Version: wire.Version, Events: events})
	if err != nil {
		panic(err) // only of our own types
	}
	return text
}

// send sends events until the centre has them.
func (b *box) send(ctx context.Context, events []wire.Event) {
	b.r.sent.Add(int64(len(events)))
	began := time.Now()
	for delay := retryFirst; ctx.Err() == nil; delay = min(2*delay, retryMax) {
		var ack wire.Ack
		err := b.call(ctx, wire.PathEvents, wire.Batch{Version: wire.Version, Events: events}, true, callTimeout, &ack)
		if err == nil {
			b.r.committed.Add(int64(len(events) - len(ack.Refused)))
			b.r.acks.add(time.Since(began))
			return
		}
		b.r.retries.Add(1)
		sleep(ctx, delay/2+mrand.N(delay/2))
	}
}

// listen waits for questions; nobody asks. Where the centre asks the box to come, it does.
func (b *box) listen(ctx context.Context) {
	for delay := retryFirst; ctx.Err() == nil; {
		var q wire.Questions
		req := wire.QuestionsRequest{Version: wire.Version}
		if b.r.o.Policies {
			id, _ := b.wanted.state()
			req.Policy = &id
		}
		err := b.call(ctx, wire.PathQuestions, req, false, wire.QuestionWait+callTimeout, &q)
		if err == nil {
			delay = retryFirst
			if q.Beat != nil && sleep(ctx, mrand.N(time.Duration(max(q.Beat.Within, 1))*time.Second)) {
				b.beat(ctx)
			}
			continue
		}
		sleep(ctx, delay/2+mrand.N(delay/2))
		delay = min(2*delay, retryMax)
	}
}

// id is one that was never used.
func (b *box) id() string {
	return strings.ToLower(rand.Text())[:26]
}

// seen is an attack: most come from outside, a few are of a device that is under somebody's
// control, another one each time.
func (b *box) seen() wire.Event {
	e := b.attempt()
	if mrand.Float64()*(inboundRate+outboundRate) >= outboundRate {
		return e
	}
	b.devices++
	addr := netip.AddrFrom4([4]byte{192, 168, byte(2 + b.devices/250), byte(1 + b.devices%250)})
	e.Direction, e.Device = wire.Outbound, wire.Device{MAC: fmt.Sprintf("02:00:00:01:%02x:%02x", b.devices/250, b.devices%250), Addr: addr}
	e.Flow = wire.Flow{Proto: "TCP", Src: addr, SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.9"), DstPort: 443}
	// One rule at all companies at once would be held as wrong.
	e.Rule = &wire.Rule{GID: 1, SID: 3000000 + uint32(b.n), Rev: 1, Msg: "ET MALWARE a beacon", Class: "command-and-control"}
	b.r.alerts.Add(1)
	if b.r.mails != nil {
		b.r.mails.expect(owner(b.n), addr.String())
	}
	return e
}

// attempt is an attack from outside.
func (b *box) attempt() wire.Event {
	return wire.Event{ID: b.id(), Time: time.Now().UTC(), Kind: wire.KindIPS, Verdict: wire.VerdictBlocked, Direction: wire.Inbound, App: "http",
		Device: wire.Device{MAC: "02:00:00:00:00:01", Addr: netip.MustParseAddr("192.168.1.10")},
		Flow:   wire.Flow{Proto: "TCP", Src: netip.AddrFrom4([4]byte{203, 0, 113, byte(mrand.N(250))}), SrcPort: 40000, Dst: netip.MustParseAddr("192.168.1.10"), DstPort: 80},
		Rule:   &wire.Rule{GID: 1, SID: 2030000 + mrand.N[uint32](400), Rev: 1, Msg: "ET EXPLOIT an attempt", Class: "attempted-admin"}}
}

// usage is what devices used in an hour.
func (b *box) usage() (all []wire.Event) {
	now := time.Now().UTC()
	for i := range usageRows {
		var apps []wire.AppUse
		for _, app := range []string{"line", "teams", "youtube", "google-drive", "windows-update", ""} {
			apps = append(apps, wire.AppUse{App: app, Up: uint64(mrand.N(1 << 20)), Down: uint64(mrand.N(1 << 26)), Minutes: mrand.N(60), Flows: uint64(mrand.N(100))})
		}
		all = append(all, wire.Event{ID: b.id(), Time: now, Kind: wire.KindUsage, Usage: &wire.Usage{Since: now.Add(-time.Hour), Period: 60, Apps: apps},
			Device: wire.Device{MAC: fmt.Sprintf("02:00:00:00:00:%02x", i+1), Addr: netip.AddrFrom4([4]byte{192, 168, 1, byte(10 + i)})}})
	}
	return all
}

// owner is who is told about a box.
func owner(n int) string { return fmt.Sprintf("owner%d@company.example", n) }
