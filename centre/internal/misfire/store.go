package misfire

import (
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/store"
)

// upsert holds a rule unless it is held or withdrawn already, or was released since a time; n counts it.
func upsert(tx *store.GlobalTx, r *Rule, since time.Time) (n int64, err error) {
	return tx.Exec(`INSERT INTO held_rule (gid, sid, msg, state, why, companies, held_at, decided_at, decided_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')
		ON CONFLICT (gid, sid) DO UPDATE SET msg = excluded.msg, state = excluded.state, why = excluded.why, companies = excluded.companies, held_at = excluded.held_at, decided_at = 0, decided_by = ''
		WHERE held_rule.state = $8 AND held_rule.decided_at < $9`, r.GID, r.SID, r.Msg, r.State, r.Why, r.Companies, store.Micros(r.At), Released, store.Micros(since))
}

// list lists rules in a state, all when it is empty. A withdrawn rule is as silent as a held one.
func list(tx *store.GlobalTx, state string) ([]Rule, error) {
	return store.Collect[Rule](tx.Query(`SELECT gid, sid, msg, state, why, companies, held_at, decided_at, decided_by FROM held_rule
		WHERE state = $1 OR $1 = '' OR ($1 = 'held' AND state = 'withdrawn') ORDER BY held_at DESC LIMIT $2`, state, shown))(func(scan func(...any) error) (r Rule, err error) {
		var at, decided int64
		err = scan(&r.GID, &r.SID, &r.Msg, &r.State, &r.Why, &r.Companies, &at, &decided, &r.DecidedBy)
		r.At, r.Decided = store.Time(at), store.Time(decided)
		return r, err
	})
}

func set(tx *store.GlobalTx, k alert.RuleKey, state, who string, now time.Time) error {
	_, err := tx.Exec(`UPDATE held_rule SET state = $3, decided_by = $4, decided_at = $5 WHERE gid = $1 AND sid = $2`, k.GID, k.SID, state, who, store.Micros(now))
	return err
}

// mark notes a company and counts those that are noted.
func mark(tx *store.GlobalTx, k alert.RuleKey, company string, now time.Time) (n int, err error) {
	if _, err := tx.Exec(`INSERT INTO marked_rule (gid, sid, marker, at) VALUES ($1, $2, $3, $4) ON CONFLICT (gid, sid, marker) DO NOTHING`, k.GID, k.SID, company, store.Micros(now)); err != nil {
		return 0, err
	}
	err = tx.QueryRow(`SELECT count(*) FROM marked_rule WHERE gid = $1 AND sid = $2`, k.GID, k.SID).Scan(&n)
	return n, err
}

// protected counts companies that have a box.
func protected(tx *store.AllTx) (n int, err error) {
	err = tx.QueryRow(`SELECT count(DISTINCT tenant_id) FROM box WHERE returned_at = 0`).Scan(&n)
	return n, err
}
