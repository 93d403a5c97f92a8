package release

import (
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

const columns = `kind, version, made_at, urgent, note, wave, wave_at, boxes, upto, stopped, why`

func scanRelease(scan func(...any) error) (r Release, err error) {
	var made, at int64
	err = scan(&r.Kind, &r.Version, &made, &r.Urgent, &r.Note, &r.Wave, &at, &r.Boxes, &r.upto, &r.Stopped, &r.Why)
	r.Made, r.WaveAt = store.Time(made), store.Time(at)
	return r, err
}

func insert(tx *store.GlobalTx, r *Release) error {
	_, err := tx.Exec(`INSERT INTO release (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.Kind, r.Version, store.Micros(r.Made), r.Urgent, r.Note, r.Wave, store.Micros(r.WaveAt), r.Boxes, r.upto, r.Stopped, r.Why)
	return err
}

// newest lists the newest releases, at most so many.
func newest(tx *store.GlobalTx, most int) ([]Release, error) {
	return store.Collect[Release](tx.Query(`SELECT `+columns+` FROM release ORDER BY made_at DESC, version DESC LIMIT $1`, most))(scanRelease)
}

// last is the highest version of a kind, 0 for none.
func last(tx *store.GlobalTx, kind string) (n int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(version), 0) FROM release WHERE kind = $1`, kind).Scan(&n)
	return n, err
}

// setWave begins a wave, unless another process has done so; n counts it.
func setWave(tx *store.GlobalTx, r *Release, before int) (n int64, err error) {
	return tx.Exec(`UPDATE release SET wave = $3, wave_at = $4, boxes = $5, upto = $6 WHERE kind = $1 AND version = $2 AND wave = $7 AND NOT stopped`,
		r.Kind, r.Version, r.Wave, store.Micros(r.WaveAt), r.Boxes, r.upto, before)
}

func setStopped(tx *store.GlobalTx, kind string, version int64, stopped bool, why string) (n int64, err error) {
	return tx.Exec(`UPDATE release SET stopped = $3, why = $4 WHERE kind = $1 AND version = $2 AND stopped <> $3`, kind, version, stopped, why)
}

func keepState(tx *store.Tx, boxID string, s *wire.BundleState, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO box_bundle (tenant_id, box_id, kind, version, state, active, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (tenant_id, box_id, kind) DO UPDATE SET version = $4, state = $5, active = $6, reason = $7, at = $8
		WHERE box_bundle.version <> $4 OR box_bundle.state <> $5 OR box_bundle.active <> $6 OR box_bundle.reason <> $7`,
		boxID, s.Kind, s.Version, s.State, s.Active, s.Reason, store.Micros(at))
	return err
}

// states counts the boxes of all companies by what became of a version.
func states(tx *store.AllTx, kind string, version int64) (map[string]int, error) {
	out := map[string]int{}
	rows, err := tx.Query(`SELECT state, count(*) FROM box_bundle WHERE kind = $1 AND version = $2 GROUP BY state`, kind, version)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		out[state] = n
	}
	return out, rows.Err()
}

// boxes lists the boxes in use that were heard of since a time.
func boxes(tx *store.AllTx, since time.Time) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT id FROM box WHERE returned_at = 0 AND last_seen >= $1`, store.Micros(since)))(func(scan func(...any) error) (id string, err error) {
		err = scan(&id)
		return id, err
	})
}
