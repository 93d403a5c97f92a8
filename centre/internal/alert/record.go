package alert

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// KindNotify is the kind of the job that tells people about an alert.
const KindNotify = "notify"

// Causes of a [KindNotify] job.
const (
	CauseNew   = "new"
	CauseWorse = "worse"
)

// attempts of it are about a week, with the queue's back-off: a mail server that went away before a row of holidays is back then, and
// what has happened must still be dealt with. RFC 5321 §4.5.4.1 wants four or five days.
const attempts = job.DefaultAttempts + 6*24

// NotifyArgs are the arguments of a [KindNotify] job, whose tenant is the alert's.
// The alert may have changed again, or been closed, when the job runs.
type NotifyArgs struct {
	Alert string `json:"alert"`
	Cause string `json:"cause"`
}

// Families of alerts about a box itself, which no event raises: it passes traffic without
// inspection, nothing is heard of it.
const (
	FamilyUnprotected = "unprotected"
	FamilySilent      = "silent"
)

// caseTries bounds the search for a free case number: with half of the million in
// use, 60 tries fail once in 10^18.
const caseTries = 60

var errCases = errors.New("alert: no free case number")

// Incoming is one event that was not recorded before, with the inside end as the
// centre knows it.
type Incoming struct {
	BoxID      string
	DeviceID   string // "" when the inside end is not known
	DeviceName string // the owner's own name, else the address
	DeviceAddr string
	Claimed    time.Time   // when the box came to the company; zero: long ago
	Event      *wire.Event // checked
}

// open is an alert that is being changed by a transaction.
type open struct {
	*Alert
	key     string
	calm    time.Time // until then the box is new, and only ★★★ is told at once
	isNew   bool
	worse   bool
	changes []Change
	rules   map[RuleKey]string // that have a part in what is new, with their messages
}

// Record groups events into alerts, counts them, and enqueues who is to be told,
// all in the caller's transaction. Health events are passed over. It must be
// called once for each event.
func (s *Service) Record(tx *store.Tx, events []Incoming) error {
	now := s.cfg.Clock.Now()
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Incoming) int { return a.Event.Time.Compare(b.Event.Time) })
	days := map[dayKey]tally{}
	b := newGathering(tx)
	for i := range events {
		in := &events[i]
		if in.Event.Kind == wire.KindHealth {
			continue
		}
		at := in.Event.Time.UTC().Truncate(time.Microsecond)
		if at.After(now.Add(clockSkew)) {
			at = now
		}
		inbound, blocked := in.Event.Direction == wire.Inbound, in.Event.Verdict == wire.VerdictBlocked
		count(days, at, inbound, blocked)
		family := s.cfg.Classifier.Family(in.Event)
		if family == "" {
			continue
		}
		sg := sign{at: at, family: family, blocked: blocked, stars: judge(s.cfg.Classifier, family, inbound, blocked), evidence: evidence(in.Event, at)}
		key := groupKey(in, family)
		o, err := b.find(key, sg, func() *Alert { return begin(in, sg) })
		if err != nil {
			return err
		}
		o.DeviceName, o.DeviceAddr = cmp.Or(in.DeviceName, o.DeviceName), cmp.Or(in.DeviceAddr, o.DeviceAddr)
		o.take(sg, now)
		o.note(in.Event)
		if !in.Claimed.IsZero() {
			o.calm = in.Claimed.Add(s.cfg.CalmNewBox)
		}
	}
	for _, o := range b.order {
		if err := s.save(tx, o, now); err != nil {
			return err
		}
	}
	return addDays(tx, days)
}

// begin is the alert that a first event makes; the event itself is added after.
func begin(in *Incoming, sg sign) *Alert {
	return &Alert{BoxID: in.BoxID, DeviceID: in.DeviceID, DeviceName: in.DeviceName, DeviceAddr: in.DeviceAddr,
		Inbound: in.Event.Direction == wire.Inbound, Family: sg.family, Stars: sg.stars, Blocked: sg.blocked}
}

// gathering is the alerts that one transaction changes. Each is held once: what was
// read from the database again would lack what was added to it since.
type gathering struct {
	tx     *store.Tx
	latest map[string]*open // by group: the one that took the last event
	byID   map[string]*open
	order  []*open
	cases  int // numbers that the company has in use; -1: not counted yet
}

func newGathering(tx *store.Tx) *gathering {
	return &gathering{tx: tx, latest: map[string]*open{}, byID: map[string]*open{}, cases: -1}
}

// find is the alert of a group that takes the event, or a new one.
func (b *gathering) find(key string, sg sign, fresh func() *Alert) (*open, error) {
	if o := b.latest[key]; o != nil && o.accepts(sg) {
		return o, nil
	}
	o, err := b.known(key, sg)
	if err != nil || o != nil {
		return o, err
	}
	if b.cases < 0 {
		if b.cases, err = b.tx.Owned(caseKind); err != nil {
			return nil, err
		}
	}
	if rest := sg.family + "|" + crowd; b.cases >= MaxOpen && key != rest {
		return b.find(rest, sg, fresh)
	}
	if o, err = create(b.tx, key, sg, fresh()); err == nil {
		b.cases++
		b.hold(o)
	}
	return o, err
}

// known looks for an alert of the database that takes the event; nil is none.
func (b *gathering) known(key string, sg sign) (*open, error) {
	found, err := selectGroup(b.tx, key, sg.at.Add(-quiet))
	for _, o := range found {
		if held := b.byID[o.ID]; held != nil {
			o = held
		}
		if o.accepts(sg) {
			b.hold(o)
			return o, nil
		}
	}
	return nil, err
}

func (b *gathering) hold(o *open) {
	b.latest[o.key] = o
	if b.byID[o.ID] == nil {
		b.byID[o.ID] = o
		b.order = append(b.order, o)
	}
}

// create makes the alert that begins with sg, with numbers of its own.
func create(tx *store.Tx, key string, sg sign, a *Alert) (_ *open, err error) {
	a.TenantID, a.State, a.First, a.Last, a.Families = tx.Tenant(), Open, sg.at, sg.at, map[string]int{}
	if a.ID, err = nextID(tx, a.First); err != nil {
		return nil, err
	}
	if a.Case, err = newCase(tx); err != nil {
		return nil, err
	}
	return &open{Alert: a, key: key, isNew: true}, nil
}

// take adds the event and notes what it changed.
func (o *open) take(sg sign, now time.Time) {
	first := o.Count == 0
	worse := o.add(sg)
	switch {
	case first:
		o.changes = append(o.changes, Change{At: now, Who: system, What: ChangeOpened, Note: o.Family})
	case worse && o.State != Closed:
		o.worse = true
		o.State, o.Answer, o.Answered = Open, AnswerNone, time.Time{}
		o.changes = append(o.changes, Change{At: now, Who: system, What: ChangeWorse, Note: sg.family})
	}
}

// save writes the alert and enqueues the mail that it is due.
func (s *Service) save(tx *store.Tx, o *open, now time.Time) error {
	cause := ""
	if o.Stars >= Medium && (o.isNew || o.worse) {
		cause = CauseWorse
		// While the first mail waits, it is only made to go sooner.
		if o.Notify.IsZero() || o.Notify.After(now) {
			cause = CauseNew
			if at := s.due(o, now); o.Notify.IsZero() || at.Before(o.Notify) {
				o.Notify = at
			}
		}
	}
	if err := write(tx, o); err != nil {
		return err
	}
	if err := saveRules(tx, o, now); err != nil {
		return err
	}
	for _, c := range o.changes {
		if err := insertChange(tx, o.ID, c); err != nil {
			return err
		}
	}
	if cause == "" {
		return nil
	}
	return job.Enqueue(tx, job.Job{Kind: KindNotify, Args: NotifyArgs{Alert: o.ID, Cause: cause},
		RunAt: s.due(o, now), Unique: o.ID + ":" + cause, Attempts: attempts})
}

// due is when people are told. Of a new box ★★☆ waits until its first days are over: what an office does as always looks new
// then, and who is mailed for it stops reading. Somebody of the desk may close it before.
func (s *Service) due(o *open, now time.Time) time.Time {
	if o.Stars >= High {
		return now.Add(s.cfg.WaitHigh)
	}
	if at := now.Add(s.cfg.WaitMedium); at.After(o.calm) {
		return at
	}
	return o.calm
}

// Unprotected raises the alert that a box has passed traffic without inspection
// since the given time; boxName is what people call it. While the alert is open,
// it is not raised again.
func (s *Service) Unprotected(tx *store.Tx, boxID, boxName string, since time.Time) error {
	return s.ofBox(tx, FamilyUnprotected, High, boxID, boxName, since)
}

// Silent raises, as Unprotected does, the alert that nothing was heard of a box since the
// given time.
func (s *Service) Silent(tx *store.Tx, boxID, boxName string, since time.Time) error {
	return s.ofBox(tx, FamilySilent, Medium, boxID, boxName, since)
}

func (s *Service) ofBox(tx *store.Tx, family string, stars Stars, boxID, boxName string, since time.Time) error {
	now := s.cfg.Clock.Now()
	sg := sign{at: since.UTC(), family: family, stars: stars}
	b := newGathering(tx)
	key := family + "|" + boxID
	o, err := b.known(key, sg)
	if err != nil || o != nil {
		return err
	}
	// Boxes are few and known, so MaxOpen does not matter here.
	o, err = create(tx, key, sg, &Alert{BoxID: boxID, DeviceName: boxName, Family: sg.family, Stars: stars})
	if err != nil {
		return err
	}
	o.take(sg, now)
	return s.save(tx, o, now)
}

// Notice is an alert that no event of a conversation makes: something about devices.
type Notice struct {
	Family string
	// Target is what has an alert of its own: a device, a day.
	Target                                  string
	BoxID, DeviceID, DeviceName, DeviceAddr string
	Evidence                                []Evidence // at least one
}

// Raise raises it, or adds it to the one that is open for the target. Its stars are those that
// the family has at most, never more than two: nobody was attacked.
func (s *Service) Raise(tx *store.Tx, n Notice) error {
	now := s.cfg.Clock.Now()
	b := newGathering(tx)
	var o *open
	for i := range n.Evidence {
		e := n.Evidence[i]
		e.What = visible(e.What)
		sg := sign{at: e.Time.UTC().Truncate(time.Microsecond), family: n.Family, stars: min(Medium, s.cfg.Classifier.MaxStars(n.Family)), evidence: &e}
		if o == nil {
			var err error
			o, err = b.find(n.Family+"|"+n.Target, sg, func() *Alert {
				return &Alert{BoxID: n.BoxID, DeviceID: n.DeviceID, DeviceName: n.DeviceName, DeviceAddr: n.DeviceAddr, Family: n.Family, Stars: sg.stars}
			})
			if err != nil {
				return err
			}
		}
		o.take(sg, now)
	}
	if o == nil {
		return nil
	}
	return s.save(tx, o, now)
}

// Protected notes in an open alert of [Service.Unprotected] that the box inspects
// again. The alert stays open until a person closes it.
func (s *Service) Protected(tx *store.Tx, boxID string, at time.Time) error {
	return restored(tx, FamilyUnprotected, boxID, at)
}

// Heard notes in an open alert of [Service.Silent] that the box is there again.
func (s *Service) Heard(tx *store.Tx, boxID string, at time.Time) error {
	return restored(tx, FamilySilent, boxID, at)
}

func restored(tx *store.Tx, family, boxID string, at time.Time) error {
	found, err := selectGroup(tx, family+"|"+boxID, time.Time{}) // however long it took
	if err != nil {
		return err
	}
	for _, o := range found {
		if o.State != Closed {
			return insertChange(tx, o.ID, Change{At: at, Who: system, What: ChangeRestored})
		}
	}
	return nil
}

// nextID is the Unix seconds of the first event and a number that the company
// has not had before.
func nextID(tx *store.Tx, first time.Time) (string, error) {
	var n int64
	err := tx.QueryRow(`INSERT INTO alert_counter (tenant_id, used) VALUES ($1, 1)
		ON CONFLICT (tenant_id) DO UPDATE SET used = alert_counter.used + 1 RETURNING used`).Scan(&n)
	return fmt.Sprintf("%d-%d", first.Unix(), n), err
}

// newCase takes a six-digit number that no open alert of the centre has.
func newCase(tx *store.Tx) (string, error) {
	for range caseTries {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return "", fmt.Errorf("alert: random: %w", err)
		}
		number := fmt.Sprintf("%06d", n)
		if err := tx.Point(caseKind, number); !errors.Is(err, store.ErrTaken) {
			return number, err
		}
	}
	return "", errCases
}

type dayKey struct {
	day     int
	inbound bool
}

type tally struct{ events, blocked int }

func count(days map[dayKey]tally, at time.Time, inbound, blocked bool) {
	key := dayKey{dayOf(at), inbound}
	n := days[key]
	n.events++
	if blocked {
		n.blocked++
	}
	days[key] = n
}

// dayOf is the calendar day in Japan as 20261121.
func dayOf(at time.Time) int {
	y, m, d := at.In(ja.Zone).Date()
	return y*10000 + int(m)*100 + d
}
