package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/gateway/internal/journal"
	"otasuke/wire"
)

// Retry delays after a failure: quick at first, then as rare as still helps.
const (
	retryFirst = 500 * time.Millisecond
	retryMax   = time.Minute
	// maxSlow halvings leave one of the events of a batch.
	maxSlow = 9
)

// Journal is what the uplink needs of the journal.
type Journal interface {
	Read(max int) ([]journal.Record, error)
	Ack(seq uint64) error
}

// Parts that New needs.
type Parts struct {
	Journal Journal
	// Decode turns a record into an event; ErrSkip drops it.
	Decode func([]byte) (wire.Event, error)
	// Health gives the state of the box for a heartbeat.
	Health func() wire.Health
	// Answer answers what the centre asks; nil for a box that cannot.
	Answer func(context.Context, *wire.Question) wire.Answer
	// Held takes the devices that the centre wants held, and tells whether that has changed
	// something; nil for nobody.
	Held func([]string) bool
	// Bundles tells what became of bundles, and Wanted takes those that the centre wants here;
	// nil for a box without.
	Bundles func() []wire.BundleState
	Wanted  func([]wire.BundleWanted)
	// PolicyState tells what became of what the company wants, and Policy takes the name of what the box should have and
	// tells whether that has changed something; nil for a box without.
	PolicyState func() *wire.PolicyState
	Policy      func(ctx context.Context, id string, up *Uplink) bool
	// Reached hears of each heartbeat: how far the centre's clock is ahead of ours, or why it was
	// not reached; nil for nobody.
	Reached func(ahead time.Duration, err error)
	// Heartbeat is the time between two of them.
	Heartbeat time.Duration
	Log       *slog.Logger
}

// ErrSkip tells that a record is not for the centre.
var ErrSkip = errors.New("uplink: not for the centre")

// Uplink carries events.
type Uplink struct {
	cfg   Config
	parts Parts
	wake  chan struct{}
	hurry chan struct{}          // asks for a heartbeat now
	one   sync.Mutex             // heartbeats come one at a time
	slow  int                    // how often a batch is halved
	told  atomic.Pointer[string] // the policy that the centre named last
	enc   *zstd.Encoder
	http  *http.Client
	newer atomic.Pointer[http.Client] // with a certificate that came in the meantime
}

// New prepares an uplink for a claimed box.
func New(cfg Config, parts Parts) (*Uplink, error) {
	client, err := cfg.client()
	if err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	return &Uplink{cfg: cfg, parts: parts, wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), enc: enc, http: client}, nil
}

// Wake tells that the journal has something new.
func (u *Uplink) Wake() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// Hurry tells that the centre should hear how the box is, now.
func (u *Uplink) Hurry() {
	select {
	case u.hurry <- struct{}{}:
	default:
	}
}

// Run sends events and heartbeats until ctx ends.
func (u *Uplink) Run(ctx context.Context) error {
	delay := retryFirst
	beat := time.NewTicker(u.parts.Heartbeat)
	defer beat.Stop()
	u.heartbeat(ctx)
	var asked sync.WaitGroup
	defer asked.Wait()
	asked.Go(func() { u.listen(ctx) })
	for ctx.Err() == nil {
		more, err := u.send(ctx)
		if err != nil {
			u.failed(ctx, err, delay)
			u.pause(ctx, beat.C, time.After(jitter(delay)))
			delay = min(2*delay, retryMax)
			continue
		}
		delay = retryFirst
		if more {
			select { // a long backlog does not make the box look dead
			case <-beat.C:
				u.heartbeat(ctx)
			case <-u.hurry:
				u.heartbeat(ctx)
			default:
			}
			continue
		}
		u.pause(ctx, beat.C, nil)
	}
	return nil
}

// jitter spreads the boxes of a centre that was away over the second half of a delay.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2) }

// failed says why events wait: what a person must do about it differs.
func (u *Uplink) failed(ctx context.Context, err error, retry time.Duration) {
	var refused *wire.Error
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &refused) && refused.Code == "version":
		u.parts.Log.Error("the centre does not understand this version of the box: update the box; events are kept", "err", err)
	case errors.As(err, &refused) && refused.Code == "certificate":
		u.parts.Log.Error("the centre does not accept this box: claim it again; events are kept", "err", err)
	default:
		u.parts.Log.Warn("events cannot be delivered and are kept", "err", err, "retry", retry)
	}
}

// pause waits for news, a retry or the time of a heartbeat.
func (u *Uplink) pause(ctx context.Context, beat, retry <-chan time.Time) {
	wake := u.wake
	if retry != nil {
		wake = nil // a failing line is not asked more often because there is more to say
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
			return
		case <-retry:
			return
		case <-u.hurry:
			u.heartbeat(ctx)
		case <-beat:
			if u.heartbeat(ctx) && retry != nil {
				return // the line is back
			}
		}
	}
}

// send sends one batch. more tells that the journal may hold another. What takes too long is less the next time: a line that
// is slow is no line for ever else.
func (u *Uplink) send(ctx context.Context) (more bool, err error) {
	records, err := u.parts.Journal.Read(max(wire.MaxBatchEvents>>u.slow, 1))
	if err != nil || len(records) == 0 {
		return false, err
	}
	events, last := u.batch(records)
	if len(events) > 0 {
		err := u.deliver(ctx, events)
		if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
			u.slow = min(u.slow+1, maxSlow)
		}
		if err != nil {
			return false, err
		}
	}
	u.slow = max(u.slow, 1) - 1
	return true, u.parts.Journal.Ack(last)
}

// batch decodes records up to what one message may hold and tells the last one used.
func (u *Uplink) batch(records []journal.Record) (events []wire.Event, last uint64) {
	size := 0
	for _, r := range records {
		if size += len(r.Data); size > wire.MaxBatchBytes/2 && last > 0 {
			break
		}
		last = r.Seq
		e, err := u.parts.Decode(r.Data)
		if errors.Is(err, ErrSkip) {
			continue
		}
		if err != nil {
			u.parts.Log.Error("journal record cannot be read, skipped", "seq", r.Seq, "err", err)
			continue
		}
		events = append(events, e)
	}
	return events, last
}

// deliver sends events, in halves where the centre cannot take them together, so
// that one bad event does not keep the others. Events that are refused even alone are
// given up, but only when others were taken: a centre that takes none is at fault itself.
func (u *Uplink) deliver(ctx context.Context, events []wire.Event) error {
	taken := 0
	var bad []wire.Event
	var why error
	for open := [][]wire.Event{events}; len(open) > 0; {
		part := open[0]
		open = open[1:]
		err := u.post(ctx, part)
		var r *refusal
		switch {
		case err == nil:
			taken += len(part)
		case !errors.As(err, &r) || !r.body():
			return err
		case len(part) == 1:
			bad, why = append(bad, part[0]), err
		default:
			open = append(open, part[:len(part)/2], part[len(part)/2:])
		}
	}
	if taken == 0 {
		return why
	}
	for _, e := range bad {
		u.parts.Log.Error("the centre refuses an event", "id", e.ID, "why", why)
	}
	return nil
}

func (u *Uplink) post(ctx context.Context, events []wire.Event) error {
	body, err := json.Marshal(wire.Batch{Version: wire.Version, Events: events})
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	var ack wire.Ack
	if err := call(ctx, u.client(), u.cfg.URL+wire.PathEvents, "application/zstd", u.enc.EncodeAll(body, nil), &ack); err != nil {
		return err
	}
	for id, why := range ack.Refused {
		u.parts.Log.Error("the centre refuses an event", "id", id, "why", why)
	}
	return nil
}

// heartbeat tells how the box is; true when the centre heard it.
func (u *Uplink) heartbeat(ctx context.Context) bool {
	u.one.Lock()
	defer u.one.Unlock()
	changed, err := u.beat(ctx)
	if changed { // whoever asked for it wants to see it done
		_, err = u.beat(ctx)
	}
	if err != nil && ctx.Err() == nil {
		u.parts.Log.Warn("heartbeat failed", "err", err)
	}
	return err == nil
}

// beat tells how the box is; changed when the answer has changed something about that.
func (u *Uplink) beat(ctx context.Context) (changed bool, err error) {
	beat := wire.Heartbeat{Version: wire.Version, Health: u.parts.Health()}
	if u.parts.Bundles != nil {
		beat.Bundles = u.parts.Bundles()
	}
	if u.parts.PolicyState != nil {
		beat.Policy = u.parts.PolicyState()
	}
	body, err := json.Marshal(beat)
	if err != nil {
		return false, fmt.Errorf("uplink: %w", err)
	}
	var resp wire.HeartbeatResponse
	start := time.Now()
	err = call(ctx, u.client(), u.cfg.URL+wire.PathHeartbeat, "application/json", body, &resp)
	if u.parts.Reached != nil && ctx.Err() == nil {
		var ahead time.Duration
		if !resp.Time.IsZero() {
			ahead = resp.Time.Sub(start.Add(time.Since(start) / 2))
		}
		u.parts.Reached(ahead, err)
	}
	if err == nil && u.parts.Wanted != nil {
		u.parts.Wanted(resp.Bundles)
	}
	if err != nil {
		return false, err
	}
	if resp.Certificate != "" {
		u.renew(resp.Certificate)
	}
	changed = u.parts.Held != nil && u.parts.Held(resp.Held)
	if u.parts.Policy != nil {
		changed = u.parts.Policy(ctx, resp.Policy, u) || changed
		u.told.Store(&resp.Policy)
	}
	return changed, nil
}
