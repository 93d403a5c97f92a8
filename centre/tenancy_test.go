package centre

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/rule"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/passkey/softkey"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/internal/zengin"
	"otasuke/wire"
)

const word = "correct horse battery staple"

// edge is a centre with two companies: the canary's, whose every text begins with
// KANARIA, and that of a neighbour who must never read one of them.
type edge struct {
	*testing.T
	c                                *Centre
	portal, console                  *ui.Face
	canary, other                    Added
	application                      string
	alert, device, question, request string
	tested                           string
	invoice, day                     string
	month, export                    string
	ticket, file                     string
	branch, sent, asked              string
	news, seat                       string
	advisory, label                  string
	visit, photo, claim              string
	passkey                          string
	found                            string              // what is to be stopped for all
	form                             map[string]string   // what a form says beside the usual
	spare                            map[*ui.Face]string // somebody who may be removed
	people                           map[string]string   // cookie of the portal or console, by who it is
	base                             map[*ui.Face]string
}

const canary = "KANARIA"

func newEdge(t *testing.T) *edge {
	t.Helper()
	return newEdgeOn(t, storetest.SQLiteURL(t, schemas()...))
}

func route(method, path string) ui.Route { return ui.Route{Method: method, Path: path} }

func newEdgeOn(t *testing.T, database string) *edge {
	t.Helper()
	c := testCentre(t, database)
	e := &edge{T: t, c: c, people: map[string]string{"nobody": ""}, spare: map[*ui.Face]string{}}
	var err error
	e.canary, err = c.AddCompany(t.Context(), NewCompany{Name: canary + "株式会社", Kana: canary, Lang: "ja", Passphrase: canary + "山",
		OwnerName: canary + "花子", OwnerEmail: "owner@kanaria.example", Password: word})
	ok(t, err)
	e.other, err = c.AddCompany(t.Context(), NewCompany{Name: "Neighbour", Lang: "en", OwnerName: "N", OwnerEmail: "owner@neighbour.example", Password: word})
	ok(t, err)
	_, err = c.AddOperator(t.Context(), "野田", "operator@centre.example", word)
	ok(t, err)
	for _, p := range []tenant.Person{
		{TenantID: e.canary.CompanyID, Email: "reader@kanaria.example", Name: canary + "読子", Role: tenant.RoleReadonly},
		{TenantID: e.canary.CompanyID, Email: "member@kanaria.example", Name: canary + "員子", Role: tenant.RoleMember},
		{TenantID: tenant.House, Email: "desk@centre.example", Name: "窓口", Role: tenant.RoleDesk},
		{TenantID: tenant.House, Email: "analyst@centre.example", Name: "分析", Role: tenant.RoleAnalyst},
		{TenantID: tenant.House, Email: "vendor@centre.example", Name: "業者", Role: tenant.RoleVendor},
		{TenantID: tenant.House, Email: "insurer@centre.example", Name: "保険", Role: tenant.RoleInsurer},
		{TenantID: tenant.House, Email: "auditor@centre.example", Name: "監査", Role: tenant.RoleAuditor},
	} {
		_, err = c.addPerson(t.Context(), p, word)
		ok(t, err)
	}
	e.attack()
	e.exported()
	e.portal, err = c.portal()
	ok(t, err)
	n, err := c.notifier()
	ok(t, err)
	e.console, err = c.console(n)
	ok(t, err)
	e.spare[e.portal], err = c.addPerson(t.Context(), tenant.Person{TenantID: e.canary.CompanyID, Email: "spare@kanaria.example", Name: canary + "予備", Role: tenant.RoleReadonly}, word)
	ok(t, err)
	e.spare[e.console], err = c.addPerson(t.Context(), tenant.Person{TenantID: tenant.House, Email: "spare@centre.example", Name: "予備", Role: tenant.RoleAuditor}, word)
	ok(t, err)
	for who, role := range roles {
		email := who + "@kanaria.example"
		switch {
		case who == "neighbour":
			email = "owner@neighbour.example"
		case role.Staff():
			email = who + "@centre.example"
		}
		_, token, err := c.tenants.Login(t.Context(), email, word, tenant.From{Addr: "192.0.2.1:1"})
		ok(t, err)
		e.people[who] = token
	}
	e.keyed()
	return e
}

// keyed gives the canary's owner a passkey.
func (e *edge) keyed() {
	e.Helper()
	keys, err := e.c.passkeysAt(e.c.cfg.Portal.URL, false)
	ok(e.T, err)
	x, err := e.c.tenants.SessionByToken(e.Context(), e.people["owner"])
	ok(e.T, err)
	options, err := keys.BeginAdd(e.Context(), x, word)
	ok(e.T, err)
	answer, err := new(softkey.Key).Create(options, e.c.cfg.Portal.URL)
	ok(e.T, err)
	ok(e.T, keys.Add(e.Context(), x, canary, answer))
	all, err := keys.List(e.Context(), x)
	ok(e.T, err)
	e.passkey = all[0].ID
}

// roles of those who try every route.
var roles = map[string]tenant.Role{"owner": tenant.RoleOwner, "member": tenant.RoleMember, "reader": tenant.RoleReadonly, "neighbour": tenant.RoleOwner,
	"operator": tenant.RoleOperator, "desk": tenant.RoleDesk, "analyst": tenant.RoleAnalyst, "vendor": tenant.RoleVendor, "insurer": tenant.RoleInsurer, "auditor": tenant.RoleAuditor}

// attack gives the canary a device and an alert.
func (e *edge) attack() {
	e.Helper()
	ok(e.T, e.c.store.Write(e.Context(), e.canary.CompanyID, func(tx *store.Tx) error {
		d, err := e.c.devices.Seen(tx, "", wire.Device{MAC: "02:00:00:00:00:01", Addr: netip.MustParseAddr("192.168.1.23")}, time.Now())
		if err != nil {
			return err
		}
		e.device = d.ID
		if err := e.c.usage.Record(tx, d.ID, &wire.Usage{Since: time.Now(), Period: 60, Apps: []wire.AppUse{{App: "x", Name: canary, Up: 5}}}); err != nil {
			return err
		}
		return e.c.alerts.Record(tx, []alert.Incoming{{BoxID: "box", DeviceID: d.ID, DeviceName: canary + "のPC", DeviceAddr: "192.168.1.23", Event: &wire.Event{
			ID: fmt.Sprintf("%026d", 1), Time: time.Now(), Kind: wire.KindIPS, Verdict: wire.VerdictBlocked, Direction: wire.Outbound,
			Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443},
			Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: canary + " beacon", Family: "c2"}}}})
	}))
	all, err := e.c.alerts.List(e.Context(), e.canary.CompanyID, alert.Filter{})
	ok(e.T, err)
	if len(all) != 1 {
		e.Fatalf("%d alerts", len(all))
	}
	e.alert = all[0].ID
	e.question, err = e.c.questions.Ask(e.Context(), e.canary.CompanyID, "box", "test", "test", wire.Question{Traffic: &wire.TrafficQuery{}})
	ok(e.T, err)
	ok(e.T, e.c.questions.Take(e.Context(), e.canary.CompanyID, "box", &wire.Answer{Version: wire.Version, ID: e.question, Traffic: &wire.TrafficAnswer{Found: 1,
		Rows: []wire.TrafficRow{{Device: netip.MustParseAddr("192.168.1.23"), Peer: netip.MustParseAddr("203.0.113.5"), Name: canary + ".example"}}}}))
	e.tested, err = e.c.questions.Ask(e.Context(), e.canary.CompanyID, "box", "test", "test", wire.Question{Test: &wire.TestQuery{}})
	ok(e.T, err)
	ok(e.T, e.c.questions.Take(e.Context(), e.canary.CompanyID, "box", &wire.Answer{Version: wire.Version, ID: e.tested, Test: &wire.TestAnswer{At: time.Now(), Software: canary, Uptime: 60,
		Points: []wire.TestPoint{{Name: wire.PointInspection, State: wire.StateOK}}}}))
	ok(e.T, e.c.appeals.Ask(e.Context(), e.canary.CompanyID, "", appeal.Appeal{What: canary + ".example", Note: canary}))
	requests, err := e.c.appeals.Requests(e.Context(), e.canary.CompanyID)
	ok(e.T, err)
	e.request = requests[0].ID
	paper, err := attach.Check("offer.pdf", strings.NewReader("%PDF-1.7 "+canary), desk.Kinds...)
	ok(e.T, err)
	ticket, err := e.c.desk.Open(e.Context(), e.canary.CompanyID, e.canary.OwnerID, desk.Ticket{Channel: desk.Portal, Name: canary + "花子", AlertID: e.alert, Told: desk.Told{What: canary}}, desk.Said{Text: canary + "の相談", Files: []attach.Upload{paper}})
	ok(e.T, err)
	e.ticket = ticket.ID
	_, said, err := e.c.desk.Ticket(e.Context(), e.canary.CompanyID, e.ticket, true)
	ok(e.T, err)
	e.file = said[0].Files[0].ID
	e.month = time.Now().In(ja.Zone).Format("2006-01")
	ok(e.T, e.c.reports.HandleMake(e.Context(), e.canary.CompanyID, []byte(`{"Month":"`+e.month+`"}`)))
	ok(e.T, e.c.devices.Rename(e.Context(), e.canary.CompanyID, e.device, "test", canary+"のPC"))
	e.announce()
	e.advise()
	e.apply()
	e.survey()
	e.policy()
	e.discovered()
	e.visited()
	e.box(e.canary.CompanyID, canary+"の箱")
}

// box gives a company a box.
func (e *edge) box(tenantID, name string) {
	e.Helper()
	ok(e.T, e.c.store.Write(e.Context(), tenantID, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO box (tenant_id, id, site_id, name, serial, model, software, claimed_at, last_seen, protecting, since, health_at, health, returned_at) VALUES ($1, 'box', '', $2, 'x', 'x', '1', $3, $3, TRUE, $3, $3, '{}', 0)`, name, store.Micros(time.Now()))
		return err
	}))
}

// visited sends somebody to the canary, who takes a photo.
func (e *edge) visited() {
	e.Helper()
	ctx := e.Context()
	_, err := e.c.visits.PutVendor(ctx, "test", dispatch.Vendor{Name: "業者", Phone: "0612345678", Email: "v@vendor.example", Postcode: "5400028", Areas: []string{"54"}, Skills: []string{"first"}, Days: "1234567", Opens: "00:00", Shuts: "00:00", From: "2020-01-01"})
	ok(e.T, err)
	e.visit, err = e.c.visits.Ask(ctx, e.canary.CompanyID, "test", dispatch.Wish{AlertID: e.alert, Brief: dispatch.Brief{Company: canary, Contact: canary, Phone: "0612345678", Postcode: "5400029", Address: "大阪府" + canary, Skill: "first", Seen: canary, First: canary, Keep: canary}})
	ok(e.T, err)
	token, err := e.c.visits.NewToken(ctx, e.canary.CompanyID, e.visit, 1)
	ok(e.T, err)
	ok(e.T, e.c.visits.Accept(ctx, token, canary))
	ok(e.T, e.c.visits.Step(ctx, token, dispatch.Arrived))
	photo, err := attach.Check("a.jpg", strings.NewReader("\xff\xd8\xff\xe0\x00\x10JFIF"+canary), attach.JPEG)
	ok(e.T, err)
	ok(e.T, e.c.visits.Attach(ctx, token, dispatch.Photo, &photo))
	e.photo = photo.ID
	ok(e.T, e.c.visits.Step(ctx, token, dispatch.Working))
	ok(e.T, e.c.visits.Finish(ctx, token, dispatch.Report{Found: canary, Did: canary, Known: true, Cause: canary, Costs: []dispatch.Cost{{What: canary, Yen: 1000}}, Signer: canary}, nil))
	ok(e.T, e.c.store.Write(ctx, e.canary.CompanyID, func(tx *store.Tx) error { // the mail that went before
		_, err := tx.Exec(`INSERT INTO delivery (tenant_id, alert_id, person_id, step, email, message_id, subject, state, tries, deaths, created_at, tried_at, sent_at, latency, error) VALUES ($1, $2, $3, 9, 'owner@kanaria.example', 'x', $4, 'sent', 1, 0, 1, 1, $5, 0, '')`, e.alert, e.canary.OwnerID, "★★★ "+canary, store.Micros(time.Now().Add(-time.Hour)))
		if err == nil {
			_, err = tx.Exec(`INSERT INTO delivery_copy (tenant_id, alert_id, person_id, step, body, eml, sum) VALUES ($1, $2, $3, 9, $4, $5, '')`, e.alert, e.canary.OwnerID, canary+" 本文", []byte("Subject: x\r\n\r\n"+canary))
		}
		if err == nil {
			_, err = tx.Exec(`UPDATE contract SET signed_at = $2, installed_at = $2 WHERE tenant_id = $1`, store.Micros(time.Now().AddDate(0, -3, 0)))
		}
		return err
	}))
	e.claim, err = e.c.cover.Claim(ctx, e.canary.CompanyID, e.visit, "test")
	ok(e.T, err)
}

// announce invites the canary alone to a seminar; somebody has a seat.
func (e *edge) announce() {
	e.Helper()
	ctx := e.Context()
	ok(e.T, e.c.store.Write(ctx, e.canary.CompanyID, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE company SET industry = 'retail' WHERE tenant_id = $1`)
		return err
	}))
	start := time.Now().Add(48 * time.Hour)
	p, err := e.c.news.Write(ctx, "test", news.Piece{Kind: news.Seminar, Title: map[string]string{"ja": canary + "の集い"}, Body: map[string]string{"ja": canary}, Audience: news.Audience{Industries: []string{"retail"}}, Meeting: &news.Meeting{Starts: start, Ends: start.Add(time.Hour), Place: canary}})
	ok(e.T, err)
	ok(e.T, e.c.news.Send(ctx, "test", p.ID, p.Revision))
	ok(e.T, e.c.news.HandleSpread(ctx, tenant.House, []byte(`{"news":"`+p.ID+`"}`)))
	_, err = e.c.news.Take(ctx, e.canary.CompanyID, p.ID, news.Guest{Name: canary, Email: "guest@kanaria.example", Lang: "ja"})
	ok(e.T, err)
	slides, err := attach.Check("slides.pdf", strings.NewReader("%PDF-1.7 "+canary), attach.Papers...)
	ok(e.T, err)
	ok(e.T, e.c.news.PutSlides(ctx, "test", p.ID, &slides))
	seats, err := e.c.news.Own(ctx, e.canary.CompanyID, p.ID)
	ok(e.T, err)
	e.news, e.seat = p.ID, seats[0].ID
}

// advise tells the canary of a router of its own, whose label it sent.
func (e *edge) advise() {
	e.Helper()
	ctx := e.Context()
	e.advisory = "buffalo-2024-07"
	ok(e.T, e.c.store.Write(ctx, e.canary.CompanyID, func(tx *store.Tx) error {
		_, _, err := e.c.devices.Inside(tx, &device.Box{TenantID: e.canary.CompanyID}, wire.Device{MAC: "02:00:00:00:00:01", Addr: netip.MustParseAddr("192.168.1.23")}, &wire.Inside{First: time.Now(), Last: time.Now(), Maker: "BUFFALO.INC", Kind: wire.Guess{ID: "router"}}, time.Now())
		return err
	}))
	ok(e.T, e.c.advisories.Publish(ctx, "test", e.advisory))
	ok(e.T, e.c.advisories.HandleAll(ctx, tenant.House, []byte(`{}`)))
	label, err := attach.Check("label.jpg", strings.NewReader("\xff\xd8\xff\xe0\x00\x10JFIF"+canary), attach.JPEG)
	ok(e.T, err)
	_, err = e.c.advisories.Answer(ctx, e.canary.CompanyID, e.canary.OwnerID, e.advisory, advisory.Told{EndpointID: e.device, Photo: &label})
	ok(e.T, err)
	e.label = label.ID
}

// apply gives the canary a contract, and leaves an application of the same name to be looked at.
func (e *edge) apply() {
	e.Helper()
	ctx := e.Context()
	for range 2 {
		token, err := e.c.contracts.Enter(ctx, contract.Form{Company: canary + "株式会社", Kana: "カナリア", Industry: "retail", PCs: "6", Line: "fibre", Router: "own", Contact: canary, ContactKana: "カナリア", Email: "owner@kanaria.example", Phone: "0612345678",
			Postcode: "5400029", Address: "大阪府" + canary, Passphrase: canary, Consents: []string{"addresses", "names", "files", "devices", "partners"}, Agreed: true})
		ok(e.T, err)
		ok(e.T, e.c.contracts.Submit(ctx, token))
		paper, err := attach.Check(canary+".pdf", strings.NewReader("%PDF-1.7 "+canary), attach.Papers...)
		ok(e.T, err)
		ok(e.T, e.c.contracts.Paper(ctx, token, &paper))
		a, _, err := e.c.contracts.ByToken(ctx, token)
		ok(e.T, err)
		if e.application == "" {
			ok(e.T, e.c.contracts.Accept(ctx, a.ID, "test", contract.Accepted{}))
			ok(e.T, e.c.store.Write(ctx, tenant.House, func(tx *store.Tx) error { // the company is there already
				_, err := tx.Exec(`UPDATE application SET company_id = $2 WHERE tenant_id = $1 AND id = $3`, e.canary.CompanyID, a.ID)
				return err
			}))
			ok(e.T, e.c.contracts.HandleFound(ctx, tenant.House, []byte(`{"id":"`+a.ID+`","who":"test"}`)))
		}
		e.application = a.ID
	}
	ok(e.T, e.c.parcels.Add(ctx, "test", canary, []string{"OT-1"}))
	e.bill()
}

// policy gives the canary a difference of its own.
func (e *edge) policy() {
	e.Helper()
	ok(e.T, e.c.policies.Save(e.Context(), e.canary.CompanyID, "test", canary+"の希望", 0, policy.State{Deny: []string{"kanaria.example"}}, true))
}

// discovered proposes to stop for all what was found at the canary.
func (e *edge) discovered() {
	e.Helper()
	var err error
	e.found, err = e.c.discoveries.Propose(e.Context(), discovery.Proposal{Kind: wire.StopName, Value: "evil.example", Category: "c2", CompanyID: e.canary.CompanyID, AlertID: e.alert, Who: "test", Why: "確かめた"})
	ok(e.T, err)
}

// survey has the canary ask a branch, and the branch the canary.
func (e *edge) survey() {
	e.Helper()
	ctx := e.Context()
	made, err := e.c.AddCompany(ctx, NewCompany{Name: "Branch", Lang: "en", OwnerName: "B", OwnerEmail: "owner@branch.example", Password: word})
	ok(e.T, err)
	e.branch, e.sent, e.asked = made.CompanyID, strings.Repeat("a", 26), strings.Repeat("b", 26)
	for _, x := range []struct{ asker, of, id string }{{e.canary.CompanyID, e.branch, e.sent}, {e.branch, e.canary.CompanyID, e.asked}} {
		_, err := e.c.tenants.NewShare(ctx, "test", x.of, x.asker, []string{tenant.ShareFigures}, time.Now().Add(time.Hour))
		ok(e.T, err)
		ok(e.T, e.c.surveys.Send(ctx, x.asker, "test", survey.Survey{ID: x.id, Title: canary, Questions: []survey.Question{{Kind: survey.Check, JA: canary}}, Due: time.Now().Add(time.Hour)}))
		ok(e.T, e.c.surveys.HandleSpread(ctx, x.asker, []byte(`{"id":"`+x.id+`"}`)))
	}
}

// bill gives the canary an invoice, an account, and a day on which it is collected.
func (e *edge) bill() {
	e.Helper()
	ctx := e.Context()
	ok(e.T, e.c.store.Write(ctx, e.canary.CompanyID, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE contract SET state = 'active', installed_at = $2 WHERE tenant_id = $1`, store.Micros(time.Now().AddDate(0, -3, 0)))
		return err
	}))
	e.c.billing.Provider.Number = "T7000012050002"
	e.c.billing.Collector = zengin.Header{Consignor: "1234567890", Name: "ﾐﾅﾄ", Account: zengin.Account{Bank: "0001", Branch: "001", Kind: zengin.Ordinary, Number: "1234567"}}
	first, _, err := rule.First(rule.Month(time.Now()))
	ok(e.T, err)
	ok(e.T, e.c.billing.HandleMonth(ctx, tenant.House, []byte(`{"month":"`+rule.Month(first.Add(-time.Hour))+`"}`)))
	all, err := e.c.billing.Of(ctx, e.canary.CompanyID)
	ok(e.T, err)
	if len(all) != 1 {
		e.Fatalf("%d invoices", len(all))
	}
	e.invoice, e.day = all[0].Number, e.c.billing.BankDay(time.Now().In(ja.Zone).AddDate(0, 2, 0)).Format(time.DateOnly)
	ok(e.T, e.c.billing.SetAccount(ctx, "test", billing.Account{CompanyID: e.canary.CompanyID, Account: zengin.Account{Bank: "0005", Branch: "001", Kind: zengin.Ordinary, Number: "1"}, Holder: canary}))
	ok(e.T, e.c.billing.Collect(ctx, "test", e.day))
}

// exported makes the canary's owner a file of everything.
func (e *edge) exported() {
	e.Helper()
	ctx, id := e.Context(), e.canary.CompanyID
	ok(e.T, e.c.exports.Ask(ctx, id, e.canary.OwnerID))
	all, err := e.c.exports.List(ctx, id)
	ok(e.T, err)
	e.export = all[0].ID
	ok(e.T, e.c.exports.Handle(ctx, id, []byte(`{"export":"`+e.export+`"}`)))
	ok(e.T, e.c.store.Write(ctx, id, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM job WHERE owner = $1 AND kind LIKE 'export.%'`)
		return err
	}))
}

var hole = regexp.MustCompile(`\{[a-z$]+\}`)

// address fills a route's holes with what belongs to the canary.
func (e *edge) address(face *ui.Face, r ui.Route) string {
	return hole.ReplaceAllStringFunc(r.Path, func(h string) string {
		value, known := map[string]string{"{$}": "", "{name}": "x.css", "{token}": "x", "{answer}": "done",
			"{tenant}": e.canary.CompanyID, "{alert}": e.alert, "{device}": e.device, "{id}": e.question, "{test}": e.tested, "{request}": e.request, "{person}": e.spare[face], "{month}": e.month, "{export}": e.export, "{kind}": wire.BundleRules, "{version}": "1", "{gid}": "1", "{sid}": "2000001", "{application}": e.application, "{serial}": "OT-1", "{invoice}": e.invoice, "{day}": e.day, "{company}": e.canary.CompanyID, "{share}": "x", "{ticket}": e.ticket, "{file}": e.file, "{visit}": e.visit, "{photo}": e.photo, "{claim}": e.claim, "{news}": e.news, "{advisory}": e.advisory, "{label}": e.label, "{public}": "ipa", "{survey}": e.sent, "{asked}": e.asked, "{branch}": e.branch, "{passkey}": e.passkey, "{template}": "standard", "{discovery}": e.found, "{note}": "x", "{point}": "x", "{duty}": "x", "{swap}": "x"}[h]
		if !known {
			e.Fatalf("%s: what is %s? Tell this test what of the canary's goes there", r.Path, h)
		}
		return value
	})
}

var token = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// ask makes a request as somebody, with the form token that their pages have.
func (e *edge) ask(face *ui.Face, who string, r ui.Route) (int, string, string) {
	e.Helper()
	cookie, site, home := "portal", e.c.cfg.Portal.URL, ""
	if home = "/account"; face == e.console {
		cookie, site = "console", e.c.cfg.Console.URL
	}
	do := func(method, path, body string) *httptest.ResponseRecorder {
		q := httptest.NewRequestWithContext(e.Context(), method, site+path, strings.NewReader(body))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if value := e.people[who]; value != "" {
			q.AddCookie(&http.Cookie{Name: cookie, Value: value})
		}
		w := httptest.NewRecorder()
		face.ServeHTTP(w, q)
		return w
	}
	answer := "call"
	if strings.HasPrefix(r.Path, "/requests/") {
		answer = "refuse"
	}
	verb := "stop"
	if strings.HasPrefix(r.Path, "/held/") {
		verb = "release"
	}
	if strings.HasPrefix(r.Path, "/discoveries/") {
		verb = discovery.StepDrop
	}
	form := url.Values{"seat": {e.seat}, "email": {"x@x.example"}, "role": {"readonly"}, "why": {"電話で確認"}, "person": {e.canary.OwnerID}, "name": {"x"}, "answer": {answer}, "note": {"x"}, "reason": {"電話で確認"}, "company": {"x"}, "text": {"x"}, "face": {"3"}, "do": {verb}}
	if strings.Contains(r.Path, "polic") {
		form.Set("seq", "1")
		form.Set("step", "1")
	}
	for name, value := range e.form {
		form.Set(name, value)
	}
	if m := token.FindStringSubmatch(do(http.MethodGet, home, "").Body.String()); m != nil {
		form.Set("csrf", m[1])
	}
	res := do(r.Method, e.address(face, r), form.Encode()).Result()
	body, err := io.ReadAll(res.Body)
	ok(e.T, err)
	return res.StatusCode, res.Header.Get("Location"), string(body)
}

// login says whether an answer sends somebody to the login page.
func login(status int, location string) bool {
	return status == http.StatusSeeOther && strings.HasPrefix(location, "/login")
}

// Every route of both faces, as everybody: what a route declares is what happens,
// and nothing of the canary's is in any answer to others.
func TestEveryRouteKeepsCompaniesApart(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	for name, face := range map[string]*ui.Face{"portal": e.portal, "console": e.console} {
		if len(face.Routes) < 10 {
			t.Errorf("%s has %d routes: is the list complete?", name, len(face.Routes))
		}
		for _, r := range face.Routes {
			if r.Path == "/logout" {
				continue // would end the sessions of this test; see below
			}
			for who := range e.people {
				status, location, body := e.ask(face, who, r)
				at := fmt.Sprintf("%s: %s %s as %s: %d %s", name, r.Method, r.Path, who, status, location)
				if want := e.want(face, who, r); !want(status, location) {
					t.Error(at)
				}
				if !e.mayRead(face, who, r) && strings.Contains(body, canary) {
					t.Errorf("%s shows the canary", at)
				}
			}
		}
	}
}

// mayRead says who may see the canary's data: its people, and staff who may read.
func (e *edge) mayRead(face *ui.Face, who string, r ui.Route) bool {
	return e.inside(face, who) && (roles[who].May(tenant.MayRead) || r.Scope == ui.Insurer && r.Scope.Allows(roles[who]))
}

// inside says who is at home at a face, but for the neighbour.
func (e *edge) inside(face *ui.Face, who string) bool {
	return who != "nobody" && who != "neighbour" && roles[who].Staff() == (face == e.console)
}

// asked are routes that show what is wrong with what this test sends.
var asked = []string{"POST /account/password", "POST /account/sessions", "POST /account/factor/begin", "POST /account/factor/codes", "POST /account/factor/off", "POST /account/passkeys", "POST /account/passkeys/made", "POST /account/passkeys/only", "POST /shares", "POST /channels", "POST /surveys/new", "POST /surveys/{asked}", "POST /rota", "POST /cases/{tenant}/{alert}/discovery"}

// want is what must come of a request.
func (e *edge) want(face *ui.Face, who string, r ui.Route) func(int, string) bool {
	is := func(want ...int) func(int, string) bool {
		return func(got int, _ string) bool { return slices.Contains(want, got) }
	}
	guest := face == e.portal && who == "neighbour" // at home here, but elsewhere
	switch route := r.Method + " " + r.Path; {
	case r.Scope == ui.Everyone, r.Scope == ui.Holder:
		return func(status int, _ string) bool { return status < http.StatusInternalServerError }
	case !e.inside(face, who) && !guest:
		return login
	case !r.Scope.Allows(roles[who]) && r.Path == "/{$}":
		home := map[tenant.Role]string{tenant.RoleVendor: "/fleet", tenant.RoleInsurer: "/claims"}[roles[who]]
		return func(status int, location string) bool {
			return status == http.StatusSeeOther && location == cmp.Or(home, "/account")
		}
	case !r.Scope.Allows(roles[who]):
		return is(http.StatusForbidden)
	case guest && hole.MatchString(strings.ReplaceAll(r.Path, "{$}", "")):
		return is(http.StatusNotFound)
	case route == "POST /cover/insurers":
		return is(http.StatusNotFound) // there is one insurer here, nobody to choose; see TestEachInsurerSeesItsOwn
	case strings.HasPrefix(r.Path, "/companies/{tenant}/selftest") && who == "vendor":
		return is(http.StatusNotFound) // nobody gave it the company; see TestAVendorSeesOwnCustomersOnly
	case route == "POST /companies/{tenant}/selftest" && who == "auditor":
		return is(http.StatusForbidden) // only looks
	case route == "POST /account/factor/off" && face == e.console:
		return is(http.StatusForbidden) // staff need it
	case strings.HasSuffix(r.Path, "/jot"), strings.HasSuffix(r.Path, "/escalate"):
		return is(http.StatusSeeOther)
	case strings.Contains(r.Path, "{passkey}") && who != "owner":
		return is(http.StatusNotFound) // one's own only
	case strings.Contains(r.Path, "{passkey}") && r.Method == http.MethodPost:
		return is(http.StatusUnprocessableEntity) // neither name nor password
	case slices.Contains(asked, route):
		return is(http.StatusUnprocessableEntity)
	case route == "POST /people" && face == e.console, r.Path == "/people/{person}" && r.Method == http.MethodPost && face == e.console:
		return is(http.StatusBadRequest) // the role that is sent is a customer's
	case r.Path == "/news/choice" && r.Method == http.MethodPost:
		return is(http.StatusSeeOther, http.StatusForbidden, http.StatusNotFound) // one of the canary's people, or one's own mail
	case strings.HasPrefix(r.Path, "/news/one/"), strings.HasPrefix(r.Path, "/news/{news}"), r.Path == "/news/new":
		return func(status int, location string) bool {
			return status < http.StatusInternalServerError && status != http.StatusForbidden && !login(status, location) && (status == http.StatusNotFound) == guest
		}
	case strings.HasPrefix(r.Path, "/advisories/"), r.Path == "/advisories/new", r.Method == http.MethodPost && strings.Contains(r.Path, "polic"):
		// Another of this test may have come first, and not everything that it sends does.
		return func(status int, location string) bool {
			return status < http.StatusInternalServerError && status != http.StatusForbidden && !login(status, location)
		}
	case r.Path == "/group/{company}", r.Path == "/shares/{share}":
		return is(http.StatusNotFound) // nobody lets anybody look
	case strings.HasPrefix(r.Path, "/contract/"), strings.HasPrefix(r.Path, "/applications/"), strings.HasPrefix(r.Path, "/parcels/"),
		r.Method == http.MethodPost && (strings.HasPrefix(r.Path, "/billing") || strings.HasPrefix(r.Path, "/debit/") || strings.HasPrefix(r.Path, "/transfers")):
		// Another of this test may have come first, and not everything that it sends does.
		return func(status int, location string) bool {
			return status < http.StatusInternalServerError && status != http.StatusForbidden && !login(status, location) && (status == http.StatusNotFound) == guest
		}
	case r.Method == http.MethodPost && strings.HasPrefix(r.Path, "/visits"):
		return is(http.StatusSeeOther, http.StatusUnprocessableEntity)
	case r.Scope == ui.Insurer && hole.MatchString(r.Path):
		// The desk of this test may have sent the claim by now, or taken it back; see TestAnInsurerSeesWhatWasSent.
		return is(http.StatusOK, http.StatusSeeOther, http.StatusNotFound)
	case strings.HasSuffix(r.Path, "/letter"):
		return is(http.StatusNotFound) // there is none
	case strings.HasPrefix(r.Path, "/people"):
		// Somebody may be invited or gone by now: it was this test.
		return func(status int, location string) bool {
			return status < http.StatusInternalServerError && status != http.StatusForbidden && !login(status, location)
		}
	case r.Method == http.MethodGet, strings.HasSuffix(r.Path, "/claim"), strings.HasPrefix(r.Path, "/connect"):
		return is(http.StatusOK)
	case strings.HasSuffix(r.Path, "/erase"):
		return is(http.StatusUnprocessableEntity) // not the company's name
	case strings.HasSuffix(r.Path, "/owner"):
		return is(http.StatusSeeOther, http.StatusUnprocessableEntity) // invited already
	}
	return func(status int, location string) bool {
		return status == http.StatusSeeOther && !login(status, location)
	}
}

// The canary is where it belongs: without this the test above would prove nothing.
func TestTheCanarySings(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	for _, c := range []struct {
		face *ui.Face
		who  string
		path string
	}{
		{e.portal, "owner", "/{$}"}, {e.portal, "reader", "/alerts"}, {e.portal, "owner", "/alerts/{alert}"}, {e.portal, "reader", "/devices"}, {e.portal, "reader", "/used"}, {e.portal, "owner", "/used/{device}"}, {e.portal, "reader", "/traffic/{id}"}, {e.portal, "owner", "/traffic/{id}/csv"},
		{e.console, "desk", "/{$}"}, {e.console, "operator", "/companies"}, {e.console, "desk", "/cases/{tenant}/{alert}"}, {e.console, "desk", "/companies/{tenant}/traffic/{id}"},
		{e.portal, "reader", "/people"}, {e.portal, "owner", "/people/{person}"}, {e.portal, "member", "/account"}, {e.portal, "owner", "/account/passkeys/{passkey}"}, {e.console, "auditor", "/companies"}, {e.console, "analyst", "/{$}"},
		{e.portal, "reader", "/requests"}, {e.portal, "owner", "/reports/{month}"}, {e.console, "desk", "/requests"},
		{e.portal, "reader", "/contract"}, {e.portal, "reader", "/figures"}, {e.console, "desk", "/applications"}, {e.console, "auditor", "/applications/{application}"}, {e.console, "desk", "/applications/{application}/paper"}, {e.console, "analyst", "/parcels/{serial}"},
		{e.portal, "reader", "/invoices/{invoice}"}, {e.portal, "owner", "/invoices/{invoice}/csv"}, {e.console, "auditor", "/billing"}, {e.console, "desk", "/billing/{invoice}"}, {e.console, "operator", "/transfers/{day}"}, {e.console, "operator", "/debit/{tenant}"},
		{e.portal, "reader", "/news"}, {e.portal, "member", "/news/{news}"}, {e.portal, "reader", "/news/choice"}, {e.console, "auditor", "/news"}, {e.console, "desk", "/news/one/{news}"}, {e.console, "analyst", "/news/one/{news}/seats"}, {e.console, "desk", "/news/one/{news}/csv"},
		{e.portal, "reader", "/advisories"}, {e.portal, "member", "/advisories/{advisory}"}, {e.portal, "owner", "/advisories/{advisory}/label/{label}"}, {e.console, "desk", "/advisories/one/{advisory}"}, {e.console, "auditor", "/advisories/label/{tenant}/{label}"},
		{e.portal, "reader", "/selftest/{test}"}, {e.console, "auditor", "/companies/{tenant}/selftest/{test}"}, {e.console, "desk", "/companies/{tenant}/selftest"},
		{e.console, "desk", "/fleet"}, {e.console, "auditor", "/fleet"},
		{e.portal, "reader", "/policy"}, {e.console, "auditor", "/companies/{tenant}/policy"},
		{e.portal, "owner", "/surveys/{asked}"}, {e.portal, "owner", "/surveys/sent/{survey}"}, {e.portal, "owner", "/surveys/sent/{survey}/{branch}"}, {e.portal, "reader", "/surveys"}, {e.portal, "reader", "/desk"}, {e.portal, "member", "/desk/{ticket}"}, {e.portal, "owner", "/desk/{ticket}/files/{file}"},
		{e.portal, "reader", "/visits/{visit}"}, {e.portal, "reader", "/visits/{visit}/files/{photo}"}, {e.console, "auditor", "/visits"}, {e.console, "desk", "/visits/{tenant}/ask"}, {e.console, "desk", "/visits/{tenant}/{visit}"}, {e.console, "auditor", "/cover"}, {e.console, "desk", "/visits/{tenant}/{visit}/cover"}, {e.console, "desk", "/cover/{tenant}/{claim}"},
		{e.console, "desk", "/desk"}, {e.console, "auditor", "/desk/company/{tenant}"}, {e.console, "analyst", "/desk/ticket/{tenant}/{ticket}"}, {e.console, "desk", "/desk/ticket/{tenant}/{ticket}/to/{public}"},
	} {
		status, _, body := e.ask(c.face, c.who, ui.Route{Method: http.MethodGet, Path: c.path})
		if status != http.StatusOK || !strings.Contains(body, canary) {
			t.Errorf("%s as %s: %d without the canary", c.path, c.who, status)
		}
	}
	for _, face := range []*ui.Face{e.portal, e.console} {
		who := "owner"
		if face == e.console {
			who = "desk"
		}
		logout := ui.Route{Method: http.MethodPost, Path: "/logout"}
		if status, location, _ := e.ask(face, who, logout); !login(status, location) {
			t.Errorf("logging out: %d %s", status, location)
		}
		if status, location, _ := e.ask(face, who, ui.Route{Method: http.MethodGet, Path: "/{$}"}); !login(status, location) {
			t.Errorf("after logging out: %d %s", status, location)
		}
	}
}

// An insurer's people see a claim and its papers from when it was sent until it is withdrawn, decide in their own name, and see nothing else of anybody.
func TestAnInsurerSeesWhatWasSent(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	ctx, own := e.Context(), e.canary.CompanyID
	get := func(path string) (int, string) {
		status, _, body := e.ask(e.console, "insurer", ui.Route{Method: http.MethodGet, Path: path, Scope: ui.Insurer})
		return status, body
	}
	const one = "/claims/{tenant}/{claim}"
	for _, path := range []string{one, one + "/zip", one + "/letter"} {
		if status, body := get(path); status != http.StatusNotFound || strings.Contains(body, canary) {
			t.Errorf("%s before it was sent: %d", path, status)
		}
	}
	if status, body := get("/claims"); status != http.StatusOK || strings.Contains(body, canary) {
		t.Errorf("the list before anything was sent: %d", status)
	}
	if status, _, _ := e.ask(e.console, "insurer", ui.Route{Method: http.MethodPost, Path: one + "/decide", Scope: ui.Insurer}); status != http.StatusNotFound {
		t.Errorf("a decision before it was sent: %d", status)
	}
	ok(t, e.c.cover.Send(ctx, own, e.claim, "test"))
	for _, path := range []string{"/claims", one} {
		if status, body := get(path); status != http.StatusOK || !strings.Contains(body, canary) {
			t.Errorf("%s once it was sent: %d", path, status)
		}
	}
	if status, body := get(one + "/zip"); status != http.StatusOK || !strings.HasPrefix(body, "PK") {
		t.Errorf("the papers: %d", status)
	} else if files := unpacked(t, body); files["mail/01.eml"] != "Subject: x\r\n\r\n"+canary || !strings.Contains(files["claim.txt"], canary+" 本文") {
		t.Errorf("the mail as it was sent is not among the papers: %v", slices.Collect(maps.Keys(files)))
	}
	for _, path := range []string{"/cover", "/cover/{tenant}/{claim}", "/cover/{tenant}/{claim}/zip", "/visits", "/visits/{tenant}/{visit}", "/visits/{tenant}/{visit}/files/{photo}", "/cases/{tenant}/{alert}", "/companies"} {
		if status, body := get(path); status != http.StatusForbidden || strings.Contains(body, canary) {
			t.Errorf("%s: %d", path, status)
		}
	}
	ok(t, e.c.cover.Withdraw(ctx, own, e.claim, "test", "by mistake"))
	for path, want := range map[string]int{one: http.StatusOK, one + "/zip": http.StatusNotFound, one + "/pdf": http.StatusNotFound} {
		if status, _ := get(path); status != want {
			t.Errorf("%s after it was withdrawn: %d", path, status)
		}
	}
	var err error
	e.claim, err = e.c.cover.Claim(ctx, own, e.visit, "test")
	ok(t, err)
	ok(t, e.c.cover.Send(ctx, own, e.claim, "test"))
	e.form = map[string]string{"decision": "paid", "yen": "900", "by": "somebody else", "on": "2020-01-01"}
	if status, location, _ := e.ask(e.console, "insurer", ui.Route{Method: http.MethodPost, Path: one + "/decide", Scope: ui.Insurer}); status != http.StatusSeeOther || !strings.HasSuffix(location, "said=decide") {
		t.Errorf("the decision: %d %s", status, location)
	}
	c, err := e.c.cover.Get(ctx, own, e.claim)
	ok(t, err)
	if c.State != cover.Paid || c.Decided != 900 || c.By != "保険" || c.On != time.Now().In(ja.Zone).Format(time.DateOnly) {
		t.Errorf("recorded as %+v", c)
	}
	if status, _ := get(one + "/zip"); status != http.StatusOK {
		t.Errorf("the papers of what was decided: %d", status)
	}
}

// Where the terms name two insurers, the people of each see claims under its terms alone, and nothing before it is said of whom they are.
func TestEachInsurerSeesItsOwn(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		ctx, own := t.Context(), e.canary.CompanyID
		one, err := e.c.cover.Get(ctx, own, e.claim)
		ok(t, err)
		other := e.c.cover.Book[0]
		other.ID, other.From, other.Until, other.Insurer = "2019-01", "2019-01-01", "2019-12-31", "あおぞら損保"
		for i := range e.c.cover.Book {
			e.c.cover.Book[i].Insurer = "みなと損保"
		}
		e.c.cover.Book = append(e.c.cover.Book, other)
		ok(t, e.c.cover.Send(ctx, own, e.claim, "test"))
		people, err := e.c.tenants.People(ctx, tenant.House)
		ok(t, err)
		insurer := people[slices.IndexFunc(people, func(p tenant.Person) bool { return p.Role == tenant.RoleInsurer })].ID
		sees := func(want bool) {
			t.Helper()
			list, _, body := e.ask(e.console, "insurer", ui.Route{Method: http.MethodGet, Path: "/claims", Scope: ui.Insurer})
			if list != http.StatusOK || strings.Contains(body, canary) != want {
				t.Errorf("the list: %d, the claim is on it: %v", list, !want)
			}
			for _, path := range []string{"", "/zip", "/decide"} {
				method := http.MethodGet
				if path == "/decide" {
					method = http.MethodPost
				}
				status, _, body := e.ask(e.console, "insurer", ui.Route{Method: method, Path: "/claims/{tenant}/{claim}" + path, Scope: ui.Insurer})
				if (status == http.StatusNotFound) == want || !want && strings.Contains(body, canary) {
					t.Errorf("%s: %d, seen %v", path, status, want)
				}
			}
		}
		set := func(name string) int {
			t.Helper()
			e.form = map[string]string{"person": insurer, "insurer": name}
			status, _, _ := e.ask(e.console, "operator", ui.Route{Method: http.MethodPost, Path: "/cover/insurers", Scope: ui.Operator})
			e.form = nil
			return status
		}
		sees(false)
		if status := set("あおぞら損保"); status != http.StatusSeeOther {
			t.Errorf("%d", status)
		}
		sees(false)
		if status := set("ほかの損保"); status != http.StatusNotFound {
			t.Errorf("an insurer that no terms name: %d", status)
		}
		if status := set("みなと損保"); status != http.StatusSeeOther {
			t.Errorf("%d", status)
		}
		sees(true)
		if _, _, body := e.ask(e.console, "operator", ui.Route{Method: http.MethodGet, Path: "/cover", Scope: ui.Reader}); !strings.Contains(body, `<option value="みなと損保" selected>`) {
			t.Error("an operator does not see of whom somebody is")
		}
		if c, err := e.c.cover.Get(ctx, own, e.claim); err != nil || c.Terms != one.Terms || c.State != cover.Sent {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// A vendor's people see how the boxes of their own customers are, on one page, from when the company was given to them until
// it is taken, and on every other route and of every other company nothing at all.
func TestAVendorSeesOwnCustomersOnly(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		ctx := e.Context()
		e.box(e.other.CompanyID, "Neighbour's box")
		vendors, err := e.c.care.Vendors(ctx)
		ok(t, err)
		if len(vendors) != 1 {
			t.Fatalf("%d vendors", len(vendors))
		}
		vendor := vendors[0].ID
		fleet := ui.Route{Method: http.MethodGet, Path: "/fleet"}
		all := func(ui.Route) bool { return true }
		tests := func(r ui.Route) bool { return strings.HasPrefix(r.Path, "/companies/{tenant}/selftest") }
		boxes := func(r ui.Route) bool { return r.Path == fleet.Path || tests(r) } // of the others nothing depends on what was given
		foreign := regexp.MustCompile(`/companies/[^"]*[^t"]"`)                    // any address but that of a test
		see := func(which func(ui.Route) bool, when string, names ...string) {
			t.Helper()
			for _, r := range e.console.Routes {
				if r.Path == "/logout" || !which(r) {
					continue
				}
				status, _, body := e.ask(e.console, "vendor", r)
				for _, name := range []string{canary, "Neighbour"} {
					may := r.Path == fleet.Path && slices.Contains(names, name) || tests(r) && r.Method == http.MethodGet && name == canary && slices.Contains(names, canary)
					if strings.Contains(body, name) != may {
						t.Errorf("%s: %s %s: %d, shows %s: %v", when, r.Method, r.Path, status, name, !may)
					}
				}
				if tests(r) && (status == http.StatusNotFound) == slices.Contains(names, canary) {
					t.Errorf("%s: %s %s: %d", when, r.Method, r.Path, status)
				}
				if r.Path == fleet.Path && (status != http.StatusOK || foreign.MatchString(body) || strings.Contains(body, "/fleet/map")) {
					t.Errorf("%s: %d, leads where a vendor may not go", when, status)
				}
			}
		}
		see(all, "nothing given")
		asks := func(company, box string) (int, string) {
			t.Helper()
			e.form = map[string]string{"box": box}
			defer func() { e.form = nil }()
			canarys := e.canary.CompanyID
			e.canary.CompanyID = company
			defer func() { e.canary.CompanyID = canarys }()
			status, to, _ := e.ask(e.console, "vendor", ui.Route{Method: http.MethodPost, Path: "/companies/{tenant}/selftest"})
			return status, to
		}
		own, err := e.c.devices.Boxes(ctx, e.canary.CompanyID)
		ok(t, err)
		theirs, err := e.c.devices.Boxes(ctx, e.other.CompanyID)
		ok(t, err)
		operate := func(who, do, company string) (int, string) {
			t.Helper()
			e.form = map[string]string{"do": do, "person": vendor}
			defer func() { e.form = nil }()
			canarys := e.canary.CompanyID
			e.canary.CompanyID = company // whose page it is
			defer func() { e.canary.CompanyID = canarys }()
			status, location, _ := e.ask(e.console, who, ui.Route{Method: http.MethodPost, Path: "/companies/{tenant}/care"})
			return status, location
		}
		for _, who := range []string{"vendor", "analyst", "desk", "auditor", "insurer"} {
			if status, _ := operate(who, "", e.canary.CompanyID); status != http.StatusForbidden {
				t.Errorf("%s gives companies: %d", who, status)
			}
		}
		see(boxes, "nobody but operators gives")
		change := func(do, company string) {
			t.Helper()
			if status, location := operate("operator", do, company); status != http.StatusSeeOther || !strings.Contains(location, "said=cared") {
				t.Errorf("%q: %d %s", do, status, location)
			}
		}
		change("", e.other.CompanyID)
		see(boxes, "the neighbour given", "Neighbour")
		change("", e.canary.CompanyID)
		see(all, "both given", "Neighbour", canary)
		change("take", e.other.CompanyID)
		see(boxes, "the neighbour taken", canary)
		for _, x := range []struct {
			company, box, to string
			want             int
		}{
			{e.other.CompanyID, theirs[0].ID, "", http.StatusNotFound}, {e.other.CompanyID, own[0].ID, "", http.StatusNotFound},
			{e.canary.CompanyID, "of-nobody", "/companies/" + e.canary.CompanyID + "/selftest?said=gone", http.StatusSeeOther},
			{e.canary.CompanyID, own[0].ID, "/companies/" + e.canary.CompanyID + "/selftest/", http.StatusSeeOther},
			{tenant.House, own[0].ID, "", http.StatusNotFound},
		} {
			if status, to := asks(x.company, x.box); status != x.want || !strings.HasPrefix(to, x.to) {
				t.Errorf("box %s of %s is tested: %d %s", x.box, x.company, status, to)
			}
		}
		logins := staffLogins{e.c.tenants, e.c.care}
		ok(t, logins.ChangePerson(ctx, "test", tenant.House, vendor, tenant.RoleInsurer, false))
		ok(t, logins.ChangePerson(ctx, "test", tenant.House, vendor, tenant.RoleVendor, false))
		see(boxes, "a vendor again")
		log, err := e.c.tenants.AuditLog(ctx, e.canary.CompanyID, 1000)
		ok(t, err)
		var acts []string
		tested := 0
		for _, x := range log {
			if x.Who == vendor && x.Action != "view.boxes" && !strings.HasPrefix(x.Action, "view.selftest") {
				if tested++; x.Object != own[0].ID || !strings.Contains(x.Why, "業者") {
					t.Errorf("the company's record of the test: %+v", x)
				}
			}
			if strings.HasPrefix(x.Action, "care.") || x.Action == "view.boxes" {
				acts = append(acts, x.Action)
			}
		}
		if !slices.Equal(acts, []string{"care.take", "view.boxes", "care.give"}) {
			t.Errorf("the company's record: %q", acts)
		}
		if tested != 1 {
			t.Errorf("%d tests of the vendor's in the company's record", tested)
		}
	})
}
