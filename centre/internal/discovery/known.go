package discovery

import (
	"context"
	"net/url"
	"strings"
	"time"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

const (
	// fresh is how long what was read is used; a change in this process ends that at once.
	fresh = time.Second
	// look is how often it is looked whether another process has changed something: boxes are promised a minute.
	look = 5 * time.Second
)

// known is what was read at a time. It does not change.
type known struct {
	read  time.Time
	woken <-chan struct{}
	seq   int64
	all   []Discovery // confirmed, also those that have ended lately
	by    map[string]string
}

// good tells that it can be used still.
func (k *known) good(now time.Time) bool {
	if k == nil || now.Before(k.read) || now.Sub(k.read) >= fresh {
		return false
	}
	select {
	case <-k.woken:
		return false
	default:
		return true
	}
}

func (s *Service) current(ctx context.Context) (*known, error) {
	now := s.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known.good(now) {
		return s.known, nil
	}
	k := &known{read: now, woken: s.Store.Woken(policy.TopicAll), by: map[string]string{}}
	err := s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		if k.seq, err = lastSeq(tx); err == nil {
			k.all, err = since(tx, now.Add(-counted))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range k.all { // the newest last
		d := &k.all[i]
		k.by[d.Kind+" "+key(d.Kind, d.Value)] = d.ID
	}
	s.known = k
	return k, nil
}

// key is what events tell of a value: a page without its query's values.
func key(kind, value string) string {
	if kind != wire.StopPage {
		return value
	}
	value = strings.TrimPrefix(value, "http://")
	value, _, _ = strings.Cut(value, "?")
	return value
}

// Stops is what boxes stop for all, with the number of that state, as policy.Config wants it.
func (s *Service) Stops(ctx context.Context) (seq int64, stops []wire.Stop, files []wire.StopFile, err error) {
	k, err := s.current(ctx)
	if err != nil {
		return 0, nil, nil, err
	}
	now := s.Clock.Now()
	for i := range k.all {
		switch d := &k.all[i]; {
		case d.now(now) != Active:
		case d.Kind == KindFile:
			files = append(files, wire.StopFile{SHA256: d.Value, Until: d.Ends})
		default:
			stops = append(stops, wire.Stop{Kind: d.Kind, Value: d.Value, Category: d.Category, Until: d.Ends})
		}
	}
	return k.seq, stops, files, nil
}

// Counter gives what counts events of something that was stopped because of a discovery, each in the transaction that keeps
// it; nil when none of them is such.
func (s *Service) Counter(ctx context.Context, events []wire.Event) (func(tx *store.Tx, e *wire.Event) error, error) {
	some := false
	for i := range events {
		some = some || stopped(&events[i])
	}
	if !some {
		return nil, nil
	}
	k, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx, e *wire.Event) error {
		id := k.of(e)
		if id == "" {
			return nil
		}
		return hit(tx, id, e.Time)
	}, nil
}

// stopped tells that an event is about something that was stopped for all.
func stopped(e *wire.Event) bool {
	return e.Verdict == wire.VerdictBlocked && (e.Site != nil && e.Site.List == wire.ListStops || e.File != nil && e.File.Virus == wire.FileStopped)
}

// of is the discovery behind an event, "" for none.
func (k *known) of(e *wire.Event) string {
	switch {
	case !stopped(e):
		return ""
	case e.File != nil:
		return k.by[KindFile+" "+e.File.SHA256]
	}
	if e.Site.Layer == "http" {
		page, err := url.Parse("http://" + strings.TrimPrefix(e.URL, "http://"))
		if err == nil {
			if id := k.by[wire.StopPage+" "+page.Host+page.EscapedPath()]; id != "" {
				return id
			}
		}
	}
	if id := k.by[wire.StopAddr+" "+e.Site.Name]; id != "" {
		return id
	}
	for name := strings.ToLower(e.Site.Name); name != ""; _, name, _ = strings.Cut(name, ".") {
		if id := k.by[wire.StopName+" "+name]; id != "" {
			return id
		}
	}
	return ""
}
