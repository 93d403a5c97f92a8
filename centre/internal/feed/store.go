package feed

import (
	"time"

	"otasuke/centre/internal/store"
)

// row is what is kept of a source.
type row struct {
	Name, Kind, ETag, Modified, Digest, Trouble string
	Entries                                     int64
	Next, Fetched, Changed                      time.Time
}

const columns = `name, kind, next_at, etag, modified, digest, entries, fetched_at, changed_at, trouble`

func scanRow(scan func(...any) error) (r row, err error) {
	var next, fetched, changed int64
	err = scan(&r.Name, &r.Kind, &next, &r.ETag, &r.Modified, &r.Digest, &r.Entries, &fetched, &changed, &r.Trouble)
	r.Next, r.Fetched, r.Changed = store.Time(next), store.Time(fetched), store.Time(changed)
	return r, err
}

func rows(tx *store.GlobalTx) ([]row, error) {
	return store.Collect[row](tx.Query(`SELECT ` + columns + ` FROM feed ORDER BY name`))(scanRow)
}

// claim takes a source for this process until a time; n is 0 when it is not due, or another has it.
func claim(tx *store.GlobalTx, s *Source, now, until time.Time) (r row, n int64, err error) {
	if _, err = tx.Exec(`INSERT INTO feed (name, kind, next_at, etag, modified, digest, entries, fetched_at, changed_at, trouble) VALUES ($1, $2, 0, '', '', '', 0, 0, 0, '')
		ON CONFLICT (name) DO NOTHING`, s.Name, s.Kind); err != nil {
		return r, 0, err
	}
	n, err = tx.Exec(`UPDATE feed SET next_at = $2, kind = $3 WHERE name = $1 AND next_at <= $4`, s.Name, store.Micros(until), s.Kind, store.Micros(now))
	if err != nil || n == 0 {
		return r, n, err
	}
	r, err = scanRow(tx.QueryRow(`SELECT `+columns+` FROM feed WHERE name = $1`, s.Name).Scan)
	return r, n, err
}

func keep(tx *store.GlobalTx, r *row) error {
	_, err := tx.Exec(`UPDATE feed SET next_at = $2, etag = $3, modified = $4, digest = $5, entries = $6, fetched_at = $7, changed_at = $8, trouble = $9 WHERE name = $1`,
		r.Name, store.Micros(r.Next), r.ETag, r.Modified, r.Digest, r.Entries, store.Micros(r.Fetched), store.Micros(r.Changed), r.Trouble)
	return err
}

// due makes every source due, and what failed its trial new.
func due(tx *store.GlobalTx) error {
	_, err := tx.Exec(`UPDATE feed SET next_at = 0`)
	if err == nil {
		_, err = tx.Exec(`UPDATE feed_bundle SET digest = '' WHERE trouble <> ''`)
	}
	return err
}

// bundle is what became of the files of a kind.
type bundle struct {
	Kind, Digest, Trouble string
	Version               int64
	At                    time.Time
}

func bundles(tx *store.GlobalTx) (map[string]bundle, error) {
	all, err := store.Collect[bundle](tx.Query(`SELECT kind, digest, version, at, trouble FROM feed_bundle`))(func(scan func(...any) error) (b bundle, err error) {
		var at int64
		err = scan(&b.Kind, &b.Digest, &b.Version, &at, &b.Trouble)
		b.At = store.Time(at)
		return b, err
	})
	out := map[string]bundle{}
	for _, b := range all {
		out[b.Kind] = b
	}
	return out, err
}

// begin takes the making of a bundle for this process; n is 0 when another has made it.
func begin(tx *store.GlobalTx, kind, before, digest string, now time.Time) (n int64, err error) {
	if _, err = tx.Exec(`INSERT INTO feed_bundle (kind, digest, version, at, trouble) VALUES ($1, '', 0, 0, '') ON CONFLICT (kind) DO NOTHING`, kind); err != nil {
		return 0, err
	}
	return tx.Exec(`UPDATE feed_bundle SET digest = $3, at = $4 WHERE kind = $1 AND digest = $2`, kind, before, digest, store.Micros(now))
}

func ended(tx *store.GlobalTx, b *bundle) error {
	_, err := tx.Exec(`UPDATE feed_bundle SET digest = $2, version = $3, at = $4, trouble = $5 WHERE kind = $1`, b.Kind, b.Digest, b.Version, store.Micros(b.At), b.Trouble)
	return err
}
