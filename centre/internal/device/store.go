package device

import (
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

type scanner = func(dest ...any) error

const boxColumns = `tenant_id, id, site_id, name, serial, model, software, claimed_at, last_seen, protecting, since, health, returned_at`

func scanBox(scan scanner) (b Box, err error) {
	var claimed, seen, since, returned int64
	var health string
	if err := scan(&b.TenantID, &b.ID, &b.SiteID, &b.Name, &b.Serial, &b.Model, &b.Software, &claimed, &seen, &b.Protecting, &since, &health, &returned); err != nil {
		return b, err
	}
	b.Claimed, b.LastSeen, b.Since, b.Returned = store.Time(claimed), store.Time(seen), store.Time(since), store.Time(returned)
	if err := json.Unmarshal([]byte(health), &b.Health); err != nil {
		return b, fmt.Errorf("device: stored health: %w", err)
	}
	return b, nil
}

func insertBox(tx *store.Tx, b *Box) error {
	_, err := tx.Exec(`INSERT INTO box (`+boxColumns+`, health_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '{}', 0, 0)`,
		b.ID, b.SiteID, b.Name, b.Serial, b.Model, b.Software, store.Micros(b.Claimed), store.Micros(b.LastSeen), b.Protecting, store.Micros(b.Since))
	return err
}

func selectBox(tx *store.Tx, id string) (Box, error) {
	return scanBox(tx.QueryRow(`SELECT `+boxColumns+` FROM box WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectBoxes(tx *store.Tx) ([]Box, error) {
	return store.Collect[Box](tx.Query(`SELECT ` + boxColumns + ` FROM box WHERE tenant_id = $1
		ORDER BY CASE WHEN returned_at = 0 THEN 0 ELSE 1 END, claimed_at, id`))(scanBox)
}

func selectFleet(tx *store.AllTx, limit int) ([]Box, error) {
	return store.Collect[Box](tx.Query(`SELECT `+boxColumns+` FROM box WHERE returned_at = 0 ORDER BY last_seen, tenant_id, id LIMIT $1`, limit))(scanBox)
}

func healthAt(tx *store.Tx, boxID string) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT health_at FROM box WHERE tenant_id = $1 AND id = $2`, boxID).Scan(&at)
	return store.Time(at), err
}

func updateHealth(tx *store.Tx, b *Box, at time.Time) error {
	health, err := json.Marshal(b.Health)
	if err != nil {
		return fmt.Errorf("device: %w", err)
	}
	_, err = tx.Exec(`UPDATE box SET software = $3, last_seen = $4, protecting = $5, since = $6, health = $7, health_at = $8 WHERE tenant_id = $1 AND id = $2`,
		b.ID, b.Software, store.Micros(b.LastSeen), b.Protecting, store.Micros(b.Since), string(health), store.Micros(at))
	return err
}

type claimCode struct {
	siteID, boxID, keyHash, certificate string
	expires, used                       time.Time
}

func insertClaim(tx *store.Tx, id, siteID, keyHash string, now, expires time.Time) error {
	_, err := tx.Exec(`INSERT INTO claim_code (tenant_id, id, site_id, created_at, expires_at, used_at, key_hash, certificate) VALUES ($1, $2, $3, $4, $5, 0, $6, '')`,
		id, siteID, store.Micros(now), store.Micros(expires), keyHash)
	return err
}

func selectClaim(tx *store.Tx, id string) (c claimCode, err error) {
	var expires, used int64
	err = tx.QueryRow(`SELECT site_id, coalesce(box_id, ''), key_hash, certificate, expires_at, used_at FROM claim_code WHERE tenant_id = $1 AND id = $2`, id).
		Scan(&c.siteID, &c.boxID, &c.keyHash, &c.certificate, &expires, &used)
	c.expires, c.used = store.Time(expires), store.Time(used)
	return c, err
}

func useClaim(tx *store.Tx, id, boxID, keyHash, certificate string, now time.Time) error {
	_, err := tx.Exec(`UPDATE claim_code SET used_at = $3, box_id = $4, key_hash = $5, certificate = $6 WHERE tenant_id = $1 AND id = $2`,
		id, store.Micros(now), boxID, keyHash, certificate)
	return err
}

func addHistory(tx *store.Tx, boxID string, c HealthChange) error {
	_, err := tx.Exec(`INSERT INTO box_health (tenant_id, box_id, at, protecting, note) VALUES ($1, $2, $3, $4, $5)`,
		boxID, store.Micros(c.At), c.Protecting, c.Note)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM box_health WHERE tenant_id = $1 AND box_id = $2 AND at < $3`, boxID, store.Micros(c.At.Add(-historyLife)))
	return err
}

func selectHistory(tx *store.Tx, boxID string, limit int) ([]HealthChange, error) {
	return store.Collect[HealthChange](tx.Query(`SELECT at, protecting, note FROM box_health WHERE tenant_id = $1 AND box_id = $2 ORDER BY at DESC LIMIT $3`, boxID, limit))(
		func(scan scanner) (c HealthChange, err error) {
			var at int64
			err = scan(&at, &c.Protecting, &c.Note)
			c.At = store.Time(at)
			return c, err
		})
}

const gapColumns = `box_id, since, until, raised FROM box_gap WHERE tenant_id = $1`

func scanGap(scan scanner) (g Gap, err error) {
	var since, until int64
	err = scan(&g.BoxID, &since, &until, &g.Raised)
	g.Since, g.Until = store.Time(since), store.Time(until)
	return g, err
}

func insertGap(tx *store.Tx, g Gap) error {
	_, err := tx.Exec(`INSERT INTO box_gap (tenant_id, box_id, since, until, raised) VALUES ($1, $2, $3, 0, FALSE)
		ON CONFLICT (tenant_id, box_id, since) DO UPDATE SET until = 0`, g.BoxID, store.Micros(g.Since))
	return err
}

func updateGap(tx *store.Tx, g Gap) error {
	_, err := tx.Exec(`UPDATE box_gap SET until = $4, raised = $5 WHERE tenant_id = $1 AND box_id = $2 AND since = $3`,
		g.BoxID, store.Micros(g.Since), store.Micros(g.Until), g.Raised)
	return err
}

func openGap(tx *store.Tx, boxID string) (Gap, error) {
	return scanGap(tx.QueryRow(`SELECT `+gapColumns+` AND box_id = $2 AND until = 0 ORDER BY since DESC LIMIT 1`, boxID).Scan)
}

func selectGap(tx *store.Tx, boxID string, since time.Time) (Gap, error) {
	return scanGap(tx.QueryRow(`SELECT `+gapColumns+` AND box_id = $2 AND since = $3`, boxID, store.Micros(since)).Scan)
}

func selectGaps(tx *store.Tx, limit int) ([]Gap, error) {
	return store.Collect[Gap](tx.Query(`SELECT `+gapColumns+` ORDER BY since DESC LIMIT $2`, limit))(scanGap)
}

const endpointColumns = `tenant_id, id, site_id, mac, addr, name, first_at, last_at FROM endpoint WHERE tenant_id = $1`

func scanEndpoint(scan scanner) (e Endpoint, err error) {
	var first, last int64
	err = scan(&e.TenantID, &e.ID, &e.SiteID, &e.MAC, &e.Addr, &e.Name, &first, &last)
	e.First, e.Last = store.Time(first), store.Time(last)
	return e, err
}

func insertEndpoint(tx *store.Tx, key string, e Endpoint) error {
	_, err := tx.Exec(`INSERT INTO endpoint (tenant_id, id, site_id, known_by, mac, addr, name, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8)`,
		e.ID, e.SiteID, key, e.MAC, e.Addr, store.Micros(e.First), store.Micros(e.Last))
	return err
}

// touchEndpoint moves the ends of the time in which the device was seen.
func touchEndpoint(tx *store.Tx, e Endpoint, addr string, at time.Time) (Endpoint, error) {
	if at.Before(e.First) {
		e.First = at
	}
	if !at.Before(e.Last) {
		e.Last = at
		if addr != "" {
			e.Addr = addr
		}
	}
	_, err := tx.Exec(`UPDATE endpoint SET addr = $3, first_at = $4, last_at = $5 WHERE tenant_id = $1 AND id = $2`,
		e.ID, e.Addr, store.Micros(e.First), store.Micros(e.Last))
	return e, err
}

func selectEndpoint(tx *store.Tx, id string) (Endpoint, error) {
	return scanEndpoint(tx.QueryRow(`SELECT `+endpointColumns+` AND id = $2`, id).Scan)
}

func selectEndpointByKey(tx *store.Tx, key string) (Endpoint, error) {
	return scanEndpoint(tx.QueryRow(`SELECT `+endpointColumns+` AND known_by = $2`, key).Scan)
}

func selectEndpoints(tx *store.Tx) ([]Endpoint, error) {
	return store.Collect[Endpoint](tx.Query(`SELECT ` + endpointColumns + ` ORDER BY last_at DESC, id`))(scanEndpoint)
}

func countEndpoints(tx *store.Tx) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM endpoint WHERE tenant_id = $1`).Scan(&n)
	return n, err
}

const knownColumns = `SELECT e.tenant_id, e.id, e.site_id, e.mac, e.addr, e.name, e.first_at, e.last_at,
	coalesce(a.random, FALSE), coalesce(a.info, ''), coalesce(a.approved_at, 0), coalesce(a.held_at, 0)
	FROM endpoint e LEFT JOIN endpoint_about a ON a.tenant_id = e.tenant_id AND a.endpoint_id = e.id WHERE e.tenant_id = $1`

func scanKnown(scan scanner) (k Known, err error) {
	err = scanKnownAnd(scan, &k)
	return k, err
}

// scanKnownAnd reads the columns of a device, and what stands behind them.
func scanKnownAnd(scan scanner, k *Known, more ...any) error {
	var first, last, approved, held int64
	var info string
	dest := []any{&k.TenantID, &k.ID, &k.SiteID, &k.MAC, &k.Addr, &k.Name, &first, &last, &k.Random, &info, &approved, &held}
	if err := scan(append(dest, more...)...); err != nil {
		return err
	}
	k.First, k.Last, k.Approved, k.Held = store.Time(first), store.Time(last), store.Time(approved), store.Time(held)
	if info == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(info), &k.About); err != nil {
		return fmt.Errorf("device: stored device: %w", err)
	}
	return nil
}

func selectKnown(tx *store.Tx, id string) (Known, error) {
	return scanKnown(tx.QueryRow(knownColumns+` AND e.id = $2`, id).Scan)
}

func selectAllKnown(tx *store.Tx) ([]Known, error) {
	return store.Collect[Known](tx.Query(knownColumns + ` ORDER BY e.last_at DESC, e.id`))(scanKnown)
}

func upsertAbout(tx *store.Tx, id string, in *wire.Inside, at time.Time) error {
	info, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("device: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO endpoint_about (tenant_id, endpoint_id, random, info, told_at, approved_at, approved_by, held_at) VALUES ($1, $2, $3, $4, $5, 0, '', 0)
		ON CONFLICT (tenant_id, endpoint_id) DO UPDATE SET random = excluded.random, info = excluded.info, told_at = excluded.told_at
		WHERE endpoint_about.told_at <= excluded.told_at`, id, in.Random, string(info), store.Micros(at))
	return err
}

func approve(tx *store.Tx, id, who string, now time.Time) (int64, error) {
	return tx.Exec(`INSERT INTO endpoint_about (tenant_id, endpoint_id, random, info, told_at, approved_at, approved_by, held_at) VALUES ($1, $2, FALSE, '', 0, $3, $4, 0)
		ON CONFLICT (tenant_id, endpoint_id) DO UPDATE SET approved_at = excluded.approved_at, approved_by = excluded.approved_by`, id, store.Micros(now), who)
}

func insertChange(tx *store.Tx, c *Change, told bool) (int64, error) {
	if _, err := tx.Exec(`DELETE FROM endpoint_change WHERE tenant_id = $1 AND endpoint_id = $2 AND at < $3`, c.ID, store.Micros(c.At.Add(-historyLife))); err != nil {
		return 0, err
	}
	return tx.Exec(`INSERT INTO endpoint_change (tenant_id, endpoint_id, box_id, at, what, detail, told) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		c.ID, c.BoxID, store.Micros(c.At), c.What, c.Detail, told)
}

func selectChanges(tx *store.Tx, id string, limit int) ([]wire.DeviceChange, error) {
	return store.Collect[wire.DeviceChange](tx.Query(`SELECT at, what, detail FROM endpoint_change WHERE tenant_id = $1 AND endpoint_id = $2 ORDER BY at DESC, what LIMIT $3`, id, limit))(
		func(scan scanner) (c wire.DeviceChange, err error) {
			var at int64
			err = scan(&at, &c.What, &c.Detail)
			c.At = store.Time(at)
			return c, err
		})
}

func selectUntold(tx *store.Tx, limit int) ([]Change, error) {
	return store.Collect[Change](tx.Query(`SELECT e.tenant_id, e.id, e.site_id, e.mac, e.addr, e.name, e.first_at, e.last_at,
		coalesce(a.random, FALSE), coalesce(a.info, ''), coalesce(a.approved_at, 0), coalesce(a.held_at, 0), c.box_id, c.at, c.what, c.detail
		FROM endpoint_change c JOIN endpoint e ON e.tenant_id = c.tenant_id AND e.id = c.endpoint_id
		LEFT JOIN endpoint_about a ON a.tenant_id = c.tenant_id AND a.endpoint_id = c.endpoint_id
		WHERE c.tenant_id = $1 AND NOT c.told ORDER BY c.at, e.mac, c.what LIMIT $2`, limit))(
		func(scan scanner) (c Change, err error) {
			var at int64
			err = scanKnownAnd(scan, &c.Known, &c.BoxID, &at, &c.What, &c.Detail)
			c.At = store.Time(at)
			return c, err
		})
}

func setTold(tx *store.Tx) error {
	_, err := tx.Exec(`UPDATE endpoint_change SET told = TRUE WHERE tenant_id = $1 AND NOT told`)
	return err
}

// told marks one change.
func told(tx *store.Tx, c *Change) error {
	_, err := tx.Exec(`UPDATE endpoint_change SET told = TRUE WHERE tenant_id = $1 AND endpoint_id = $2 AND at = $3 AND what = $4`, c.ID, store.Micros(c.At), c.What)
	return err
}

// forgetVisitors deletes devices of long ago that made their address up and that nobody named.
func forgetVisitors(tx *store.Tx, before time.Time) error {
	const old = `tenant_id = $1 AND endpoint_id IN (SELECT a.endpoint_id FROM endpoint_about a JOIN endpoint e ON e.tenant_id = a.tenant_id AND e.id = a.endpoint_id
		WHERE a.tenant_id = $1 AND a.random AND a.approved_at = 0 AND a.held_at = 0 AND e.name = '' AND e.last_at < $2)`
	if _, err := tx.Exec(`DELETE FROM endpoint_change WHERE `+old, store.Micros(before)); err != nil {
		return err
	}
	n, err := tx.Exec(`DELETE FROM endpoint_about WHERE `+old, store.Micros(before))
	if err != nil || n == 0 {
		return err
	}
	// Only a box's report makes an address a made-up one, so what has none of it now and such
	// an address had one before.
	_, err = tx.Exec(`DELETE FROM endpoint WHERE tenant_id = $1 AND name = '' AND last_at < $2 AND substr(mac, 2, 1) IN ('2', '6', 'a', 'e')
		AND NOT EXISTS (SELECT 1 FROM endpoint_about a WHERE a.tenant_id = $1 AND a.endpoint_id = endpoint.id)`, store.Micros(before))
	return err
}

func hold(tx *store.Tx, id string, at time.Time) (int64, error) {
	return tx.Exec(`INSERT INTO endpoint_about (tenant_id, endpoint_id, random, info, told_at, approved_at, approved_by, held_at) VALUES ($1, $2, FALSE, '', 0, 0, '', $3)
		ON CONFLICT (tenant_id, endpoint_id) DO UPDATE SET held_at = excluded.held_at`, id, store.Micros(at))
}

func selectHeld(tx *store.Tx, siteID string, limit int) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT e.mac FROM endpoint e JOIN endpoint_about a ON a.tenant_id = e.tenant_id AND a.endpoint_id = e.id
		WHERE e.tenant_id = $1 AND e.site_id = $2 AND a.held_at > 0 AND e.mac <> '' ORDER BY a.held_at DESC, e.mac LIMIT $3`, siteID, limit))(
		func(scan scanner) (mac string, err error) {
			err = scan(&mac)
			return mac, err
		})
}

// hasGate tells that a device was told of as a second server or router.
func hasGate(tx *store.Tx, id string) (bool, error) {
	var n int
	err := tx.QueryRow(`SELECT count(*) FROM endpoint_change WHERE tenant_id = $1 AND endpoint_id = $2 AND what IN ('dhcp-server', 'router')`, id).Scan(&n)
	return n > 0, err
}
