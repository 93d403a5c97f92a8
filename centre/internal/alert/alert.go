package alert

import "time"

// Stars is the importance that an owner sees, by outcome and not by rule.
type Stars int

// Importance.
const (
	Low    Stars = 1 // ★☆☆ an outside attack was stopped; nothing to do; never a mail
	Medium Stars = 2 // ★★☆ an inside device tried something and was stopped
	High   Stars = 3 // ★★★ an inside device is probably controlled, or an attack was not stopped
)

// State is where an alert stands.
type State string

// States. An alert is closed only with a reason.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged" // the customer said "done", or asked to be called
	Closed       State = "closed"
)

// Answer is what the customer said with a button of the mail or the portal.
type Answer string

// Answers.
const (
	AnswerNone     Answer = ""
	AnswerDone     Answer = "done"     // 対応しました
	AnswerExpected Answer = "expected" // 心当たりがあります
	AnswerCall     Answer = "call"     // 電話してほしい
)

// Outcome is what a closed alert turned out to be, as the staff who closed it say.
type Outcome string

// Outcomes.
const (
	OutcomeUnsaid    Outcome = ""
	OutcomeHandled   Outcome = "handled"   // it was an attack, and it is dealt with
	OutcomeHarmless  Outcome = "harmless"  // it happened, and it was wanted or did no harm
	OutcomeMisfire   Outcome = "misfire"   // the rule was wrong
	OutcomeWithdrawn Outcome = "withdrawn" // the rule was wrong for everybody, and was taken back
)

// Harmless says whether there was nothing to fear.
func (o Outcome) Harmless() bool {
	return o == OutcomeHarmless || o == OutcomeMisfire || o == OutcomeWithdrawn
}

// Alert is one thing that a person should see: all events of one device and one
// threat family that belong together.
type Alert struct {
	TenantID string
	// ID is Unix seconds of the first event, "-", and a number, as in the mail: "1763701521-1652".
	ID string
	// Case is the six-digit number that is read out on the telephone: "482913".
	Case       string
	BoxID      string
	DeviceID   string // "" when the inside end is not known
	DeviceName string // the owner's own name for it, else its address
	DeviceAddr string
	Family     string // key of a threat family in content/families
	Stars      Stars
	Blocked    bool // everything in it was stopped
	State      State
	Answer     Answer
	Reason     string // why it was closed
	Outcome    Outcome
	Peer       string // the other end in the internet: an address, or the name of a site; "" for none
	First      time.Time
	Last       time.Time
	Count      int // events
	// Inbound: it came from outside towards the device.
	Inbound bool
	// Families counts the events of each family; Family is the most frequent of
	// those that give the alert its stars.
	Families map[string]int
	Answered time.Time // zero without an answer
	Closed   time.Time // zero while it is not closed
	// Notify is when its first mail is due; zero: it is worth none. The mail itself is notify.Delivery.
	Notify time.Time
	// Evidence is filled in by Get and ByCase, and left out of lists. It holds
	// the newest events in the technical block's words, newest first, at most
	// MaxEvidence.
	Evidence []Evidence
}

// late is how long after the first event people may be told of an alert, and its deadline counts from the event.
const late = time.Hour

// Known is when the time to act begins: with the first event, or, where people are told much later, with that.
func (a *Alert) Known() time.Time {
	if a.Notify.Sub(a.First) > late {
		return a.Notify
	}
	return a.First
}

// MaxEvidence is how many events an alert shows; the rest is only counted.
const MaxEvidence = 20

// Evidence is one event as the technical block shows it.
type Evidence struct {
	EventID string
	Time    time.Time
	Kind    string // "ips", "site", "virus"
	What    string // rule message with sid, site name, or virus and file name
	Verdict string // "blocked", "passed"
	Proto   string
	Src     string
	SrcPort uint16
	Dst     string
	DstPort uint16
	App     string
	URL     string
	SHA256  string // of a file that was seen whole
	Mitre   []string
}
