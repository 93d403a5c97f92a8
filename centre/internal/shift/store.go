package shift

import (
	"slices"
	"time"

	"otasuke/centre/internal/store"
)

type scanner = func(dest ...any) error

func insertNote(tx *store.Tx, n *Note) (fresh bool, err error) {
	rows, err := tx.Exec(`INSERT INTO shift_note (tenant_id, id, at, who, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, id) DO NOTHING`, n.ID, store.Micros(n.At), n.Who, n.Text)
	return rows > 0, err
}

func insertPoint(tx *store.Tx, p *Point) error {
	_, err := tx.Exec(`INSERT INTO shift_point (tenant_id, id, note_id, body, company_id, alert_id, done_at, done_by) VALUES ($1, $2, $3, $4, $5, $6, 0, '')`, p.ID, p.NoteID, p.Text, p.CompanyID, p.AlertID)
	return err
}

func authorOf(tx *store.Tx, noteID string) (who string, err error) {
	err = tx.QueryRow(`SELECT who FROM shift_note WHERE tenant_id = $1 AND id = $2`, noteID).Scan(&who)
	return who, err
}

func insertRead(tx *store.Tx, noteID, who string, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO shift_read (tenant_id, note_id, person_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, note_id, person_id) DO NOTHING`, noteID, who, store.Micros(now))
	return err
}

func setDone(tx *store.Tx, pointID, who string, now time.Time) (int64, error) {
	return tx.Exec(`UPDATE shift_point SET done_at = $3, done_by = $4 WHERE tenant_id = $1 AND id = $2 AND done_at = 0`, pointID, store.Micros(now), who)
}

func pointIs(tx *store.Tx, pointID string) error {
	var id string
	return tx.QueryRow(`SELECT id FROM shift_point WHERE tenant_id = $1 AND id = $2`, pointID).Scan(&id)
}

const pointColumns = `SELECT p.id, p.note_id, p.body, p.company_id, p.alert_id, p.done_at, p.done_by, n.at FROM shift_point p
	JOIN shift_note n ON n.tenant_id = p.tenant_id AND n.id = p.note_id WHERE p.tenant_id = $1`

func scanPoint(scan scanner) (p Point, err error) {
	var done, from int64
	err = scan(&p.ID, &p.NoteID, &p.Text, &p.CompanyID, &p.AlertID, &done, &p.DoneBy, &from)
	p.Done, p.From = store.Time(done), store.Time(from)
	return p, err
}

func selectOpen(tx *store.Tx, limit int) ([]Point, error) {
	return store.Collect[Point](tx.Query(pointColumns+` AND p.done_at = 0 ORDER BY n.at, p.id LIMIT $2`, limit))(scanPoint)
}

func selectNotes(tx *store.Tx, limit int) ([]Note, error) {
	all, err := store.Collect[Note](tx.Query(`SELECT id, at, who, body FROM shift_note WHERE tenant_id = $1 ORDER BY at DESC, id LIMIT $2`, limit))(func(scan scanner) (n Note, err error) {
		var at int64
		err = scan(&n.ID, &at, &n.Who, &n.Text)
		n.At = store.Time(at)
		return n, err
	})
	for i := range all {
		n := &all[i]
		if n.Points, err = store.Collect[Point](tx.Query(pointColumns+` AND p.note_id = $2 ORDER BY p.id`, n.ID))(scanPoint); err != nil {
			return nil, err
		}
		if n.Read, err = store.Collect[Read](tx.Query(`SELECT person_id, at FROM shift_read WHERE tenant_id = $1 AND note_id = $2 ORDER BY at, person_id`, n.ID))(func(scan scanner) (r Read, err error) {
			var at int64
			err = scan(&r.PersonID, &at)
			r.At = store.Time(at)
			return r, err
		}); err != nil {
			return nil, err
		}
	}
	return all, err
}

// forget deletes notes of long ago that have no open point.
func forget(tx *store.Tx, before time.Time) error {
	const old = `(SELECT n.id FROM shift_note n WHERE n.tenant_id = $1 AND n.at < $2 AND NOT EXISTS (SELECT 1 FROM shift_point p WHERE p.tenant_id = $1 AND p.note_id = n.id AND p.done_at = 0))`
	for _, query := range []string{`DELETE FROM shift_read WHERE tenant_id = $1 AND note_id IN ` + old, `DELETE FROM shift_point WHERE tenant_id = $1 AND done_at <> 0 AND note_id IN ` + old,
		`DELETE FROM shift_note WHERE tenant_id = $1 AND at < $2 AND NOT EXISTS (SELECT 1 FROM shift_point p WHERE p.tenant_id = $1 AND p.note_id = shift_note.id)`} {
		if _, err := tx.Exec(query, store.Micros(before)); err != nil {
			return err
		}
	}
	return nil
}

func scanDuty(scan scanner) (d Duty, err error) {
	var starts, ends int64
	err = scan(&d.ID, &d.PersonID, &starts, &ends)
	d.Starts, d.Ends = store.Time(starts), store.Time(ends)
	return d, err
}

func insertDuty(tx *store.Tx, d *Duty) error {
	_, err := tx.Exec(`INSERT INTO shift_duty (tenant_id, id, person_id, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5)`, d.ID, d.PersonID, store.Micros(d.Starts), store.Micros(d.Ends))
	return err
}

func selectDuty(tx *store.Tx, id string) (Duty, error) {
	return scanDuty(tx.QueryRow(`SELECT id, person_id, starts_at, ends_at FROM shift_duty WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectDuties(tx *store.Tx, from, to time.Time, limit int) ([]Duty, error) {
	return store.Collect[Duty](tx.Query(`SELECT id, person_id, starts_at, ends_at FROM shift_duty WHERE tenant_id = $1 AND ends_at > $2 AND starts_at < $3 ORDER BY starts_at, id LIMIT $4`,
		store.Micros(from), store.Micros(to), limit))(scanDuty)
}

// free says whether a turn's person has no other at that time.
func free(tx *store.Tx, d *Duty) error {
	all, err := selectDuties(tx, d.Starts, d.Ends, maxDuties)
	if slices.ContainsFunc(all, func(o Duty) bool { return o.PersonID == d.PersonID && o.ID != d.ID }) {
		return ErrOverlap
	}
	return err
}

func deleteDuty(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM shift_duty WHERE tenant_id = $1 AND id = $2`, id)
	return err
}

func moveDuty(tx *store.Tx, d *Duty) error {
	_, err := tx.Exec(`UPDATE shift_duty SET person_id = $3 WHERE tenant_id = $1 AND id = $2`, d.ID, d.PersonID)
	return err
}

func insertSwap(tx *store.Tx, id string, d *Duty, to string, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO shift_swap (tenant_id, id, duty_id, from_id, to_id, asked_at, answered_at, agreed)
		SELECT $1, $2, $3, $4, $5, $6, 0, FALSE WHERE NOT EXISTS (SELECT 1 FROM shift_swap WHERE tenant_id = $1 AND duty_id = $3 AND from_id = $4 AND to_id = $5 AND answered_at = 0)`,
		id, d.ID, d.PersonID, to, store.Micros(now))
	return err
}

const swapColumns = `SELECT s.id, s.from_id, s.to_id, s.asked_at, s.answered_at, d.id, d.person_id, d.starts_at, d.ends_at FROM shift_swap s
	JOIN shift_duty d ON d.tenant_id = s.tenant_id AND d.id = s.duty_id WHERE s.tenant_id = $1`

func scanSwap(scan scanner) (w Swap, answered time.Time, err error) {
	var asked, done, starts, ends int64
	err = scan(&w.ID, &w.FromID, &w.ToID, &asked, &done, &w.Duty.ID, &w.Duty.PersonID, &starts, &ends)
	w.Asked, w.Duty.Starts, w.Duty.Ends = store.Time(asked), store.Time(starts), store.Time(ends)
	return w, store.Time(done), err
}

func selectSwap(tx *store.Tx, id string) (Swap, time.Time, error) {
	return scanSwap(tx.QueryRow(swapColumns+` AND s.id = $2`, id).Scan)
}

func selectSwaps(tx *store.Tx, now time.Time) ([]Swap, error) {
	return store.Collect[Swap](tx.Query(swapColumns+` AND s.answered_at = 0 AND d.starts_at > $2 AND d.person_id = s.from_id ORDER BY d.starts_at, s.id`, store.Micros(now)))(func(scan scanner) (Swap, error) {
		w, _, err := scanSwap(scan)
		return w, err
	})
}

func answerSwap(tx *store.Tx, id string, yes bool, now time.Time) error {
	_, err := tx.Exec(`UPDATE shift_swap SET answered_at = $3, agreed = $4 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(now), yes)
	return err
}

// insertTold remembers that staff were told of an alert; false when they were before.
func insertTold(tx *store.Tx, companyID, alertID string, now time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO shift_told (tenant_id, company_id, alert_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, company_id, alert_id) DO NOTHING`, companyID, alertID, store.Micros(now))
	return n > 0, err
}

func forgetTold(tx *store.Tx, before time.Time) error {
	_, err := tx.Exec(`DELETE FROM shift_told WHERE tenant_id = $1 AND at < $2`, store.Micros(before))
	return err
}
