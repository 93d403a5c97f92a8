package centre

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/export"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/uitest"
)

// engines runs a test on a centre with the canary and its neighbour, on each engine.
func engines(t *testing.T, fn func(t *testing.T, e *edge)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); fn(t, newEdge(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); fn(t, newEdgeOn(t, storetest.PostgresURL(t, schemas()...))) })
}

// Whoever adds a table with rows of companies says here how it is exported: what is secret in it, and a line about it.
func TestEveryTableOfACompanyIsExported(t *testing.T) {
	t.Parallel()
	c := testCentre(t, storetest.SQLiteURL(t, schemas()...))
	tables, err := c.store.TenantTables(t.Context())
	ok(t, err)
	if len(tables) < 35 {
		t.Fatalf("%d tables: is the list complete?", len(tables))
	}
	texts, err := text.Load()
	ok(t, err)
	have := map[string][]string{}
	for _, table := range tables {
		have[table.Name] = table.Columns
		if _, known := export.Rules[table.Name]; !known {
			t.Errorf("table %s: say in export.Rules how it is exported", table.Name)
		}
		if !texts.In("ja").Has("export.table_" + table.Name) {
			t.Errorf("table %s: say what it is about: export.table_%s", table.Name, table.Name)
		}
	}
	for name, rule := range export.Rules {
		for _, c := range slices.Concat(rule.Hide, rule.JSON, slices.Collect(maps.Keys(rule.Without))) {
			if columns := have[name]; columns != nil && !slices.Contains(columns, c) {
				t.Errorf("table %s has no column %s", name, c)
			}
		}
	}
}

// unpacked are the files of a ZIP.
func unpacked(t *testing.T, data string) map[string]string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	ok(t, err)
	files := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		ok(t, err)
		body, err := io.ReadAll(in)
		ok(t, err)
		files[f.Name] = string(body)
	}
	return files
}

// unzip reads a ZIP and checks every file against the list of hashes in it.
func unzip(t *testing.T, data []byte) map[string]string {
	t.Helper()
	files := unpacked(t, string(data))
	lines := strings.Split(strings.TrimSpace(files[export.SumsName]), "\n")
	if len(lines) != len(files)-1 {
		t.Errorf("%d hashes of %d files", len(lines), len(files))
	}
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		if got := sha256.Sum256([]byte(files[name])); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s is not as its hash says", name)
		}
	}
	return files
}

// The owner's file has everything of the company, no secret, and nothing of the neighbour.
func TestAnOwnerTakesTheDataAlong(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		ctx, id := t.Context(), e.canary.CompanyID
		// What a spreadsheet would take for a formula.
		ok(t, e.c.devices.Rename(ctx, id, e.device, "test", "=HYPERLINK(\"x\")"+canary))
		sent, err := attach.Check("申込書.pdf", bytes.NewReader(append([]byte("%PDF-1.7\n"), make([]byte, 600_000)...)), attach.Papers...)
		ok(t, err)
		ok(t, e.c.store.Write(ctx, id, func(tx *store.Tx) error { return attach.Put(tx, &sent, "test", time.Now()) }))
		const jotted = "電話では怒っていた。次は所長が話す"
		ok(t, e.c.desk.Jot(ctx, id, e.ticket, tenant.Person{ID: "noda", Name: "野田"}, jotted, false))
		path := filepath.Join(t.TempDir(), "all.zip")
		if _, err := e.c.Export(ctx, "nobody's", path); !errors.Is(err, ErrCompany) {
			t.Errorf("%v", err)
		}
		sum, err := e.c.Export(ctx, canary+"株式会社", path)
		ok(t, err)
		data, err := os.ReadFile(path)
		ok(t, err)
		info, err := os.Stat(path)
		ok(t, err)
		if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum.(export.Summary).Sum || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %+v", info.Mode(), sum)
		}
		files := unzip(t, data)
		if got := sha256.Sum256([]byte(files["files/"+sent.ID+".pdf"])); hex.EncodeToString(got[:]) != sent.Sum {
			t.Error("what was sent does not come back as it was")
		}
		tables, err := e.c.store.TenantTables(ctx)
		ok(t, err)
		for i := range tables {
			name := tables[i].Name
			text, there := files["json/"+name+".json"]
			if name == "delivery_copy" && files["mails/"+e.alert+"-"+e.canary.OwnerID+"-9.eml"] != "Subject: x\r\n\r\n"+canary {
				t.Error("a mail as it was sent is not in the file")
			}
			if name == "attachment_part" {
				continue
			}
			if export.Rules[name].Out != !there {
				t.Errorf("table %s in the file: %v", name, there)
			}
			if !there {
				continue
			}
			var rows []map[string]any
			ok(t, json.Unmarshal([]byte(text), &rows))
			var n int64
			ok(t, e.c.store.Read(ctx, id, func(tx *store.Tx) error { n, err = tx.Count(&tables[i]); return err }))
			if name == "desk_message" {
				n-- // the note
			}
			if int64(len(rows)) != n {
				t.Errorf("table %s: %d rows of %d", name, len(rows), n)
			}
			for _, column := range export.Rules[name].Hide {
				if len(rows) > 0 && rows[0][column] != nil {
					t.Errorf("%s.%s is a secret", name, column)
				}
			}
		}
		whole := strings.Join(slices.Collect(func(yield func(string) bool) {
			for _, text := range files {
				if !yield(text) {
					return
				}
			}
		}), "\n")
		for _, secret := range []string{"$argon2", "Neighbour", "owner@neighbour.example", jotted} {
			if strings.Contains(whole, secret) {
				t.Errorf("%q is in the file", secret)
			}
		}
		for name, want := range map[string]string{"csv/alerts.csv": canary + "のPC", "csv/devices.csv": "'=HYPERLINK", "csv/people.csv": canary + "花子", "csv/reports.csv": e.month, "csv/audit.csv": "company.create",
			"reports/" + e.month + ".txt": "この報告書", "reports/" + e.month + ".pdf": "%PDF-", "README.txt": "内部のメモは除いてあります", "csv/invoices.csv": e.invoice, "csv/account.csv": canary, "invoices/" + e.invoice + ".pdf": "%PDF-", "json/alert.json": `"evidence":[{`, "json/company.json": `"created_at":"20`} {
			if !strings.Contains(files[name], want) {
				t.Errorf("%s without %q:\n%.600s", name, want, files[name])
			}
			if body, isSheet := strings.CutPrefix(files[name], "\ufeff"); strings.HasPrefix(name, "csv/") {
				rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
				if err != nil || !isSheet || len(rows) < 2 {
					t.Errorf("%s: %d rows, %v", name, len(rows), err)
				}
			}
		}
	})
}

// What the desk noted for itself is in no file for the owner; who answers a person's request gets it apart, and that is written down.
func TestNotesOfTheDeskComeApart(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		ctx, id := t.Context(), e.canary.CompanyID
		ok(t, e.c.desk.Jot(ctx, id, e.ticket, tenant.Person{ID: "noda", Name: "野田"}, "=1+1 折り返し待ち", false))
		path := filepath.Join(t.TempDir(), "notes.csv")
		got, err := e.c.Notes(ctx, id, path)
		ok(t, err)
		data, err := os.ReadFile(path)
		ok(t, err)
		info, err := os.Stat(path)
		ok(t, err)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][4] != "'=1+1 折り返し待ち" || rows[1][3] != "野田" || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v %v %v", got, rows, info.Mode(), err)
		}
		log, err := e.c.tenants.AuditLog(ctx, id, 1)
		if err != nil || log[0].Action != "export.notes" {
			t.Errorf("%+v, %v", log, err)
		}
		if _, err := e.c.Notes(ctx, "nobody's", path); !errors.Is(err, ErrCompany) {
			t.Errorf("%v", err)
		}
	})
}

// From the button to the file: asked for, made, told, fetched by the owner alone, gone after a week.
func TestExportInThePortal(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		ctx, id := t.Context(), e.canary.CompanyID
		fake := clock.NewFake(time.Now().Add(2 * time.Hour)) // the edge has one already
		e.c.exports = export.New(export.Config{Store: e.c.store, Texts: e.c.texts, Words: e.c.words(), Clock: fake})
		face, err := e.c.portal()
		ok(t, err)
		e.portal = face
		post, page := route(http.MethodPost, "/export"), route(http.MethodGet, "/export")
		if status, to, _ := e.ask(face, "owner", post); status != http.StatusSeeOther || to != "/export?said=asked" {
			t.Fatalf("%d %s", status, to)
		}
		if _, to, _ := e.ask(face, "owner", post); to != "/export?said=soon" {
			t.Errorf("a second one at once: %s", to)
		}
		if _, _, body := e.ask(face, "owner", page); !strings.Contains(body, "作成中") {
			t.Error("the page does not say that it is being made")
		}
		args := waits(t, e, id, export.KindMake)
		ok(t, e.c.exports.Handle(ctx, id, args))
		ok(t, e.c.exports.Handle(ctx, id, args)) // the queue may come again
		if string(waits(t, e, id, export.KindTell)) != string(args) {
			t.Error("nobody is told")
		}
		var exported struct{ Export string }
		ok(t, json.Unmarshal(args, &exported))
		e.export = exported.Export
		fetch := route(http.MethodGet, "/export/{export}/zip")
		status, _, body := e.ask(face, "owner", fetch)
		if status != http.StatusOK {
			t.Fatalf("%d", status)
		}
		unzip(t, []byte(body))
		log, err := e.c.tenants.AuditLog(ctx, id, 1)
		if err != nil || log[0].Action != "export.fetch" || log[0].Who != e.canary.OwnerID {
			t.Errorf("%+v, %v", log, err)
		}
		for who, want := range map[string]int{"reader": http.StatusForbidden, "member": http.StatusForbidden, "neighbour": http.StatusNotFound, "nobody": http.StatusSeeOther} {
			if status, _, body := e.ask(face, who, fetch); status != want || strings.Contains(body, canary) {
				t.Errorf("%s: %d", who, status)
			}
		}
		fake.Advance(export.Life + time.Minute)
		if status, _, _ := e.ask(face, "owner", fetch); status != http.StatusNotFound {
			t.Errorf("after a week: %d", status)
		}
		gone, err := e.c.exports.Tidy(ctx, id)
		if err != nil || gone != 2 || rows(t, e, id)["export_part"] != 0 {
			t.Errorf("%d, %v", gone, err)
		}
	})
}

// A deletion leaves no row of the company in any table, all of the neighbour's, a certificate and a log that adds up.
func TestACompanyIsDeleted(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		ctx, id := t.Context(), e.canary.CompanyID
		fake := clock.NewFake(time.Now())
		e.c.erasures = erase.New(erase.Config{Store: e.c.store, Verify: e.c.tenants.VerifyAudit, Texts: e.c.texts, Backups: 14, Clock: fake,
			Kept: []erase.Kept{{Table: "report", For: 7 * 365 * 24 * time.Hour}}})
		n, err := e.c.notifier()
		ok(t, err)
		e.console, err = e.c.console(n)
		ok(t, err)
		vendors, err := e.c.care.Vendors(ctx)
		ok(t, err)
		ok(t, e.c.care.Give(ctx, id, "test", "設置を頼んだため", vendors[0].ID))
		neighbour, before := rows(t, e, e.other.CompanyID), rows(t, e, id)
		asking := route(http.MethodPost, "/companies/{tenant}/erase")
		e.form = map[string]string{"company": "KANARIA"}
		if status, _, body := e.ask(e.console, "operator", asking); status != http.StatusUnprocessableEntity || !strings.Contains(body, "会社の名前が違います") {
			t.Errorf("a wrong name: %d", status)
		}
		e.form = map[string]string{"company": canary + "株式会社"}
		if status, _, _ := e.ask(e.console, "desk", asking); status != http.StatusForbidden {
			t.Errorf("the desk: %d", status)
		}
		if status, _, _ := e.ask(e.console, "operator", asking); status != http.StatusSeeOther {
			t.Fatalf("%d", status)
		}
		waits(t, e, id, erase.KindTell)
		run := waits(t, e, tenant.House, erase.KindRun)
		ok(t, e.c.erasures.Handle(ctx, tenant.House, run)) // too early
		if _, _, err := e.c.tenants.VerifyAudit(ctx, id); err != nil || rows(t, e, id)["person"] != before["person"] {
			t.Fatalf("deleted before its time: %v", err)
		}
		if status, to, _ := e.ask(e.console, "operator", route(http.MethodPost, "/companies/{tenant}/keep")); status != http.StatusSeeOther || !strings.Contains(to, "said=kept") {
			t.Fatalf("%d %s", status, to)
		}
		fake.Advance(erase.Wait + time.Minute)
		ok(t, e.c.erasures.Handle(ctx, tenant.House, run))
		if rows(t, e, id)["person"] != before["person"] {
			t.Fatal("what was undone was done")
		}
		asked, err := e.c.erasures.Ask(ctx, "op", id, canary+"株式会社", "解約")
		ok(t, err)
		if _, err := e.c.erasures.Ask(ctx, "op", id, canary+"株式会社", "解約"); !errors.Is(err, erase.ErrOpen) {
			t.Errorf("%v", err)
		}
		entries, head, err := e.c.tenants.VerifyAudit(ctx, id)
		ok(t, err)
		fake.Advance(erase.Wait + time.Minute)
		run = []byte(fmt.Sprintf(`{"erasure":%q}`, asked.ID))
		ok(t, e.c.erasures.Handle(ctx, tenant.House, run))
		ok(t, e.c.erasures.Handle(ctx, tenant.House, run)) // the queue may come again
		for name, n := range rows(t, e, id) {
			if n > 0 {
				t.Errorf("%d rows are left in %s", n, name)
			}
		}
		var applied int
		ok(t, e.c.store.Read(ctx, tenant.House, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM application WHERE tenant_id = $1 AND company_id = $2`, id).Scan(&applied)
		}))
		if applied != 0 {
			t.Error("the centre still has the company's application")
		}
		for name, n := range rows(t, e, e.other.CompanyID) {
			if neighbour[name] != n {
				t.Errorf("the neighbour had %d rows in %s and has %d", neighbour[name], name, n)
			}
		}
		done, err := e.c.erasures.Get(ctx, asked.ID)
		ok(t, err)
		hash, whole := erase.CheckCertificate(done.Certificate)
		if _, forged := erase.CheckCertificate(strings.Replace(done.Certificate, "解約", "改竄", 1)); !whole || forged {
			t.Errorf("%v %v", whole, forged)
		}
		for _, want := range []string{canary + "株式会社", "person " + fmt.Sprint(before["person"]), head, fmt.Sprint(entries, " 件で終わり"), "report 1 行", "application 1\n", "14 回", "無効にしたボックスの証明書: 1"} {
			if !strings.Contains(done.Certificate, want) {
				t.Errorf("the certificate lacks %q:\n%s", want, done.Certificate)
			}
		}
		if done.State != erase.Told || len(done.People) > 0 || done.Counts["alert"] != before["alert"] {
			t.Errorf("%+v", done)
		}
		var told struct{ Person erase.Person }
		args := waits(t, e, tenant.House, erase.KindCert)
		ok(t, json.Unmarshal(args, &told))
		if told.Person.Email != "owner@kanaria.example" {
			t.Errorf("%+v", told)
		}
		e.certified(args)
		log, err := e.c.tenants.AuditLog(ctx, tenant.House, 1)
		if err != nil || log[0].Action != "company.erase" || log[0].Why != hash {
			t.Errorf("%+v, %v", log, err)
		}
		for _, one := range []string{tenant.House, e.other.CompanyID} {
			if _, _, err := e.c.tenants.VerifyAudit(ctx, one); err != nil {
				t.Errorf("the log of %s: %v", one, err)
			}
		}
		if status, to, _ := e.ask(e.portal, "owner", route(http.MethodGet, "/alerts")); !login(status, to) {
			t.Errorf("the owner is still in: %d", status)
		}
		fake.Advance(8 * 365 * 24 * time.Hour)
		if n, err := e.c.erasures.TidyKept(ctx); n != 1 || err != nil {
			t.Errorf("kept too long: %d, %v", n, err)
		}
	})
}

// held keeps the last mail.
type held struct{ m mail.Message }

func (h *held) Send(_ context.Context, m mail.Message) error {
	h.m = m
	return nil
}

// certified has the certificate mailed: it comes whole, so that whoever kept the mail can prove it.
func (e *edge) certified(args []byte) {
	e.Helper()
	var h held
	n := notify.New(notify.Config{Store: e.c.store, Erasures: e.c.erasures, Sender: &h, Knowledge: e.c.knowledge, Domain: "alert.example", Phone: e.c.cfg.Phone, Hours: e.c.cfg.Hours})
	ok(e.T, n.HandleCertificate(e.Context(), tenant.House, args))
	at := strings.Index(h.m.Text, "データ削除証明書")
	end := strings.LastIndex(h.m.Text, "SHA-256")
	if at < 0 || end < at {
		e.Fatalf("no certificate in\n%s", h.m.Text)
	}
	last, _, _ := strings.Cut(h.m.Text[end:], "\n")
	if _, whole := erase.CheckCertificate(h.m.Text[at:end] + last + "\n"); !whole {
		e.Errorf("the certificate of the mail does not prove itself:\n%s", h.m.Text)
	}
	if dir := os.Getenv(uitest.Variable); dir != "" && e.c.store.Engine() == store.SQLite {
		uitest.Mail(e.T, uitest.Letter(h.m.To.Email, h.m.Subject, h.m.Text), filepath.Join(dir, "mail-erased-360-ja.png"))
	}
}

// rows counts a company's rows in each table.
func rows(t *testing.T, e *edge, id string) map[string]int64 {
	t.Helper()
	tables, err := e.c.store.TenantTables(t.Context())
	ok(t, err)
	out := map[string]int64{}
	ok(t, e.c.store.Read(t.Context(), id, func(tx *store.Tx) error {
		for i := range tables {
			n, err := tx.Count(&tables[i])
			if err != nil {
				return err
			}
			out[tables[i].Name] = n
		}
		return nil
	}))
	return out
}

// waits is the arguments of the one job of a kind that waits.
func waits(t *testing.T, e *edge, owner, kind string) []byte {
	t.Helper()
	var args string
	ok(t, e.c.store.GlobalRead(t.Context(), func(tx *store.GlobalTx) error {
		return tx.QueryRow(`SELECT args FROM job WHERE owner = $1 AND kind = $2`, owner, kind).Scan(&args)
	}))
	return []byte(args)
}
