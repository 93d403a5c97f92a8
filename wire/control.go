package wire

import (
	"fmt"
	"time"
)

// Batch is the body of [PathEvents], zstd-compressed JSON.
type Batch struct {
	Version int     `json:"version"`
	Events  []Event `json:"events"`
}

// Ack answers a batch: every event of it is kept, or refused for good.
type Ack struct {
	Version int `json:"version"`
	// New counts the events that the centre had not seen before.
	New int `json:"new"`
	// Refused maps the id of an event that will never be accepted to the reason.
	Refused map[string]string `json:"refused,omitempty"`
}

// ClaimRequest is the body of [PathClaim].
type ClaimRequest struct {
	Version int `json:"version"`
	// Code is the one-time claim code as typed: letters and digits in groups of four.
	Code string `json:"code"`
	// CSR is a PEM certificate request for a key that was made on the box and never leaves it.
	CSR string `json:"csr"`
	// Model and Software tell the operator what is being claimed.
	Model    string `json:"model,omitempty"`
	Software string `json:"software,omitempty"`
}

// ClaimResponse gives the box its identity.
type ClaimResponse struct {
	Version     int    `json:"version"`
	BoxID       string `json:"box_id"`
	Certificate string `json:"certificate"`     // PEM, the box's own
	CA          string `json:"ca"`              // PEM, the centre's
	Company     string `json:"company"`         // shown on the first-boot page
	Phone       string `json:"phone,omitempty"` // of the desk, shown beside it
}

// Heartbeat is the body of [PathHeartbeat].
type Heartbeat struct {
	Version int    `json:"version"`
	Health  Health `json:"health"`
	// Bundles has at most one entry of each kind.
	Bundles []BundleState `json:"bundles,omitempty"`
	// Policy is nil from a box that knows of none.
	Policy *PolicyState `json:"policy,omitempty"`
}

// HeartbeatResponse answers it.
type HeartbeatResponse struct {
	Version int       `json:"version"`
	Time    time.Time `json:"time"` // the centre's clock, UTC
	// Held are the hardware addresses of all devices that may not speak through the box, at
	// most MaxHeld; none when it is empty.
	Held []string `json:"held,omitempty"`
	// Bundles are those whose wave has come for this box, one of each kind.
	Bundles []BundleWanted `json:"bundles,omitempty"`
	// Policy names the one that the box should have, to be fetched at [PathPolicy]; "" from a centre without.
	Policy string `json:"policy,omitempty"`
	// Certificate is another one for the box's key, PEM, when the one that it came with ends within a year.
	Certificate string `json:"certificate,omitempty"`
}

// State of one function of the box.
type State string

// States.
const (
	StateOK   State = "ok"
	StateDown State = "down" // not working: traffic passes without it
	StateOff  State = "off"  // switched off on purpose
	// StateWaiting is a virus scanner that is new and has nothing yet by which it knows viruses.
	StateWaiting State = "waiting"
)

// Parts of the self-test.
const (
	PartTest    = "selftest"         // the name that is there for a test is blocked
	PartBrowser = "selftest-browser" // somebody's browser in the office was kept from it
	PartClock   = "clock"            // right to two minutes of the centre's
	PartRouter  = "cable-router"     // a cable is in the port to the router
	PartOffice  = "cable-office"     // and in that to the office
)

// SignaturesOld is the age from which on people are told of a scanner's signatures: the makers
// of clamd's renew them each day, so a week without new ones is a fault.
const SignaturesOld = 7 * 24 * time.Hour

// Health is what the box says about itself.
type Health struct {
	Time     time.Time `json:"time"`
	Software string    `json:"software"`
	Uptime   int64     `json:"uptime"` // seconds
	// Protecting is false while traffic passes without inspection.
	Protecting bool `json:"protecting"`
	// Mode is [ModeTap] for a box that gets a copy of the traffic and cannot stop any, "router" for
	// the office's router, "" for one in the cable.
	Mode string `json:"mode,omitempty"`
	// Parts has a state for "inspection", "virus", "sites", "journal", "uplink", and for the
	// parts of the self-test where they are known.
	Parts map[string]State `json:"parts"`
	// Note is a key of what happened: "engine-died", "engine-restarted", "inspection-fault"
	// (a fault of the program cost a conversation its inspection), "scanner-down", "scanner-back",
	// "signatures-old" (of the virus scanner), "updates-standing", "updates-moving", "".
	Note string `json:"note,omitempty"`
	// Rules and Sites count what is loaded.
	Rules int `json:"rules"`
	Sites int `json:"sites"`
	// Signatures is when the newest of the virus scanner were made, zero when nobody knows.
	Signatures time.Time `json:"virus_signatures,omitzero"`
	// Packets, Blocked, Uninspected, Dropped count since the engine started.
	Packets     uint64 `json:"packets"`
	Blocked     uint64 `json:"blocked"`
	Uninspected uint64 `json:"uninspected"` // passed without a look: overload, scanner down, too large
	// Held counts devices that may not speak because the centre said so.
	Held    int    `json:"held,omitempty"`
	Pending int    `json:"pending"` // events that wait in the journal
	Lost    uint64 `json:"lost"`    // events lost because the journal was full
}

// ModeTap is a box that only listens.
const ModeTap = "tap"

// Error is the JSON body of every answer that is not 2xx.
type Error struct {
	// Code is stable: "version", "code", "certificate", "body", "limit", "again",
	// "waiting".
	Code string `json:"code"`
	// Message says in English what to do.
	Message string `json:"message"`
}

// Error makes it an error.
func (e *Error) Error() string { return fmt.Sprintf("wire: centre says %s: %s", e.Code, e.Message) }

// CheckVersion says whether a message of version v is understood.
func CheckVersion(v int) error {
	if v < OldestVersion || v > Version {
		return &Error{Code: "version", Message: fmt.Sprintf("message version %d is not understood here (this side speaks %d to %d): update the older side", v, OldestVersion, Version)}
	}
	return nil
}
