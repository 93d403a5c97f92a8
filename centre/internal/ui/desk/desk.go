package desk

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	content "otasuke/content/desk"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/throttle"
)

//go:embed *.html
var files embed.FS

//go:embed desk.css
var style []byte

// Companies knows the customers and their people; tenant.Service is one.
type Companies interface {
	Companies(ctx context.Context, staff tenant.Session, why string) ([]tenant.Company, error)
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	PersonByID(ctx context.Context, tenantID, personID string) (tenant.Person, error)
	Audit(ctx context.Context, tenantID, who, action, object, why string) error
}

// Alerts finds alerts; alert.Service is one.
type Alerts interface {
	Get(ctx context.Context, tenantID, id string) (alert.Alert, error)
	List(ctx context.Context, tenantID string, f alert.Filter) ([]alert.Alert, error)
	ByCase(ctx context.Context, who, why, number string) (alert.Alert, error)
}

// Boxes knows boxes; device.Service is one.
type Boxes interface {
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
	Fleet(ctx context.Context, who, why string, limit int) ([]device.FleetBox, error)
}

// Contracts knows who signed; contract.Service is one.
type Contracts interface {
	Contracts(ctx context.Context, tenantID string) ([]contract.Contract, error)
	All(ctx context.Context, who, why string, states ...contract.State) ([]contract.Contract, error)
	ByNumber(ctx context.Context, number string) (id string, err error)
	Application(ctx context.Context, id string) (contract.Application, []contract.Step, []contract.Application, error)
}

// Families says what an alert is called; knowledge.Knowledge is one.
type Families interface {
	Title(family, lang string) string
}

// Config says what the pages work with.
type Config struct {
	Desk      *desk.Service
	Book      *content.Book
	Companies Companies
	Alerts    Alerts
	Boxes     Boxes
	Contracts Contracts
	Families  Families
	Clock     clock.Clock
}

// Pages are the handlers.
type Pages struct {
	Config
	ui.Host
	looks                              *throttle.Limiter
	list, form, one                    *ui.Page
	queue, company, ticket, handoverTo *ui.Page
	move                               *ui.Page
}

// onceEvery is how long one look at a company is one look.
const onceEvery = 10 * time.Minute

// Customers are the pages of the portal.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "desk.nav", Path: "/desk", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /desk", p.listPage)
		r.Page(ui.Writer, "GET /desk/new", p.formPage)
		r.Upload(ui.Writer, "POST /desk/new", attach.MaxSize, p.ask)
		r.Page(ui.Reader, "GET /desk/{ticket}", p.onePage)
		r.Upload(ui.Writer, "POST /desk/{ticket}/say", attach.MaxSize, p.say)
		r.Page(ui.Writer, "POST /desk/{ticket}/rate", p.rate)
		r.Page(ui.Reader, "GET /desk/{ticket}/files/{file}", p.ownFile)
		return nil
	}}
}

// Staff are the pages of the console.
func Staff(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "desk.queue_nav", Path: "/desk", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /desk", p.queuePage)
		r.Page(ui.Reader, "GET /desk/company/{tenant}", p.companyPage)
		r.Page(ui.Writer, "POST /desk/company/{tenant}", p.note)
		r.Page(ui.Reader, "GET /desk/ticket/{tenant}/{ticket}", p.ticketPage)
		r.Page(ui.Writer, "GET /desk/ticket/{tenant}/{ticket}/move", p.movePage)
		r.Page(ui.Writer, "POST /desk/ticket/{tenant}/{ticket}/move", p.moveIt)
		for _, verb := range []string{"answer", "jot", "close", "escalate", "assign"} {
			r.Page(ui.Writer, "POST /desk/ticket/{tenant}/{ticket}/"+verb, p.act(verb))
		}
		r.Page(ui.Reader, "GET /desk/ticket/{tenant}/{ticket}/files/{file}", p.theirFile)
		r.Page(ui.Reader, "GET /desk/ticket/{tenant}/{ticket}/to/{public}", p.handover)
		return nil
	}}
}

func open(cfg Config, h ui.Host) (*Pages, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	p := &Pages{Config: cfg, Host: h, looks: throttle.New(throttle.Config{Burst: 1, Every: onceEvery, Clock: cfg.Clock})}
	for name, page := range map[string]**ui.Page{"list": &p.list, "form": &p.form, "one": &p.one, "queue": &p.queue, "company": &p.company, "ticket": &p.ticket, "handover": &p.handoverTo, "move": &p.move} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html", "parts.html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Keys whose end is chosen.
const (
	topicKey, stateKey, staffKey, channelKey = "desk.topic_", "desk.state_", "desk.staff_", "desk.channel_"
	saidKey, sideKey, sentKey, fileKey       = "desk.said_", "desk.side_", "desk.sent_", "desk.file_"
	faceKey, fieldKey, hintKey               = "desk.face_", "desk.field_", "_hint"
	contractKey                              = "apply.state_"
)

// saidWords are what a page says about what was just done.
var saidWords = []string{"sent", "rated", "noted", "closed", "escalated", "assigned", "moved", "state", "held", "empty"}

func flash(v *ui.Visit) *ui.Flash {
	for _, w := range saidWords {
		if v.Request.URL.Query().Get("said") == w {
			return &ui.Flash{Text: v.T(saidKey + w), Bad: w == "state" || w == "held" || w == "empty"}
		}
	}
	return nil
}

var tones = map[desk.State]ui.Tone{desk.Fresh: ui.Care, desk.Waiting: ui.Care, desk.Answered: ui.Good, desk.Closed: ui.Off}

// staffTones: what waits for the customer is not the desk's care.
var staffTones = map[desk.State]ui.Tone{desk.Fresh: ui.Care, desk.Waiting: ui.Off, desk.Answered: ui.Good, desk.Closed: ui.Off}

func (p *Pages) lamp(t text.Texts, s desk.State) ui.State {
	if p.Host.Staff {
		return ui.State{Tone: staffTones[s], Text: t.T(staffKey + string(s))}
	}
	return ui.State{Tone: tones[s], Text: t.T(stateKey + string(s))}
}

func status(faults []ui.Field) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// line is one message as it is shown.
type line struct {
	When, Who, Text string
	Side            desk.Side
	Said            []string // what is to be known about it
	Files           []fileLine
}

type fileLine struct {
	Name, Size, State, URL string
	Bad                    bool
}

// lines of a thread; url is that of the ticket.
func (p *Pages) lines(v *ui.Visit, t *desk.Ticket, all []desk.Message, url string) (out []line) {
	for i := range all {
		m := &all[i]
		l := line{When: ja.Short(m.At, v.Texts.Lang()), Text: m.Text, Side: m.Side, Who: v.T(sideKey + string(m.Side))}
		if m.Name != "" {
			l.Who += "　" + v.T("desk.you", "name", m.Name)
		}
		switch {
		case !p.Host.Staff:
		case m.Address != "" && m.Address != t.Email:
			l.Said = append(l.Said, v.T("desk.other_address", "address", m.Address, "email", t.Email))
		case m.Address != "":
			l.Said = append(l.Said, v.T("desk.by_address", "address", m.Address))
		}
		for _, note := range []struct {
			is  bool
			key string
		}{{m.Auto, "desk.auto"}, {m.Cut, "desk.cut"}, {p.Host.Staff && m.Sent != "", sentKey + m.Sent}} {
			if note.is {
				l.Said = append(l.Said, v.T(note.key))
			}
		}
		for _, f := range m.Files {
			one := fileLine{Name: f.Name, Size: ja.Size(f.Size), State: v.T(fileKey + f.State), Bad: f.State == desk.FileInfected}
			if f.Open() {
				one.URL = url + "/files/" + f.ID
			}
			l.Files = append(l.Files, one)
		}
		out = append(out, l)
	}
	return out
}

// pair is a label and what belongs to it.
type pair struct{ Label, Value string }

// told is what somebody said before a call, or about an offer.
func told(t text.Texts, x *desk.Told) (all []pair) {
	for _, f := range []struct{ id, value string }{{"what", x.What}, {"since", x.Since}, {"device", x.Device}, {"done", x.Done}, {"aim", x.Aim}, {"price", x.Price}, {"doubt", x.Doubt}} {
		if f.value != "" {
			all = append(all, pair{t.T(fieldKey + f.id), f.value})
		}
	}
	return all
}

// uploads reads the files of a form; what is wrong with them is a text for people.
func uploads(v *ui.Visit) (all []attach.Upload, wrong string, err error) {
	if v.Request.MultipartForm == nil {
		return nil, "", nil
	}
	heads := v.Request.MultipartForm.File["file"]
	if len(heads) > desk.MaxFiles {
		return nil, v.T("desk.file_many"), nil
	}
	for _, h := range heads {
		if h.Filename == "" && h.Size == 0 {
			continue
		}
		f, err := h.Open()
		if err != nil {
			return nil, "", err
		}
		u, err := attach.Check(h.Filename, f, desk.Kinds...)
		_ = f.Close() // it was only read
		if errors.Is(err, attach.ErrEmpty) || errors.Is(err, attach.ErrLarge) {
			return nil, v.T("desk.file_wrong"), nil
		}
		if err != nil {
			return nil, "", err
		}
		all = append(all, u)
	}
	return all, "", nil
}

// wrong says in kind words which field does not do; "" for no error, and for faults of ours.
func wrong(t text.Texts, err error) (field, why string) {
	switch {
	case errors.Is(err, desk.ErrEmpty):
		return "text", t.T("desk.needs_text")
	case errors.Is(err, desk.ErrPhone):
		return "phone", t.T("desk.needs_phone")
	case errors.Is(err, desk.ErrEmail):
		return "email", t.T("desk.needs_email")
	case errors.Is(err, desk.ErrTooMany):
		return "text", t.T("desk.too_many")
	}
	return "", ""
}
