package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

// Words puts what is kept as codes and figures in words; the centre wires in rooms that know them.
type Words struct {
	// Family names what an alert is about.
	Family func(family, lang string) string
	// Report says a month in sentences, from the figures that are kept of it.
	Report func(figures []byte, t text.Texts) (string, error)
	// Print is the month on paper, as PDF; nil, or nothing, where there are no fonts.
	Print func(ctx context.Context, figures []byte, company string, t text.Texts) ([]byte, error)
	// Books puts the company's invoices into the file, which lie in the provider's own books; nil for none.
	Books func(ctx context.Context, companyID string, t text.Texts, put func(name string, data []byte) error) error
}

// kept are the columns of one row by name.
type kept map[string]any

func (r kept) text(c string) string { s, _ := r[c].(string); return s }
func (r kept) number(c string) int64 {
	n, _ := r[c].(int64)
	return n
}
func (r kept) truth(c string) bool { b, _ := r[c].(bool); return b }

// when is a time as spreadsheets in Japan read it; empty for none.
func (r kept) when(c string) string {
	if r.number(c) == 0 {
		return ""
	}
	return store.Time(r.number(c)).In(ja.Zone).Format(time.DateTime)
}

// each calls fn with the rows of a table, if the centre has it.
func (a *archive) each(tables []store.Table, name string, columns []string, fn func(kept) error) error {
	for i := range tables {
		if tables[i].Name != name {
			continue
		}
		row := kept{}
		return a.tx.Rows(&tables[i], columns, func(values []any) error {
			for i, c := range columns {
				row[c] = values[i]
			}
			return fn(row)
		})
	}
	return nil
}

// one is a sheet: its columns' texts are "export.col_" and their names.
type one struct {
	name, table string
	columns     []string // of the table
	heads       []string
	row         func(kept) []string
}

func (a *archive) sheets(tables []store.Table) error {
	names, err := a.people(tables)
	if err != nil {
		return err
	}
	for _, s := range []one{
		{"alerts", "alert", []string{"case_no", "first_at", "last_at", "stars", "family", "device_name", "device_addr", "inbound", "blocked", "events", "state", "answer", "answered_at", "closed_at", "reason"},
			[]string{"number", "first", "last", "stars", "what", "device", "address", "direction", "blocked", "events", "state", "answer", "answered", "closed", "reason"}, a.alertRow},
		{"devices", "endpoint", []string{"name", "addr", "mac", "first_at", "last_at", "id"}, []string{"name", "address", "mac", "first", "last", "id"}, func(r kept) []string {
			return []string{r.text("name"), r.text("addr"), r.text("mac"), r.when("first_at"), r.when("last_at"), r.text("id")}
		}},
		{"people", "person", []string{"name", "email", "role", "lang", "mails", "created_at", "left_at", "id"}, []string{"name", "email", "role", "lang", "mails", "created", "left", "id"}, func(r kept) []string {
			return []string{r.text("name"), r.text("email"), a.word("login.role_", r.text("role")), r.text("lang"), a.yes(r.truth("mails")), r.when("created_at"), r.when("left_at"), r.text("id")}
		}},
		{"audit", "audit", []string{"seq", "at", "who", "action", "object", "why", "hash"}, []string{"number", "time", "who", "action", "object", "why", "hash"}, func(r kept) []string {
			who := r.text("who")
			if name, known := names[who]; known {
				who = name
			}
			return []string{strconv.FormatInt(r.number("seq"), 10), r.when("at"), who, r.text("action"), r.text("object"), r.text("why"), r.text("hash")}
		}},
	} {
		if err := a.sheet(tables, &s); err != nil {
			return fmt.Errorf("export: %s.csv: %w", s.name, err)
		}
	}
	return a.reports(tables)
}

func (a *archive) sheet(tables []store.Table, s *one) error {
	if err := a.begin("csv/" + s.name + ".csv"); err != nil {
		return err
	}
	w := sheet.New(a.out, a.heads(s.heads...)...)
	err := a.each(tables, s.table, s.columns, func(r kept) error { w.Row(s.row(r)...); return nil })
	return errors.Join(err, w.Close(), a.end())
}

func (a *archive) heads(names ...string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = a.texts.T("export.col_" + n)
	}
	return out
}

func (a *archive) alertRow(r kept) []string {
	direction := "export.outbound"
	if r.truth("inbound") {
		direction = "export.inbound"
	}
	return []string{r.text("case_no"), r.when("first_at"), r.when("last_at"), a.texts.T("alert.stars_" + strconv.FormatInt(r.number("stars"), 10)), a.words.Family(r.text("family"), a.texts.Lang()),
		r.text("device_name"), r.text("device_addr"), a.texts.T(direction), a.yes(r.truth("blocked")), strconv.FormatInt(r.number("events"), 10), a.word("alert.state_", r.text("state")),
		a.word("alert.answer_", r.text("answer")), r.when("answered_at"), r.when("closed_at"), r.text("reason")}
}

// people are the company's, by id.
func (a *archive) people(tables []store.Table) (map[string]string, error) {
	names := map[string]string{}
	err := a.each(tables, "person", []string{"id", "name"}, func(r kept) error { names[r.text("id")] = r.text("name"); return nil })
	return names, err
}

// reports writes one sheet of all months, and each month in words.
func (a *archive) reports(tables []store.Table) error {
	months := map[string][]byte{} // a report is a few KiB, twelve a year
	var order []string
	var figures struct{ Attacks, Stopped, Outside, Inside, Tasks, Devices, New, Unknown int }
	if err := a.begin("csv/reports.csv"); err != nil {
		return err
	}
	w := sheet.New(a.out, a.heads("month", "made", "attacks", "stopped", "outside", "inside", "tasks", "devices", "new", "unknown")...)
	err := a.each(tables, "report", []string{"month", "made_at", "figures"}, func(r kept) error {
		month := r.text("month")
		figures = struct{ Attacks, Stopped, Outside, Inside, Tasks, Devices, New, Unknown int }{}
		if err := json.Unmarshal([]byte(r.text("figures")), &figures); err != nil {
			return err
		}
		cells := []string{month, r.when("made_at")}
		for _, n := range []int{figures.Attacks, figures.Stopped, figures.Outside, figures.Inside, figures.Tasks, figures.Devices, figures.New, figures.Unknown} {
			cells = append(cells, strconv.Itoa(n))
		}
		w.Row(cells...)
		months[month], order = []byte(r.text("figures")), append(order, month)
		return nil
	})
	if err := errors.Join(err, w.Close(), a.end()); err != nil {
		return fmt.Errorf("export: reports.csv: %w", err)
	}
	company := ""
	if err := a.each(tables, "company", []string{"name"}, func(r kept) error { company = r.text("name"); return nil }); err != nil {
		return err
	}
	for _, month := range order {
		if err := a.print(month, months[month], company); err != nil {
			return fmt.Errorf("export: report %s: %w", month, err)
		}
		said, err := a.words.Report(months[month], a.texts)
		if err != nil {
			return fmt.Errorf("export: report %s: %w", month, err)
		}
		if err := a.begin("reports/" + month + ".txt"); err != nil {
			return err
		}
		a.out.WriteString("\ufeff" + strings.ReplaceAll(said, "\n", "\r\n"))
		if err := a.end(); err != nil {
			return err
		}
	}
	return nil
}

func (a *archive) print(month string, figures []byte, company string) error {
	if a.words.Print == nil {
		return nil
	}
	pdf, err := a.words.Print(a.tx.Context(), figures, company, a.texts)
	if err != nil || len(pdf) == 0 {
		return err
	}
	if err := a.begin("reports/" + month + ".pdf"); err != nil {
		return err
	}
	_, err = a.out.Write(pdf)
	return errors.Join(err, a.end())
}

func (a *archive) yes(b bool) string {
	if b {
		return a.texts.T("export.yes")
	}
	return a.texts.T("export.no")
}

// word is the text of a code; the code itself when there is none.
func (a *archive) word(prefix, code string) string {
	if code == "" || !a.texts.Has(prefix+code) {
		return code
	}
	return a.texts.T(prefix + code)
}
