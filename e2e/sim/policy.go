package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"otasuke/wire"
)

// wanted is what a box's company wants of it.
type wanted struct {
	mu    sync.Mutex
	id    string
	taken map[string]int // how often each was taken
}

// state is what is in force, and whether something was taken more than once.
func (w *wanted) state() (id string, again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.taken {
		again = again || n > 1
	}
	return w.id, again
}

// take fetches what the company wants and puts it in force, whole or not at all. What fails is tried at the next heartbeat.
func (b *box) take(ctx context.Context) {
	p, err := b.policy(ctx)
	if err != nil {
		b.r.retries.Add(1)
		return
	}
	b.wanted.mu.Lock()
	defer b.wanted.mu.Unlock()
	if b.wanted.id == p.ID {
		return
	}
	if b.wanted.taken == nil {
		b.wanted.taken = map[string]int{}
	}
	b.wanted.id = p.ID
	b.wanted.taken[p.ID]++
	b.r.took.Add(1)
}

func (b *box) policy(ctx context.Context) (p wire.Policy, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.r.o.URL+wire.PathPolicy, nil)
	if err != nil {
		return p, err
	}
	resp, err := b.transport.RoundTrip(req)
	if err != nil {
		return p, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxPolicyBytes))
	if err != nil {
		return p, err
	}
	if resp.StatusCode != http.StatusOK {
		return p, fmt.Errorf("the centre answers %s", resp.Status)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, err
	}
	told := p.ID
	if err := p.Check(); err != nil {
		return p, err
	}
	if err := p.Seal(); err != nil || p.ID != told {
		return p, fmt.Errorf("sim: half a policy: %q, not %q", p.ID, told)
	}
	return p, nil
}
