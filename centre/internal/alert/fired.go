package alert

import (
	"hash/fnv"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// TopicRule is woken when a rule has a part in an alert that people would be told of.
const TopicRule = "alert.rule"

// maxRuleAlerts bounds what is done at once about one rule in one company.
const maxRuleAlerts = 1000

// RuleKey names a rule; or, as generators of our own, a site of a list or a virus: all sites share one number of a box's, and
// one that was listed wrongly must not keep the mails about all others.
type RuleKey struct{ GID, SID uint32 }

// Generators of what is told without a rule of its own; nobody's rules have them.
const (
	gidSite  = 9_900_001
	gidVirus = 9_900_002
)

// keyOf says what an event is told by, with its words; false is nothing that could be wrong at many: what was stopped for all
// was confirmed before.
func keyOf(e *wire.Event) (k RuleKey, msg string, ok bool) {
	switch {
	case e.Site != nil && e.Site.List == wire.ListStops, e.File != nil && e.File.Virus == wire.FileStopped:
		return k, "", false
	case e.Site != nil:
		return RuleKey{gidSite, numberOf(e.Site.Name)}, e.Site.Name, true
	case e.File != nil:
		return RuleKey{gidVirus, numberOf(e.File.Virus)}, e.File.Virus, true
	case e.Rule != nil:
		return RuleKey{e.Rule.GID, e.Rule.SID}, e.Rule.Msg, true
	}
	return k, "", false
}

// numberOf stands for a name where numbers are expected. Of a thousand names that are held two are taken for each other once in
// ten thousand times; then a mail waits for somebody of the desk.
func numberOf(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum32()
}

// Fired is a rule that has a part in alerts of Companies, where they were counted.
type Fired struct {
	RuleKey
	Msg       string
	Companies int
}

// note remembers that a rule has a part in the alert.
func (o *open) note(e *wire.Event) {
	k, msg, ok := keyOf(e)
	if !ok {
		return
	}
	if o.rules == nil {
		o.rules = map[RuleKey]string{}
	}
	o.rules[k] = visible(msg)
}

func saveRules(tx *store.Tx, o *open, now time.Time) error {
	for key, msg := range o.rules {
		if _, err := tx.Exec(`INSERT INTO alert_rule (tenant_id, alert_id, gid, sid, msg, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, alert_id, gid, sid) DO NOTHING`,
			o.ID, key.GID, key.SID, msg, store.Micros(now)); err != nil {
			return err
		}
	}
	if len(o.rules) > 0 && o.Stars >= Medium {
		tx.Wake(TopicRule)
	}
	return nil
}

// Rules are those that have a part in an alert.
func (s *Service) Rules(tx *store.Tx, alertID string) ([]Fired, error) {
	return store.Collect[Fired](tx.Query(`SELECT gid, sid, msg FROM alert_rule WHERE tenant_id = $1 AND alert_id = $2 ORDER BY sid`, alertID))(func(scan func(...any) error) (f Fired, err error) {
		err = scan(&f.GID, &f.SID, &f.Msg)
		return f, err
	})
}

// FiredSince lists rules that since a time have got a part in alerts of at least so many companies, of
// those that people are told of.
func (s *Service) FiredSince(tx *store.AllTx, since time.Time, companies int) ([]Fired, error) {
	return store.Collect[Fired](tx.Query(`SELECT r.gid, r.sid, max(r.msg), count(DISTINCT r.tenant_id) FROM alert_rule r
		JOIN alert a ON a.tenant_id = r.tenant_id AND a.id = r.alert_id WHERE r.at >= $1 AND a.stars >= $2
		GROUP BY r.gid, r.sid HAVING count(DISTINCT r.tenant_id) >= $3`, store.Micros(since), int(Medium), companies))(func(scan func(...any) error) (f Fired, err error) {
		err = scan(&f.GID, &f.SID, &f.Msg, &f.Companies)
		return f, err
	})
}

// CompaniesOf lists who has open alerts in which a rule has a part.
func (s *Service) CompaniesOf(tx *store.AllTx, k RuleKey) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT DISTINCT r.tenant_id FROM alert_rule r JOIN alert a ON a.tenant_id = r.tenant_id AND a.id = r.alert_id
		WHERE r.gid = $1 AND r.sid = $2 AND a.state <> $3`, k.GID, k.SID, string(Closed)))(func(scan func(...any) error) (id string, err error) {
		err = scan(&id)
		return id, err
	})
}

// OpenOf lists a company's open alerts in which no rule but this one has a part.
func (s *Service) OpenOf(tx *store.Tx, k RuleKey) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT r.alert_id FROM alert_rule r JOIN alert a ON a.tenant_id = r.tenant_id AND a.id = r.alert_id
		WHERE r.tenant_id = $1 AND r.gid = $2 AND r.sid = $3 AND a.state <> $4 AND a.stars >= $5
		AND NOT EXISTS (SELECT 1 FROM alert_rule o WHERE o.tenant_id = r.tenant_id AND o.alert_id = r.alert_id AND (o.gid <> r.gid OR o.sid <> r.sid)) ORDER BY r.alert_id LIMIT $6`,
		k.GID, k.SID, string(Closed), int(Medium), maxRuleAlerts))(func(scan func(...any) error) (id string, err error) {
		err = scan(&id)
		return id, err
	})
}
