package bulletin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"otasuke/internal/outward"
)

const (
	// patience with a whole reply.
	patience = 30 * time.Second
	// maxHops are redirects that are followed, each looked at anew.
	maxHops = 3
	// DefaultEvery is how often a source is asked; MinEvery is the least that agencies ask for.
	DefaultEvery = time.Hour
	MinEvery     = 10 * time.Minute
	// maxTag in bytes of what a source wants to hear again.
	maxTag = 500
	// maxSources of a centre.
	maxSources = 50
)

// Errors.
var (
	ErrSource = errors.New("bulletin: source")
	ErrAnswer = errors.New("bulletin: the source does not answer with its list")
)

// Source is one of the configuration.
type Source struct {
	Name string `toml:"name"` // short, as the desk reads it: letters, digits, dashes
	Kind string `toml:"kind"` // rss, jvn, kev
	URL  string `toml:"url"`
	// Every is how often it is asked; an hour when 0.
	Every time.Duration `toml:"every"`
}

var named = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Check says what is wrong with sources.
func Check(all []Source) error {
	if len(all) > maxSources {
		return fmt.Errorf("%w: more than %d", ErrSource, maxSources)
	}
	seen := map[string]bool{}
	for _, s := range all {
		u, err := url.Parse(s.URL)
		switch {
		case !named.MatchString(s.Name) || seen[s.Name]:
			return fmt.Errorf("%w: name %q: letters, digits and dashes, each once", ErrSource, s.Name)
		case !slices.Contains(Kinds, s.Kind):
			return fmt.Errorf("%w: %s: kind %q is none of %v", ErrSource, s.Name, s.Kind, Kinds)
		case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
			return fmt.Errorf("%w: %s: %q is no address", ErrSource, s.Name, s.URL)
		case s.Every != 0 && s.Every < MinEvery:
			return fmt.Errorf("%w: %s: every %v is less than %v", ErrSource, s.Name, s.Every, MinEvery)
		}
		seen[s.Name] = true
	}
	return nil
}

// Known is what a source wants to hear again (RFC 9110 §13.1).
type Known struct{ ETag, Modified string }

// Reply is what a source said.
type Reply struct {
	Items []Item
	Known
	Same bool // as last time
}

// Client fetches.
type Client struct{ http *http.Client }

// NewClient makes one; private lets it into private networks.
func NewClient(private bool) *Client {
	c := outward.Client(patience, private)
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > maxHops || r.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &Client{http: c}
}

// Fetch asks a source for what is new since last time.
func (c *Client) Fetch(ctx context.Context, s *Source, last Known) (Reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrSource, err)
	}
	r.Header.Set("User-Agent", "Otasuke")
	r.Header.Set("Accept", "application/json, application/rss+xml, application/atom+xml, application/xml, text/xml, */*;q=0.1")
	if last.ETag != "" {
		r.Header.Set("If-None-Match", last.ETag)
	}
	if last.Modified != "" {
		r.Header.Set("If-Modified-Since", last.Modified)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && last != (Known{}):
		return Reply{Known: last, Same: true}, nil
	case resp.StatusCode != http.StatusOK:
		return Reply{}, fmt.Errorf("%w: %d", ErrAnswer, resp.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, MaxReply+1))
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	items, err := Read(s.Kind, raw)
	if err != nil {
		return Reply{}, err
	}
	known := Known{ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified")}
	if len(known.ETag) > maxTag || len(known.Modified) > maxTag {
		known = Known{}
	}
	return Reply{Items: items, Known: known}, nil
}
