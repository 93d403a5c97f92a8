package usage

import (
	"fmt"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

func forget(tx *store.Tx, oldest time.Time) error {
	_, err := tx.Exec(`DELETE FROM app_use WHERE tenant_id = $1 AND day < $2`, store.Micros(oldest))
	return err
}

func countApps(tx *store.Tx, day time.Time, endpointID string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM app_use WHERE tenant_id = $1 AND day = $2 AND endpoint_id = $3`, store.Micros(day), endpointID).Scan(&n)
	return n, err
}

// capped adds to a column and stays within maxSum.
func capped(column string) string {
	return fmt.Sprintf(`%[1]s = CASE WHEN app_use.%[1]s > %[2]d - excluded.%[1]s THEN %[2]d ELSE app_use.%[1]s + excluded.%[1]s END`, column, int64(maxSum))
}

// columns of app_use.
const columns = 11

var onConflict = ` ON CONFLICT (tenant_id, day, endpoint_id, app) DO UPDATE SET category = excluded.category, name = excluded.name, ` +
	strings.Join([]string{capped("up"), capped("down"), capped("minutes"), capped("flows"), capped("blocked")}, ", ")

// addUse adds to the day of a device; each application stands once in all.
func addUse(tx *store.Tx, day time.Time, endpointID string, all []wire.AppUse) error {
	return store.Several(all, func(piece []wire.AppUse) error {
		var args []any
		for _, a := range piece {
			args = append(args, store.Micros(day), endpointID, a.App, a.Category, a.Name, int64(a.Up), int64(a.Down), a.Minutes, int64(a.Flows), int64(a.Blocked))
		}
		_, err := tx.Exec(`INSERT INTO app_use (tenant_id, day, endpoint_id, app, category, name, up, down, minutes, flows, blocked)
			VALUES `+store.Values(len(piece), columns)+onConflict, args...)
		return err
	})
}

// PostgreSQL's sums of BIGINT are wider than that.
const sums = `CAST(sum(up) AS BIGINT), CAST(sum(down) AS BIGINT), CAST(sum(minutes) AS BIGINT), CAST(sum(flows) AS BIGINT), CAST(sum(blocked) AS BIGINT)`

func selectApps(tx *store.Tx, endpointID string, from, to time.Time) ([]Row, error) {
	return store.Collect[Row](tx.Query(`SELECT app, max(category), max(name), count(DISTINCT endpoint_id), `+sums+` FROM app_use
		WHERE tenant_id = $1 AND day >= $2 AND day < $3 AND ($4 = '' OR endpoint_id = $4)
		GROUP BY app ORDER BY sum(up) + sum(down) DESC, app LIMIT $5`, store.Micros(from), store.Micros(to), endpointID, maxRows))(
		func(scan func(...any) error) (r Row, err error) {
			err = scan(&r.App, &r.Category, &r.Name, &r.Devices, &r.Up, &r.Down, &r.Minutes, &r.Flows, &r.Blocked)
			return r, err
		})
}

func selectDevices(tx *store.Tx, from, to time.Time, categories []string) ([]Row, error) {
	args := []any{store.Micros(from), store.Micros(to), maxRows}
	marks := make([]string, 0, len(categories)+1)
	for _, c := range append(categories, "-") { // an empty list is no SQL
		args = append(args, c)
		marks = append(marks, fmt.Sprintf("$%d", len(args)+1))
	}
	return store.Collect[Row](tx.Query(`SELECT endpoint_id, CAST(sum(CASE WHEN category IN (`+strings.Join(marks, ", ")+`) THEN up ELSE 0 END) AS BIGINT), `+sums+` FROM app_use
		WHERE tenant_id = $1 AND day >= $2 AND day < $3 GROUP BY endpoint_id ORDER BY sum(up) + sum(down) DESC, endpoint_id LIMIT $4`, args...))(
		func(scan func(...any) error) (r Row, err error) {
			err = scan(&r.EndpointID, &r.Shared, &r.Up, &r.Down, &r.Minutes, &r.Flows, &r.Blocked)
			return r, err
		})
}

func selectUsedDays(tx *store.Tx, from, to time.Time) ([]Day, error) {
	return store.Collect[Day](tx.Query(`SELECT day, CAST(sum(flows) AS BIGINT), CAST(sum(blocked) AS BIGINT) FROM app_use
		WHERE tenant_id = $1 AND day >= $2 AND day < $3 GROUP BY day ORDER BY day`, store.Micros(from), store.Micros(to)))(
		func(scan func(...any) error) (d Day, err error) {
			var at int64
			err = scan(&at, &d.Flows, &d.Blocked)
			d.Date = store.Time(at)
			return d, err
		})
}
