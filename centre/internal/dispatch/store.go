package dispatch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/store"
)

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Micros(t)
}

func moment(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return store.Time(at)
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func putVendor(tx *store.Tx, v *Vendor, now time.Time) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO vendor (tenant_id, id, body, moved_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, id) DO UPDATE SET body = excluded.body, moved_at = excluded.moved_at`, v.ID, string(body), micros(now))
	return err
}

func hasVendor(tx *store.Tx, id string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM vendor WHERE tenant_id = $1 AND id = $2`, id).Scan(&n)
	return n, err
}

func selectVendors(tx *store.Tx) ([]Vendor, error) {
	return store.Collect[Vendor](tx.Query(`SELECT id, body FROM vendor WHERE tenant_id = $1 ORDER BY id LIMIT $2`, maxList))(
		func(scan func(...any) error) (v Vendor, err error) {
			var id, body string
			if err = scan(&id, &body); err != nil {
				return v, err
			}
			err = json.Unmarshal([]byte(body), &v)
			v.ID = id
			return v, err
		})
}

// insert keeps a new visit; false when one for the same alert runs, or the same form was sent twice.
func insert(tx *store.Tx, d *Dispatch, once string) (bool, error) {
	brief, err := json.Marshal(&d.Brief)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`INSERT INTO visit (tenant_id, id, number, once, alert_id, ticket_id, state, version, brief, round, vendor_id, vendor_name, phone, arrival, report, decision, decided_by, asked_at, due_at, moved_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0, '', '', '', '', '', '', '', $9, 0, $9, 0) ON CONFLICT DO NOTHING`,
		d.ID, d.Number, once, d.AlertID, d.TicketID, string(d.State), string(brief), micros(d.Asked))
	return n == 1, err
}

// update writes what changes; of two that read the same, one gets [ErrState].
func update(tx *store.Tx, d *Dispatch) error {
	report := ""
	if !d.Report.Signed.IsZero() {
		b, err := json.Marshal(&d.Report)
		if err != nil {
			return err
		}
		report = string(b)
	}
	n, err := tx.Exec(`UPDATE visit SET state = $3, version = version + 1, round = $4, vendor_id = $5, vendor_name = $6, phone = $7, arrival = $8, report = $9, decision = $10, decided_by = $11, due_at = $12, moved_at = $13, ended_at = $14
		WHERE tenant_id = $1 AND id = $2 AND version = $15`, d.ID, string(d.State), d.Round, d.VendorID, d.VendorName, d.VendorPhone, d.Arrival, report, d.Decision, d.DecidedBy, micros(d.Due), micros(d.Moved), micros(d.Ended), d.version)
	if err == nil && n == 0 {
		return ErrState
	}
	d.version++
	return err
}

const columns = `SELECT tenant_id, id, number, alert_id, ticket_id, state, version, brief, round, vendor_id, vendor_name, phone, arrival, report, decision, decided_by, asked_at, due_at, moved_at, ended_at FROM visit`

func scanOne(scan func(...any) error) (d Dispatch, err error) {
	var brief, report string
	var asked, due, moved, ended int64
	if err = scan(&d.TenantID, &d.ID, &d.Number, &d.AlertID, &d.TicketID, &d.State, &d.version, &brief, &d.Round, &d.VendorID, &d.VendorName, &d.VendorPhone, &d.Arrival, &report, &d.Decision, &d.DecidedBy, &asked, &due, &moved, &ended); err != nil {
		return d, err
	}
	d.Asked, d.Due, d.Moved, d.Ended = moment(asked), moment(due), moment(moved), moment(ended)
	if report != "" {
		if err = json.Unmarshal([]byte(report), &d.Report); err != nil {
			return d, err
		}
	}
	return d, json.Unmarshal([]byte(brief), &d.Brief)
}

func selectOne(tx *store.Tx, id string) (Dispatch, error) {
	return scanOne(tx.QueryRow(columns+` WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectRunning(tx *store.Tx, alertID, once string) (id string, err error) {
	err = tx.QueryRow(`SELECT id FROM visit WHERE tenant_id = $1 AND (once = $3 OR alert_id = $2 AND alert_id <> '' AND state NOT IN ('closed', 'cancelled')) ORDER BY asked_at DESC LIMIT 1`, alertID, once).Scan(&id)
	return id, err
}

func selectAll(tx *store.Tx) ([]Dispatch, error) {
	return store.Collect[Dispatch](tx.Query(columns+` WHERE tenant_id = $1 ORDER BY asked_at DESC, id LIMIT $2`, maxList))(scanOne)
}

func selectEverywhere(tx *store.AllTx) ([]Dispatch, error) {
	return store.Collect[Dispatch](tx.Query(columns+` ORDER BY CASE WHEN state IN ('closed', 'cancelled') THEN 1 ELSE 0 END, moved_at DESC, id LIMIT $1`, maxList))(scanOne)
}

func insertOffer(tx *store.Tx, id string, o *Offer) error {
	_, err := tx.Exec(`INSERT INTO visit_offer (tenant_id, visit_id, seq, vendor_id, vendor_name, email, lang, answer, why, at, due_at, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', $8, $9, 0)`,
		id, o.Seq, o.VendorID, o.VendorName, o.Email, o.Lang, micros(o.At), micros(o.Due))
	return err
}

func answer(tx *store.Tx, id string, seq int, before, after, why string, at time.Time) error {
	n, err := tx.Exec(`UPDATE visit_offer SET answer = $5, why = $6, answered_at = $7 WHERE tenant_id = $1 AND visit_id = $2 AND seq = $3 AND answer = $4`, id, seq, before, after, why, micros(at))
	if err == nil && n == 0 {
		return ErrState
	}
	return err
}

func selectOffers(tx *store.Tx, id string) ([]Offer, error) {
	return store.Collect[Offer](tx.Query(`SELECT seq, vendor_id, vendor_name, email, lang, answer, why, at, due_at, answered_at FROM visit_offer WHERE tenant_id = $1 AND visit_id = $2 ORDER BY seq`, id))(
		func(scan func(...any) error) (o Offer, err error) {
			var at, due, answered int64
			err = scan(&o.Seq, &o.VendorID, &o.VendorName, &o.Email, &o.Lang, &o.Answer, &o.Why, &at, &due, &answered)
			o.At, o.Due, o.Answered = moment(at), moment(due), moment(answered)
			return o, err
		})
}

func insertLink(tx *store.Tx, token, id string, seq int, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO visit_link (tenant_id, id, visit_id, seq, made_at) VALUES ($1, $2, $3, $4, $5)`, hash(token), id, seq, micros(at))
	return err
}

func countLinks(tx *store.Tx, id string, seq int) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM visit_link WHERE tenant_id = $1 AND visit_id = $2 AND seq = $3`, id, seq).Scan(&n)
	return n, err
}

func linked(tx *store.Tx, token string) (id string, seq int, err error) {
	err = tx.QueryRow(`SELECT visit_id, seq FROM visit_link WHERE tenant_id = $1 AND id = $2`, hash(token)).Scan(&id, &seq)
	return id, seq, err
}

func step(tx *store.Tx, id string, s Step) error {
	_, err := tx.Exec(`INSERT INTO visit_step (tenant_id, visit_id, seq, at, state, who, why)
		VALUES ($1, $2, (SELECT coalesce(max(seq), 0) + 1 FROM visit_step WHERE tenant_id = $1 AND visit_id = $2), $3, $4, $5, $6)`, id, micros(s.At), string(s.State), s.Who, s.Why)
	return err
}

func selectSteps(tx *store.Tx, id string) ([]Step, error) {
	return store.Collect[Step](tx.Query(`SELECT at, state, who, why FROM visit_step WHERE tenant_id = $1 AND visit_id = $2 ORDER BY seq`, id))(
		func(scan func(...any) error) (s Step, err error) {
			var at int64
			err = scan(&at, &s.State, &s.Who, &s.Why)
			s.At = moment(at)
			return s, err
		})
}

func insertFile(tx *store.Tx, id, file, kind string) error {
	_, err := tx.Exec(`INSERT INTO visit_file (tenant_id, visit_id, file_id, kind) VALUES ($1, $2, $3, $4)`, id, file, kind)
	return err
}

func selectFiles(tx *store.Tx, id string) ([]File, error) {
	return store.Collect[File](tx.Query(`SELECT a.id, a.name, a.kind, a.size, a.sum, a.sent_by, a.sent_at, f.kind FROM visit_file f JOIN attachment a ON a.tenant_id = f.tenant_id AND a.id = f.file_id
		WHERE f.tenant_id = $1 AND f.visit_id = $2 ORDER BY a.sent_at, a.id`, id))(
		func(scan func(...any) error) (f File, err error) {
			var at int64
			err = scan(&f.ID, &f.Name, &f.File.Kind, &f.Size, &f.Sum, &f.By, &at, &f.What)
			f.At = moment(at)
			return f, err
		})
}

// File is one of a visit.
type File struct {
	attach.File
	What string // of [Photo], [Signature], [Invoice]
}
