package backup

import (
	"time"

	"otasuke/centre/internal/store"
)

func insert(tx *store.GlobalTx, r *Run) error {
	_, err := tx.Exec(`INSERT INTO backup (at, file, bytes, took, trouble) VALUES ($1, $2, $3, $4, $5)`, store.Micros(r.At), r.File, r.Bytes, r.Took.Microseconds(), r.Trouble)
	return err
}

func list(tx *store.GlobalTx) ([]Run, error) {
	return store.Collect[Run](tx.Query(`SELECT at, file, bytes, took, trouble FROM backup ORDER BY at DESC LIMIT $1`, shown))(func(scan func(...any) error) (r Run, err error) {
		var at, took int64
		err = scan(&at, &r.File, &r.Bytes, &took, &r.Trouble)
		r.At, r.Took = store.Time(at), time.Duration(took)*time.Microsecond
		return r, err
	})
}

func good(tx *store.GlobalTx) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT coalesce(max(at), 0) FROM backup WHERE trouble = $1`, "").Scan(&at)
	return store.Time(at), err
}
