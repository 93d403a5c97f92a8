package retention_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/export"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/retention"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
	"otasuke/internal/clock"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var now = time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)

// fill gives a company rows of a day, named by how long ago it is.
func fill(tx *store.Tx, person string, days int) error {
	id, at := fmt.Sprint("d", days), store.Micros(now.AddDate(0, 0, -days))
	for _, query := range []string{
		`INSERT INTO alert (tenant_id, id, case_no, group_key, box_id, device_id, device_name, device_addr, inbound, family, families, stars, blocked, state, answer, answered_at, reason, first_at, last_at, closed_at, notify_at, events, evidence)
			VALUES ($1, $2, '', '', '', '', '', '', FALSE, '', '{}', 3, FALSE, 'closed', '', 0, '', $3, $3, $3, 0, 1, '[{"x":1}]')`,
		`INSERT INTO alert_change (tenant_id, alert_id, seq, at, who, what, note) VALUES ($1, $2, 1, $3, '', '', '')`,
		`INSERT INTO alert_rule (tenant_id, alert_id, gid, sid, msg, at) VALUES ($1, $2, 1, 1, '', $3)`,
		`INSERT INTO app_use (tenant_id, day, endpoint_id, app, category, name, up, down, minutes, flows, blocked) VALUES ($1, $3, '', $2, '', '', 1, 1, 1, 1, 0)`,
		`INSERT INTO question (tenant_id, id, box_id, who, body, asked_at, taken_at, answered_at, answer) VALUES ($1, $2, '', '', '{}', $3, 0, 0, '')`,
		`INSERT INTO box_test (tenant_id, id, box_id, who, asked_at, answered_at, answer) VALUES ($1, $2, '', '', $3, $3, '{}')`,
		`INSERT INTO appeal (tenant_id, id, device, person_id, what, category, list, reason, note, times, state, answer, answered_by, asked_at, answered_at) VALUES ($1, $2, '', '', '', '', '', '', '', 1, 'refused', '', '', $3, $3)`,
		`INSERT INTO report (tenant_id, month, made_at, figures) VALUES ($1, $2, $3, '{}')`,
		`INSERT INTO desk_ticket (tenant_id, id, number, channel, topic, subject, state, urgent, name, company, email, phone, digits, person_id, by_address, alert_id, box_id, application, beforehand, lang, reason, escalated, face, word, opened_at, moved_at, due_at, first_at, acked_at)
			VALUES ($1, $2, $2, 'phone', '', '', 'closed', FALSE, '', '', '', '', '', '', FALSE, '', '', '', '{}', 'ja', '', '', 0, '', $3, $3, $3, $3, 0)`,
		`INSERT INTO desk_message (tenant_id, ticket_id, seq, at, side, who, name, address, body, mail_id, message_id, auto, cut, sent) VALUES ($1, $2, 1, $3, 'customer', '', '', '', '', '', '', FALSE, FALSE, '')`,
		`INSERT INTO attachment (tenant_id, id, name, kind, size, sum, sent_by, sent_at) VALUES ($1, $2, '', '', 0, '', '', $3)`,
		`INSERT INTO attachment_part (tenant_id, attachment_id, seq, data) SELECT $1, $2, 0, '' WHERE CAST($3 AS BIGINT) > 0`,
		`INSERT INTO desk_file (tenant_id, ticket_id, seq, attachment_id, state, virus) SELECT $1, $2, 1, $2, 'clean', '' WHERE CAST($3 AS BIGINT) > 0`,
	} {
		if _, err := tx.Exec(query, id, at); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`INSERT INTO news_copy (tenant_id, news_id, at) VALUES ($1, $2, $3)`,
		`INSERT INTO news_mail (tenant_id, news_id, what, to_id, email, state, tries, message_id, answer, at) VALUES ($1, $2, 'news', '', '', 'sent', 1, '', '', $3)`,
		`INSERT INTO news_read (tenant_id, news_id, person_id, at) VALUES ($1, $2, '', $3)`,
		`INSERT INTO seminar_seat (tenant_id, seminar_id, id, person_id, name, email, lang, at) VALUES ($1, '', $2, '', '', '', 'ja', $3)`,
	} {
		if _, err := tx.Exec(query, id, at); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`INSERT INTO delivery (tenant_id, alert_id, person_id, step, email, message_id, subject, state, tries, deaths, created_at, tried_at, sent_at, latency, error) VALUES ($1, $2, $4, 0, '', '', '', 'sent', 1, 0, $3, $3, $3, 0, '')`,
		`INSERT INTO delivery_copy (tenant_id, alert_id, person_id, step, body, eml, sum) SELECT $1, $2, $4, 0, 'x', 'x', '' WHERE CAST($3 AS BIGINT) > 0`,
		`INSERT INTO report_mail (tenant_id, month, person_id, state, deaths) SELECT $1, $2, $4, 'sent', 0 WHERE CAST($3 AS BIGINT) > 0`,
		`INSERT INTO login_session (tenant_id, id, person_id, address, created_at, seen_at, expires_at) VALUES ($1, $2, $4, '', $3, $3, $3)`,
	} {
		if _, err := tx.Exec(query, id, at, person); err != nil {
			return err
		}
	}
	return nil
}

// reopen opens the oldest ticket again.
func reopen(tx *store.Tx) error {
	_, err := tx.Exec(`UPDATE desk_ticket SET state = 'new' WHERE tenant_id = $1 AND id = 'd2000'`)
	return err
}

// left lists the ids of a table's rows that are left, as days.
func left(t *testing.T, s *store.Store, id, table, column, where string) (days []string) {
	t.Helper()
	must(t, s.Read(t.Context(), id, func(tx *store.Tx) (err error) {
		days, err = store.Collect[string](tx.Query(`SELECT ` + column + ` FROM ` + table + ` WHERE tenant_id = $1` + where))(func(scan func(...any) error) (d string, err error) { return d, scan(&d) })
		return err
	}))
	slices.Sort(days)
	return days
}

// Each kind goes after its time and not sooner, in every company, and what people wait for stays.
func TestEachKindGoesInItsTime(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		old := clock.NewFake(now.AddDate(-9, 0, 0))
		people := tenant.New(tenant.Config{Store: s, Clock: old})
		must(t, people.EnsureHouse(t.Context(), "centre"))
		ids := []string{}
		for i := range 2 {
			id, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: "会社"})
			must(t, err)
			person, err := people.AddPerson(t.Context(), "system", tenant.Person{TenantID: id, Name: "花子", Email: fmt.Sprint(i, "@example.jp"), Role: tenant.RoleOwner})
			must(t, err)
			must(t, s.Write(t.Context(), id, func(tx *store.Tx) error {
				for _, days := range []int{0, 29, 31, 100, 500, 2000} {
					if err := fill(tx, person, days); err != nil {
						return err
					}
				}
				_, err := tx.Exec(`UPDATE alert SET state = 'open' WHERE tenant_id = $1 AND id = 'd2000'`)
				return errors.Join(err, reopen(tx))
			}))
			ids = append(ids, id)
		}
		old.Advance(5 * 365 * 24 * time.Hour) // four years ago: stays
		must(t, people.Audit(t.Context(), ids[0], "x", "view.company", "x", ""))
		exports, kept := []string{}, false
		svc := retention.New(retention.Config{Store: s, Clock: clock.NewFake(now), Days: retention.Days{"alerts": 450, "events": 90},
			Exports: func(_ context.Context, id string) (int64, error) { exports = append(exports, id); return 1, nil },
			Kept:    func(context.Context) (int64, error) { kept = true; return 0, nil }})
		must(t, s.Write(t.Context(), ids[1], func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO export (tenant_id, id, asked_by, asked_at, state, made_at, size, sum) VALUES ($1, 'x', '', 1, 'ready', 1, 0, '')`)
			return err
		}))
		gone, err := svc.Run(t.Context())
		must(t, err)
		for _, id := range ids {
			for _, c := range []struct{ table, column, where, want string }{
				{"alert", "id", "", "d0 d100 d2000 d29 d31"}, // the open one stays
				{"alert", "id", " AND evidence <> '[]'", "d0 d2000 d29 d31"},
				{"alert_change", "alert_id", "", "d0 d100 d2000 d29 d31"},
				{"alert_rule", "alert_id", "", "d0 d100 d2000 d29 d31"},
				{"delivery_copy", "alert_id", "", "d0 d100 d2000 d29 d31"},
				{"delivery", "alert_id", "", "d0 d100 d2000 d29 d31"},
				{"app_use", "app", "", "d0 d29 d31"},
				{"question", "id", "", "d0"},
				{"box_test", "id", "", "d0 d100 d29 d31"},
				{"appeal", "id", "", "d0 d100 d29 d31"},
				{"report", "month", "", "d0 d100 d29 d31 d500"},
				{"report_mail", "month", "", "d0 d100 d29 d31 d500"},
				{"desk_ticket", "id", "", "d0 d100 d2000 d29 d31 d500"}, // the open one stays, with what belongs to it
				{"desk_message", "ticket_id", "", "d0 d100 d2000 d29 d31 d500"},
				{"attachment", "id", "", "d0 d100 d2000 d29 d31 d500"},
				{"login_session", "id", "", "d0 d29"},
				{"news_copy", "news_id", "", "d0 d100 d29 d31 d500"},
				{"news_mail", "news_id", "", "d0 d100 d29 d31 d500"},
				{"news_read", "news_id", "", "d0 d100 d29 d31 d500"},
				{"seminar_seat", "id", "", "d0 d100 d29 d31 d500"},
			} {
				if got := strings.Join(left(t, s, id, c.table, c.column, c.where), " "); got != c.want {
					t.Errorf("%s%s: %s, want %s", c.table, c.where, got, c.want)
				}
			}
			if _, _, err := people.VerifyAudit(t.Context(), id); err != nil {
				t.Errorf("the log after its beginning went: %v", err)
			}
		}
		log, err := people.AuditLog(t.Context(), ids[0], 10)
		if err != nil || len(log) != 1 || log[0].Action != "view.company" {
			t.Errorf("%+v, %v", log, err)
		}
		// Somebody who takes away what must stay is still found out, and the chain goes on.
		must(t, people.Audit(t.Context(), ids[1], "x", "view.company", "x", ""))
		if n, _, err := people.VerifyAudit(t.Context(), ids[1]); err != nil || n < 3 {
			t.Errorf("%d, %v", n, err)
		}
		if err := s.Write(t.Context(), ids[1], func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM audit WHERE tenant_id = $1`)
			return err
		}); err == nil {
			t.Error("an entry was deleted that is not old")
		}
		if !slices.Equal(exports, ids[1:]) || !kept || gone["alerts"] != 10 || gone["audit"] < 4 {
			t.Errorf("%v %v %v", exports, kept, gone)
		}
		if again, err := svc.Run(t.Context()); err != nil || len(again) != 1 {
			t.Errorf("a second run found %v, %v", again, err)
		}
	}, tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), notify.Schema(), usage.Schema(), question.Schema(), appeal.Schema(), report.Schema(), export.Schema(), attach.Schema(), desk.Schema(), news.Schema())
}

func TestDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		days retention.Days
		says string
	}{
		{nil, ""}, {retention.Days{"alerts": 3650, "audit": 365}, ""},
		{retention.Days{"alert": 100}, "no kind of data"}, {retention.Days{"usage": 93}, "from 31 to 92"}, {retention.Days{"audit": 0}, "from 365"}, {retention.Days{"events": -1}, "events"},
	} {
		err := c.days.Check()
		if (err == nil) != (c.says == "") || err != nil && (!errors.Is(err, retention.ErrDays) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%v: %v, want %q", c.days, err, c.says)
		}
	}
}

// The night's work is planned once, for four o'clock in Japan, and plans the next.
func TestEachNight(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		people := tenant.New(tenant.Config{Store: s})
		must(t, people.EnsureHouse(t.Context(), "centre"))
		fake := clock.NewFake(now)
		svc := retention.New(retention.Config{Store: s, Clock: fake})
		must(t, svc.Plan(t.Context()))
		must(t, svc.Plan(t.Context()))
		due := func() (at []int64) {
			must(t, s.GlobalRead(t.Context(), func(tx *store.GlobalTx) (err error) {
				at, err = store.Collect[int64](tx.Query(`SELECT run_at FROM job WHERE kind = $1 ORDER BY run_at`, retention.Kind))(func(scan func(...any) error) (n int64, err error) { return n, scan(&n) })
				return err
			}))
			return at
		}
		if all := due(); len(all) != 1 || !store.Time(all[0]).Equal(time.Date(2026, 11, 28, 19, 0, 0, 0, time.UTC)) {
			t.Errorf("%v", all)
		}
		fake.Advance(17 * time.Hour)
		must(t, svc.Handle(t.Context(), tenant.House, nil))
		if all := due(); len(all) != 2 || !store.Time(all[1]).Equal(time.Date(2026, 11, 29, 19, 0, 0, 0, time.UTC)) {
			t.Errorf("%v", all)
		}
	}, tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), notify.Schema(), usage.Schema(), question.Schema(), appeal.Schema(), report.Schema(), export.Schema(), attach.Schema(), desk.Schema(), news.Schema())
}

// What the shipped configuration says in its comments is what the program does.
func TestShippedTimes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../packaging/centre.toml")
	must(t, err)
	for _, k := range retention.Kinds {
		said := fmt.Sprintf("[%d to %d]", k.Least, k.Most)
		if k.Least == k.Most {
			said = fmt.Sprintf("[%d]", k.Most)
		}
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^# %s += %d +# .*%s$`, k.Name, k.Usual, regexp.QuoteMeta(said))).Match(text) {
			t.Errorf("packaging/centre.toml does not say that %s are kept for %d days %s", k.Name, k.Usual, said)
		}
	}
}
