package retention

import (
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// KindOf is one kind of data.
type KindOf struct {
	// Name in the configuration.
	Name string
	// Usual is for how many days it is kept, Least and Most what can be configured.
	Usual, Least, Most int

	table, old string // companies that have rows of table that are old; {before} is the time
	steps      []step
	global     func(tx *store.GlobalTx, before time.Time) (int64, error) // for a table of all companies
}

// step deletes, or empties, rows of one table. Rows that refer to others come first.
type step struct {
	table, where string // {before} is the time
	set          string // instead of deleting them
	audit        bool   // the log must know first
}

// year in days.
const year = 365

// closed are alerts with which nobody is busy any more.
const closed = `(state = 'closed' OR stars < 2)`

// ofOld are rows that belong to old alerts.
const ofOld = `alert_id IN (SELECT a.id FROM alert a WHERE a.tenant_id = $1 AND (a.state = 'closed' OR a.stars < 2) AND a.last_at < {before})`

// ofClosed are rows that belong to old tickets.
const ofClosed = `ticket_id IN (SELECT t.id FROM desk_ticket t WHERE t.tenant_id = $1 AND t.state = 'closed' AND t.moved_at < {before})`

// Kinds are all kinds of data that grow with time.
var Kinds = []KindOf{
	// The traffic that an alert was made of, in it: to look closer while it matters.
	{Name: "events", Usual: 400, Least: 30, Most: 10 * year, table: "alert", old: closed + ` AND last_at < {before} AND evidence <> '[]'`,
		steps: []step{{table: "alert", where: closed + ` AND last_at < {before} AND evidence <> '[]'`, set: `evidence = '[]'`}}},
	{Name: "alerts", Usual: 3 * year, Least: 90, Most: 10 * year, table: "alert", old: closed + ` AND last_at < {before}`,
		steps: []step{{table: "alert_change", where: ofOld}, {table: "alert_rule", where: ofOld}, {table: "delivery_copy", where: ofOld}, {table: "delivery", where: ofOld}, {table: "action_link", where: ofOld},
			{table: "alert", where: closed + ` AND last_at < {before}`}}},
	// Their rows also keep a mail from being sent twice: those of alerts that are open stay.
	{Name: "mails", Usual: 400, Least: 30, Most: 10 * year, table: "delivery", old: `created_at < {before}`,
		steps: []step{{table: "delivery_copy", where: `EXISTS (SELECT 1 FROM delivery d WHERE d.tenant_id = delivery_copy.tenant_id AND d.alert_id = delivery_copy.alert_id AND d.person_id = delivery_copy.person_id AND d.step = delivery_copy.step AND d.created_at < {before})
			AND alert_id NOT IN (SELECT a.id FROM alert a WHERE a.tenant_id = $1 AND a.state <> 'closed')`},
			{table: "delivery", where: `created_at < {before} AND alert_id NOT IN (SELECT a.id FROM alert a WHERE a.tenant_id = $1 AND a.state <> 'closed')`}}},
	{Name: "usage", Usual: 92, Least: 31, Most: 92, table: "app_use", old: `day < {before}`, steps: []step{{table: "app_use", where: `day < {before}`}}},
	{Name: "questions", Usual: 1, Least: 1, Most: 1, table: "question", old: `asked_at < {before}`, steps: []step{{table: "question", where: `asked_at < {before}`}}},
	{Name: "selftests", Usual: 400, Least: 30, Most: 3 * year, table: "box_test", old: `answered_at < {before}`, steps: []step{{table: "box_test", where: `answered_at < {before}`}}},
	{Name: "requests", Usual: year, Least: 30, Most: year, table: "appeal", old: `state <> 'open' AND answered_at < {before}`,
		steps: []step{{table: "appeal", where: `state <> 'open' AND answered_at < {before}`}}},
	{Name: "consultations", Usual: 3 * year, Least: 90, Most: 10 * year, table: "desk_ticket", old: `state = 'closed' AND moved_at < {before}`,
		steps: []step{{table: "attachment_part", where: `attachment_id IN (SELECT f.attachment_id FROM desk_file f WHERE f.tenant_id = $1 AND f.` + ofClosed + `)`},
			{table: "attachment", where: `id IN (SELECT f.attachment_id FROM desk_file f WHERE f.tenant_id = $1 AND f.` + ofClosed + `)`},
			{table: "desk_file", where: ofClosed}, {table: "desk_message", where: ofClosed}, {table: "desk_ticket", where: `state = 'closed' AND moved_at < {before}`}}},
	{Name: "reports", Usual: 5 * year, Least: 2 * year, Most: 10 * year, table: "report", old: `made_at < {before}`,
		steps: []step{{table: "report_mail", where: `month IN (SELECT r.month FROM report r WHERE r.tenant_id = $1 AND r.made_at < {before})`}, {table: "report", where: `made_at < {before}`}}},
	// What a company got, and who of it took a seat. Mails of what is gone everywhere are not sent again: a piece goes out once.
	{Name: "news", Usual: 2 * year, Least: 90, Most: 10 * year, table: "news_copy", old: `at < {before}`,
		steps: []step{{table: "news_mail", where: `at < {before}`}, {table: "news_read", where: `news_id IN (SELECT c.news_id FROM news_copy c WHERE c.tenant_id = $1 AND c.at < {before})`}, {table: "seminar_seat", where: `at < {before}`}, {table: "news_copy", where: `at < {before}`}}},
	{Name: "health", Usual: 400, Least: 30, Most: 400, table: "box_health", old: `at < {before}`, steps: []step{{table: "box_health", where: `at < {before}`}}},
	{Name: "gaps", Usual: 400, Least: 60, Most: 10 * year, table: "box_gap", old: `until > 0 AND until < {before}`, steps: []step{{table: "box_gap", where: `until > 0 AND until < {before}`}}},
	{Name: "devices", Usual: 400, Least: 30, Most: 400, table: "endpoint_change", old: `at < {before}`, steps: []step{{table: "endpoint_change", where: `at < {before}`}}},
	// Logins that are over, and links that lead nowhere.
	{Name: "sessions", Usual: 30, Least: 1, Most: year, table: "login_session", old: `expires_at < {before}`, steps: []step{{table: "login_session", where: `expires_at < {before}`}}},
	{Name: "recoveries", Usual: year, Least: 30, Most: 10 * year, table: "recovery", old: `expires_at < {before}`, steps: []step{{table: "recovery", where: `expires_at < {before}`}}},
	// Seven years, as books are kept.
	{Name: "audit", Usual: 7 * year, Least: year, Most: 20 * year, table: "audit", old: `at < {before}`, steps: []step{{table: "audit", audit: true}}},
	{Name: "access", Usual: 7 * year, Least: year, Most: 20 * year, global: func(tx *store.GlobalTx, before time.Time) (int64, error) {
		return tx.Exec(`DELETE FROM operator_access WHERE at < $1`, store.Micros(before))
	}},
	{Name: "jobs", Usual: 90, Least: 7, Most: year, global: func(tx *store.GlobalTx, before time.Time) (int64, error) {
		return tx.Exec(`DELETE FROM job WHERE state = 'failed' AND run_at < $1`, store.Micros(before))
	}},
}

// who has something of a kind that is too old.
func who(tx *store.AllTx, k *KindOf, before time.Time) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT DISTINCT tenant_id FROM `+k.table+` WHERE `+strings.ReplaceAll(k.old, "{before}", "$1")+` ORDER BY tenant_id`, store.Micros(before)))(
		func(scan func(...any) error) (id string, err error) { return id, scan(&id) })
}

// do does one piece and returns how many rows it was.
func (p *step) do(tx *store.Tx, before time.Time) (int64, error) {
	where := strings.ReplaceAll(p.where, "{before}", "$2")
	switch {
	case p.audit:
		last, _, err := tenant.LetAuditGo(tx, before)
		if err != nil {
			return 0, err
		}
		return tx.Prune(p.table, "tenant_id", `seq <= $2`, piece, last)
	case p.set != "":
		return tx.Exec(`UPDATE `+p.table+` SET `+p.set+` WHERE tenant_id = $1 AND `+where, store.Micros(before))
	}
	return tx.Prune(p.table, "tenant_id", where, piece, store.Micros(before))
}

// exporters are companies that have an export.
func exporters(tx *store.AllTx) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT DISTINCT tenant_id FROM export ORDER BY tenant_id`))(
		func(scan func(...any) error) (id string, err error) { return id, scan(&id) })
}
