package centre

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
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
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/e2e/mailsink"
	"otasuke/internal/uitest"
	"otasuke/wire"
)

// Pictures of mails by the key of their subject, where the key does not name them: those of e2e/browser, mostly, which come out of whole journeys.
var called = map[string]string{"mail.subject_stopped": "3", "mail.invite_subject": "invitation", "mail.changed_factor_on_subject": "factor", "mail.changed_let_in_subject": "let-in", "mail.appeal_asked_subject": "appeal-staff",
	"advisory.mail_ask_subject": "advisory", "apply.mail_staff_papers_subject": "apply-staff", "cover.mail_subject": "claim", "report.subject": "report", "export.mail_subject": "export"}

// journeys are pictures of mails that e2e/browser or notify draws, with their languages.
var journeys = slices.Concat([]string{"3-ja", "3-en", "report-ja", "report-en", "invitation-ja", "invitation-en", "recovery-ja", "recovery-en", "factor-ja", "let-in-ja",
	"advisory-ja", "appeal-staff-ja", "export-ja", "export-en", "apply-contracted-ja", "apply-staff-review-ja"},
	both("apply-active", "apply-back", "apply-ended", "apply-ending", "apply-installed", "apply-late", "apply-papers", "apply-remind", "apply-returned", "apply-review", "apply-shipped", "apply-staff", "apply-withdrawn",
		"visit-accepted", "visit-cancelled", "visit-closed", "visit-done", "visit-followup", "visit-offer", "visit-staff-nobody", "visit-staff-unknown", "visit-travelling"))

// both are names with each of the languages.
func both(names ...string) (all []string) {
	for _, n := range names {
		all = append(all, n+"-ja", n+"-en")
	}
	return all
}

// staffs are mails that the staff, a vendor or an insurer gets: by the keys of their subjects. All others go to customers, who read two languages.
var staffs = regexp.MustCompile(`^(mail\.(duty|stopped|held|appeal_asked|changed_oidc_on|changed_oidc_off|changed_let_in)|desk\.ring|desk\.ring_.*|apply\.mail_staff_.*|dispatch\.mail_(staff_.*|offer)|cover\.mail)_subject$`)

// subjects are the keys of subjects of mails.
func subjects(t *testing.T) (keys []string) {
	t.Helper()
	all, err := text.Load()
	ok(t, err)
	for _, key := range all.Keys() {
		if _, last, _ := strings.Cut(key, "."); (strings.HasSuffix(last, "subject") || strings.HasPrefix(last, "subject_")) && !slices.Contains([]string{"advisory.desk_subject", "export.col_subject"}, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// pictured is what a mail's picture is called, by the key of its subject.
func pictured(key string) string {
	if name := called[key]; name != "" {
		return name
	}
	room, rest, _ := strings.Cut(key, ".")
	rest = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(rest, "subject"), "_"), "subject_"), "mail_")
	name := map[string]string{"mail": "", "dispatch": "visit-", "cover": "claim-", "desk": "desk-"}
	before, known := name[room]
	if !known {
		before = room + "-"
	}
	return strings.TrimSuffix(before+strings.ReplaceAll(rest, "_", "-"), "-")
}

// tongues are the languages in which somebody gets a mail.
func tongues(key string) []string {
	if staffs.MatchString(key) {
		return []string{"ja"}
	}
	return []string{"ja", "en"}
}

// Every kind of mail has a picture, which somebody has looked at, and a line in the list.
func TestEveryMailHasAPicture(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "docs", "screenshots")
	list, err := os.ReadFile(filepath.Join(dir, "README.md"))
	ok(t, err)
	for _, key := range subjects(t) {
		for _, lang := range tongues(key) {
			file := fmt.Sprintf("mail-%s-360-%s.png", pictured(key), lang)
			if _, err := os.Stat(filepath.Join(dir, file)); errors.Is(err, fs.ErrNotExist) || !bytes.Contains(list, []byte("("+file+")")) {
				t.Errorf("%s: docs/screenshots has no %s, or its README does not list it; 'make screenshots' draws mails", key, file)
			}
		}
	}
}

// office is a centre that has run for some months, with a company in which one owner reads Japanese and one English.
type office struct {
	*testing.T
	c                 *Centre
	sink              *mailsink.Sink
	firm, next        string // companies
	owner, ann        string
	desk              tenant.Person
	texts             *text.Catalogue
	alert, claim      string
	visit, invoice    string
	contract, draft   string
	ticket, question  string
	answered, stepped int
}

func (o *office) must(err error) {
	o.Helper()
	ok(o.T, err)
}

// tell leaves a job as the rooms do.
func (o *office) tell(tenantID, kind string, args ...any) {
	o.Helper()
	for _, one := range args {
		o.stepped++
		o.must(o.c.store.Write(o.Context(), tenantID, func(tx *store.Tx) error {
			return job.Enqueue(tx, job.Job{Kind: kind, Args: one, Unique: fmt.Sprint("letters ", o.stepped)})
		}))
	}
}

// set changes a row of a company, for a state that takes weeks to come by.
func (o *office) set(tenantID, query string, args ...any) {
	o.Helper()
	o.must(o.c.store.Write(o.Context(), tenantID, func(tx *store.Tx) error { _, err := tx.Exec(query, args...); return err }))
}

// kinds matches subjects with their keys, the most particular first. What is taken back is called the same everywhere: ids tell advisories apart.
func (o *office) kinds(lang string) func(m mailsink.Mail) string {
	words := map[string]*regexp.Regexp{}
	var keys []string
	holes := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	for _, key := range subjects(o.T) {
		keys = append(keys, key)
		words[key] = regexp.MustCompile("^" + holes.ReplaceAllString(regexp.QuoteMeta(o.texts.In(lang).T(key)), ".*") + "$")
	}
	slices.SortFunc(keys, func(a, b string) int {
		return len(strings.ReplaceAll(words[b].String(), ".*", "")) - len(strings.ReplaceAll(words[a].String(), ".*", ""))
	})
	return func(m mailsink.Mail) string {
		advised := strings.HasPrefix(strings.Trim(m.ID, "<>"), "advisory.")
		for _, key := range keys {
			if words[key].MatchString(m.Subject) && strings.HasPrefix(key, "advisory.") == advised {
				return key
			}
		}
		return ""
	}
}

// wait waits until somebody has got a mail of each key, in each of its languages.
func (o *office) wait(keys ...string) {
	o.Helper()
	var missing []string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(50 * time.Millisecond) {
		got := map[string]bool{}
		for _, lang := range []string{"ja", "en"} {
			of := o.kinds(lang)
			for _, m := range o.sink.Mails() {
				got[of(m)+" "+lang] = true
			}
		}
		missing = missing[:0]
		for _, key := range keys {
			for _, lang := range tongues(key) {
				if !got[key+" "+lang] {
					missing = append(missing, key+" "+lang)
				}
			}
		}
		if len(missing) == 0 {
			return
		}
	}
	for _, m := range o.sink.Mails() {
		o.Log(m.To, m.Subject)
	}
	o.Fatalf("nobody got %q", missing)
}

// newOffice makes the companies and starts the centre.
func newOffice(t *testing.T) *office {
	t.Helper()
	cfg := testConfig(t, storetest.SQLiteURL(t, schemas()...))
	cfg.WaitHigh, cfg.WaitMedium = time.Millisecond, time.Millisecond
	cfg.Service = ServiceConfig{InvoiceNumber: "T7000012050002", Address: "大阪府大阪市中央区本町橋2-8", BankAccount: "みほん銀行 本店 普通 1234567"}
	o := &office{T: t, sink: postOffice(t, &cfg)}
	var err error
	o.texts, err = text.Load()
	o.must(err)
	o.c, err = New(t.Context(), cfg)
	o.must(err)
	t.Cleanup(func() { _ = o.c.Close() })
	_, err = o.c.Sample(t.Context(), SampleSize{Lively: 3, Others: 2, Months: 2, Password: word})
	o.must(err)
	all, err := o.c.tenants.Companies(t.Context(), tenant.Session{Staff: true, PersonID: "test"}, "test")
	o.must(err)
	for _, x := range all {
		switch x.Name {
		case "見本あじさい金属":
			o.firm = x.ID
		case "見本いちょう金属":
			o.next = x.ID
		}
	}
	people, err := o.c.tenants.People(t.Context(), o.firm)
	o.must(err)
	o.owner = people[0].ID
	for id, site := range map[string]string{o.firm: "ajisai", o.next: "icho"} {
		ann, err := o.c.addPerson(t.Context(), tenant.Person{TenantID: id, Email: "ann@" + site + ".example", Name: "Ann Hill", Role: tenant.RoleOwner, Lang: "en", Mails: true}, "")
		o.must(err)
		if id == o.firm {
			o.ann = ann
		}
	}
	o.desk = tenant.Person{TenantID: tenant.House, Email: "noda@mihon-cci.example", Name: "野田 三郎", Role: tenant.RoleOperator, Mails: true}
	o.desk.ID, err = o.c.addPerson(t.Context(), o.desk, word)
	o.must(err)
	_, err = o.c.addPerson(t.Context(), tenant.Person{TenantID: tenant.House, Email: "ogawa@mihon-sonpo.example", Name: "小川 査定", Role: tenant.RoleInsurer}, word)
	o.must(err)
	ended := make(chan error, 1)
	go func() { ended <- o.c.Run(t.Context()) }()
	t.Cleanup(func() { ok(t, <-ended) })
	return o
}

// event is what a box reports of the accountant's computer.
func (o *office) event(n int, family, msg string, verdict wire.Verdict) {
	o.Helper()
	o.must(o.c.store.Write(o.Context(), o.firm, func(tx *store.Tx) error {
		d, err := o.c.devices.Seen(tx, "", wire.Device{MAC: "02:00:00:00:00:00", Addr: netip.MustParseAddr("192.168.1.20")}, time.Now())
		if err != nil {
			return err
		}
		return o.c.alerts.Record(tx, []alert.Incoming{{BoxID: "box", DeviceID: d.ID, DeviceName: "経理のパソコン", DeviceAddr: "192.168.1.20", Event: &wire.Event{
			ID: fmt.Sprintf("%026d", n), Time: time.Now(), Kind: wire.KindIPS, Verdict: verdict, Direction: wire.Outbound,
			Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.20"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443},
			Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: msg, Family: family}}}})
	}))
}

// alerts has one that got worse, and that was wrong after all.
func (o *office) alerts() {
	o.Helper()
	o.event(1, "phishing", "ET PHISHING Possible fake bank", wire.VerdictBlocked)
	o.wait("mail.subject_stopped")
	o.event(2, "phishing", "ET PHISHING Possible fake bank", wire.VerdictPassed)
	o.wait("mail.subject_update")
	all, err := o.c.alerts.List(o.Context(), o.firm, alert.Filter{Limit: 1})
	o.must(err)
	o.alert = all[0].ID
	o.tell(o.firm, misfire.KindWithdrawn, misfire.WithdrawnArgs{Alert: o.alert, Reason: "検知のルールに誤りがありました。銀行の正しいサイトでした。"})
	o.tell(tenant.House, misfire.KindHeld, misfire.HeldArgs{RuleKey: alert.RuleKey{GID: 1, SID: 2000001}, Msg: "ET PHISHING Possible fake bank", Companies: 14})
	o.tell(tenant.House, shift.KindTell, shift.TellArgs{Cases: []shift.Case{{CompanyID: o.firm, AlertID: o.alert, Number: all[0].Case, First: all[0].First}}, Nobody: true})
	o.tell(tenant.House, release.KindStopped, release.StoppedArgs{Kind: wire.BundleRules, Version: 42, Well: 18, Bad: 4})
}

// logins tells of everything that can become of a login.
func (o *office) logins() {
	o.Helper()
	for _, what := range []string{"password", "factor_on", "factor_off", "codes", "passkey_on", "passkey_off", "passkey_copied", "recovered", "passkey_only_on", "passkey_only_off", "sessions_ended"} {
		for _, person := range []string{o.owner, o.ann} {
			o.tell(o.firm, tenant.KindTell, tenant.TellArgs{What: tenant.TellChanged, Note: "person." + what, Person: person})
		}
	}
	for _, what := range []string{"oidc_on", "oidc_off", "let_in"} {
		o.tell(tenant.House, tenant.KindTell, tenant.TellArgs{What: tenant.TellChanged, Note: "person." + what, Person: o.desk.ID})
	}
}

// applying goes the way of an application in each language, and that of a contract to its end.
func (o *office) applying() {
	o.Helper()
	ctx := o.Context()
	for _, lang := range []string{"ja", "en"} {
		f := contract.Form{Company: "田中工務店", Kana: "タナカコウムテン", Industry: "construction", PCs: "6", Line: "fibre", Router: "own", Contact: "田中 実", ContactKana: "タナカ ミノル", Email: "minoru@tanaka-koumuten.example", Phone: "0698765432",
			Postcode: "5400029", Address: "大阪府大阪市中央区本町橋2-8", Passphrase: "うぐいす橋", Consents: []string{"addresses", "names", "files", "devices", "partners"}, Agreed: true, Lang: "ja"}
		if lang == "en" {
			f.Company, f.Contact, f.Email, f.Passphrase, f.Lang = "Green Tea House", "Mary Green", "mary@green-tea.example", "paper crane", "en"
		}
		token, err := o.c.contracts.Enter(ctx, f)
		o.must(err)
		o.must(o.c.contracts.Submit(ctx, token))
		a, _, err := o.c.contracts.ByToken(ctx, token)
		o.must(err)
		paper, err := attach.Check("申込書.pdf", strings.NewReader("%PDF-1.7 x"), attach.Papers...)
		o.must(err)
		o.must(o.c.contracts.Paper(ctx, token, &paper))
		o.must(o.c.contracts.SendBack(ctx, a.ID, o.desk.ID, map[string]string{"ja": "2枚目が写っていませんでした。", "en": "The second page was missing."}[lang]))
		o.tell(tenant.House, contract.KindTell, contract.TellArgs{ID: a.ID, State: contract.Papers, Note: contract.NoteRemind})
		o.must(o.c.contracts.Withdraw(ctx, token))
		o.tell(tenant.House, contract.KindTell, contract.TellArgs{ID: a.ID, State: contract.Withdrawn})
	}
	all, err := o.c.contracts.Contracts(ctx, o.firm)
	o.must(err)
	for _, to := range []contract.State{contract.Contracted, contract.Shipped, contract.Installed, contract.Active} {
		o.tell(o.firm, contract.KindTell, contract.TellArgs{ID: all[0].ID, State: to})
	}
	o.must(o.c.contracts.AskEnd(ctx, o.firm, all[0].ID, o.owner, ""))
	for _, to := range []contract.State{contract.Ended, contract.Returned} {
		o.tell(o.firm, contract.KindTell, contract.TellArgs{ID: all[0].ID, State: to})
	}
}

// money has invoices asked for, corrected and not paid.
func (o *office) money() {
	o.Helper()
	all, err := o.c.billing.Of(o.Context(), o.firm)
	o.must(err)
	if len(all) == 0 {
		o.Fatal("no invoice")
	}
	for _, note := range []string{billing.NoteMade, billing.NoteCorrected, billing.NoteReissued, billing.NoteRemind, billing.NoteAgain} {
		o.tell(tenant.House, billing.KindTell, billing.TellArgs{Number: all[0].Number, Note: note})
	}
}

// visits go their way, and the insurer decides.
func (o *office) visits() {
	o.Helper()
	ctx := o.Context()
	all, err := o.c.visits.Of(ctx, o.firm)
	o.must(err)
	for _, to := range []dispatch.State{dispatch.Accepted, dispatch.Travelling, dispatch.Done, dispatch.FollowUp, dispatch.Closed, dispatch.Cancelled} {
		o.tell(o.firm, dispatch.KindTell, dispatch.TellArgs{ID: all[0].ID, State: to})
	}
	for _, to := range []dispatch.State{dispatch.Nobody, dispatch.Done} {
		o.tell(o.firm, dispatch.KindTell, dispatch.TellArgs{ID: all[0].ID, State: to, Staff: true})
	}
	_, err = o.c.visits.Ask(ctx, o.firm, o.desk.ID, dispatch.Wish{Brief: dispatch.Brief{Company: "見本あじさい金属", Contact: "見本 花子", Phone: "0500000000", Postcode: "0000000", Address: "大阪府大阪市みほん区1-1", Skill: dispatch.Skills[0], Seen: "見本", First: "写真を撮る", Keep: "電源を切らない", Lang: "ja"}})
	o.must(err)
	claims, err := o.c.cover.All(ctx, "test", "test")
	o.must(err)
	if len(claims) != 1 {
		o.Fatalf("%d claims", len(claims))
	}
	o.tell(o.firm, cover.KindTell, cover.TellArgs{ID: claims[0].ID, Decided: true})
	o.wait("cover.mail_paid_subject")
	o.set(o.firm, `UPDATE cover_claim SET state = 'refused', decided = 0, why = $2 WHERE tenant_id = $1`, "約款で対象にならない作業（機器の買い替え）だけだったため")
	o.tell(o.firm, cover.KindTell, cover.TellArgs{ID: claims[0].ID, Decided: true})
	o.wait("cover.mail_refused_subject")
	o.set(o.firm, `UPDATE cover_claim SET state = 'sent' WHERE tenant_id = $1`)
	o.tell(o.firm, cover.KindTell, cover.TellArgs{ID: claims[0].ID})
}

// asking has both sides of the desk, what was blocked wrongly, and a questionnaire.
func (o *office) asking() {
	o.Helper()
	ctx := o.Context()
	for i, urgent := range []bool{false, true} {
		t, err := o.c.desk.Open(ctx, o.firm, o.owner, desk.Ticket{Channel: desk.Portal, Name: "見本 花子", Urgent: urgent, Told: desk.Told{What: []string{"複合機が遅い", "画面に警告が出て消えない"}[i]}}, desk.Said{Text: "今朝からです。"})
		o.must(err)
		if !urgent {
			o.tell(o.firm, desk.KindTell, desk.TellArgs{ID: t.ID, Person: o.desk.ID, At: 1, Given: "見本 あさこ"})
		}
	}
	for i, what := range []string{"parts-shop.example", "bad-shop.example"} {
		o.must(o.c.appeals.Ask(ctx, o.firm, o.owner, appeal.Appeal{What: what, Note: "仕事で使います"}))
		all, err := o.c.appeals.Requests(ctx, o.firm)
		o.must(err)
		for _, a := range all {
			if a.What == what {
				through, err := o.c.appeals.Decide(ctx, o.firm, a.ID, o.desk.ID, i == 0, []string{"確かめて、開けました。", "偽のお店だという情報が、ほかにもありました。"}[i], "申し出を確かめたため")
				if o.must(err); through != (i == 0) {
					o.T.Errorf("%s is let through: %v", what, through)
				}
			}
		}
	}
	_, err := o.c.tenants.NewShare(ctx, "test", o.next, o.firm, []string{tenant.ShareFigures}, time.Now().Add(time.Hour))
	if err != nil && !strings.Contains(err.Error(), "already") {
		o.must(err)
	}
	const id = "aki2026qxw7m3tv5zk9bnc4r8h"
	o.must(o.c.surveys.Send(ctx, o.firm, o.owner, survey.Survey{ID: id, Title: "秋の点検", Questions: []survey.Question{{Kind: survey.Check, JA: "パスワードを使い回していませんか"}}, Due: time.Now().AddDate(0, 0, 14)}))
	o.wait("survey.mail_ask_subject")
	o.tell(o.next, survey.KindTell, survey.Args{ID: id, Note: "remind", At: 2})
}

// updates are asked for, and again, and taken back.
func (o *office) updates() {
	o.Helper()
	for _, what := range []string{advisory.TellYes, advisory.TellAsk, advisory.TellRemind, advisory.TellAgain} {
		id := "buffalo-2024-07"
		if what == advisory.TellAsk {
			id = "chrome-2024-08"
		}
		o.tell(o.firm, advisory.KindTell, advisory.TellArgs{Advisory: id, What: what})
	}
	o.wait("advisory.mail_yes_subject", "advisory.mail_ask_subject", "advisory.mail_remind_subject", "advisory.mail_again_subject")
	o.must(o.c.advisories.Withdraw(o.Context(), o.desk.ID, "buffalo-2024-07", "対象の型番に誤りがありました。"))
	o.tell(o.firm, advisory.KindTell, advisory.TellArgs{Advisory: "buffalo-2024-07", What: advisory.TellWithdrawn})
}

// leaving deletes a company, after it was undone once.
func (o *office) leaving() {
	o.Helper()
	ctx := o.Context()
	for _, undo := range []bool{true, false} {
		e, err := o.c.erasures.Ask(ctx, o.desk.ID, o.next, "見本いちょう金属", "解約")
		o.must(err)
		o.wait("erase.mail_asked_subject")
		if undo {
			o.must(o.c.erasures.Cancel(ctx, o.desk.ID, o.next))
			o.wait("erase.mail_cancelled_subject")
			continue
		}
		o.must(o.c.store.Global(ctx, func(tx *store.GlobalTx) error {
			_, err := tx.Exec(`UPDATE erasure SET due_at = 1 WHERE id = $1`, e.ID)
			return err
		}))
		o.tell(tenant.House, erase.KindRun, erase.Args{Erasure: e.ID})
	}
}

// TestLetters has a centre send one mail of each kind, by SMTP, and draws them.
func TestLetters(t *testing.T) {
	dir := uitest.Dir(t)
	o := newOffice(t)
	o.alerts()
	o.logins()
	o.applying()
	o.money()
	o.visits()
	o.asking()
	o.updates()
	o.leaving()
	var keys []string
	for _, key := range subjects(t) {
		if all := tongues(key); slices.ContainsFunc(all, func(lang string) bool { return !slices.Contains(journeys, pictured(key)+"-"+lang) }) {
			keys = append(keys, key)
		}
	}
	o.wait(keys...)
	drawn := map[string]bool{}
	for _, lang := range []string{"ja", "en"} {
		of := o.kinds(lang)
		for _, m := range slices.Backward(o.sink.Mails()) {
			key := of(m)
			name := pictured(key) + "-" + lang
			if key == "" || drawn[name] || slices.Contains(journeys, name) || !slices.Contains(tongues(key), lang) {
				continue
			}
			drawn[name] = true
			draws(t, m.Shown(), filepath.Join(dir, fmt.Sprintf("mail-%s-360-%s.png", pictured(key), lang)))
		}
	}
	t.Logf("%d pictures", len(drawn))
}

// draws makes a picture of a page as a mail program on a telephone shows it.
func draws(t *testing.T, page, file string) {
	t.Helper()
	if _, err := os.Stat(file); err == nil && os.Getenv("OTASUKE_SCREENSHOTS_MISSING") != "" {
		return
	}
	uitest.Mail(t, page, file)
}
