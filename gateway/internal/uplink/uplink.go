package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/gateway/internal/journal"
	"otasuke/wire"
)

// Retry delays after a failure: quick at first, then as rare as still helps.
const (
	retryFirst = 500 * time.Millisecond
	retryMax   = time.Minute
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
	enc   *zstd.Encoder
	http  *http.Client
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
	return &Uplink{cfg: cfg, parts: parts, wake: make(chan struct{}, 1), enc: enc, http: client}, nil
}

// Wake tells that the journal has something new.
func (u *Uplink) Wake() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// Run sends events and heartbeats until ctx ends.
func (u *Uplink) Run(ctx context.Context) error {
	delay := retryFirst
	beat := time.NewTicker(u.parts.Heartbeat)
	defer beat.Stop()
	if err := u.beat(ctx); err != nil {
		u.parts.Log.Warn("heartbeat failed", "err", err)
	}
	for ctx.Err() == nil {
		more, err := u.send(ctx)
		if err == nil && more {
			delay = retryFirst
			continue
		}
		var retry <-chan time.Time
		if err != nil {
			u.parts.Log.Warn("centre not reached, events wait", "err", err, "retry", delay)
			retry = time.After(delay)
			delay = min(2*delay, retryMax)
		} else {
			delay = retryFirst
		}
		u.pause(ctx, beat.C, retry)
	}
	return nil
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
		case <-beat:
			if err := u.beat(ctx); err != nil {
				u.parts.Log.Warn("heartbeat failed", "err", err)
			} else if retry != nil {
				return // the line is back
			}
		}
	}
}

// send sends one batch. more tells that the journal may hold another.
func (u *Uplink) send(ctx context.Context) (more bool, err error) {
	records, err := u.parts.Journal.Read(wire.MaxBatchEvents)
	if err != nil || len(records) == 0 {
		return false, err
	}
	batch := wire.Batch{Version: wire.Version}
	size := 0
	last := records[0].Seq
	for _, r := range records {
		if size += len(r.Data); size > wire.MaxBatchBytes/2 && len(batch.Events) > 0 {
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
		batch.Events = append(batch.Events, e)
	}
	if len(batch.Events) > 0 {
		if err := u.post(ctx, batch); err != nil {
			return false, err
		}
	}
	return true, u.parts.Journal.Ack(last)
}

func (u *Uplink) post(ctx context.Context, batch wire.Batch) error {
	body, err := json.Marshal(batch)
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	var ack wire.Ack
	if err := call(ctx, u.http, u.cfg.URL+wire.PathEvents, "application/zstd", u.enc.EncodeAll(body, nil), &ack); err != nil {
		return err
	}
	for id, why := range ack.Refused {
		u.parts.Log.Error("centre refused an event", "id", id, "why", why)
	}
	return nil
}

func (u *Uplink) beat(ctx context.Context) error {
	body, err := json.Marshal(wire.Heartbeat{Version: wire.Version, Health: u.parts.Health()})
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	var resp wire.HeartbeatResponse
	return call(ctx, u.http, u.cfg.URL+wire.PathHeartbeat, "application/json", body, &resp)
}

// Beat sends a heartbeat now: for the moment when something important changed.
func (u *Uplink) Beat(ctx context.Context) error { return u.beat(ctx) }
