// Package fetch brings mails from a mailbox (IMAP, RFC 9051) to the desk. A mail leaves the mailbox only after it was
// taken: it is moved to a folder beside. Dying in between brings it once more, and the desk knows it again.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
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
	// defaultEvery is how often the mailbox is looked at: people who write mails do not wait at the screen.
	defaultEvery = 30 * time.Second
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
	// MaxSize in bytes: a larger mail stays where it is, and its header is taken with a word about that.
	MaxSize int64
	// Take keeps a mail; nil means that it cannot be lost any more. cut: it is only the header of a larger one.
	Take func(ctx context.Context, raw []byte, cut bool) error
	Log  *slog.Logger
}

// Fetcher looks into a mailbox again and again.
type Fetcher struct{ cfg Config }

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
	if cfg.Done == "" {
		cfg.Done = defaultDone
	}
	if cfg.Folder == "" {
		cfg.Folder = "INBOX"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Fetcher{cfg}, nil
}

// Run looks until ctx ends. A mailbox that cannot be reached is said once, and looked for again.
func (f *Fetcher) Run(ctx context.Context) error {
	tick := time.NewTicker(f.cfg.Every)
	defer tick.Stop()
	for last := ""; ; {
		n, err := f.Look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && err.Error() != last:
			f.cfg.Log.Error("mailbox of the desk cannot be read", "error", err)
			last = err.Error()
		case err == nil:
			last = ""
		}
		if n > 0 && err == nil {
			continue // perhaps there is more
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look takes what is there now and says how many mails that were.
func (f *Fetcher) Look(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := f.dial(ctx)
	if err != nil {
		return 0, fmt.Errorf("fetch: %w", err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err := c.Login(f.cfg.Username, f.cfg.Password).Wait(); err != nil {
		return 0, fmt.Errorf("fetch: login: %w", err)
	}
	if _, err := c.Select(f.cfg.Folder, nil).Wait(); err != nil {
		return 0, fmt.Errorf("fetch: %s: %w", f.cfg.Folder, err)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return 0, fmt.Errorf("fetch: search: %w", err)
	}
	uids := found.AllUIDs()
	if len(uids) == 0 {
		return 0, nil
	}
	if status, err := c.Status(f.cfg.Done, &imap.StatusOptions{UIDNext: true}).Wait(); err != nil || status == nil {
		if err := c.Create(f.cfg.Done, nil).Wait(); err != nil {
			return 0, fmt.Errorf("fetch: folder %s: %w", f.cfg.Done, err)
		}
	}
	for _, uid := range uids[:min(len(uids), atOnce)] {
		if err := f.one(ctx, c, uid); err != nil {
			return n, err
		}
		n++
	}
	return n, c.Logout().Wait()
}

func (f *Fetcher) dial(ctx context.Context) (*imapclient.Client, error) {
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
		return imapclient.New(conn, nil), nil
	case TLSStart:
		return imapclient.NewStartTLS(conn, &imapclient.Options{TLSConfig: conf})
	}
	secure := tls.Client(conn, conf)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return imapclient.New(secure, nil), nil
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
	if len(got) == 0 || len(got[0].BodySection) == 0 {
		return nil
	}
	if err := f.cfg.Take(ctx, got[0].FindBodySection(section), cut); err != nil {
		return fmt.Errorf("fetch: take: %w", err)
	}
	if _, err := c.Move(set, f.cfg.Done).Wait(); err != nil {
		return fmt.Errorf("fetch: move: %w", err)
	}
	return nil
}
