package news

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/news/words"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/paper"
	"otasuke/internal/throttle"
)

//go:embed *.html
var files embed.FS

//go:embed news.css
var style []byte

// Service is news.Service.
type Service interface {
	Write(ctx context.Context, who string, p news.Piece) (news.Piece, error)
	Send(ctx context.Context, who, id string, revision int64) error
	Approve(ctx context.Context, who, id string, revision int64) error
	Back(ctx context.Context, who, id string, revision int64) error
	Drop(ctx context.Context, who, id string, revision int64) error
	Piece(ctx context.Context, id string) (news.Piece, error)
	Pieces(ctx context.Context, states ...news.State) ([]news.Piece, error)
	Feeds(ctx context.Context) ([]news.Feed, error)
	Reach(ctx context.Context, who string, p *news.Piece) (news.Reached, error)
	Plans(ctx context.Context, who string) ([]string, error)
	Preview(p *news.Piece, lang string) (mail.Message, error)
	Delivery(ctx context.Context, who, id string) (news.Delivery, error)
	Broken(ctx context.Context, who string) ([]news.Broken, error)
	Repaired(ctx context.Context, who, tenantID, email string) error

	Seats(ctx context.Context, who, id string) ([]news.Seat, error)
	Came(ctx context.Context, who, id, seat string, came bool) error
	Move(ctx context.Context, who, id, place, online string) error
	CancelMeeting(ctx context.Context, who, id string) error
	PutSlides(ctx context.Context, who, id string, u *attach.Upload) error

	Archive(ctx context.Context, tenantID, personID string, limit int) ([]news.Shown, error)
	Open(ctx context.Context, tenantID, personID, id string) (news.Shown, error)
	Choices(ctx context.Context, tenantID string) ([]news.Choice, error)
	Choose(ctx context.Context, tenantID, who, personID string, warnings, offers bool) error
	Take(ctx context.Context, tenantID, id string, g news.Guest) (string, error)
	GiveBack(ctx context.Context, tenantID, id, seat string) error
	Own(ctx context.Context, tenantID, id string) ([]news.Seat, error)
	Slides(ctx context.Context, tenantID, id string) (attach.File, []byte, error)

	Leaver(ctx context.Context, token string) (news.Leaver, error)
	Leave(ctx context.Context, token string, again bool) error
	Invited(ctx context.Context, token string) (news.Invited, error)
	Placed(ctx context.Context, token string) (news.Placed, error)
	PlaceLink(ctx context.Context, tenantID, id, email string) (string, error)
}

// Press prints documents; paper.Press is one.
type Press interface {
	Print(ctx context.Context, d *paper.Document) ([]byte, error)
}

// Config says what the pages work with.
type Config struct {
	Service
	// Companies are names by id, and Names those of the staff or of a company.
	Companies func(ctx context.Context, staff tenant.Session, why string) ([]tenant.Company, error)
	Names     func(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	People    func(ctx context.Context, tenantID string) ([]tenant.Person, error)
	Press     Press // nil without fonts
	Provider  string
	Phone     string
	Portal    string // its address without a slash at the end
	Domain    string
	// Addressed: the provider's address stands in the foot of promotions, as the law wants.
	Addressed bool
	// SecondLook: what one writes, another sends.
	SecondLook bool
	Clock      clock.Clock
	Texts      *text.Catalogue
}

type pages struct {
	Config
	ui.Host
	limit                                      *throttle.Limiter
	list, form, one, seats, broken             *ui.Page
	archive, piece, choice, leave, seat, place *ui.Page
}

// Keys of words that something chooses.
const (
	kindKey  = "news.kind_"
	stateKey = "news.state_"
	mailKey  = "news.letter_"
	seatKey  = "news.seat_"
	saidKey  = "news.said_"
	faultKey = "news.fault_"
)

func open(cfg Config, h ui.Host) (*pages, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	// An office behind one address takes seats for its people; a machine that tries addresses out is slowed.
	p := &pages{Config: cfg, Host: h, limit: throttle.New(throttle.Config{Burst: 30, Every: 30 * time.Second, Clock: cfg.Clock})}
	for name, page := range map[string]**ui.Page{"list": &p.list, "form": &p.form, "one": &p.one, "seats": &p.seats, "broken": &p.broken,
		"archive": &p.archive, "piece": &p.piece, "choice": &p.choice, "leave": &p.leave, "seat": &p.seat, "place": &p.place} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html", "parts.html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Desk are the staff's pages, for the console.
func Desk(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "news.nav_staff", Path: "/news", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /news", p.listPage)
		r.Page(ui.Writer, "GET /news/new", p.newPage)
		r.Page(ui.Writer, "POST /news/new", p.write)
		r.Page(ui.Reader, "GET /news/addresses", p.brokenPage)
		r.Page(ui.Writer, "POST /news/addresses", p.repaired)
		r.Page(ui.Reader, "GET /news/one/{news}", p.onePage)
		r.Page(ui.Reader, "GET /news/one/{news}/mail", p.mailPage)
		r.Page(ui.Reader, "GET /news/one/{news}/pdf", p.sheet)
		r.Page(ui.Writer, "GET /news/one/{news}/edit", p.editPage)
		r.Page(ui.Writer, "POST /news/one/{news}/edit", p.write)
		r.Page(ui.Operator, "POST /news/one/{news}/send", p.step)
		r.Page(ui.Operator, "POST /news/one/{news}/approve", p.step)
		r.Page(ui.Operator, "POST /news/one/{news}/back", p.step)
		r.Page(ui.Writer, "POST /news/one/{news}/drop", p.step)
		r.Page(ui.Reader, "GET /news/one/{news}/seats", p.seatsPage)
		r.Page(ui.Reader, "GET /news/one/{news}/csv", p.seatsFile)
		r.Page(ui.Writer, "POST /news/one/{news}/came", p.came)
		r.Page(ui.Operator, "POST /news/one/{news}/move", p.move)
		r.Page(ui.Operator, "POST /news/one/{news}/cancel", p.cancel)
		r.Upload(ui.Operator, "POST /news/one/{news}/slides", attach.MaxSize, p.putSlides)
		return nil
	}}
}

// Customers are the pages of customers, and what the links in mails open, for the portal.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "news.nav", Path: "/news", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /news", p.archivePage)
		r.Page(ui.Reader, "GET /news/choice", p.choicePage)
		r.Page(ui.Writer, "POST /news/choice", p.choose)
		r.Page(ui.Reader, "GET /news/{news}", p.piecePage)
		r.Page(ui.Reader, "GET /news/{news}/pdf", p.ownSheet)
		r.Page(ui.Reader, "GET /news/{news}/slides", p.slides)
		r.Page(ui.Reader, "GET /news/{news}/calendar.ics", p.calendar)
		r.Page(ui.Writer, "POST /news/{news}/take", p.take)
		r.Page(ui.Writer, "POST /news/{news}/leave", p.giveBack)
		r.Open(ui.Holder, "GET /n/leave/{token}", h.Gate.Holder(p.leavePage))
		r.Open(ui.Holder, "POST /n/leave/{token}", h.Gate.Holder(p.leavePage))
		r.Open(ui.Holder, "GET /n/seat/{token}", h.Gate.Holder(p.seatPage))
		r.Open(ui.Holder, "POST /n/seat/{token}", h.Gate.Holder(p.seatPage))
		r.Open(ui.Holder, "GET /n/place/{token}", h.Gate.Holder(p.placePage))
		r.Open(ui.Holder, "POST /n/place/{token}", h.Gate.Holder(p.placePage))
		r.Open(ui.Holder, "GET /n/place/{token}/calendar.ics", h.Gate.Holder(p.placeCalendar))
		r.Open(ui.Holder, "GET /n/place/{token}/slides", h.Gate.Holder(p.placeSlides))
		return nil
	}}
}

// said shows what was just done, chosen by a word in the address.
func said(v *ui.Visit, words ...string) *ui.Flash {
	for _, w := range words {
		if v.Request.FormValue("said") == w {
			return &ui.Flash{Text: v.T(saidKey + w)}
		}
	}
	return nil
}

// failed shows what did not do.
func failed(v *ui.Visit, words ...string) *ui.Flash {
	for _, w := range words {
		if v.Request.FormValue("fault") == w {
			return &ui.Flash{Text: v.T(faultKey + w), Bad: true}
		}
	}
	return said(v)
}

// fault is the word for an error that people can do something about.
func fault(err error) string {
	switch {
	case errors.Is(err, news.ErrState):
		return "state"
	case errors.Is(err, news.ErrSecond):
		return "second"
	case errors.Is(err, news.ErrClosed):
		return "closed"
	case errors.Is(err, news.ErrMany):
		return "many"
	case errors.Is(err, news.ErrLast):
		return "last"
	case errors.Is(err, attach.ErrEmpty):
		return "empty"
	case errors.Is(err, attach.ErrLarge):
		return "large"
	}
	return ""
}

// formFaults are the fields of a form that do not do.
func formFaults(t text.Texts, f ui.Form, err error) bool {
	var bad news.FormError
	if !errors.As(err, &bad) {
		return false
	}
	for field, why := range bad {
		f.Fault(field, t.T(faultKey+why))
	}
	return true
}

// shown is a piece as people read it.
type shown struct {
	Kind, Title, URL string
	Blocks           []words.Block
	Facts            []news.Fact
	Cancelled        bool
	Source           string
}

func show(t text.Texts, p *news.Piece) shown {
	title, body := p.In(t.Lang())
	s := shown{Kind: t.T(kindKey + string(p.Kind)), Title: title, Blocks: words.Blocks(body), Source: p.URL}
	if p.Meeting != nil {
		s.Facts, s.Cancelled = p.Meeting.Facts(t), !p.Meeting.Cancelled.IsZero()
	}
	return s
}

// pdf sends the sheet of a piece for a notice board.
func (p *pages) pdf(w http.ResponseWriter, r *http.Request, d *paper.Document) error {
	b, err := p.Press.Print(r.Context(), d)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `inline; filename="otasuke-news.pdf"`)
	h.Set("Cache-Control", "private, no-store")
	_, err = w.Write(b)
	return err
}
