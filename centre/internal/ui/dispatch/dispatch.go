package dispatch

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/throttle"
)

//go:embed *.html
var files embed.FS

//go:embed dispatch.css
var style []byte

//go:embed sign.js
var script []byte

// Alerts is alert.Service.
type Alerts interface {
	Get(ctx context.Context, tenantID, id string) (alert.Alert, error)
}

// Explainer puts an alert in words; knowledge.Knowledge is one.
type Explainer interface {
	Explain(a *alert.Alert, lang string, now time.Time) knowledge.Explained
}

// Contracts is contract.Service.
type Contracts interface {
	Contracts(ctx context.Context, tenantID string) ([]contract.Contract, error)
}

// Companies is tenant.Service.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	Companies(ctx context.Context, staff tenant.Session, why string) ([]tenant.Company, error)
	NamesOf(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	Audit(ctx context.Context, tenantID, who, action, object, why string) error
}

// Config says what the pages work with.
type Config struct {
	Dispatch  *dispatch.Service
	Alerts    Alerts
	Explain   Explainer
	Contracts Contracts
	Companies Companies
	Provider  string
	// Yen of a visit, as it is offered now.
	Yen   func() int
	Clock clock.Clock
}

// Pages are the handlers.
type Pages struct {
	Config
	ui.Host
	looks                                       *throttle.Limiter
	list, mine, one, ask, vendors, vendor, over *ui.Page
}

// lookEvery is how long one look at a visit is one look.
const lookEvery = 10 * time.Minute

// maxReport bounds the form of a report in bytes: its texts, and the picture of a signature.
const maxReport = 512 << 10

// Customers are the pages of the portal: the company's own visits, and the vendors' page.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "dispatch.nav", Path: "/visits", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /visits", p.minePage)
		r.Page(ui.Reader, "GET /visits/{visit}", p.ownPage)
		r.Page(ui.Reader, "GET /visits/{visit}/files/{photo}", p.ownFile)
		r.Open(ui.Everyone, "GET /visit/sign.js", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			w.Header().Set("Cache-Control", "public, max-age=3600")
			_, _ = w.Write(script)
		})
		r.Open(ui.Holder, "GET /visit/{token}", p.Gate.Holder(p.spoken(p.vendorPage)))
		r.Open(ui.Holder, "GET /visit/{token}/files/{photo}", p.Gate.Holder(p.vendorFile))
		for _, verb := range []string{"accept", "decline", "step", "photo", "report", "invoice"} {
			r.Open(ui.Holder, "POST /visit/{token}/"+verb, p.Gate.Holder(p.spoken(p.act(verb))))
		}
		return nil
	}}
}

// Staff are the pages of the console.
func Staff(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "dispatch.staff_nav", Path: "/visits", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /visits", p.listPage)
		r.Page(ui.Reader, "GET /visits/vendors", p.vendorsPage)
		r.Page(ui.Operator, "POST /visits/vendors", p.putVendor)
		r.Page(ui.Writer, "GET /visits/{tenant}/ask", p.askPage)
		r.Page(ui.Writer, "POST /visits/{tenant}/ask", p.send)
		r.Page(ui.Reader, "GET /visits/{tenant}/{visit}", p.theirPage)
		r.Page(ui.Reader, "GET /visits/{tenant}/{visit}/files/{photo}", p.theirFile)
		for _, verb := range []string{"again", "cancel", "follow", "close"} {
			r.Page(ui.Writer, "POST /visits/{tenant}/{visit}/"+verb, p.desk(verb))
		}
		return nil
	}}
}

func open(cfg Config, h ui.Host) (*Pages, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	p := &Pages{Config: cfg, Host: h, looks: throttle.New(throttle.Config{Burst: 1, Every: lookEvery, Clock: cfg.Clock})}
	for name, page := range map[string]**ui.Page{"list": &p.list, "mine": &p.mine, "one": &p.one, "ask": &p.ask, "vendors": &p.vendors, "vendor": &p.vendor, "over": &p.over} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html", "parts.html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Keys whose end is chosen.
const (
	stateKey   = "dispatch.state_"
	leadKey    = "dispatch.lead_"
	skillKey   = "dispatch.skill_"
	answerKey  = "dispatch.answer_"
	fieldKey   = "dispatch.field_"
	faultKey   = "dispatch.fault_"
	saidKey    = "dispatch.said_"
	writtenKey = "dispatch.written_"
	stepKey    = "dispatch.step_"
	hintKey    = "_hint"
)

// said are what a page says about what was just done; those with true tell that it did not work.
var said = map[string]bool{"sent": false, "running": true, "again": false, "cancel": false, "follow": false, "close": false, "vendor": false, "accept": false, "step": false, "photo": false, "report": false, "invoice": false,
	"state": true, "why": true, "decision": true}

func flash(r *http.Request, t text.Texts) *ui.Flash {
	w := r.URL.Query().Get("said")
	if bad, ok := said[w]; ok {
		return &ui.Flash{Text: t.T(saidKey + w), Bad: bad}
	}
	return nil
}

var tones = map[dispatch.State]ui.Tone{dispatch.Offered: ui.Care, dispatch.Nobody: ui.Alarm, dispatch.Accepted: ui.Good, dispatch.Travelling: ui.Good, dispatch.Arrived: ui.Good, dispatch.Working: ui.Good,
	dispatch.Done: ui.Good, dispatch.FollowUp: ui.Care, dispatch.Closed: ui.Off, dispatch.Cancelled: ui.Off}

func lamp(t text.Texts, s dispatch.State) ui.State {
	return ui.State{Tone: tones[s], Text: t.T(stateKey + string(s))}
}

func yen(t text.Texts, n int) string { return t.T("apply.yen", "yen", ja.Number(n)) }

func postcode(code string) string {
	if len(code) != 7 {
		return code
	}
	return code[:3] + "-" + code[3:]
}

// place is an address up to its town: what somebody needs to say whether they can come.
func place(address string) string {
	runes := []rune(address)
	for i := 3; i < len(runes); i++ {
		if strings.ContainsRune("市区町村", runes[i]) {
			return string(runes[:i+1])
		}
	}
	return string(runes[:min(len(runes), 4)])
}

// pair is a label and what belongs to it; Lang and Note say so where that is in another language than the page.
type pair struct{ Label, Value, Lang, Note string }

func pairs(t text.Texts, all ...string) (out []pair) {
	for i := 0; i+1 < len(all); i += 2 {
		if all[i+1] != "" {
			out = append(out, pair{Label: t.T(fieldKey + all[i]), Value: all[i+1]})
		}
	}
	return out
}

func where(t text.Texts, b *dispatch.Brief) []pair {
	return pairs(t, "company", b.Company, "contact", b.Contact, "address", strings.TrimSpace(postcode(b.Postcode)+" "+b.Address))
}

// reported is a report as it was signed.
type reported struct {
	Lines  []pair
	Costs  []pair
	Sum    string
	Signed string
	Sign   string // address of the drawn signature
}

type fileRow struct{ Name, URL, Size string }

func report(t text.Texts, w *dispatch.Whole, url string) (r *reported, photos, invoices []fileRow) {
	sign := ""
	for i := range w.Files {
		f := &w.Files[i]
		row := fileRow{f.Name, url + "/files/" + f.ID, ja.Size(f.Size)}
		switch f.What {
		case dispatch.Photo:
			photos = append(photos, row)
		case dispatch.Invoice:
			invoices = append(invoices, row)
		default:
			sign = row.URL
		}
	}
	x := &w.Report
	if x.Signed.IsZero() {
		return nil, photos, invoices
	}
	cause := t.T("dispatch.cause_unknown")
	if x.Known {
		cause = x.Cause
	} else if x.Cause != "" {
		cause += "\n" + x.Cause
	}
	r = &reported{Lines: pairs(t, "found", x.Found, "done", x.Did, "cause", cause, "advice", x.Advice), Sum: yen(t, x.Sum()), Sign: sign, Signed: t.T("dispatch.signed", "name", x.Signer, "time", ja.Long(x.Signed, t.Lang()))}
	for _, c := range x.Costs {
		r.Costs = append(r.Costs, pair{Label: c.What, Value: yen(t, c.Yen)})
	}
	return r, photos, invoices
}

// fault marks each field that an error is about; false for other errors.
func fault(t text.Texts, f ui.Form, err error) bool {
	all := dispatch.Faults(err)
	for _, field := range all {
		f.Fault(field, t.T(faultKey+field))
	}
	return len(all) > 0
}

// field makes one of a form.
func field(t text.Texts, id, kind, value string, most int, optional bool) ui.Field {
	f := ui.Field{ID: id, Label: t.T(fieldKey + id), Hint: t.T(fieldKey + id + hintKey), Type: kind, Value: value, Max: most, Optional: optional, Auto: "off"}
	if f.Hint == fieldKey+id+hintKey {
		f.Hint = ""
	}
	return f
}

func status(faults []ui.Field) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func skills(t text.Texts) (all []ui.Choice) {
	for _, s := range dispatch.Skills {
		all = append(all, ui.Choice{Value: s, Label: t.T(skillKey + s)})
	}
	return all
}

// serve hands out a file of a visit.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request, tenantID, id string) error {
	f, data, err := p.Dispatch.File(r.Context(), tenantID, id, r.PathValue("photo"))
	if err != nil {
		return err
	}
	f.Serve(w, r, data)
	return nil
}

// upload reads the file of a form.
func upload(w http.ResponseWriter, r *http.Request, name string, kinds ...string) (attach.Upload, error) {
	ui.Large(w, r, attach.MaxSize)
	f, head, err := r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) {
		return attach.Upload{}, attach.ErrEmpty
	}
	if err != nil {
		return attach.Upload{}, err
	}
	defer f.Close()
	return attach.Check(head.Filename, f, kinds...)
}

// refused says in kind words why a file does not do; "" for no error, and for faults of ours.
func refused(t text.Texts, err error) string {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, attach.ErrEmpty):
		return t.T("dispatch.file_empty")
	case errors.Is(err, attach.ErrLarge), errors.As(err, &large):
		return t.T("dispatch.file_large")
	case errors.Is(err, attach.ErrKind):
		return t.T("dispatch.file_kind")
	case errors.Is(err, dispatch.ErrTooMany):
		return t.T("dispatch.file_many", "n", dispatch.MaxPhotos)
	}
	return ""
}

// once is said of a state a single time: the way that a visit has gone.
func times(t text.Texts, w *dispatch.Whole, staff bool) (all []pair) {
	for _, s := range w.Steps {
		if !staff && slices.Contains([]dispatch.State{dispatch.Offered, dispatch.Nobody}, s.State) && len(all) > 0 {
			continue // how often we ask round is not the customer's care
		}
		all = append(all, pair{Label: ja.Short(s.At, t.Lang()), Value: t.T(stateKey + string(s.State))})
	}
	return all
}
