package attach

import (
	"otasuke/centre/internal/store"
)

func insert(tx *store.Tx, f *File) error {
	_, err := tx.Exec(`INSERT INTO attachment (tenant_id, id, name, kind, size, sum, sent_by, sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		f.ID, f.Name, f.Kind, f.Size, f.Sum, f.By, store.Micros(f.At))
	return err
}

func insertPart(tx *store.Tx, id string, seq int, data []byte) error {
	_, err := tx.Exec(`INSERT INTO attachment_part (tenant_id, attachment_id, seq, data) VALUES ($1, $2, $3, $4)`, id, seq, data)
	return err
}

func selectOne(tx *store.Tx, id string) (f File, err error) {
	var at int64
	err = tx.QueryRow(`SELECT id, name, kind, size, sum, sent_by, sent_at FROM attachment WHERE tenant_id = $1 AND id = $2`, id).
		Scan(&f.ID, &f.Name, &f.Kind, &f.Size, &f.Sum, &f.By, &at)
	f.At = store.Time(at)
	return f, err
}

func selectParts(tx *store.Tx, id string, size int64) ([]byte, error) {
	parts, err := store.Collect[[]byte](tx.Query(`SELECT data FROM attachment_part WHERE tenant_id = $1 AND attachment_id = $2 ORDER BY seq`, id))(
		func(scan func(...any) error) (data []byte, err error) { err = scan(&data); return data, err })
	all := make([]byte, 0, size)
	for _, p := range parts {
		all = append(all, p...)
	}
	return all, err
}

func drop(tx *store.Tx, id string) error {
	if _, err := tx.Exec(`DELETE FROM attachment_part WHERE tenant_id = $1 AND attachment_id = $2`, id); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM attachment WHERE tenant_id = $1 AND id = $2`, id)
	return err
}
