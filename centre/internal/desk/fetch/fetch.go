// Package fetch brings mails from a mailbox (IMAP, RFC 9051) to the desk. A mail leaves the mailbox only after it was
// taken: it is moved to a folder beside. The server tells of new ones (IDLE, RFC 2177); where it does not, one looks every so often. Dying in between brings it once more, and the desk knows it again.
package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Ways of using TLS.
const (
	TLSImplicit = "implicit" // from the first byte (port 993)
	TLSStart    = "starttls"
	TLSNone     = "none" // for a server on the same machine
)

const (
	// defaultEvery is how often the mailbox is looked at where the server does not tell of mails, and after trouble: people who write
	// mails do not wait at the screen.
	defaultEvery = 30 * time.Second
	// defaultRest is how long one waits for word from the server before one looks anyway: routers forget connections on which nobody
	// says anything, some of them after five minutes.
	defaultRest = 4 * time.Minute
	// answers is how long a server may take to begin or end that.
	answers = 30 * time.Second
	// patience with a server during one look.
	patience = 5 * time.Minute
	// defaultDone is the folder for mails that were taken.
	defaultDone = "Otasuke"
	// atOnce is how many mails are asked for in one look; more come with the next.
	atOnce = 50
)

// ErrConfig tells what is wrong with a configuration.
var ErrConfig = errors.New("fetch: configuration")

// Config says which mailbox.
type Config struct {
	Addr               string // host:port
	TLS                string // one of the TLS… words; "" is TLSImplicit
	TLSConfig          *tls.Config
	Username, Password string
	Folder             string // "" is INBOX
	Done               string // folder for what was taken; "" is Otasuke
	Every              time.Duration
	// Rest is how long one trusts a server to tell of a mail. Poll never does: for servers that only say that they can.
	Rest time.Duration
	Poll bool
	// MaxSize in bytes: a larger mail stays where it is, and its header is taken with a word about that.
	MaxSize int64
	// Take keeps a mail; nil means that it cannot be lost any more. cut: it is only the header of a larger one.
	Take func(ctx context.Context, raw []byte, cut bool) error
	Log  *slog.Logger
}

// Fetcher looks into a mailbox again and again, one look at a time.
type Fetcher struct {
	cfg Config
	bad map[imap.UID]int // how often mails could not be taken
}

// New makes one.
func New(cfg Config) (*Fetcher, error) {
	if _, _, err := net.SplitHostPort(cfg.Addr); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	switch cfg.TLS {
	case "", TLSImplicit, TLSStart, TLSNone:
	default:
		return nil, fmt.Errorf("%w: unknown way of TLS %q", ErrConfig, cfg.TLS)
	}
	if cfg.Every == 0 {
		cfg.Every = defaultEvery
	}
	if cfg.Rest == 0 {
		cfg.Rest = defaultRest
	}
	if cfg.Done == "" {
		cfg.Done = defaultDone
	}
	if cfg.Folder == "" {
		cfg.Folder = "INBOX"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Fetcher{cfg: cfg, bad: map[imap.UID]int{}}, nil
}

// Run looks until ctx ends: as soon as the server says that a mail came (IDLE, RFC 2177), else every so often. A mailbox that cannot
// be reached is said once, and looked for again.
func (f *Fetcher) Run(ctx context.Context) error {
	tick := time.NewTicker(f.cfg.Every)
	defer tick.Stop()
	last := ""
	for {
		err := f.stay(ctx, func() { last = "" })
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && err.Error() != last:
			f.cfg.Log.Error("mailbox of the desk cannot be read", "error", err)
			last = err.Error()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// session is a connection with the mailbox open; woken gets a word when the server says that something changed.
type session struct {
	*imapclient.Client
	woken chan struct{}
}

// within gives the server its time for one thing; after it the connection ends.
func (s *session) within(ctx context.Context, most time.Duration, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	return fn(ctx)
}

// stay takes what is there, and what comes while the server tells of it; nil when the server does not, and somebody has to come
// again. well is called when the mailbox could be read.
func (f *Fetcher) stay(ctx context.Context, well func()) error {
	s, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		for n := 1; n > 0; {
			if err := s.within(ctx, patience, func(ctx context.Context) (err error) { n, err = f.empty(ctx, s); return err }); err != nil {
				return err
			}
		}
		well()
		if f.cfg.Poll || !s.Caps().Has(imap.CapIdle) {
			return s.within(ctx, patience, func(context.Context) error { return s.Logout().Wait() })
		}
		if err := f.idle(ctx, s); err != nil {
			return err
		}
	}
}

// idle waits until the server says that something changed, or for rest.
func (f *Fetcher) idle(ctx context.Context, s *session) error {
	var cmd *imapclient.IdleCommand
	if err := s.within(ctx, answers, func(context.Context) (err error) { cmd, err = s.Idle(); return err }); err != nil {
		return fmt.Errorf("fetch: idle: %w", err)
	}
	timer := time.NewTimer(f.cfg.Rest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.woken:
	case <-timer.C:
	case <-s.Closed():
	}
	if err := s.within(ctx, answers, func(context.Context) error { return errors.Join(cmd.Close(), cmd.Wait()) }); err != nil {
		return fmt.Errorf("fetch: idle: %w", err)
	}
	return nil
}

// open logs in and opens the mailbox.
func (f *Fetcher) open(ctx context.Context) (s *session, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	woken := make(chan struct{}, 1)
	c, err := f.dial(ctx, func() {
		select {
		case woken <- struct{}{}:
		default: // it is known already
		}
	})
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err := c.Login(f.cfg.Username, f.cfg.Password).Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("fetch: login: %w", err), c.Close())
	}
	if _, err := c.Select(f.cfg.Folder, nil).Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("fetch: %s: %w", f.cfg.Folder, err), c.Close())
	}
	return &session{c, woken}, nil
}

// Look takes what is there now and says how many mails that were.
func (f *Fetcher) Look(ctx context.Context) (n int, err error) {
	s, err := f.open(ctx)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	err = s.within(ctx, patience, func(ctx context.Context) error {
		if n, err = f.empty(ctx, s); err != nil {
			return err
		}
		return s.Logout().Wait()
	})
	return n, err
}

// empty takes some of what is there, and says how many mails that were.
func (f *Fetcher) empty(ctx context.Context, s *session) (n int, err error) {
	found, err := s.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return 0, fmt.Errorf("fetch: search: %w", err)
	}
	uids := found.AllUIDs()
	if len(uids) == 0 {
		return 0, nil
	}
	if status, err := s.Status(f.cfg.Done, &imap.StatusOptions{UIDNext: true}).Wait(); err != nil || status == nil {
		if err := s.Create(f.cfg.Done, nil).Wait(); err != nil {
			return 0, fmt.Errorf("fetch: folder %s: %w", f.cfg.Done, err)
		}
	}
	// A server that cannot read a mail may hang up at that, each time.
	slices.SortStableFunc(uids, func(a, b imap.UID) int { return cmp.Compare(f.last(a), f.last(b)) })
	for _, uid := range uids[:min(len(uids), atOnce)] {
		if err := f.one(ctx, s.Client, uid); err != nil {
			f.bad[uid]++
			return n, err
		}
		delete(f.bad, uid)
		n++
	}
	return n, nil
}

// last is 1 for a mail that goes behind all others: it failed more than once, so it may be the mail.
func (f *Fetcher) last(uid imap.UID) int {
	if f.bad[uid] > 1 {
		return 1
	}
	return 0
}

// dial connects; changed is called when the server says on its own that the mailbox has more mails.
func (f *Fetcher) dial(ctx context.Context, changed func()) (*imapclient.Client, error) {
	options := imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
		if d.NumMessages != nil {
			changed()
		}
	}}}
	host, _, _ := net.SplitHostPort(f.cfg.Addr)
	conf := &tls.Config{}
	if f.cfg.TLSConfig != nil {
		conf = f.cfg.TLSConfig.Clone()
	}
	conf.ServerName, conf.MinVersion = host, tls.VersionTLS12
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", f.cfg.Addr)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	switch f.cfg.TLS {
	case TLSNone:
		return imapclient.New(conn, &options), nil
	case TLSStart:
		options.TLSConfig = conf
		return imapclient.NewStartTLS(conn, &options)
	}
	secure := tls.Client(conn, conf)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return imapclient.New(secure, &options), nil
}

// one takes a mail and moves it away.
func (f *Fetcher) one(ctx context.Context, c *imapclient.Client, uid imap.UID) error {
	set := imap.UIDSetNum(uid)
	sizes, err := c.Fetch(set, &imap.FetchOptions{RFC822Size: true, UID: true}).Collect()
	if err != nil || len(sizes) == 0 {
		return err // it is gone
	}
	section := &imap.FetchItemBodySection{Peek: true}
	cut := f.cfg.MaxSize > 0 && sizes[0].RFC822Size > f.cfg.MaxSize
	if cut {
		section.Specifier = imap.PartSpecifierHeader
	}
	got, err := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return fmt.Errorf("fetch: mail: %w", err)
	}
	if len(got) == 0 {
		return nil // it is gone
	}
	if len(got[0].BodySection) == 0 {
		return errors.New("fetch: mail: the server does not give it")
	}
	if err := f.cfg.Take(ctx, got[0].FindBodySection(section), cut); err != nil {
		return fmt.Errorf("fetch: take: %w", err)
	}
	if _, err := c.Move(set, f.cfg.Done).Wait(); err != nil {
		return fmt.Errorf("fetch: move: %w", err)
	}
	return nil
}
