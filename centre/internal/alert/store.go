package alert

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
)

type scanner = func(dest ...any) error

// maxDays bounds one question for counts.
const maxDays = 366

const columns = `tenant_id, id, case_no, box_id, device_id, device_name, device_addr, inbound, family, families, stars, blocked,
	state, answer, answered_at, reason, first_at, last_at, closed_at, events, group_key, notify_at, outcome, peer`

func scan(scan scanner, more ...any) (*open, error) {
	a := &Alert{}
	o := &open{Alert: a}
	var families string
	var answered, first, last, closed, notify int64
	err := scan(append([]any{&a.TenantID, &a.ID, &a.Case, &a.BoxID, &a.DeviceID, &a.DeviceName, &a.DeviceAddr, &a.Inbound, &a.Family,
		&families, &a.Stars, &a.Blocked, &a.State, &a.Answer, &answered, &a.Reason, &first, &last, &closed, &a.Count, &o.key, &notify, &a.Outcome, &a.Peer}, more...)...)
	if err != nil {
		return nil, err
	}
	a.Answered, a.First, a.Last, a.Closed, a.Notify = store.Time(answered), store.Time(first), store.Time(last), store.Time(closed), store.Time(notify)
	if err := json.Unmarshal([]byte(families), &a.Families); err != nil {
		return nil, fmt.Errorf("alert: stored families: %w", err)
	}
	return o, nil
}

func scanWithEvidence(sc scanner) (*open, error) {
	var text string
	o, err := scan(sc, &text)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), &o.Evidence); err != nil {
		return nil, fmt.Errorf("alert: stored evidence: %w", err)
	}
	return o, nil
}

func scanPlain(sc scanner) (Alert, error) {
	o, err := scan(sc)
	if err != nil {
		return Alert{}, err
	}
	return *o.Alert, nil
}

// write inserts or replaces the alert.
func write(tx *store.Tx, o *open) error {
	families, err := json.Marshal(o.Families)
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	evidence, err := json.Marshal(o.Evidence)
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	o.Peer = peerOf(o.Alert)
	_, err = tx.Exec(`INSERT INTO alert (`+columns+`, evidence)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
		ON CONFLICT (tenant_id, id) DO UPDATE SET device_name = $6, device_addr = $7, family = $9, families = $10, stars = $11, blocked = $12,
		state = $13, answer = $14, answered_at = $15, reason = $16, first_at = $17, last_at = $18, closed_at = $19, events = $20,
		notify_at = $22, outcome = $23, peer = $24, evidence = $25`,
		o.ID, o.Case, o.BoxID, o.DeviceID, o.DeviceName, o.DeviceAddr, o.Inbound, o.Family, string(families), int(o.Stars), o.Blocked,
		string(o.State), string(o.Answer), store.Micros(o.Answered), o.Reason, store.Micros(o.First), store.Micros(o.Last),
		store.Micros(o.Closed), o.Count, o.key, store.Micros(o.Notify), string(o.Outcome), o.Peer, string(evidence))
	return err
}

func selectOne(tx *store.Tx, id string) (*open, error) {
	return scanWithEvidence(tx.QueryRow(`SELECT `+columns+`, evidence FROM alert WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectCase(tx *store.Tx, number string) (*open, error) {
	return scanWithEvidence(tx.QueryRow(`SELECT `+columns+`, evidence FROM alert WHERE tenant_id = $1 AND case_no = $2 AND state <> 'closed'`, number).Scan)
}

// groupLimit is how many alerts of one group are looked at: the open one, and the
// newest closed ones that a late event may belong to.
const groupLimit = 8

// selectGroup finds alerts of a group that had an event since, open ones first.
func selectGroup(tx *store.Tx, key string, since time.Time) ([]*open, error) {
	return store.Collect[*open](tx.Query(`SELECT `+columns+`, evidence FROM alert WHERE tenant_id = $1 AND group_key = $2 AND last_at >= $3
		ORDER BY CASE WHEN state = 'closed' THEN 1 ELSE 0 END, last_at DESC, id LIMIT $4`, key, store.Micros(since), groupLimit))(scanWithEvidence)
}

// Conditions of a Filter; from $2 of a tenant's list, from $1 of the queue.
const (
	listWhere = ` AND (state = $2 OR $2 = '') AND (state <> 'closed' OR NOT $3) AND stars >= $4 AND (device_id = $5 OR $5 = '')
		AND (last_at < $6 OR $6 = 0) ORDER BY last_at DESC, id DESC LIMIT $7`
	ofQueue    = ` AND (device_id = $3 OR $3 = '') AND (last_at < $4 OR $4 = 0) ORDER BY `
	queueWhere = ` WHERE state = $1 AND stars >= $2` + ofQueue + `CASE WHEN state = 'acknowledged' AND answer = 'call' THEN 0 ELSE 1 END, stars DESC, first_at, id LIMIT $5`
	levelWhere = ` WHERE state = $1 AND stars = $2` + ofQueue + `first_at, id LIMIT $5`
)

func (f *Filter) args() []any {
	return []any{string(f.State), f.NotClosed, int(f.Stars), f.DeviceID, store.Micros(f.Before), f.limit()}
}

func selectList(tx *store.Tx, f Filter) ([]Alert, error) {
	return store.Collect[Alert](tx.Query(`SELECT `+columns+` FROM alert WHERE tenant_id = $1`+listWhere, f.args()...))(scanPlain)
}

// selectAll is of a state, or of those that are not closed, in the queue's order. Open ones are taken level by level, as the
// index has them: of one star there are tens of thousands.
func selectAll(tx *store.AllTx, f Filter) (all []Seen, err error) {
	state := f.State
	if state == "" {
		state = Acknowledged
	}
	if state != Open {
		args := []any{string(state), int(f.Stars), f.DeviceID, store.Micros(f.Before), f.limit()}
		if all, err = store.Collect[Seen](tx.Query(seenFrom(`SELECT `+columns+` FROM alert`+queueWhere), args...))(scanSeen); err != nil || f.State != "" {
			return all, err
		}
	}
	for stars := High; stars >= max(f.Stars, Low) && len(all) < f.limit(); stars-- {
		args := []any{string(Open), int(stars), f.DeviceID, store.Micros(f.Before), f.limit()}
		level, err := store.Collect[Seen](tx.Query(seenFrom(`SELECT `+columns+` FROM alert`+levelWhere), args...))(scanSeen)
		if err != nil {
			return nil, err
		}
		all = append(all, level...)
	}
	slices.SortStableFunc(all, func(a, b Seen) int {
		return cmp.Or(a.asked()-b.asked(), int(b.Stars-a.Stars), a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), f.limit())], nil
}

// asked is 0 for who asked for a call, which comes first.
func (a *Alert) asked() int {
	if a.State == Acknowledged && a.Answer == AnswerCall {
		return 0
	}
	return 1
}

// seenFrom adds to alerts how often they changed and who took them last. What mails were sent changes nothing that
// somebody decides by.
func seenFrom(query string) string {
	return `SELECT q.*, (SELECT count(*) FROM alert_change c WHERE c.tenant_id = q.tenant_id AND c.alert_id = q.id AND c.what <> 'told'),
		coalesce((SELECT c.who FROM alert_change c WHERE c.tenant_id = q.tenant_id AND c.alert_id = q.id AND c.what = 'taken' ORDER BY c.seq DESC LIMIT 1), '') FROM (` + query + `) q`
}

func scanSeen(sc scanner) (s Seen, err error) {
	o, err := scan(sc, &s.Version, &s.Taker)
	if err != nil {
		return s, err
	}
	s.Alert = *o.Alert
	if s.State != Acknowledged {
		s.Taker = "" // it became worse since, or is over
	}
	return s, nil
}

// selectSeen reads one alert of any company.
func selectSeen(tx *store.AllTx, tenantID, id string) (Seen, error) {
	return scanSeen(tx.QueryRow(seenFrom(`SELECT `+columns+` FROM alert WHERE tenant_id = $1 AND id = $2`), tenantID, id).Scan)
}

// seenTx reads one alert of the transaction's company.
func seenTx(tx *store.Tx, id string) (Seen, error) {
	return scanSeen(tx.QueryRow(seenFrom(`SELECT `+columns+` FROM alert WHERE tenant_id = $1 AND id = $2`), id).Scan)
}

func insertChange(tx *store.Tx, id string, c Change) error {
	_, err := tx.Exec(`INSERT INTO alert_change (tenant_id, alert_id, seq, at, who, what, note)
		SELECT $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6 FROM alert_change WHERE tenant_id = $1 AND alert_id = $2`,
		id, store.Micros(c.At), c.Who, string(c.What), c.Note)
	return err
}

func selectChanges(tx *store.Tx, id string) ([]Change, error) {
	return store.Collect[Change](tx.Query(`SELECT at, who, what, note FROM alert_change WHERE tenant_id = $1 AND alert_id = $2 ORDER BY seq`, id))(
		func(scan scanner) (c Change, err error) {
			var at int64
			err = scan(&at, &c.Who, &c.What, &c.Note)
			c.At = store.Time(at)
			return c, err
		})
}

func addDays(tx *store.Tx, days map[dayKey]tally) error {
	for key, n := range days {
		_, err := tx.Exec(`INSERT INTO alert_day (tenant_id, day, inbound, events, blocked) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (tenant_id, day, inbound) DO UPDATE SET events = alert_day.events + $4, blocked = alert_day.blocked + $5`,
			key.day, key.inbound, n.events, n.blocked)
		if err != nil {
			return err
		}
	}
	return nil
}

// selectDays gives every day from from to to, also the quiet ones.
func selectDays(tx *store.Tx, from, to time.Time) ([]Day, error) {
	var days []Day
	at := map[int]int{}
	for day := ja.Midnight(from); !day.After(to) && len(days) < maxDays; day = day.AddDate(0, 0, 1) {
		at[dayOf(day)] = len(days)
		days = append(days, Day{Date: day})
	}
	_, err := store.Collect[struct{}](tx.Query(`SELECT day, inbound, events, blocked FROM alert_day WHERE tenant_id = $1 AND day >= $2 AND day <= $3`,
		dayOf(from), dayOf(to)))(func(scan scanner) (none struct{}, err error) {
		var day, events, blocked int
		var inbound bool
		if err := scan(&day, &inbound, &events, &blocked); err != nil {
			return none, err
		}
		i, ok := at[day]
		switch {
		case !ok:
		case inbound:
			days[i].Inbound, days[i].InboundBlocked = events, blocked
		default:
			days[i].Outbound, days[i].OutboundBlocked = events, blocked
		}
		return none, nil
	})
	return days, err
}

func countAlerts(tx *store.Tx, from, to time.Time, c *Counts) error {
	end := ja.Midnight(to).AddDate(0, 0, 1)
	_, err := store.Collect[struct{}](tx.Query(`SELECT stars, count(*) FROM alert WHERE tenant_id = $1 AND first_at >= $2 AND first_at < $3 GROUP BY stars`,
		store.Micros(ja.Midnight(from)), store.Micros(end)))(func(scan scanner) (none struct{}, err error) {
		var stars, n int
		err = scan(&stars, &n)
		if err == nil && stars >= 0 && stars < len(c.Alerts) {
			c.Alerts[stars] = n
		}
		return none, err
	})
	return err
}

// selectBefore lists alerts with the same value of a column, which is ours, newest first.
func selectBefore(tx *store.AllTx, column, value string, since, before time.Time, limit int) ([]Alert, error) {
	return store.Collect[Alert](tx.Query(`SELECT `+columns+` FROM alert WHERE `+column+` = $1 AND first_at >= $2 AND first_at <= $3 ORDER BY first_at DESC LIMIT $4`,
		value, store.Micros(since), store.Micros(before), limit))(scanPlain)
}

// selectOfRule lists alerts in which a rule has a part, those that it came to last first.
func selectOfRule(tx *store.AllTx, k RuleKey, since, before time.Time, limit int) ([]Alert, error) {
	return store.Collect[Alert](tx.Query(`SELECT `+prefixed+` FROM alert_rule r JOIN alert a ON a.tenant_id = r.tenant_id AND a.id = r.alert_id
		WHERE r.sid = $1 AND r.gid = $2 AND a.first_at >= $3 AND a.first_at <= $4 ORDER BY r.at DESC LIMIT $5`,
		k.SID, k.GID, store.Micros(since), store.Micros(before), limit))(scanPlain)
}

// prefixed is columns of the table a.
var prefixed = "a." + strings.Join(strings.FieldsFunc(columns, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }), ", a.")

func rulesOf(tx *store.AllTx, tenantID, alertID string) ([]RuleKey, error) {
	return store.Collect[RuleKey](tx.Query(`SELECT gid, sid FROM alert_rule WHERE tenant_id = $1 AND alert_id = $2 ORDER BY sid`, tenantID, alertID))(func(scan scanner) (k RuleKey, err error) {
		err = scan(&k.GID, &k.SID)
		return k, err
	})
}

// fates counts alerts with the same value of a column, which is ours; the index knows all that is asked for. What
// began at before is not counted.
func fates(tx *store.AllTx, column, value string, since, before time.Time) (f Fates, err error) {
	f.Was = map[Outcome]int{}
	_, err = store.Collect[struct{}](tx.Query(`SELECT state, outcome, count(*) FROM (SELECT state, outcome FROM alert WHERE `+column+` = $1 AND first_at >= $2 AND first_at < $3
		ORDER BY first_at DESC LIMIT $4) q GROUP BY state, outcome`, value, store.Micros(since), store.Micros(before), MaxCounted))(func(scan scanner) (none struct{}, err error) {
		var state State
		var was Outcome
		var n int
		if err = scan(&state, &was, &n); err != nil {
			return none, err
		}
		f.All += n
		if state == Closed {
			f.Was[was] += n
		} else {
			f.Open += n
		}
		return none, nil
	})
	return f, err
}

// openNow counts what is not closed by stars.
func openNow(tx *store.AllTx) (n [High + 1]int, err error) {
	_, err = store.Collect[struct{}](tx.Query(`SELECT stars, count(*) FROM alert WHERE state IN ('open', 'acknowledged') GROUP BY stars`))(func(scan scanner) (none struct{}, err error) {
		var stars, all int
		if err = scan(&stars, &all); err == nil && stars > 0 && stars < len(n) {
			n[stars] = all
		}
		return none, err
	})
	return n, err
}

// selectWork lists the cases that people are told of and that began in a time, the newest first.
func selectWork(tx *store.AllTx, from, to time.Time, limit int) ([]worked, error) {
	return store.Collect[worked](tx.Query(`SELECT q.stars, q.first_at, q.state, q.outcome, coalesce((SELECT min(c.at) FROM alert_change c WHERE c.tenant_id = q.tenant_id AND c.alert_id = q.id
		AND c.what IN ('taken', 'answered', 'closed')), 0) FROM (SELECT tenant_id, id, stars, first_at, state, outcome FROM alert
		WHERE state IN ('open', 'acknowledged', 'closed') AND stars IN (2, 3) AND first_at >= $1 AND first_at < $2 ORDER BY first_at DESC LIMIT $3) q`,
		store.Micros(from), store.Micros(to), limit))(func(scan scanner) (w worked, err error) {
		var first, answered int64
		err = scan(&w.stars, &first, &w.state, &w.outcome, &answered)
		w.first, w.answered = store.Time(first), store.Time(answered)
		return w, err
	})
}
