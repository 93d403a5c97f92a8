package news

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/bulletin"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news/words"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of news; they point to those of tenant.
func Schema() store.Schema { return store.Sub("news", migrations) }

// Kinds of jobs. Those of the centre: KindSpread, KindFetch, KindRemind, KindTell.
const (
	KindSpread = "news.spread" // a piece of news goes to its companies
	KindMail   = "news.mail"   // one mail
	KindFetch  = "news.fetch"  // a source is asked
	KindRemind = "news.remind" // tomorrow is the seminar
	KindTell   = "news.tell"   // somebody's seat
)

// Kind is what a piece of news is.
type Kind string

// Kinds of news.
const (
	Warning Kind = "warning" // 注意喚起
	Notice  Kind = "notice"  // of the service
	Seminar Kind = "seminar"
	Offer   Kind = "offer"
)

// NewsKinds are all of them.
var NewsKinds = []Kind{Warning, Notice, Seminar, Offer}

// Promotion says whether a kind is one that people may end.
func (k Kind) Promotion() bool { return k == Seminar || k == Offer }

// State of a piece of news.
type State string

// States.
const (
	Draft     State = "draft"
	Asked     State = "asked" // another has to look
	Scheduled State = "scheduled"
	Sent      State = "sent"
	Dropped   State = "dropped"
)

// Limits.
const (
	MaxTitle = 100    // characters: with the sender's sign before it still a subject
	MaxBody  = 10_000 // characters
	maxPick  = 50     // values of one kind in an audience
	maxWord  = 60     // characters of maker and model
	maxPlace = 200
	maxSeats = 100_000
	maxList  = 200 // of the desk's lists
	maxShown = 100 // of a company's archive
	maxAhead = 366 * 24 * time.Hour
	maxWhy   = 300 // characters of a server's answer
	// maxWhole companies of a centre.
	maxWhole = 100_000
)

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	// ErrState: somebody was faster, or that step does not exist from here.
	ErrState = errors.New("news: changed meanwhile")
	// ErrSecond: another person has to look.
	ErrSecond = errors.New("news: needs another person")
	// ErrClosed: no seat can be taken any more.
	ErrClosed = errors.New("news: seminar is closed")
	// ErrMany: a company has taken as many seats as it may.
	ErrMany = errors.New("news: too many seats of one company")
	// ErrLast: somebody of a company must get warnings.
	ErrLast = errors.New("news: nobody would get warnings")
)

// FormError is what does not do in a form: field → why, of which the page has words.
type FormError map[string]string

// Error is for logs.
func (e FormError) Error() string { return "news: form" }

// Why something does not do.
const (
	Missing   = "missing"
	Long      = "long"
	Malformed = "malformed"
	Past      = "past"
	Order     = "order" // of two times
)

// Piece is one piece of news.
type Piece struct {
	ID             string
	Kind           Kind
	State          State
	Title, Body    map[string]string // by language; "ja" is always there once it is sent
	Audience       Audience
	SendAt         time.Time // zero: at once
	Revision       int64
	Source, Key    string // of a feed
	URL            string // where the source has it
	Digest         string
	Changed        bool // the source says something else by now
	By, Edited     string
	Asked, Checked string // who asked for a second look, who gave it
	Made, Moved    time.Time
	Out            time.Time // sent; zero while it is not
	Meeting        *Meeting  // of a seminar
}

// In is the title and the body in a language; Japanese when there is no other.
func (p *Piece) In(lang string) (title, body string) {
	if p.Title[lang] == "" || p.Body[lang] == "" {
		lang = ja.Japanese
	}
	return p.Title[lang], p.Body[lang]
}

// Meeting is when and where a seminar is.
type Meeting struct {
	Starts, Ends, Closes time.Time
	Place, Online        string
	Seats                int // 0: no limit
	Slides               string
	Cancelled            time.Time
}

// Sender takes a mail.
type Sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// Companies are those of tenant.Service.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	NamesOf(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
}

// Contracts is contract.Service.
type Contracts interface {
	All(ctx context.Context, who, why string, states ...contract.State) ([]contract.Contract, error)
}

// Config says what the service works with.
type Config struct {
	Store     *store.Store
	Companies Companies
	Contracts Contracts
	Texts     *text.Catalogue
	// Sender may be nil: nothing is mailed then, and mails wait.
	Sender Sender
	// Domain of our Message-IDs.
	Domain string
	// Provider is who sends, Address and Contact what the law wants to stand in promotions.
	Provider, Address, Contact string
	Phone                      string
	Portal                     string // its address without a slash at the end
	// SecondLook: what one person writes, another sends.
	SecondLook bool
	Sources    []bulletin.Source
	Client     *bulletin.Client
	Clock      clock.Clock
	Log        *slog.Logger
}

// Service is the news. It is safe for concurrent use.
type Service struct {
	Config
	key keyOnce
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Client == nil {
		cfg.Client = bulletin.NewClient(false)
	}
	return &Service{Config: cfg}
}

func newID() string { return strings.ToLower(rand.Text()) }

// tidy brings a draft into its normal form; nothing that is typed is lost.
func (p *Piece) tidy() FormError {
	bad := FormError{}
	if !slices.Contains(NewsKinds, p.Kind) {
		bad["kind"] = Malformed
	}
	for _, lang := range []string{ja.Japanese, ja.English} {
		if s, err := entry.Line(p.Title[lang], MaxTitle); err == nil || errors.Is(err, entry.ErrEmpty) {
			p.Title[lang] = s
		} else {
			bad["title_"+lang] = Long
		}
		s := strings.TrimSpace(strings.ReplaceAll(p.Body[lang], "\r\n", "\n"))
		if s != words.Clean(s) {
			bad["body_"+lang] = Malformed
		} else if len([]rune(s)) > MaxBody {
			bad["body_"+lang] = Long
		}
		p.Body[lang] = s
	}
	p.Audience.tidy(bad)
	if m := p.Meeting; m != nil && p.Kind == Seminar {
		m.tidy(bad)
	} else {
		p.Meeting = nil
	}
	if len(bad) == 0 {
		return nil
	}
	return bad
}

func (m *Meeting) tidy(bad FormError) {
	if s, err := entry.Line(m.Place, maxPlace); err == nil || errors.Is(err, entry.ErrEmpty) {
		m.Place = s
	} else {
		bad["place"] = Long
	}
	if m.Online = strings.TrimSpace(m.Online); m.Online != "" && !words.IsLink(m.Online) {
		bad["online"] = Malformed
	}
	if m.Seats < 0 || m.Seats > maxSeats {
		bad["seats"] = Malformed
	}
	if !m.Ends.IsZero() && !m.Ends.After(m.Starts) {
		bad["ends"] = Order
	}
	if m.Closes.After(m.Starts) {
		bad["closes"] = Order
	}
}

// ready says what is missing before it can go out.
func (p *Piece) ready(now time.Time) FormError {
	bad := FormError{}
	for name, value := range map[string]string{"title_ja": p.Title[ja.Japanese], "body_ja": p.Body[ja.Japanese]} {
		if value == "" {
			bad[name] = Missing
		}
	}
	if (p.Title[ja.English] == "") != (p.Body[ja.English] == "") {
		bad["body_en"] = Missing
	}
	if !p.SendAt.IsZero() && p.SendAt.After(now.Add(maxAhead)) {
		bad["send_at"] = Malformed
	}
	if m := p.Meeting; p.Kind == Seminar {
		switch {
		case m == nil || m.Starts.IsZero():
			bad["starts"] = Missing
		case !m.Starts.After(now) || !m.Starts.After(p.SendAt):
			bad["starts"] = Past
		case m.Ends.IsZero():
			bad["ends"] = Missing
		case m.Place == "" && m.Online == "":
			bad["place"] = Missing
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return bad
}

// Calendar is a seminar as a calendar takes it; address is where more stands about it.
func (p *Piece) Calendar(lang, domain, address string, now time.Time) string {
	m := p.Meeting
	title, _ := p.In(lang)
	e := words.Event{ID: p.ID + "@" + domain, Title: title, Place: cmp.Or(m.Place, m.Online), Text: strings.TrimSpace(m.Online + "\n" + address), Starts: m.Starts, Ends: m.Ends, Cancelled: !m.Cancelled.IsZero()}
	return e.Calendar(now)
}
