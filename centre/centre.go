package centre

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/backup"
	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/care"
	"otasuke/centre/internal/console"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/enrol"
	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/export"
	"otasuke/centre/internal/feed"
	"otasuke/centre/internal/group"
	"otasuke/centre/internal/hook"
	"otasuke/centre/internal/intake"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/ops"
	"otasuke/centre/internal/pairing"
	"otasuke/centre/internal/parcel"
	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/portal"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/release/repo"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/retention"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/statistics"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/access"
	advised "otasuke/centre/internal/ui/advisory"
	"otasuke/centre/internal/ui/apply"
	"otasuke/centre/internal/ui/bill"
	"otasuke/centre/internal/ui/cases"
	groups "otasuke/centre/internal/ui/group"
	hooks "otasuke/centre/internal/ui/hook"
	pages "otasuke/centre/internal/ui/news"
	parcels "otasuke/centre/internal/ui/parcel"
	figures "otasuke/centre/internal/ui/statistics"
	surveys "otasuke/centre/internal/ui/survey"
	"otasuke/centre/internal/ui/trends"
	"otasuke/centre/internal/usage"
	"otasuke/content/apps"
	content "otasuke/content/devices"
	"otasuke/content/text"
	"otasuke/internal/lifecycle"
	"otasuke/internal/paper"
	"otasuke/internal/postcode"
)

// Limits of the web listeners.
const (
	// headerTimeout ends clients that open connections and say nothing.
	headerTimeout = 10 * time.Second
	// requestTimeout bounds a whole request; pages answer in milliseconds.
	requestTimeout = time.Minute
	// drainTimeout lets requests in flight end when we stop.
	drainTimeout = 5 * time.Second
)

// Centre is everything of one process.
type Centre struct {
	cfg      Config
	store    *store.Store
	tenants  *tenant.Service
	passkeys *passkey.Service
	idp      *oidc.Service // nil without one
	// signedUntil is when the S/MIME certificate of mails ends; zero without one.
	signedUntil time.Time
	devices     *device.Service
	alerts      *alert.Service
	authority   *enrol.CA
	knowledge   *knowledge.Knowledge
	texts       *text.Catalogue
	usage       *usage.Service
	questions   *question.Service
	policies    *policy.Service
	discoveries *discovery.Service
	care        *care.Service
	appeals     *appeal.Service
	bundles     *repo.Repo
	releases    *release.Service
	feeds       *feed.Service
	backups     *backup.Service
	misfires    *misfire.Service
	pairings    *pairing.Service
	reports     *report.Service
	contracts   *contract.Service
	surveys     *survey.Service
	shifts      *shift.Service
	parcels     *parcel.Service
	billing     *billing.Service
	published   *statistics.Service
	hooks       *hook.Service
	advisories  *advisory.Service
	desk        *desk.Service
	news        *news.Service
	visits      *dispatch.Service
	cover       *cover.Service
	press       *paper.Press    // nil without fonts
	postcodes   *postcode.Table // nil without the table
	exports     *export.Service
	erasures    *erase.Service
	retention   *retention.Service
	apps        *apps.Catalogue
	kinds       *content.Set
}

// New opens the database, brings its tables up to date and builds the services.
// Close it after use.
func New(ctx context.Context, cfg Config) (*Centre, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := store.Open(ctx, store.Config{URL: cfg.Database, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	c := &Centre{cfg: cfg, store: s}
	if err := c.build(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return c, nil
}

// schemas are the tables of all rooms, those that others refer to first.
func schemas() []store.Schema {
	return []store.Schema{tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), intake.Schema(), notify.Schema(), usage.Schema(), question.Schema(), appeal.Schema(), release.Schema(), feed.Schema(), backup.Schema(), pairing.Schema(), misfire.Schema(), report.Schema(), attach.Schema(), contract.Schema(), parcel.Schema(), billing.Schema(), statistics.Schema(), hook.Schema(), desk.Schema(), dispatch.Schema(), cover.Schema(), news.Schema(), survey.Schema(), advisory.Schema(), passkey.Schema(), oidc.Schema(), policy.Schema(), shift.Schema(), care.Schema(), discovery.Schema(),
		export.Schema(), erase.Schema()}
}

// build makes the services in the order of their levels.
func (c *Centre) build(ctx context.Context) (err error) {
	if err := c.store.Migrate(ctx, schemas()...); err != nil {
		return err
	}
	if err := c.people(); err != nil {
		return err
	}
	if err := c.tenants.EnsureHouse(ctx, c.cfg.Name); err != nil {
		return err
	}
	if c.knowledge, err = knowledge.Load(); err != nil {
		return err
	}
	if c.texts, err = text.Load(); err != nil {
		return err
	}
	c.devices = device.New(device.Config{Store: c.store})
	c.pairings = pairing.New(pairing.Config{Store: c.store, Devices: c.devices})
	c.alerts = alert.New(alert.Config{
		Store: c.store, Classifier: c.knowledge, WaitHigh: c.cfg.WaitHigh, WaitMedium: c.cfg.WaitMedium, CalmNewBox: c.cfg.CalmNewBox,
	})
	c.usage = usage.New(c.store, nil)
	c.questions = question.New(c.store, nil)
	c.care = care.New(c.store, c.tenants, nil)
	c.reports = report.New(report.Config{Store: c.store, Alerts: c.alerts, Network: c.devices, Usage: c.usage, Companies: c.tenants, Withheld: c.withheld, App: c.appName})
	offers, err := c.cfg.offers()
	if err != nil {
		return err
	}
	c.press, err = paper.Open(c.cfg.Paper)
	switch {
	case err == nil:
	case c.cfg.Paper != (paper.Fonts{}):
		return fmt.Errorf("%w: paper: %w", ErrConfig, err)
	default:
		c.cfg.Log.Warn("nothing is offered as PDF", "error", err)
	}
	if c.cfg.Service.Postcodes != "" {
		if c.postcodes, err = postcode.Open(c.cfg.Service.Postcodes); err != nil {
			return fmt.Errorf("%w: service.postcodes: %w", ErrConfig, err)
		}
	}
	c.shifts = shift.New(shift.Config{Store: c.store, Alerts: c.alerts})
	c.surveys = survey.New(survey.Config{Store: c.store, Shares: c.tenants})
	c.contracts = contract.New(contract.Config{Store: c.store, Companies: c.tenants, Boxes: c.devices, Offers: offers})
	c.visits = dispatch.New(dispatch.Config{Store: c.store, Patience: c.cfg.Desk.Patience})
	c.published = statistics.New(statistics.Config{Store: c.store, Reports: c.reports, Withheld: c.withheld})
	c.hooks = hook.New(hook.Config{Store: c.store, Alerts: c.alerts, Knowledge: c.knowledge, BaseURL: c.cfg.Portal.URL, Private: c.cfg.Service.PrivateHooks, Log: c.cfg.Log})
	c.advisories = advisory.New(advisory.Config{Store: c.store, Devices: c.devices, Source: c.cfg.Advisories.source()})
	if err := c.advisories.Seed(ctx); err != nil {
		return err
	}
	c.parcels = parcel.New(parcel.Config{Store: c.store, Contracts: c.contracts, Boxes: c.devices})
	if err := errors.Join(c.openBooks(), c.openDesk(), c.openCover()); err != nil {
		return err
	}
	c.openNews()
	c.bundles = repo.New(c.cfg.bundlesDir(), nil)
	c.releases = release.New(release.Config{Store: c.store, Repo: c.bundles, Waits: c.cfg.Bundles.waits(), Log: c.cfg.Log})
	c.feeds = feed.New(feed.Config{Store: c.store, Releases: c.releases, Sources: c.cfg.Bundles.Feeds, Dir: c.cfg.feedsDir(), Try: c.tryBundle, Log: c.cfg.Log})
	c.misfires = misfire.New(misfire.Config{Store: c.store, Alerts: c.alerts, Log: c.cfg.Log})
	c.backups = backup.New(backup.Config{Store: c.store, Dir: c.cfg.Backup.Dir, Keep: c.cfg.Backup.Keep, StateDir: c.cfg.StateDir, Software: c.cfg.Software, Log: c.cfg.Log})
	c.keeping()
	if c.apps, err = apps.Load(); err != nil {
		return err
	}
	if c.kinds, err = content.Load(); err != nil {
		return err
	}
	if err := c.openDiscoveries(); err != nil {
		return err
	}
	c.policies = policy.New(policy.Config{Store: c.store, Known: c.apps, Stops: c.discoveries.Stops})
	c.appeals = appeal.New(c.store, nil, c.policies.Allow)
	c.authority, err = enrol.Open(enrol.Config{Dir: c.cfg.authorityDir()})
	return err
}

// Close ends the database.
func (c *Centre) Close() error { return c.store.Close() }

// Run serves until ctx ends.
func (c *Centre) Run(ctx context.Context) error {
	defer collect()()
	in := intake.New(intake.Config{Store: c.store, Companies: c.tenants, Devices: c.devices, Alerts: c.alerts, Usage: c.usage, Questions: c.questions, Appeals: c.appeals, Releases: c.releases, Policies: c.policies, Stopped: c.discoveries.Counter, Pairings: c.pairings, Site: strings.TrimSuffix(c.cfg.Portal.URL, "/") + "/connect", Phone: c.cfg.Phone, CA: c.authority, Log: c.cfg.Log})
	boxes, err := in.Server(c.cfg.Boxes.Names)
	if err != nil {
		return err
	}
	notifier, err := c.notifier()
	if err != nil {
		return err
	}
	if err := errors.Join(c.deskAnswers(), c.newsSender()); err != nil {
		return err
	}
	customers, err := c.portal()
	if err != nil {
		return err
	}
	staff, err := c.console(notifier)
	if err != nil {
		return err
	}
	queue := job.New(job.Config{Store: c.store, Log: c.cfg.Log, Mass: []string{news.KindMail, report.KindMake, report.KindMail, billing.KindTell, survey.KindTell, advisory.KindTell}})
	queue.Handle(alert.KindNotify, func(ctx context.Context, tenantID string, raw json.RawMessage) error {
		return errors.Join(notifier.Handle(ctx, tenantID, raw), c.hooks.Spread(ctx, tenantID, raw)) // neither waits for the other
	})
	queue.Handle(hook.KindSend, c.hooks.Handle)
	queue.Handle(appeal.KindTell, notifier.HandleAppeal)
	queue.Handle(release.KindStopped, notifier.HandleStopped)
	queue.Handle(report.KindMail, notifier.HandleReport)
	queue.Handle(backup.Kind, c.Witness().After(c.backups.Handle))
	queue.Handle(misfire.KindHeld, notifier.HandleHeld)
	queue.Handle(misfire.KindWithdrawn, notifier.HandleWithdrawn)
	queue.Handle(tenant.KindTell, notifier.HandleLogin)
	queue.Handle(contract.KindTell, notifier.HandleContract)
	queue.Handle(contract.KindFound, c.contracts.HandleFound)
	queue.Handle(contract.KindRemind, c.contracts.HandleRemind)
	queue.Handle(contract.KindWatch, c.contracts.HandleWatch)
	queue.Handle(contract.KindEnd, c.contracts.HandleEnd)
	queue.Handle(parcel.KindFollow, c.parcels.HandleFollow)
	queue.Handle(billing.KindMonth, c.billing.HandleMonth)
	queue.Handle(billing.KindTell, notifier.HandleInvoice)
	queue.Handle(billing.KindRemind, c.billing.HandleRemind)
	queue.Handle(desk.KindRead, c.desk.HandleRead)
	queue.Handle(desk.KindSend, c.desk.HandleSend)
	queue.Handle(desk.KindScan, c.desk.HandleScan)
	queue.Handle(desk.KindTell, notifier.HandleDesk)
	queue.Handle(desk.KindMove, c.desk.HandleMove)
	queue.Handle(survey.KindSpread, c.surveys.HandleSpread)
	queue.Handle(survey.KindTell, notifier.HandleSurvey)
	queue.Handle(survey.KindRemind, c.surveys.HandleRemind)
	queue.Handle(survey.KindDeliver, c.surveys.HandleDeliver)
	c.newsJobs(queue)
	c.adviseBy(queue, notifier)
	c.watchBy(queue, notifier)
	queue.Handle(dispatch.KindOffer, notifier.HandleOffer)
	queue.Handle(dispatch.KindDue, c.visits.HandleDue)
	queue.Handle(dispatch.KindTell, notifier.HandleVisit)
	queue.Handle(cover.KindTell, notifier.HandleClaim)
	in.Register(queue)
	queue.Handle(report.KindMonth, c.reports.HandleMonth)
	queue.Handle(report.KindMake, c.reports.HandleMake)
	queue.Handle(export.KindMake, c.exports.Handle)
	queue.Handle(export.KindTell, notifier.HandleExport)
	queue.Handle(erase.KindRun, c.erasures.Handle)
	queue.Handle(erase.KindTell, notifier.HandleErasure)
	queue.Handle(erase.KindCert, notifier.HandleCertificate)
	queue.Handle(retention.Kind, c.retention.Handle)
	queue.Handle(statistics.Kind, c.published.Handle)
	for _, plan := range []func(context.Context) error{c.reports.Plan, c.billing.Plan, c.published.Plan, c.backups.Plan, c.erasures.Plan, c.retention.Plan, c.news.Plan, c.advisories.Plan, c.shifts.Plan} {
		if err := plan(ctx); err != nil {
			return err
		}
	}
	// The ports first: who is started a second time by mistake ends there, before it takes jobs from the first.
	parts := []lifecycle.Part{
		c.listener("boxes", c.cfg.Boxes.Listen, boxes, true),
		c.listener("portal", c.cfg.Portal.Listen, web(behind(c.cfg.Portal.TrustedProxies, customers)), false),
		c.listener("console", c.cfg.Console.Listen, web(behind(c.cfg.Console.TrustedProxies, staff)), false),
	}
	if c.cfg.Ops.Listen != "" {
		parts = append(parts, c.listener("ops", c.cfg.Ops.Listen, web(ops.New(*c.operations(in, queue))), false))
	}
	parts = append(parts, lifecycle.Part{Name: "jobs", Run: queue.Run},
		lifecycle.Part{Name: "bundles", Run: c.releases.Run},
		lifecycle.Part{Name: "feeds", Run: c.feeds.Run},
		lifecycle.Part{Name: "misfires", Run: c.misfires.Run},
		lifecycle.Part{Name: "discoveries", Run: c.discoveries.Run})
	if box, ok, err := c.mailbox(); err != nil {
		return err
	} else if ok {
		parts = append(parts, box)
	}
	return lifecycle.Run(ctx, lifecycle.Config{Log: c.cfg.Log, Parts: parts})
}

func (c *Centre) notifier() (*notify.Notifier, error) {
	cfg, err := c.cfg.sender()
	if err != nil {
		return nil, err
	}
	sender, err := mail.New(cfg)
	if err != nil {
		return nil, err
	}
	c.certified(cfg.SMIME)
	return notify.New(notify.Config{
		Store: c.store, Alerts: c.alerts, Appeals: c.appeals, Reports: c.reports, Exports: c.exports, Erasures: c.erasures, Misfires: c.misfires, Contracts: c.contracts, Invoices: c.billing, Visits: c.visits, Claims: c.cover, Surveys: c.surveys, Advisories: c.advisories, Desk: c.desk, Companies: c.tenants, Links: c.tenants, Logins: c.tenants, Sender: sender, Knowledge: c.knowledge,
		BaseURL: c.cfg.Portal.URL, Console: c.cfg.Console.URL, Domain: mail.Domain(c.cfg.Mail.From), Phone: c.cfg.Phone, Hours: c.cfg.Hours, Log: c.cfg.Log,
	}), nil
}

func (c *Centre) portal() (*ui.Face, error) {
	var prints portal.Paper
	if c.press != nil {
		prints = c.press
	}
	consult, _ := c.deskPages()
	visits, _ := c.visitPages()
	covers, _ := c.coverPages()
	keys, err := c.passkeysAt(c.cfg.Portal.URL, false)
	if err != nil {
		return nil, err
	}
	return portal.New(portal.Config{
		Passkeys: keys,
		Consult:  true, News: c.homeNews,
		Paper: prints, Provider: c.cfg.Name,
		Accounts: c.tenants, Companies: c.tenants, Logins: c.tenants, Links: c.tenants, Alerts: c.alerts, Network: c.devices, Pairings: c.pairings, Usage: c.usage, Questions: c.questions, Appeals: c.appeals, Reports: c.reports, Exports: c.exports, Apps: c.apps, Known: c.kinds, Store: c.store,
		Knowledge: c.knowledge, Texts: c.texts, BaseURL: c.cfg.Portal.URL, Phone: c.cfg.Phone, Hours: c.cfg.Hours, Log: c.cfg.Log,
		Todos: c.toUpdate,
		Guests: []ui.Guest{access.Page(c.cfg.Name, c.cfg.Phone), consult, visits, covers, pages.Customers(c.newsPages()), c.policyPages(false), c.selftests(false), advised.Customers(c.advise()), apply.Customers(c.applications()), bill.Customers(c.bills()), groups.Customers(groups.Config{Service: group.New(group.Config{Shares: c.tenants, Alerts: c.alerts, Boxes: c.devices}), Title: c.knowledge.Title}),
			hooks.Customers(c.hooks), surveys.Customers(surveys.Config{Service: c.surveys, Texts: c.texts}), trends.Customers(trends.Config{Alerts: c.alerts, Usage: c.usage, Network: c.devices, Apps: c.apps, Title: c.knowledge.Title,
				Company: c.tenants.CompanyByID, Months: c.published.Months, Cell: figures.Name}),
			figures.Public(figures.Config{Months: c.published.Months, Title: c.knowledge.Title, Advice: c.knowledge.Advice, Provider: c.cfg.Name, EmbedBy: c.cfg.Portal.EmbedBy})},
	})
}

// withheld are companies that did not agree to be compared and counted.
func (c *Centre) withheld(ctx context.Context) (map[string]bool, error) {
	return c.contracts.Withheld(ctx, "system:statistics", "who did not agree to be counted", "comparison")
}

// applications are the pages from the form to the contract.
func (c *Centre) applications() apply.Config {
	cfg := apply.Config{Service: c.contracts, Provider: c.cfg.Name, Phone: c.cfg.Phone, Names: c.tenants.NamesOf}
	if c.press != nil {
		cfg.Press = c.press
	}
	if c.postcodes != nil {
		cfg.Postcodes = c.postcodes
	}
	return cfg
}

// contact is whom to ring at a company.
func (c *Centre) contact(ctx context.Context, tenantID string) (console.Contact, error) {
	all, err := c.contracts.Contracts(ctx, tenantID)
	if err != nil || len(all) == 0 {
		return console.Contact{}, err
	}
	return console.Contact{Name: all[0].Form.Contact, Phone: all[0].Form.Phone}, nil
}

func (c *Centre) console(n *notify.Notifier) (*ui.Face, error) {
	_, calls := c.deskPages()
	_, visits := c.visitPages()
	_, covers := c.coverPages()
	keys, err := c.passkeysAt(c.cfg.Console.URL, true)
	if err != nil {
		return nil, err
	}
	return console.New(console.Config{
		Provider:    c.idp,
		Glass:       c.glass(),
		Signed:      c.signedUntil,
		Passkeys:    keys,
		Together:    true,
		Places:      c.places,
		OnDuty:      c.turns().OnDuty,
		Similar:     c.similar(),
		Guide:       &cases.Guide{Book: c.knowledge.Playbook(), Names: c.tenants.NamesOf},
		Calls:       true,
		Visits:      true,
		Policies:    true,
		Selftests:   true,
		Discoveries: true,
		Contacts:    c.contact,
		Accounts:    c.tenants, Alerts: c.alerts, Desk: c.alerts, Companies: c.tenants, Logins: staffLogins{c.tenants, c.care}, Care: c.care, Appeals: c.appeals, Devices: c.devices, Mails: n, Questions: c.questions, Network: c.devices, Apps: c.apps,
		Releases: c.releases, Feeds: c.feeds, Backups: c.backups, Misfires: c.misfires, Erasures: c.erasures, Knowledge: c.knowledge, Texts: c.texts, BaseURL: c.cfg.Console.URL, Log: c.cfg.Log,
		Guests: append(c.caseRooms(), c.discoveryPages(), access.Page(c.cfg.Name, c.cfg.Phone), calls, visits, covers, pages.Desk(c.newsPages()), c.policyPages(true), c.selftests(true), advised.Staff(c.advise()), apply.Desk(c.applications()), parcels.Desk(parcels.Config{Service: c.parcels, Contracts: c.contracts, Companies: c.tenants.Companies, Names: c.tenants.NamesOf}), bill.Desk(c.bills())),
	})
}

// web is a server for pages.
func web(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: requestTimeout, IdleTimeout: 2 * requestTimeout}
}

// listener makes a part of a server.
func (c *Centre) listener(name, address string, srv *http.Server, secure bool) lifecycle.Part {
	var l net.Listener
	srv.ErrorLog = slog.NewLogLogger(c.cfg.Log.With("listener", name).Handler(), slog.LevelDebug)
	return lifecycle.Part{
		Name: name,
		Start: func(ctx context.Context) (err error) {
			l, err = new(net.ListenConfig).Listen(ctx, "tcp", address)
			return err
		},
		Run: func(ctx context.Context) error {
			stop := context.AfterFunc(ctx, func() {
				drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
				defer cancel()
				if srv.Shutdown(drain) != nil {
					_ = srv.Close()
				}
			})
			defer stop()
			err := srv.Serve
			if secure {
				err = func(l net.Listener) error { return srv.ServeTLS(l, "", "") }
			}
			if e := err(l); !errors.Is(e, http.ErrServerClosed) {
				return fmt.Errorf("centre: %s: %w", name, e)
			}
			return nil
		},
	}
}
