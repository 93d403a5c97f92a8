package console

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/letin"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/account"
	"otasuke/centre/internal/ui/cases"
	"otasuke/centre/internal/ui/fleetmap"
	"otasuke/centre/internal/ui/flows"
	"otasuke/content/apps"
	"otasuke/content/text"
	"otasuke/internal/clock"
)

//go:embed *.html *.css *.js
var files embed.FS

// Alerts is the queue and its cases; alert.Service is one.
type Alerts interface {
	Queue(ctx context.Context, who, why string, f alert.Filter) ([]alert.QueueItem, error)
	List(ctx context.Context, tenantID string, f alert.Filter) ([]alert.Alert, error)
	Get(ctx context.Context, tenantID, id string) (alert.Alert, error)
	History(ctx context.Context, tenantID, id string) ([]alert.Change, error)
	CloseAs(ctx context.Context, tenantID, id, who string, was alert.Outcome, reason string) error
}

// Desk is what staff do with a case before it is closed.
type Desk interface {
	// Take acknowledges an alert as somebody of the staff.
	Take(ctx context.Context, tenantID, id, who string) error
	// Note adds to the history what was said or found.
	Note(ctx context.Context, tenantID, id, who, note string) error
}

// Appeals is what customers say was blocked wrongly; appeal.Service is one.
type Appeals interface {
	Waiting(ctx context.Context, who, why string) ([]appeal.Item, error)
	Decide(ctx context.Context, tenantID, id, who string, accept bool, answer, why string) (through bool, err error)
}

// Companies knows the customers and their people; tenant.Service is one.
type Companies interface {
	Companies(ctx context.Context, staff tenant.Session, why string) ([]tenant.Company, error)
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	Audit(ctx context.Context, tenantID, who, action, object, why string) error
}

// Devices knows the boxes; device.Service is one.
type Devices interface {
	Fleet(ctx context.Context, who, why string, limit int) ([]device.FleetBox, error)
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
	NewClaim(ctx context.Context, tenantID, siteID, who string) (code string, expires time.Time, err error)
}

// Backups says how the nightly copies are; backup.Service is one.
type Backups interface {
	Wanted() bool
	Good(ctx context.Context) (time.Time, error)
}

// Mails says what customers were told; notify.Notifier is one.
type Mails interface {
	Deliveries(ctx context.Context, tenantID, alertID string) ([]notify.Delivery, error)
}

// Config says what the console works with.
type Config struct {
	Accounts ui.Accounts
	Alerts   Alerts
	// Desk may be nil: then cases can be read and closed, and nothing else.
	Desk      Desk
	Appeals   Appeals
	Companies Companies
	// Logins are the staff's people and accounts, and those of customers who cannot log
	// in; without it there are no pages about them.
	Logins account.Service
	// Passkeys are those of this site; nil where browsers have none.
	Passkeys *passkey.Face
	// Signed is until when mails are signed by S/MIME; zero when they are not.
	Signed time.Time
	// Glass lets staff in when nothing else does; may be nil.
	Glass *letin.Service
	// Provider is the staff's identity provider; nil without one.
	Provider *oidc.Service
	Devices  Devices
	Mails    Mails
	// Care says which companies' boxes vendors see; without it they see none.
	Care Care
	// Questions asks boxes; Network knows the devices behind them.
	Questions flows.Questions
	Network   flows.Network
	Releases  Releases
	Feeds     Feeds
	Backups   Backups
	Misfires  Misfires
	// Similar finds what was seen before; may be nil.
	Similar *cases.Finder
	// Guide shows playbooks; may be nil.
	Guide *cases.Guide
	// OnDuty says who is on duty, and whether nobody is; may be nil.
	OnDuty func(v *ui.Visit) (line string, bad bool, err error)
	// Places says in which prefectures boxes are; may be nil.
	Places func(ctx context.Context, who, why string) (*fleetmap.Addresses, error)
	// Together: several cases can be chosen in the queue.
	Together bool
	// Calls: the desk's pages are among the guests, and companies lead to them.
	Calls bool
	// Visits: a vendor can be sent from a case and from a company's page.
	Visits bool
	// Policies: the pages of policies are among the guests.
	Policies bool
	// Discoveries: the pages of what is stopped for all are, and cases lead to them.
	Discoveries bool
	// Selftests: the pages on which boxes are tested are among the guests.
	Selftests bool
	// Contacts is whom to ring; may be nil.
	Contacts func(ctx context.Context, tenantID string) (Contact, error)
	// Guests are pages of other rooms that belong here.
	Guests    []ui.Guest
	Erasures  Erasures
	Apps      *apps.Catalogue
	Knowledge *knowledge.Knowledge
	Texts     *text.Catalogue
	// BaseURL of the console as browsers see it; its path, for example "/console",
	// is the console's root.
	BaseURL string
	Clock   clock.Clock
	Log     *slog.Logger
}

type console struct {
	Config
	*ui.Gate
	root                                           string
	queue, oneCase, fleet, companies, company, why *ui.Page
	claim, traffic, requests, updates, held        *ui.Page
	flows                                          *flows.Flows
	seen                                           seen
}

// New makes the console.
func New(cfg Config) (*ui.Face, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("console: bad base URL %q", cfg.BaseURL)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &console{Config: cfg, root: strings.TrimSuffix(base.Path, "/"), seen: seen{at: map[string]time.Time{}}}
	c.flows = &flows.Flows{Questions: cfg.Questions, Network: cfg.Network, Apps: cfg.Apps, Clock: cfg.Clock}
	files := flows.With(files)
	static, err := ui.NewAssets(c.root, files, cfg.Guests, "console.js", "console.css", "flows.css")
	if err != nil {
		return nil, err
	}
	c.Gate, err = ui.NewGate(ui.GateConfig{Accounts: cfg.Accounts, Texts: cfg.Texts, Assets: static, Base: base, Root: c.root,
		Cookie: "console", Staff: true, Site: "console.site", Lead: "console.login_lead", Passkeys: cfg.Passkeys, Provider: cfg.Provider, Clock: cfg.Clock, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	for _, one := range []struct {
		page  **ui.Page
		files []string
	}{
		{&c.queue, []string{"queue.html"}}, {&c.oneCase, []string{"case.html", "panel.html", "likes.html", "steps.html"}}, {&c.fleet, []string{"fleet.html"}},
		{&c.companies, []string{"companies.html"}}, {&c.company, []string{"company.html", "panel.html"}}, {&c.why, []string{"why.html"}},
		{&c.claim, []string{"claim.html"}}, {&c.traffic, []string{"traffic.html", "flows.html"}},
		{&c.requests, []string{"requests.html"}}, {&c.updates, []string{"updates.html"}}, {&c.held, []string{"held.html"}},
	} {
		if *one.page, err = ui.ParsePage(files, one.files...); err != nil {
			return nil, err
		}
	}
	r := c.routes(static)
	begin := func(v *ui.Visit, title, here string) (ui.Base, error) { return c.begin(v, title, here), nil }
	if err := ui.Welcome(cfg.Guests, ui.Host{Gate: c.Gate, Begin: begin, Root: c.root, Base: base, Staff: true}, r); err != nil {
		return nil, err
	}
	if cfg.Logins != nil {
		pages, err := account.New(account.Config{Service: cfg.Logins, Gate: c.Gate, Glass: cfg.Glass, Root: c.root, Host: base.Hostname(), Staff: true, Clock: cfg.Clock, Begin: begin})
		if err != nil {
			return nil, err
		}
		pages.Routes(r)
		r.Page(ui.Operator, "POST /companies/{tenant}/owner", c.inviteOwner)
		r.Page(ui.Helper, "POST /companies/{tenant}/recover", c.recover)
	}
	return r.Face(base), nil
}

func (c *console) routes(static http.Handler) *ui.Router {
	r := ui.NewRouter(c.Gate, c.root, static)
	r.Entries = append(slices.Clone(menu), ui.Entries(c.Guests)...)
	r.Page(ui.Reader, "GET /{$}", c.queuePage)
	r.Page(ui.Reader, "GET /requests", c.requestsPage)
	r.Page(ui.Writer, "POST /requests/{tenant}/{request}", c.decide)
	r.Page(ui.Fleet, "GET /fleet", c.fleetPage)
	r.Page(ui.Reader, "GET /held", c.heldPage)
	r.Page(ui.Operator, "POST /held/{gid}/{sid}", c.decideRule)
	r.Page(ui.Reader, "GET /updates", c.updatesPage)
	r.Page(ui.Operator, "POST /updates/fetch", c.fetch)
	r.Page(ui.Operator, "POST /updates/{kind}/{version}", c.steer)
	r.Page(ui.Reader, "GET /companies", c.companiesPage)
	r.Page(ui.Reader, "GET /companies/{tenant}", c.companyPage)
	r.Page(ui.Operator, "POST /companies/{tenant}/claim", c.newClaim)
	if c.Care != nil {
		r.Page(ui.Operator, "POST /companies/{tenant}/care", c.giveCare)
	}
	if c.Erasures != nil {
		r.Page(ui.Operator, "POST /companies/{tenant}/erase", c.erase)
		r.Page(ui.Operator, "POST /companies/{tenant}/keep", c.keep)
	}
	r.Page(ui.Reader, "GET /cases/{tenant}/{alert}", c.casePage)
	if c.Desk != nil {
		r.Page(ui.Writer, "POST /cases/{tenant}/{alert}/take", c.take)
		r.Page(ui.Writer, "POST /cases/{tenant}/{alert}/note", c.note)
		r.Page(ui.Writer, "POST /cases/{tenant}/{alert}/escalate", c.escalate)
	}
	r.Page(ui.Reader, "GET /companies/{tenant}/traffic", c.trafficPage)
	r.Page(ui.Reader, "POST /companies/{tenant}/traffic", c.askTraffic)
	r.Page(ui.Reader, "GET /companies/{tenant}/traffic/{id}", c.answerTraffic)
	r.Page(ui.Reader, "GET /companies/{tenant}/traffic/{id}/csv", c.trafficFile)
	r.Page(ui.Reader, "POST /cases/{tenant}/{alert}/spread", c.askSpread)
	r.Page(ui.Writer, "POST /cases/{tenant}/{alert}/false", c.misfire)
	r.Page(ui.Writer, "POST /cases/{tenant}/{alert}/close", c.close)
	return r
}

// menu of the console.
var menu = []ui.Entry{
	{Key: "console.nav_queue", Path: "/", Scope: ui.Reader}, {Key: "console.nav_requests", Path: "/requests", Scope: ui.Reader}, {Key: "console.nav_held", Path: "/held", Scope: ui.Reader}, {Key: "console.nav_companies", Path: "/companies", Scope: ui.Reader},
	{Key: "console.nav_fleet", Path: "/fleet", Scope: ui.Fleet}, {Key: "console.nav_updates", Path: "/updates", Scope: ui.Reader}, {Key: "login.nav_people", Path: "/people", Scope: ui.Reader},
}

// daily are the entries that stay in sight, for who has more than so many: a telephone has no room for them all, and the desk's
// morning goes from left to right.
var daily = []string{"/", "/shift", "/desk", "/requests", "/companies", "/fleet", "/visits"}

// begin fills in what every page of a visit shows.
func (c *console) begin(v *ui.Visit, title, here string) ui.Base {
	b := c.Begin(v)
	b.Title, b.Owner = v.T(title), v.T("console.site")
	b.Phone = "" // staff need not be told to ring themselves
	b.Nav = ui.Menu(v, c.root, here, v.Role, menu)
	b.Nav = append(b.Nav, ui.Menu(v, c.root, here, v.Role, ui.Entries(c.Guests))...)
	if len(b.Nav) > len(daily) {
		b.Nav, b.Folded = ui.Fold(b.Nav, c.root, daily)
	}
	return b
}

// flash shows what was just done, chosen by a word in the address.
func flash(v *ui.Visit, said map[string]ui.Flash) *ui.Flash {
	f, ok := said[v.Request.FormValue("said")]
	if !ok {
		return nil
	}
	f.Text = v.T(f.Text)
	return &f
}

func (c *console) back(w http.ResponseWriter, v *ui.Visit, path string) error {
	http.Redirect(w, v.Request, c.root+path, http.StatusSeeOther)
	return nil
}

// onceEvery is how long one look is one look: reloading a page, or coming back to
// it after each action, is not a new one.
const onceEvery = 10 * time.Minute

// maxSeen bounds the memory of looks; a shift has a few hundred.
const maxSeen = 10000

// seen remembers recent looks.
type seen struct {
	mu sync.Mutex
	at map[string]time.Time
}

// fresh says whether a look is a new one.
func (s *seen) fresh(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.at[key]; ok && now.Sub(t) < onceEvery {
		return false
	}
	return true
}

func (s *seen) remember(key string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.at) >= maxSeen {
		clear(s.at)
	}
	s.at[key] = now
}

// look writes into the company's record that somebody of the staff looks, before
// anything is shown.
func (c *console) look(v *ui.Visit, tenantID, action, object, why string) error {
	key, now := strings.Join([]string{v.PersonID, tenantID, action, object, why}, "\x00"), c.Clock.Now()
	if !c.seen.fresh(key, now) {
		return nil
	}
	if err := c.Companies.Audit(v.Request.Context(), tenantID, v.PersonID, action, object, why); err != nil {
		return err
	}
	c.seen.remember(key, now)
	return nil
}
