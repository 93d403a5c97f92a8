package news

import (
	"net/mail"
	"strings"
	"time"

	"otasuke/centre/internal/store"
)

// plainAddress wants one that our mails can go to (ASCII, RFC 5321).
func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func putSeat(tx *store.Tx, seminar, id string, g *Guest, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO seminar_seat (tenant_id, seminar_id, id, person_id, name, email, lang, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (tenant_id, seminar_id, id) DO UPDATE SET name = excluded.name, lang = excluded.lang`, seminar, id, g.PersonID, g.Name, g.Email, g.Lang, store.Micros(at))
	return err
}

const seatColumns = `SELECT tenant_id, id, person_id, name, email, lang, at FROM seminar_seat WHERE tenant_id = $1 AND seminar_id = $2`

func scanSeat(scan func(...any) error) (s Seat, err error) {
	var at int64
	err = scan(&s.TenantID, &s.ID, &s.PersonID, &s.Name, &s.Email, &s.Lang, &at)
	s.At = moment(at)
	return s, err
}

func selectSeat(tx *store.Tx, seminar, id string) (Seat, error) {
	return scanSeat(tx.QueryRow(seatColumns+` AND id = $3`, seminar, id).Scan)
}

func selectSeats(tx *store.Tx, seminar string) ([]Seat, error) {
	return store.Collect[Seat](tx.Query(seatColumns+` ORDER BY at, id`, seminar))(scanSeat)
}

// countSeats of a company but for one.
func countSeats(tx *store.Tx, seminar, but string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM seminar_seat WHERE tenant_id = $1 AND seminar_id = $2 AND id <> $3`, seminar, but).Scan(&n)
	return n, err
}

// place is who has a seat, as the centre has it.
type place struct {
	seat, company, state string
	seq                  int64
	came                 bool
}

const placeColumns = `SELECT seat_id, company_id, state, seq, came FROM seminar_place WHERE tenant_id = $1 AND seminar_id = $2`

func scanPlace(scan func(...any) error) (p place, err error) {
	err = scan(&p.seat, &p.company, &p.state, &p.seq, &p.came)
	return p, err
}

func selectPlace(tx *store.Tx, seminar, seat string) (place, error) {
	return scanPlace(tx.QueryRow(placeColumns+` AND seat_id = $3`, seminar, seat).Scan)
}

func selectPlaces(tx *store.Tx, seminar string) ([]place, error) {
	return store.Collect[place](tx.Query(placeColumns+` ORDER BY seq`, seminar))(scanPlace)
}

func firstWaiting(tx *store.Tx, seminar string) (place, error) {
	return scanPlace(tx.QueryRow(placeColumns+` AND state = 'waiting' ORDER BY seq LIMIT 1`, seminar).Scan)
}

func countTaken(tx *store.Tx, seminar string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM seminar_place WHERE tenant_id = $1 AND seminar_id = $2 AND state = 'taken'`, seminar).Scan(&n)
	return n, err
}

// putPlace puts a seat at the end of the line, also one that was given back.
func putPlace(tx *store.Tx, seminar, seat, company, state string, at time.Time) (seq int64, err error) {
	if err = tx.QueryRow(`SELECT coalesce(max(seq), 0) + 1 FROM seminar_place WHERE tenant_id = $1 AND seminar_id = $2`, seminar).Scan(&seq); err != nil {
		return 0, err
	}
	_, err = tx.Exec(`INSERT INTO seminar_place (tenant_id, seminar_id, seat_id, company_id, seq, state, came, at) VALUES ($1, $2, $3, $4, $5, $6, FALSE, $7)
		ON CONFLICT (tenant_id, seminar_id, seat_id) DO UPDATE SET company_id = excluded.company_id, seq = excluded.seq, state = excluded.state, at = excluded.at`, seminar, seat, company, seq, state, store.Micros(at))
	return seq, err
}

func setPlace(tx *store.Tx, seminar, seat, state string, at time.Time) error {
	_, err := tx.Exec(`UPDATE seminar_place SET state = $4, at = $5 WHERE tenant_id = $1 AND seminar_id = $2 AND seat_id = $3`, seminar, seat, state, store.Micros(at))
	return err
}

func setCame(tx *store.Tx, seminar, seat string, came bool) (int64, error) {
	return tx.Exec(`UPDATE seminar_place SET came = $4 WHERE tenant_id = $1 AND seminar_id = $2 AND seat_id = $3`, seminar, seat, came)
}

// selectAttendance joins the places with the names that their companies have.
func selectAttendance(tx *store.AllTx, house, seminar string) ([]Seat, error) {
	return store.Collect[Seat](tx.Query(`SELECT p.company_id, p.seat_id, coalesce(s.person_id, ''), coalesce(s.name, ''), coalesce(s.email, ''), coalesce(s.lang, 'ja'), p.at, p.state, p.came
		FROM seminar_place p LEFT JOIN seminar_seat s ON s.tenant_id = p.company_id AND s.seminar_id = p.seminar_id AND s.id = p.seat_id
		WHERE p.tenant_id = $1 AND p.seminar_id = $2 ORDER BY p.seq`, house, seminar))(func(scan func(...any) error) (s Seat, err error) {
		var at int64
		err = scan(&s.TenantID, &s.ID, &s.PersonID, &s.Name, &s.Email, &s.Lang, &at, &s.State, &s.Came)
		s.At = moment(at)
		return s, err
	})
}
