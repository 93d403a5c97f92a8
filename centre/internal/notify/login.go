package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	texttemplate "text/template"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

var loginMail = texttemplate.Must(texttemplate.New("login.txt").ParseFS(templates, "login.txt"))

// Logins knows what mails about logins are about, and makes their links; tenant.Service
// is one.
type Logins interface {
	InviteByID(ctx context.Context, tenantID, id string) (tenant.Invite, error)
	RecoveryByID(ctx context.Context, tenantID, id string) (tenant.Recovery, error)
	NewLoginLink(ctx context.Context, tenantID, kind, ref string, expires time.Time) (token string, err error)
}

// HandleLogin does one job about a login: an invitation, a recovery or a change. A recovery
// is told to several people, each by a job of their own.
func (n *Notifier) HandleLogin(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args tenant.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	if args.What == tenant.TellInvite {
		return n.tellInvite(ctx, &company, args)
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.What == tenant.TellRecovery && args.Person == "" {
		return n.spreadRecovery(ctx, tenantID, args, people)
	}
	for i := range people {
		if people[i].ID != args.Person {
			continue
		}
		if args.What == tenant.TellRecovery {
			return n.tellRecovery(ctx, &company, args, people, &people[i])
		}
		return n.tellChanged(ctx, &company, args, &people[i])
	}
	return nil // who has left need not know
}

// loginPage is what the template shows.
type loginPage struct {
	text.Texts
	Greeting, Lead string
	Facts          []string
	Next, Link     string
	Stop, StopLink string
	Help           string
}

// site is where a company's people log in.
func (n *Notifier) site(tenantID string) string {
	if tenantID == tenant.House {
		return n.cfg.Console
	}
	return n.cfg.BaseURL
}

func (n *Notifier) loginPage(company *tenant.Company, t text.Texts) loginPage {
	v := loginPage{Texts: t, Greeting: t.T("mail.to_company", "company", company.Name), Help: t.T("mail.login_help", "phone", n.cfg.Phone, "hours", n.hours(t))}
	if company.Passphrase != "" {
		v.Greeting += "\n\n" + t.T("mail.passphrase") + ": " + company.Passphrase
	}
	return v
}

func (n *Notifier) tellInvite(ctx context.Context, company *tenant.Company, args tenant.TellArgs) error {
	i, err := n.cfg.Logins.InviteByID(ctx, company.ID, args.Ref)
	if errors.Is(err, store.ErrNotFound) {
		return nil // withdrawn, or too late
	}
	if err != nil {
		return fmt.Errorf("notify: invitation: %w", err)
	}
	token, err := n.cfg.Logins.NewLoginLink(ctx, company.ID, tenant.TellInvite, i.ID, i.Expires)
	if err != nil {
		return fmt.Errorf("notify: invitation: %w", err)
	}
	t := n.cfg.Knowledge.Texts(string(i.Lang))
	v := n.loginPage(company, t)
	// Whoever gets this may be nobody of the company: the pass phrase is not for them.
	v.Greeting = t.T("mail.invite_to", "name", oneLine(i.Person.Name, mail.MaxName))
	v.Lead, v.Next, v.Link = t.T("mail.invite_lead", "company", company.Name), t.T("mail.invite_next", "time", ja.Long(i.Expires, t.Lang())), n.site(company.ID)+"/join/"+token
	return n.sendLogin(ctx, &i.Person, v, t.T("mail.invite_subject", "company", oneLine(company.Name, mail.MaxName)), "invite."+i.ID)
}

// spreadRecovery leaves a job for the person, and for each of the owners.
func (n *Notifier) spreadRecovery(ctx context.Context, tenantID string, args tenant.TellArgs, people []tenant.Person) error {
	r, err := n.cfg.Logins.RecoveryByID(ctx, tenantID, args.Ref)
	if err != nil {
		return fmt.Errorf("notify: recovery: %w", err)
	}
	return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		for _, p := range people {
			if p.ID != r.PersonID && !p.Role.May(tenant.MayManage) {
				continue
			}
			one := args
			one.Person = p.ID
			if err := job.Enqueue(tx, job.Job{Kind: tenant.KindTell, Args: one, Unique: r.ID + " " + p.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (n *Notifier) tellRecovery(ctx context.Context, company *tenant.Company, args tenant.TellArgs, people []tenant.Person, p *tenant.Person) error {
	r, err := n.cfg.Logins.RecoveryByID(ctx, company.ID, args.Ref)
	if err != nil {
		return fmt.Errorf("notify: recovery: %w", err)
	}
	if r.Ended != "" {
		return nil
	}
	who := ""
	for i := range people {
		if people[i].ID == r.PersonID {
			who = people[i].Name
		}
	}
	t := n.cfg.Knowledge.Texts(string(p.Lang))
	v := n.loginPage(company, t)
	v.Lead = t.T("mail.recovery_lead", "name", who)
	v.Facts = []string{t.T("mail.recovery_valid", "time", ja.Long(r.Valid, t.Lang())), t.T("mail.recovery_why", "why", oneLine(r.Why, mail.MaxSubject))}
	if r.Factor {
		v.Facts = append(v.Facts, t.T("mail.recovery_factor"))
	}
	if p.ID == r.PersonID {
		token, err := n.cfg.Logins.NewLoginLink(ctx, company.ID, tenant.TellRecovery, r.ID, r.Expires)
		if err != nil {
			return fmt.Errorf("notify: recovery: %w", err)
		}
		v.Next, v.Link = t.T("mail.recovery_next", "from", ja.Long(r.Valid, t.Lang()), "until", ja.Long(r.Expires, t.Lang())), n.site(company.ID)+"/recover/"+token
	}
	token, err := n.cfg.Logins.NewLoginLink(ctx, company.ID, tenant.LinkCancel, r.ID, r.Expires)
	if err != nil {
		return fmt.Errorf("notify: recovery: %w", err)
	}
	v.Stop, v.StopLink = t.T("mail.recovery_stop"), n.site(company.ID)+"/recover/"+token+"/stop"
	return n.sendLogin(ctx, p, v, t.T("mail.recovery_subject", "name", oneLine(who, mail.MaxName)), "recovery."+r.ID)
}

// changes are the mails about what became of a login, by the action of the audit log.
var changes = map[string]string{"person.password": "mail.changed_password", "person.factor_on": "mail.changed_factor_on", "person.factor_off": "mail.changed_factor_off",
	"person.codes": "mail.changed_codes", "person.passkey_on": "mail.changed_passkey_on", "person.passkey_off": "mail.changed_passkey_off", "person.passkey_copied": "mail.changed_passkey_copied", "person.recovered": "mail.changed_recovered",
	"person.passkey_only_on": "mail.changed_passkey_only_on", "person.passkey_only_off": "mail.changed_passkey_only_off", "person.oidc_on": "mail.changed_oidc_on", "person.oidc_off": "mail.changed_oidc_off", "person.let_in": "mail.changed_let_in", "person.sessions_ended": "mail.changed_sessions"}

func (n *Notifier) tellChanged(ctx context.Context, company *tenant.Company, args tenant.TellArgs, p *tenant.Person) error {
	key := changes[args.Note]
	if key == "" {
		return fmt.Errorf("%w: notify: no words for %q", job.ErrGiveUp, args.Note)
	}
	t := n.cfg.Knowledge.Texts(string(p.Lang))
	v := n.loginPage(company, t)
	v.Lead, v.Facts = t.T(key), []string{t.T("mail.changed_not_you")}
	v.Next, v.Link = t.T("mail.changed_next"), n.site(company.ID)+"/account"
	if t.Has(key + "_do") { // what one has not done oneself has something to do
		v.Facts = []string{t.T(key + "_do")}
	}
	if t.Has(key + "_next") {
		v.Next = t.T(key + "_next")
	}
	return n.sendLogin(ctx, p, v, t.T(key+"_subject"), fmt.Sprintf("changed.%d", n.cfg.Clock.Now().UnixMicro()))
}

func (n *Notifier) sendLogin(ctx context.Context, p *tenant.Person, v loginPage, subject, id string) error {
	m := mail.Message{To: mail.Address{Name: oneLine(p.Name, mail.MaxName), Email: p.Email}, Date: n.cfg.Clock.Now(),
		ID: strings.ToLower(id+"."+p.ID) + "@" + n.cfg.Domain, Subject: oneLine(subject, mail.MaxSubject)}
	var plain strings.Builder
	if err := loginMail.Execute(&plain, v); err != nil {
		return err
	}
	m.Text = plain.String()
	err := n.cfg.Sender.Send(ctx, m)
	if errors.Is(err, mail.ErrPermanent) || errors.Is(err, mail.ErrMessage) {
		n.cfg.Log.Error("mail about a login refused", "person", p.ID, "error", err)
		return nil
	}
	return err
}
