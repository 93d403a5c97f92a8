package wire

import (
	"fmt"
	"net/netip"
	"time"
)

// QuestionsRequest is the body of [PathQuestions]. The centre answers as soon as it has a
// question, at the latest after QuestionWait.
type QuestionsRequest struct {
	Version int `json:"version"`
	// Policy is the one that the box was told of last; nil from a box that knows of none.
	Policy *string `json:"policy,omitempty"`
}

// Check says what is wrong with it.
func (q *QuestionsRequest) Check() error {
	if q.Policy != nil && *q.Policy != "" && !ValidPolicyID(*q.Policy) {
		return fmt.Errorf("%w: name", errPolicy)
	}
	return nil
}

// Questions answers a box that waits at [PathQuestions]: what the centre wants to know now.
type Questions struct {
	Version   int        `json:"version"`
	Questions []Question `json:"questions"`
	// Beat asks for a heartbeat now: its answer has something new.
	Beat *Beat `json:"beat,omitempty"`
}

// Beat asks for a heartbeat.
type Beat struct {
	// Within so many seconds, at a time by chance: a whole fleet does not come in one moment. At most MaxBeat.
	Within int `json:"within_s,omitempty"`
}

// MaxBeat is the longest Within that a box heeds: a minute is what people are promised.
const MaxBeat = 30

// Question is something that only the box can answer, from what never leaves the office
// unasked. One of Traffic, Spread and Test is set.
type Question struct {
	// ID is given by the centre, at most MaxWord bytes.
	ID      string        `json:"id"`
	Traffic *TrafficQuery `json:"traffic,omitempty"`
	Spread  *SpreadQuery  `json:"spread,omitempty"`
	Test    *TestQuery    `json:"selftest,omitempty"`
}

// Answer is the body of [PathAnswers], zstd-compressed JSON. At most one of Traffic, Spread and Test is set.
type Answer struct {
	Version int    `json:"version"`
	ID      string `json:"id"` // of the question
	// Failed says in English why there is no answer, or why it is not whole.
	Failed  string         `json:"failed,omitempty"`
	Traffic *TrafficAnswer `json:"traffic,omitempty"`
	Spread  *SpreadAnswer  `json:"spread,omitempty"`
	Test    *TestAnswer    `json:"selftest,omitempty"`
}

// TrafficQuery asks the traffic log. What is zero is any.
type TrafficQuery struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// MAC or Device are an inside end.
	MAC    string     `json:"mac,omitempty"` // lower case, colons
	Device netip.Addr `json:"device,omitzero"`
	// Name is a whole one; with a dot before it, the domain and all names below.
	Name     string     `json:"name,omitempty"`
	Peer     netip.Addr `json:"peer,omitzero"`
	PeerPort uint16     `json:"peer_port,omitempty"`
	App      string     `json:"app,omitempty"`
	Category string     `json:"category,omitempty"`
	Country  string     `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Verdict  string     `json:"verdict,omitempty"` // "passed", "told", "blocked"
	Why      string     `json:"why,omitempty"`     // "site:", "rule:2012345"
	// Sum adds up by one of the Sum constants instead of listing flows.
	Sum string `json:"sum,omitempty"`
	// Limit of rows, at most MaxRows; that when 0.
	Limit int `json:"limit,omitempty"`
}

// What flows are added up by.
const (
	SumDevice  = "device"
	SumName    = "name"
	SumPeer    = "peer"
	SumApp     = "application"
	SumCountry = "country"
)

// TrafficAnswer are the newest flows that match, or the largest sums.
type TrafficAnswer struct {
	// Since is when the log begins, zero when it is empty.
	Since time.Time `json:"since,omitzero"`
	// Found counts all flows that match, or all sums.
	Found int          `json:"found"`
	Rows  []TrafficRow `json:"rows,omitempty"`
	Sums  []TrafficSum `json:"sums,omitempty"`
	Took  int          `json:"took_ms"`
}

// TrafficRow is a flow, or the part of a long one.
type TrafficRow struct {
	Start    time.Time  `json:"start"`
	End      time.Time  `json:"end"`
	MAC      string     `json:"mac,omitempty"`
	Device   netip.Addr `json:"device"`
	Port     uint16     `json:"port,omitempty"` // of the device
	Peer     netip.Addr `json:"peer"`
	PeerPort uint16     `json:"peer_port,omitempty"`
	Proto    uint8      `json:"proto"` // of IP
	// Inbound tells that the peer opened it, Inside that it is of this network, Silent that
	// nobody answered, More that it went on.
	Inbound  bool   `json:"inbound,omitempty"`
	Inside   bool   `json:"inside,omitempty"`
	Silent   bool   `json:"silent,omitempty"`
	More     bool   `json:"more,omitempty"`
	Name     string `json:"name,omitempty"`
	App      string `json:"app,omitempty"`
	Category string `json:"category,omitempty"`
	Country  string `json:"country,omitempty"`
	Verdict  string `json:"verdict"`
	Why      string `json:"why,omitempty"`
	Up       uint64 `json:"up"`   // bytes that the device sent
	Down     uint64 `json:"down"` // bytes that it received
}

// TrafficSum are flows added up.
type TrafficSum struct {
	// Key is what they share; for devices the hardware address, or the address without one.
	Key     string     `json:"key"`
	Device  netip.Addr `json:"device,omitzero"` // the newest address of a device
	Flows   int        `json:"flows"`
	Blocked int        `json:"blocked,omitempty"`
	Up      uint64     `json:"up"`
	Down    uint64     `json:"down"`
	First   time.Time  `json:"first"`
	Last    time.Time  `json:"last"`
}

// SpreadQuery asks how far something went that a device had at a time.
type SpreadQuery struct {
	MAC    string     `json:"mac,omitempty"`
	Device netip.Addr `json:"device,omitzero"`
	// At is when it was noticed. What the device did from Before it on counts; a day when 0.
	At     time.Time     `json:"at"`
	Before time.Duration `json:"before,omitempty"`
	// Until is the end of the time that is looked at, now when zero.
	Until time.Time `json:"until,omitzero"`
}

// Certainty of an edge.
type Certainty string

// Certainties.
const (
	// Certain: the same sign was seen, or something was found in the conversation itself.
	Certain Certainty = "certain"
	// Suspected: something unusual that may have another cause.
	Suspected Certainty = "suspected"
	// Unseen: the box does not see what devices behind the same switch say to each other.
	Unseen Certainty = "unseen"
)

// What an edge is made of.
const (
	EdgeSign        = "sign"        // the same rule, list or virus was found at the other device
	EdgeDestination = "destination" // the other device was at the same rare destination
	EdgeContact     = "contact"     // the first device spoke to the other for the first time
	EdgeScan        = "scan"        // the first device tried the other among many
)

// SpreadAnswer is a graph, from the device that was asked for.
type SpreadAnswer struct {
	Since   time.Time      `json:"since,omitzero"` // the log begins
	From    time.Time      `json:"from"`           // the time that was looked at
	Until   time.Time      `json:"until"`
	Devices []SpreadDevice `json:"devices"` // the first is the one that was asked for
	Edges   []SpreadEdge   `json:"edges"`
	// Cut tells that there was more than an answer can hold.
	Cut  bool `json:"cut,omitempty"`
	Took int  `json:"took_ms"`
}

// SpreadDevice is a node.
type SpreadDevice struct {
	MAC    string     `json:"mac,omitempty"`
	Device netip.Addr `json:"device"`
	// Worst is the best-founded edge that leads to it, [Unseen] for one that none does.
	Worst Certainty `json:"worst,omitempty"`
	// Signs are what was found at it in that time, "rule:2012345", at most MaxSigns.
	Signs []string  `json:"signs,omitempty"`
	Last  time.Time `json:"last,omitzero"` // seen
}

// SpreadEdge leads from one device to another, by their places in Devices.
type SpreadEdge struct {
	From      int       `json:"from"`
	To        int       `json:"to"`
	Kind      string    `json:"kind"`
	Certainty Certainty `json:"certainty"`
	// What is the sign, the destination, or the ports.
	What  string    `json:"what"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Flows int       `json:"flows"`
}
