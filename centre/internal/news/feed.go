package news

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/bulletin"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/news/words"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

const (
	// fresh is how old an item may be that becomes a draft: a new source has years in it, and nobody warns of last year.
	fresh = 14 * 24 * time.Hour
	// maxNew drafts of one asking; the rest, which is older, comes with the next.
	maxNew = 30
	// maxWaiting drafts of one source that nobody has touched: more are read by nobody.
	maxWaiting = 100
	system     = "system:news"
)

type fetchArgs struct {
	Source string `json:"source"`
}

// Plan has every source asked; it is called when a process starts.
func (s *Service) Plan(ctx context.Context) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		for i := range s.Sources {
			if err := job.Enqueue(tx, job.Job{Kind: KindFetch, Args: fetchArgs{s.Sources[i].Name}, RunAt: s.Clock.Now(), Unique: s.Sources[i].Name}); err != nil {
				return err
			}
		}
		return nil
	})
}

// HandleFetch asks one source, makes drafts of what is new, and has it asked again. A source that fails is asked again at its
// usual time; the desk sees since when it is so.
func (s *Service) HandleFetch(ctx context.Context, _ string, raw json.RawMessage) error {
	var args fetchArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: news: %w", job.ErrGiveUp, err)
	}
	var src *bulletin.Source
	for i := range s.Sources {
		if s.Sources[i].Name == args.Source {
			src = &s.Sources[i]
		}
	}
	if src == nil {
		return nil // not in the configuration any more
	}
	var a asked
	err := s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		a, err = selectFeed(tx, src.Name)
		return err
	})
	if err != nil {
		return err
	}
	reply, fault := s.Client.Fetch(ctx, src, bulletin.Known{ETag: a.etag, Modified: a.modified})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now := s.Clock.Now()
	if a.at, a.fault = now, ""; fault != nil {
		s.Log.Warn("source of news does not answer", "source", src.Name, "error", fault)
		a.fault = clip(fault.Error(), maxWhy)
	} else {
		a.good = now
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if fault == nil && !reply.Same {
			more, err := s.take(tx, src.Name, reply.Items, now)
			if err != nil {
				return err
			}
			a.etag, a.modified = reply.ETag, reply.Modified
			if more { // what was left over has to be sent again
				a.etag, a.modified = "", ""
			}
		}
		every := src.Every
		if every == 0 {
			every = bulletin.DefaultEvery
		}
		return errors.Join(putFeed(tx, src.Name, a), job.Enqueue(tx, job.Job{Kind: KindFetch, Args: args, RunAt: now.Add(every), Unique: src.Name}))
	})
}

// Hear makes drafts of what a source says, as when it was asked.
func (s *Service) Hear(ctx context.Context, source string, items []bulletin.Item) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		_, err := s.take(tx, source, items, s.Clock.Now())
		return err
	})
}

// take makes drafts of items, or says of one that is there that its source has changed it. more: not all that are fresh were taken.
func (s *Service) take(tx *store.Tx, source string, items []bulletin.Item, now time.Time) (more bool, err error) {
	waiting, err := countUntouched(tx, source)
	if err != nil {
		return false, err
	}
	made := 0
	for _, i := range items {
		p, err := bySource(tx, source, i.Key)
		switch digest := digestOf(&i); {
		case err == nil && p.Digest == digest:
			continue
		case err == nil:
			if p.Digest = digest; p.Edited == system && p.State == Draft { // nobody's words are lost
				p.Title, p.Body = s.said(&i)
				p.URL = i.URL
				p.Revision++
			}
			// Also of what was sent or put away: it may be worse by now. Who puts it away again is asked no more until then.
			p.Changed, p.Moved = true, now
			if p.State == Dropped {
				p.State = Draft
			}
			err = putPiece(tx, &p)
		case !errors.Is(err, store.ErrNotFound):
		case i.At.Before(now.Add(-fresh)) || i.At.After(now.Add(fresh)):
			continue
		case made >= maxNew || waiting+made >= maxWaiting:
			more = true
			continue
		default:
			made++
			p = Piece{ID: newID(), Kind: Warning, State: Draft, Source: source, Key: i.Key, URL: i.URL, Digest: digest, By: system, Edited: system, Made: now, Moved: now, Revision: 1}
			p.Title, p.Body = s.said(&i)
			err = putPiece(tx, &p)
		}
		if err != nil {
			return more, err
		}
	}
	return more, nil
}

// said is the text of a draft: what the source says, for the operator to say it in plain words.
func (s *Service) said(i *bulletin.Item) (title, body map[string]string) {
	return map[string]string{ja.Japanese: clip(i.Title, MaxTitle), ja.English: ""}, map[string]string{ja.Japanese: words.Clean(i.Text), ja.English: ""}
}

func digestOf(i *bulletin.Item) string {
	sum := sha256.Sum256([]byte(i.Title + "\x00" + i.URL + "\x00" + i.Text))
	return hex.EncodeToString(sum[:16])
}

func clip(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

// Feed is how it stands with a source.
type Feed struct {
	bulletin.Source
	Asked, Good time.Time
	Fault       string
}

// Feeds are the sources of the configuration.
func (s *Service) Feeds(ctx context.Context) (all []Feed, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		for _, src := range s.Sources {
			a, err := selectFeed(tx, src.Name)
			if err != nil {
				return err
			}
			all = append(all, Feed{src, a.at, a.good, a.fault})
		}
		return nil
	})
	return all, err
}

func countUntouched(tx *store.Tx, source string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM news WHERE tenant_id = $1 AND source = $2 AND state = 'draft' AND edited_by = $3`, source, system).Scan(&n)
	return n, err
}
