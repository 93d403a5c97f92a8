package store

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// channel is PostgreSQL's, for [base.WakeAll] of all processes of a centre.
	channel = "otasuke_wake"
	// listenAgain is how soon it is tried again to listen; who waits for a topic looks by itself meanwhile, later.
	listenAgain = time.Second
)

// listen wakes whoever waits here for what other processes have committed, until ctx ends. ready is called when it listens for
// the first time.
func (s *Store) listen(ctx context.Context, ready func()) {
	for said := false; ctx.Err() == nil; {
		heard, err := s.hear(ctx, ready)
		ready = s.wakeEverybody // something may have been said while it did not
		if ctx.Err() != nil {
			return
		}
		if heard || !said { // once for each time that it is away
			said = true
			s.log.Warn("store: other processes of the centre are not heard for a moment", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

// hear listens on one connection until that ends; heard tells that it did.
func (s *Store) hear(ctx context.Context, ready func()) (heard bool, err error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return false, wrap(err)
	}
	defer conn.Close()
	var ended error
	_ = conn.Raw(func(c any) error {
		pg := c.(*stdlib.Conn).Conn()
		if _, ended = pg.Exec(ctx, "LISTEN "+channel); ended == nil {
			heard = true
			ready()
		}
		for ended == nil {
			n, err := pg.WaitForNotification(ctx)
			if ended = err; err == nil {
				s.wake([]string{n.Payload})
			}
		}
		return driver.ErrBadConn // it listens, so nobody else may have it
	})
	return heard, wrap(ended)
}

// wakeEverybody wakes all topics.
func (s *Store) wakeEverybody() {
	s.topics.Lock()
	defer s.topics.Unlock()
	for topic, c := range s.waiting {
		close(c)
		delete(s.waiting, topic)
	}
}

// announce tells other processes, once the transaction is committed.
func (b *base) announce() error {
	for _, topic := range b.everywhere {
		if _, err := b.exec(`SELECT pg_notify('`+channel+`', $1)`, []any{topic}); err != nil {
			return err
		}
	}
	return nil
}
