package portal

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/pairing"
	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/account"
	"otasuke/centre/internal/ui/flows"
	"otasuke/centre/internal/usage"
	"otasuke/content/apps"
	"otasuke/content/devices"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/wire"
)

//go:embed *.html *.css
var files embed.FS

// Alerts shows and answers alerts; alert.Service is one.
type Alerts interface {
	List(ctx context.Context, tenantID string, f alert.Filter) ([]alert.Alert, error)
	Get(ctx context.Context, tenantID, id string) (alert.Alert, error)
	History(ctx context.Context, tenantID, id string) ([]alert.Change, error)
	Counts(ctx context.Context, tenantID string, from, to time.Time) (alert.Counts, error)
	Answer(ctx context.Context, tenantID, id, who string, answer alert.Answer, note string) error
	AnswerTx(tx *store.Tx, id, who string, answer alert.Answer, note string) error
}

// Companies knows the company and its people; tenant.Service is one.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	WhoViewed(ctx context.Context, tenantID string, limit int) ([]tenant.Entry, error)
	AuditLog(ctx context.Context, tenantID string, limit int) ([]tenant.Entry, error)
	VerifyAudit(ctx context.Context, tenantID string) (entries int64, head string, err error)
	NamesOf(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
}

// Links are the buttons of mails; tenant.Service is one.
type Links interface {
	ActionLink(ctx context.Context, token string) (tenant.Link, error)
	SpendActionLink(tx *store.Tx, token string) (tenant.Link, error)
}

// Network knows boxes and devices; device.Service is one.
type Network interface {
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
	Endpoints(ctx context.Context, tenantID string) ([]device.Endpoint, error)
	Known(ctx context.Context, tenantID string) ([]device.Known, error)
	Changes(ctx context.Context, tenantID, endpointID string) ([]wire.DeviceChange, error)
	Rename(ctx context.Context, tenantID, endpointID, who, name string) error
	Approve(ctx context.Context, tenantID, endpointID, who string) error
	Hold(ctx context.Context, tenantID, endpointID, who string, on bool) error
}

// Pairings finds boxes by the code that they show; pairing.Service is one.
type Pairings interface {
	Look(ctx context.Context, tenantID, typed string) (pairing.Waiting, error)
	Accept(ctx context.Context, tenantID, siteID, who, typed string) error
}

// Usage knows what applications devices used; usage.Service is one.
type Usage interface {
	Apps(ctx context.Context, tenantID, endpointID string, from, to time.Time) ([]usage.Row, error)
	Devices(ctx context.Context, tenantID string, from, to time.Time, categories []string) ([]usage.Row, error)
}

// Appeals knows what people said was blocked wrongly; appeal.Service is one.
type Appeals interface {
	Requests(ctx context.Context, tenantID string) ([]appeal.Appeal, error)
	Ask(ctx context.Context, tenantID, personID string, a appeal.Appeal) error
}

// Config says what the portal works with.
type Config struct {
	Accounts  ui.Accounts
	Companies Companies
	Links     Links
	Alerts    Alerts
	Network   Network
	Pairings  Pairings
	Usage     Usage
	Questions flows.Questions
	Appeals   Appeals
	Reports   Reports
	Paper     Paper  // nil: no fonts, and no PDF is offered
	Provider  string // who runs the centre
	Exports   Exports
	// Logins are people and their accounts; without it there are no pages about them.
	Logins account.Service
	// Passkeys are those of this site; nil where browsers have none.
	Passkeys *passkey.Face
	// Consult: the pages of the desk are among the guests, and alerts lead to them.
	Consult bool
	// News are the newest pieces that a person has not read; nil for none.
	News func(ctx context.Context, tenantID, personID string, t text.Texts) ([]News, error)
	// Todos is what is to be done beside answering alerts; may be nil.
	Todos func(ctx context.Context, tenantID string, t text.Texts) ([]Todo, error)
	// Guests are pages of other rooms that belong here.
	Guests    []ui.Guest
	Apps      *apps.Catalogue
	Known     *devices.Set
	Store     *store.Store
	Knowledge *knowledge.Knowledge
	Texts     *text.Catalogue
	// BaseURL of the portal as browsers see it; its path, if any, is the portal's root.
	BaseURL string
	Phone   string            // of the desk
	Hours   map[string]string // of the desk, by language; empty is 24 hours
	Clock   clock.Clock
	Log     *slog.Logger
}

// Todo is something to do that another room knows of.
type Todo struct {
	Stars     alert.Stars
	Title, Do string
	Path      string // below the portal's root
	Asks      bool   // an answer is wanted, there are no steps
}

// portal is the handler's state.
type portal struct {
	Config
	*ui.Gate
	root                                                     string
	home, alerts, alert, confirm, said, devices, used, looks *ui.Page
	traffic, device                                          *ui.Page
	flows                                                    *flows.Flows
	requests, limits, connect, reports, report, export       *ui.Page
}

// New makes the portal.
func New(cfg Config) (*ui.Face, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("portal: bad base URL %q", cfg.BaseURL)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p := &portal{Config: cfg, root: strings.TrimSuffix(base.Path, "/")}
	p.flows = &flows.Flows{Questions: cfg.Questions, Network: cfg.Network, Apps: cfg.Apps, Clock: cfg.Clock}
	files := flows.With(files)
	static, err := ui.NewAssets(p.root, files, cfg.Guests, "", "home.css", "alerts.css", "alert.css", "devices.css", "used.css", "connect.css", "report.css", "flows.css")
	if err != nil {
		return nil, err
	}
	p.Gate, err = ui.NewGate(ui.GateConfig{Accounts: cfg.Accounts, Texts: cfg.Texts, Assets: static, Base: base, Root: p.root,
		Cookie: "portal", Site: "portal.site", Lead: "portal.login_lead", Phone: cfg.Phone, Hours: cfg.Hours, Passkeys: cfg.Passkeys, Clock: cfg.Clock, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	for _, one := range []struct {
		page  **ui.Page
		files []string
	}{
		{&p.home, []string{"home.html"}}, {&p.alerts, []string{"alerts.html"}}, {&p.alert, []string{"alert.html"}}, {&p.confirm, []string{"confirm.html"}},
		{&p.said, []string{"said.html"}}, {&p.devices, []string{"devices.html"}}, {&p.device, []string{"device.html"}}, {&p.used, []string{"used.html"}}, {&p.looks, []string{"looks.html"}},
		{&p.traffic, []string{"traffic.html", "flows.html"}},
		{&p.requests, []string{"requests.html"}}, {&p.limits, []string{"limits.html"}}, {&p.connect, []string{"connect.html"}},
		{&p.reports, []string{"reports.html"}}, {&p.report, []string{"report.html"}}, {&p.export, []string{"export.html"}},
	} {
		if *one.page, err = ui.ParsePage(files, one.files...); err != nil {
			return nil, err
		}
	}
	r := p.routes(static)
	if cfg.Logins != nil {
		pages, err := account.New(account.Config{Service: cfg.Logins, Gate: p.Gate, Begin: p.begin, Root: p.root, Host: base.Hostname(), Clock: cfg.Clock})
		if err != nil {
			return nil, err
		}
		pages.Routes(r)
	}
	if err := ui.Welcome(cfg.Guests, ui.Host{Gate: p.Gate, Begin: p.begin, Root: p.root, Base: base}, r); err != nil {
		return nil, err
	}
	return r.Face(base), nil
}

func (p *portal) routes(static http.Handler) *ui.Router {
	r := ui.NewRouter(p.Gate, p.root, static)
	r.Open(ui.Holder, "GET /a/{token}/{answer}", p.askPage)
	r.Open(ui.Holder, "POST /a/{token}/{answer}", p.answerPage)
	r.Page(ui.Reader, "GET /{$}", p.homePage)
	r.Page(ui.Reader, "GET /alerts", p.alertsPage)
	r.Page(ui.Reader, "GET /alerts/{alert}", p.alertPage)
	r.Page(ui.Writer, "POST /alerts/{alert}/answer", p.answer)
	r.Page(ui.Writer, "POST /alerts/{alert}/wrong", p.wrong)
	r.Page(ui.Reader, "GET /requests", p.requestsPage)
	r.Page(ui.Reader, "GET /limits", p.limitsPage)
	r.Page(ui.Writer, "GET /connect", p.connectPage)
	r.Page(ui.Writer, "POST /connect", p.look)
	r.Page(ui.Writer, "POST /connect/confirm", p.accept)
	r.Page(ui.Reader, "GET /devices", p.devicesPage)
	r.Page(ui.Reader, "GET /devices/{device}", p.devicePage)
	r.Page(ui.Writer, "POST /devices/{device}", p.rename)
	r.Page(ui.Writer, "POST /devices/{device}/known", p.approve)
	r.Page(ui.Writer, "POST /devices/{device}/hold", p.hold)
	r.Page(ui.Reader, "GET /used", p.usedPage)
	r.Page(ui.Reader, "GET /used/{device}", p.usedPage)
	r.Page(ui.Reader, "GET /reports", p.reportsPage)
	r.Page(ui.Reader, "GET /reports/{month}", p.reportPage)
	if p.Paper != nil {
		r.Page(ui.Reader, "GET /reports/{month}/pdf", p.reportFile)
		r.Page(ui.Reader, "GET /reports/{month}/board", p.boardFile)
	}
	r.Page(ui.Reader, "GET /looks", p.looksPage)
	r.Page(ui.Reader, "GET /looks/csv", p.looksFile)
	r.Page(ui.Manager, "GET /export", p.exportPage)
	r.Page(ui.Manager, "POST /export", p.askExport)
	r.Page(ui.Manager, "GET /export/{export}/zip", p.exportFile)
	r.Page(ui.Reader, "GET /traffic", p.trafficPage)
	r.Page(ui.Reader, "POST /traffic", p.askTraffic)
	r.Page(ui.Reader, "GET /traffic/{id}", p.answerTraffic)
	r.Page(ui.Reader, "GET /traffic/{id}/csv", p.trafficFile)
	r.Page(ui.Reader, "POST /alerts/{alert}/spread", p.askSpread)
	return r
}

// begin fills in what every page of a visit shows.
func (p *portal) begin(v *ui.Visit, title, here string) (ui.Base, error) {
	b := p.Begin(v)
	c, err := p.Companies.CompanyByID(v.Request.Context(), v.TenantID)
	if err != nil {
		return b, err
	}
	b.Title, b.Owner = v.T(title), c.Name
	for _, n := range []struct{ key, path string }{
		{"portal.nav_home", "/"}, {"portal.nav_alerts", "/alerts"}, {"portal.nav_devices", "/devices"}, {"portal.nav_used", "/used"}, {"portal.nav_traffic", "/traffic"}, {"report.nav", "/reports"}, {"portal.nav_access", "/looks"}, {"login.nav_people", "/people"},
	} {
		b.Nav = append(b.Nav, ui.NavItem{Label: v.T(n.key), URL: p.root + n.path, Current: n.path == here})
	}
	b.Nav = append(b.Nav, ui.Menu(v, p.root, here, v.Role, ui.Entries(p.Guests))...)
	b.Nav, b.Folded = ui.Fold(b.Nav, p.root, daily)
	return b, nil
}

// daily are the entries of the menu that stay in sight: a telephone has room for no more, and an owner for what matters first.
var daily = []string{"/", "/alerts", "/devices", "/reports", "/desk"}

// flash shows what was just done, chosen by a word in the address and never by
// its text.
func flash(v *ui.Visit, said map[string]ui.Flash) *ui.Flash {
	f, ok := said[v.Request.FormValue("said")]
	if !ok {
		return nil
	}
	f.Text = v.T(f.Text)
	return &f
}

// back goes to a page of ours after a POST.
func (p *portal) back(w http.ResponseWriter, v *ui.Visit, path string) error {
	http.Redirect(w, v.Request, p.root+path, http.StatusSeeOther)
	return nil
}
