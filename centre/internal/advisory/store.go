package advisory

import (
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
	content "otasuke/content/advisory"
)

type scanner = func(dest ...any) error

const columns = `id, body, state, made_by, made_at, published_by, published_at, withdrawn_by, withdrawn_at, why FROM advisory WHERE tenant_id = $1`

func scanAdvisory(scan scanner) (a Advisory, err error) {
	var id, body string
	var made, published, withdrawn int64
	if err := scan(&id, &body, &a.State, &a.MadeBy, &made, &a.PublishedBy, &published, &a.WithdrawnBy, &withdrawn, &a.Why); err != nil {
		return a, err
	}
	a.Made, a.Published, a.Withdrawn = store.Time(made), store.Time(published), store.Time(withdrawn)
	if err := json.Unmarshal([]byte(body), &a.Rule); err != nil {
		return a, fmt.Errorf("advisory: stored advisory: %w", err)
	}
	return a, nil
}

func selectAdvisories(tx *store.Tx) ([]Advisory, error) {
	return store.Collect[Advisory](tx.Query(`SELECT ` + columns + ` ORDER BY CASE state WHEN 'draft' THEN 0 WHEN 'published' THEN 1 ELSE 2 END, made_at DESC, id`))(scanAdvisory)
}

func selectAdvisory(tx *store.Tx, id string) (Advisory, error) {
	return scanAdvisory(tx.QueryRow(`SELECT `+columns+` AND id = $2`, id).Scan)
}

// putDraft keeps a draft; 0 when there is one of this id that is no draft any more, or a draft as new.
func putDraft(tx *store.Tx, a *Advisory, sameToo bool) (int64, error) {
	body, err := json.Marshal(a.Rule)
	if err != nil {
		return 0, fmt.Errorf("advisory: %w", err)
	}
	older := `advisory.version < excluded.version`
	if sameToo {
		older = `advisory.version <= excluded.version`
	}
	return tx.Exec(`INSERT INTO advisory (tenant_id, id, version, body, state, made_by, made_at, published_by, published_at, withdrawn_by, withdrawn_at, why) VALUES ($1, $2, $3, $4, 'draft', $5, $6, '', 0, '', 0, '')
		ON CONFLICT (tenant_id, id) DO UPDATE SET version = excluded.version, body = excluded.body, made_by = excluded.made_by, made_at = excluded.made_at
		WHERE advisory.state = 'draft' AND `+older, a.ID, a.Version, string(body), a.MadeBy, store.Micros(a.Made))
}

func dropDraft(tx *store.Tx, id string) (int64, error) {
	return tx.Exec(`DELETE FROM advisory WHERE tenant_id = $1 AND id = $2 AND state = 'draft'`, id)
}

func publish(tx *store.Tx, id, who string, at time.Time) (int64, error) {
	return tx.Exec(`UPDATE advisory SET state = 'published', published_by = $3, published_at = $4 WHERE tenant_id = $1 AND id = $2 AND state = 'draft'`, id, who, store.Micros(at))
}

func withdraw(tx *store.Tx, id, who, why string, at time.Time) (int64, error) {
	return tx.Exec(`UPDATE advisory SET state = 'withdrawn', withdrawn_by = $3, withdrawn_at = $4, why = $5 WHERE tenant_id = $1 AND id = $2 AND state = 'published'`, id, who, store.Micros(at), why)
}

const findingColumns = `advisory_id, endpoint_id, device, product, subject, seen, answer, state, reopened, done_by, done_at, first_at, changed_at FROM advisory_finding`

func scanFinding(scan scanner) (f Finding, err error) {
	var done, first, changed int64
	err = scan(&f.AdvisoryID, &f.EndpointID, &f.Device, &f.Product, &f.Subject, &f.Seen, &f.Answer, &f.State, &f.Reopened, &f.DoneBy, &done, &first, &changed)
	f.Done, f.First, f.Changed = store.Time(done), store.Time(first), store.Time(changed)
	return f, err
}

func selectFindings(tx *store.Tx) ([]Finding, error) {
	return store.Collect[Finding](tx.Query(`SELECT ` + findingColumns + ` WHERE tenant_id = $1 ORDER BY advisory_id, device, endpoint_id`))(scanFinding)
}

// selectEverybody are the findings of an advisory at all companies.
func selectEverybody(tx *store.AllTx, id string) ([]Finding, error) {
	return store.Collect[Finding](tx.Query(`SELECT tenant_id, `+findingColumns+` WHERE advisory_id = $1 ORDER BY tenant_id, device, endpoint_id`, id))(func(scan scanner) (f Finding, err error) {
		var of string
		f, err = scanFinding(func(dest ...any) error { return scan(append([]any{&of}, dest...)...) })
		f.TenantID = of
		return f, err
	})
}

func putFinding(tx *store.Tx, f *Finding) error {
	_, err := tx.Exec(`INSERT INTO advisory_finding (tenant_id, advisory_id, endpoint_id, device, product, subject, seen, answer, state, reopened, done_by, done_at, first_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (tenant_id, advisory_id, endpoint_id) DO UPDATE SET device = excluded.device, product = excluded.product, subject = excluded.subject, seen = excluded.seen, answer = excluded.answer,
		state = excluded.state, reopened = excluded.reopened, done_by = excluded.done_by, done_at = excluded.done_at, changed_at = excluded.changed_at`,
		f.AdvisoryID, f.EndpointID, f.Device, f.Product, f.Subject, f.Seen, string(f.Answer), string(f.State), f.Reopened, f.DoneBy, store.Micros(f.Done), store.Micros(f.First), store.Micros(f.Changed))
	return err
}

func dropFinding(tx *store.Tx, f *Finding) error {
	_, err := tx.Exec(`DELETE FROM advisory_finding WHERE tenant_id = $1 AND advisory_id = $2 AND endpoint_id = $3`, f.AdvisoryID, f.EndpointID)
	return err
}

func selectLabels(tx *store.Tx) ([]Label, error) {
	return store.Collect[Label](tx.Query(`SELECT endpoint_id, subject, model, version, unsure, photo, said_by, said_at FROM advisory_label WHERE tenant_id = $1 ORDER BY endpoint_id, subject`))(
		func(scan scanner) (l Label, err error) {
			var at int64
			err = scan(&l.EndpointID, &l.Subject, &l.Model, &l.Version, &l.Unsure, &l.Photo, &l.By, &at)
			l.At = store.Time(at)
			return l, err
		})
}

func putLabel(tx *store.Tx, l *Label) error {
	_, err := tx.Exec(`INSERT INTO advisory_label (tenant_id, endpoint_id, subject, model, version, unsure, photo, said_by, said_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (tenant_id, endpoint_id, subject) DO UPDATE SET model = excluded.model, version = excluded.version, unsure = excluded.unsure, photo = excluded.photo, said_by = excluded.said_by, said_at = excluded.said_at`,
		l.EndpointID, l.Subject, l.Model, l.Version, l.Unsure, l.Photo, l.By, store.Micros(l.At))
	return err
}

// notice notes that people are told, once.
func notice(tx *store.Tx, id, what string, at time.Time) (fresh bool, err error) {
	n, err := tx.Exec(`INSERT INTO advisory_notice (tenant_id, advisory_id, what, sent_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, id, what, store.Micros(at))
	return n == 1, err
}

func noticed(tx *store.Tx, id string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM advisory_notice WHERE tenant_id = $1 AND advisory_id = $2`, id).Scan(&n)
	return n, err
}

// advance takes the serial of a bundle; false when it is not higher than the last one.
func advance(tx *store.Tx, b *content.Bundle, who string, at time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO advisory_bundle (tenant_id, serial, until, taken_by, taken_at, drafts, fault, fault_at) VALUES ($1, $2, $3, $4, $5, 0, '', 0)
		ON CONFLICT (tenant_id) DO UPDATE SET serial = excluded.serial, until = excluded.until, taken_by = excluded.taken_by, taken_at = excluded.taken_at, fault = '', fault_at = 0
		WHERE advisory_bundle.serial < excluded.serial`, b.Serial, b.Until, who, store.Micros(at))
	return n == 1, err
}

func counted(tx *store.Tx, drafts int) error {
	_, err := tx.Exec(`UPDATE advisory_bundle SET drafts = $2 WHERE tenant_id = $1`, drafts)
	return err
}

// faulted keeps why none could be fetched; "" when there was nothing wrong.
func faulted(tx *store.Tx, fault string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO advisory_bundle (tenant_id, serial, until, taken_by, taken_at, drafts, fault, fault_at) VALUES ($1, 0, '', '', 0, 0, $2, $3)
		ON CONFLICT (tenant_id) DO UPDATE SET fault = excluded.fault, fault_at = excluded.fault_at`, fault, store.Micros(at))
	return err
}

func selectTaken(tx *store.Tx) (t Taken, err error) {
	var at, faulted int64
	err = tx.QueryRow(`SELECT serial, until, taken_by, taken_at, drafts, fault, fault_at FROM advisory_bundle WHERE tenant_id = $1`).Scan(&t.Serial, &t.Until, &t.By, &at, &t.Drafts, &t.Fault, &faulted)
	t.At, t.FaultAt = store.Time(at), store.Time(faulted)
	return t, err
}
