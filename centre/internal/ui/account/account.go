package account

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"
	"time"

	"otasuke/centre/internal/letin"
	"otasuke/centre/internal/password"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/qr"
	"otasuke/internal/totp"
)

//go:embed *.html
var files embed.FS

// Own is what somebody does with the own account; tenant.Service is one.
type Own interface {
	PersonByID(ctx context.Context, tenantID, personID string) (tenant.Person, error)
	Sessions(ctx context.Context, tenantID, personID string) ([]tenant.Session, error)
	Revoke(ctx context.Context, tenantID, personID, sessionID, keep string) error
	Sure(ctx context.Context, x tenant.Session, secret string) error
	ChangePassword(ctx context.Context, x tenant.Session, old, password string) error
	BeginFactor(ctx context.Context, x tenant.Session, password string) error
	FactorSecret(ctx context.Context, x tenant.Session) ([]byte, error)
	ConfirmFactor(ctx context.Context, x tenant.Session, code string) ([]string, error)
	CodesLeft(ctx context.Context, x tenant.Session) (int, error)
	NewCodes(ctx context.Context, x tenant.Session, code string) ([]string, error)
	RemoveFactor(ctx context.Context, x tenant.Session, code string) error
}

// People are those of a company, and who is asked in; tenant.Service is one.
type People interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	ChangePerson(ctx context.Context, who, tenantID, personID string, role tenant.Role, mails bool) error
	RemovePerson(ctx context.Context, who, tenantID, personID string) error
	Invites(ctx context.Context, tenantID string) ([]tenant.Invite, error)
	Invite(ctx context.Context, who string, p tenant.Person) (string, error)
	Withdraw(ctx context.Context, who, tenantID, id string) error
	EndSessions(ctx context.Context, who, tenantID, personID string) error
	StartRecovery(ctx context.Context, staff tenant.Session, tenantID, personID string, factor bool, why string) (tenant.Recovery, error)
}

// Links are those of mails about logins; tenant.Service is one.
type Links interface {
	InviteByToken(ctx context.Context, token string) (tenant.Invite, error)
	Join(ctx context.Context, token, name, password string) (tenant.Person, error)
	RecoveryByToken(ctx context.Context, token, kind string) (tenant.Recovery, error)
	CancelRecovery(ctx context.Context, token string) (tenant.Recovery, error)
	Recover(ctx context.Context, token, password string) (tenant.Recovery, error)
	Passwordless(r tenant.Role) bool
}

// Shares are what a company lets others see; tenant.Service is one.
type Shares interface {
	Shares(ctx context.Context, tenantID string) ([]tenant.Share, error)
	NewShare(ctx context.Context, who, tenantID, viewer string, kinds []string, expires time.Time) (string, error)
	EndShare(ctx context.Context, who, tenantID, id string) error
}

// Service is all of it.
type Service interface {
	Own
	People
	Links
	Shares
}

// Config says what the pages work with.
type Config struct {
	Service
	Gate *ui.Gate
	// Begin fills in what every page of the face shows.
	Begin func(v *ui.Visit, title, here string) (ui.Base, error)
	Root  string // path of the face
	// Host is how authenticators name the account: the face's host.
	Host  string
	Staff bool // the face is the staff's
	// Glass lets staff in when nothing else does; may be nil.
	Glass *letin.Service
	Clock clock.Clock
}

// Pages are the handlers.
type Pages struct {
	Config
	account, factor, codes, people, person, shares, door *ui.Page
	made, one                                            *ui.Page // passkeys
}

// New makes the pages.
func New(cfg Config) (*Pages, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	p := &Pages{Config: cfg}
	for name, page := range map[string]**ui.Page{"account": &p.account, "factor": &p.factor, "codes": &p.codes, "people": &p.people, "person": &p.person, "shares": &p.shares, "door": &p.door, "passkeymade": &p.made, "passkey": &p.one} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html", "form.html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Routes adds the ways in to a face.
func (p *Pages) Routes(r *ui.Router) {
	r.Page(ui.Self, "GET /account", p.accountPage)
	r.Page(ui.Self, "POST /account/password", p.password)
	r.Page(ui.Self, "POST /account/sessions", p.endSessions)
	r.Page(ui.Self, "GET /account/factor", p.factorPage)
	r.Page(ui.Self, "POST /account/factor", p.confirmFactor)
	r.Page(ui.Self, "POST /account/factor/begin", p.beginFactor)
	r.Page(ui.Self, "POST /account/factor/codes", p.newCodes)
	r.Page(ui.Self, "POST /account/factor/off", p.removeFactor)
	p.passkeyRoutes(r)
	r.Page(ui.Reader, "GET /people", p.peoplePage)
	r.Page(ui.Manager, "POST /people", p.invite)
	r.Page(ui.Manager, "POST /people/withdraw", p.withdraw)
	r.Page(ui.Manager, "GET /people/{person}", p.personPage)
	r.Page(ui.Manager, "POST /people/{person}", p.change)
	r.Page(ui.Manager, "POST /people/{person}/remove", p.remove)
	r.Page(ui.Manager, "POST /people/{person}/sessions", p.endAll)
	r.Open(ui.Holder, "GET /join/{token}", p.Gate.Holder(p.joinPage))
	r.Open(ui.Holder, "POST /join/{token}", p.Gate.Holder(p.joinPage))
	r.Open(ui.Holder, "GET /recover/{token}", p.Gate.Holder(p.recoverPage))
	r.Open(ui.Holder, "POST /recover/{token}", p.Gate.Holder(p.recoverPage))
	r.Open(ui.Holder, "GET /recover/{token}/stop", p.Gate.Holder(p.stopPage))
	r.Open(ui.Holder, "POST /recover/{token}/stop", p.Gate.Holder(p.stopPage))
	if p.Staff {
		r.Page(ui.Manager, "POST /people/{person}/recover", p.recover)
		r.Page(ui.Manager, "POST /people/{person}/release", p.release)
		if p.Glass != nil {
			r.Open(ui.Holder, "GET /let-in/{token}", p.Gate.Holder(p.letInPage))
			r.Open(ui.Holder, "POST /let-in/{token}", p.Gate.Holder(p.letInPage))
		}
		return
	}
	r.Page(ui.Manager, "GET /shares", p.sharesPage)
	r.Page(ui.Manager, "POST /shares", p.share)
	r.Page(ui.Manager, "POST /shares/end", p.endShare)
}

func (p *Pages) back(w http.ResponseWriter, v *ui.Visit, path string) error {
	http.Redirect(w, v.Request, p.Root+path, http.StatusSeeOther)
	return nil
}

// said shows what was just done, chosen by a word in the address and never by its text.
func said(v *ui.Visit, words ...string) *ui.Flash {
	for _, w := range words {
		if v.Request.FormValue("said") == w {
			return &ui.Flash{Text: v.T(saidKey + w)}
		}
	}
	return nil
}

type accountView struct {
	ui.Base
	Name, Email, Role, May string
	Faults                 []field
	Password               form // change
	Factor                 bool
	FactorState            ui.State
	FactorBy, CodesLeft    string
	CanRemove              bool
	Off                    form // code for taking off or new codes
	Keys                   passkeyPart
	By, ByName             string // about the organisation's account; "" without a provider
	Only                   bool   // nothing else lets this person in
	Sessions               []sessionRow
	End                    form // asked before others are ended
	Others                 bool
}

type sessionRow struct {
	ID, Device, Address, Seen, Since string
	Here                             bool
}

func (p *Pages) accountPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showAccount(w, v, formsOf(v))
}

// forms are those of the account's page, as they were typed.
type forms struct{ password, off, key, only, end form }

func formsOf(v *ui.Visit) forms {
	return forms{password: passwordForm(v), off: codeForm(v), key: passkeyForm(v), only: onlyForm(v), end: endForm(v)}
}

func passwordForm(v *ui.Visit) form {
	return form{
		{ID: "old", Label: v.T("login.password_old"), Type: "password", Auto: "current-password", Max: 256},
		{ID: "password", Label: v.T("login.password_new"), Type: "password", Auto: "new-password", Max: 256, Hint: v.T("login.password_hint")},
	}
}

func codeForm(v *ui.Visit) form {
	return form{{ID: "code", Label: v.T("login.code_label"), Type: "text", Auto: "one-time-code", Max: 40}}
}

func (p *Pages) showAccount(w http.ResponseWriter, v *ui.Visit, f forms) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "login.account_title", "/account")
	if err != nil {
		return err
	}
	me, err := p.PersonByID(ctx, v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	sessions, err := p.Service.Sessions(ctx, v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	base.Flash = said(v, "password", "ended", "factor_off", "passkey_on", "passkey_off", "passkey_name", "passkey_only_on", "passkey_only_off")
	a := accountView{Base: base, Name: me.Name, Email: me.Email, Role: ui.RoleWord(v.Texts, me.Role), May: ui.MayWord(v.Texts, me.Role),
		Faults: slices.Concat(f.key.Faults(), f.only.Faults(), f.password.Faults(), f.off.Faults(), f.end.Faults()), End: f.end, Password: f.password, Off: f.off, Factor: v.Factor, CanRemove: !p.Staff}
	if a.Keys, err = p.passkeyPart(v, f.key, f.only); err != nil {
		return err
	}
	if a.Keys.On {
		a.PasskeyScript, a.PasskeyOffer, a.Path = p.Gate.PasskeyScript(), false, p.Root+"/account" // which is what is offered, and cannot repeat a POST
	}
	by, err := p.byProvider(v, &me)
	if err != nil {
		return err
	}
	a.By, a.ByName, a.Only = by.line, by.name, by.only
	a.FactorState = ui.State{Tone: ui.Off, Text: v.T("login.factor_none")}
	if v.Factor {
		a.FactorState = ui.State{Tone: ui.Good, Text: v.T("login.factor_on")}
		left, err := p.Service.CodesLeft(ctx, v.Session)
		if err != nil {
			return err
		}
		a.CodesLeft = v.T("login.codes_left", "n", left)
	}
	if !v.FactorBy.IsZero() {
		a.FactorBy = v.T("login.factor_by", "day", ja.Day(v.FactorBy, v.Texts.Lang()))
	}
	for _, s := range sessions {
		a.Sessions = append(a.Sessions, sessionRow{ID: s.ID, Device: device(v.Texts, s.Agent), Address: s.Address, Here: s.ID == v.Session.ID,
			Seen: ja.Short(s.Seen, v.Texts.Lang()), Since: v.T("login.session_since", "time", ja.Short(s.Created, v.Texts.Lang()))})
		a.Others = a.Others || s.ID != v.Session.ID
	}
	return p.account.Render(w, status(a.Faults), a)
}

func status(faults []field) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// wordsOf are those that everybody knows of a company: its people's passwords are not made of them.
func (p *Pages) wordsOf(ctx context.Context, tenantID string) ([]string, error) {
	c, err := p.CompanyByID(ctx, tenantID)
	return []string{c.Name, c.NameKana}, err
}

func (p *Pages) password(w http.ResponseWriter, v *ui.Visit) error {
	f := formsOf(v)
	old, fresh := v.Request.PostFormValue("old"), v.Request.PostFormValue("password")
	words, err := p.wordsOf(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	if why := password.Fault(fresh, append(words, v.Name)...); why != "" {
		f.password.Fault("password", v.T(faultKey+why))
		return p.showAccount(w, v, f)
	}
	err = p.ChangePassword(v.Request.Context(), v.Session, old, fresh)
	switch {
	case errors.Is(err, tenant.ErrPassword):
		f.password.Fault("old", v.T("login.password_wrong"))
	case errors.Is(err, tenant.ErrTooMany):
		f.password.Fault("old", v.T("login.code_later"))
	case err != nil:
		return err
	default:
		return p.back(w, v, "/account?said=password")
	}
	return p.showAccount(w, v, f)
}

// endSecret is asked for before sessions are ended.
const endSecret = "end-secret"

func endForm(v *ui.Visit) form {
	f := secretField(v)
	f.ID, f.Hint = endSecret, v.T("login.session_secret_hint")
	return form{f}
}

// endSessions ends the session that the form names, or all but this one, for who says the password or a code again (ASVS 7.5.2). Whom only
// the organisation's provider lets in has neither.
func (p *Pages) endSessions(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PostFormValue("session")
	if id == v.Session.ID {
		return ui.ErrBadInput // that is what logging out is for
	}
	me, err := p.PersonByID(v.Request.Context(), v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	by, err := p.byProvider(v, &me)
	if err != nil {
		return err
	}
	if !by.only {
		err = p.Sure(v.Request.Context(), v.Session, v.Request.PostFormValue(endSecret))
	}
	for _, one := range keyFaults {
		if errors.Is(err, one.err) {
			f := formsOf(v)
			f.end.Fault(endSecret, v.T(one.text))
			return p.showAccount(w, v, f)
		}
	}
	if err == nil {
		err = p.Revoke(v.Request.Context(), v.TenantID, v.PersonID, id, v.Session.ID)
	}
	if err != nil {
		return err
	}
	return p.back(w, v, "/account?said=ended")
}

type factorView struct {
	ui.Base
	Faults []field
	Fields form
	Begin  bool // the password is asked for; else the code
	Keys   bool // a passkey would do as well
	Lead   string
	QR     string // path of the QR code, "" when it is too long for one
	Side   int
	Secret string
}

func (p *Pages) factorPage(w http.ResponseWriter, v *ui.Visit) error {
	if v.Factor {
		return p.back(w, v, "/account")
	}
	secret, err := p.FactorSecret(v.Request.Context(), v.Session)
	if err != nil { // none yet, or a fault that comes again below
		return p.showBegin(w, v, "")
	}
	return p.showFactor(w, v, secret, "")
}

func (p *Pages) showBegin(w http.ResponseWriter, v *ui.Visit, fault string) error {
	base, err := p.Begin(v, "login.factor_setup", "/account")
	if err != nil {
		return err
	}
	view := factorView{Base: base, Begin: true, Keys: p.Gate.Passkeys() != nil, Lead: v.T("login.factor_lead"), Fields: passwordForm(v)[:1]}
	if v.MustEnrol(p.Clock.Now()) {
		view.Lead = v.T("login.factor_must")
	}
	view.Fields.Fault("old", fault)
	view.Faults = view.Fields.Faults()
	return p.factor.Render(w, status(view.Faults), view)
}

func (p *Pages) beginFactor(w http.ResponseWriter, v *ui.Visit) error {
	err := p.BeginFactor(v.Request.Context(), v.Session, v.Request.PostFormValue("old"))
	switch {
	case errors.Is(err, tenant.ErrPassword):
		return p.showBegin(w, v, v.T("login.password_wrong"))
	case errors.Is(err, tenant.ErrTooMany):
		return p.showBegin(w, v, v.T("login.code_later"))
	case errors.Is(err, tenant.ErrInvalid):
		return p.back(w, v, "/account")
	case err != nil:
		return err
	}
	return p.back(w, v, "/account/factor")
}

// maxAccount bounds the name of the account in the QR code, to keep that small enough
// for old cameras.
const maxAccount = 60

func (p *Pages) showFactor(w http.ResponseWriter, v *ui.Visit, secret []byte, fault string) error {
	base, err := p.Begin(v, "login.factor_setup", "/account")
	if err != nil {
		return err
	}
	me, err := p.PersonByID(v.Request.Context(), v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	name := me.Email
	if len(name) > maxAccount {
		name = name[:maxAccount]
	}
	uri := totp.URI(p.Host, name, secret)
	view := factorView{Base: base, Fields: codeForm(v), Secret: totp.Text(secret)}
	view.Fields[0].Label = v.T("login.code_app")
	if code, err := qr.Encode(uri); err == nil {
		view.QR, view.Side = code.Path(), code.Side()
	}
	view.Fields.Fault("code", fault)
	view.Faults = view.Fields.Faults()
	return p.factor.Render(w, status(view.Faults), view)
}

func (p *Pages) confirmFactor(w http.ResponseWriter, v *ui.Visit) error {
	codes, err := p.ConfirmFactor(v.Request.Context(), v.Session, v.Request.PostFormValue("code"))
	fault := ""
	switch {
	case errors.Is(err, tenant.ErrCode):
		fault = v.T("login.code_wrong")
	case errors.Is(err, tenant.ErrTooMany):
		fault = v.T("login.code_later")
	case err != nil:
		return p.back(w, v, "/account/factor")
	default:
		return p.showCodes(w, v, codes)
	}
	secret, err := p.FactorSecret(v.Request.Context(), v.Session)
	if err != nil {
		return err
	}
	return p.showFactor(w, v, secret, fault)
}

type codesView struct {
	ui.Base
	Codes []string
}

// showCodes shows recovery codes, once: they are kept nowhere.
func (p *Pages) showCodes(w http.ResponseWriter, v *ui.Visit, codes []string) error {
	base, err := p.Begin(v, "login.codes_title", "/account")
	if err != nil {
		return err
	}
	base.Path = p.Root + "/account" // the language switch cannot repeat a POST
	return p.codes.Render(w, http.StatusOK, codesView{Base: base, Codes: codes})
}

func (p *Pages) newCodes(w http.ResponseWriter, v *ui.Visit) error {
	codes, err := p.NewCodes(v.Request.Context(), v.Session, v.Request.PostFormValue("code"))
	if err != nil {
		return p.wrongCode(w, v, err)
	}
	return p.showCodes(w, v, codes)
}

func (p *Pages) removeFactor(w http.ResponseWriter, v *ui.Visit) error {
	if err := p.RemoveFactor(v.Request.Context(), v.Session, v.Request.PostFormValue("code")); err != nil {
		return p.wrongCode(w, v, err)
	}
	return p.back(w, v, "/account?said=factor_off")
}

func (p *Pages) wrongCode(w http.ResponseWriter, v *ui.Visit, err error) error {
	f := formsOf(v)
	switch {
	case errors.Is(err, tenant.ErrCode):
		f.off.Fault("code", v.T("login.code_wrong"))
	case errors.Is(err, tenant.ErrTooMany):
		f.off.Fault("code", v.T("login.code_later"))
	case errors.Is(err, tenant.ErrRequired):
		return ui.ErrForbidden
	default:
		return err
	}
	return p.showAccount(w, v, f)
}

// device is a browser's name of itself in plain words.
func device(t text.Texts, agent string) string {
	system, browser := agentParts(agent)
	switch {
	case system == "" && browser == "":
		return t.T("login.device_unknown")
	case system == "":
		return browser
	case browser == "":
		return system
	}
	return t.T("login.device", "system", system, "browser", browser)
}
