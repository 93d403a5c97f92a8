package dispatch

import (
	"slices"
	"time"
)

// State is where a visit stands.
type State string

// States.
const (
	Offered    State = "offered"    // a vendor was asked and has until Due to answer
	Nobody     State = "nobody"     // every suitable vendor was asked, or there is none: the desk goes on by telephone
	Accepted   State = "accepted"   // a vendor comes
	Travelling State = "travelling" // is on the way
	Arrived    State = "arrived"
	Working    State = "working"
	Done       State = "done"     // the report is here, signed
	FollowUp   State = "followup" // the cause is not fixed yet
	Closed     State = "closed"
	Cancelled  State = "cancelled"
)

// States are all, in the order of a visit.
var States = []State{Offered, Nobody, Accepted, Travelling, Arrived, Working, Done, FollowUp, Closed, Cancelled}

var ways = map[State][]State{
	Offered:    {Offered, Accepted, Nobody, Cancelled},
	Nobody:     {Offered, Nobody, Cancelled},
	Accepted:   {Travelling, Arrived, Offered, Nobody, Cancelled},
	Travelling: {Arrived, Offered, Nobody, Cancelled},
	Arrived:    {Working},
	Working:    {Done},
	Done:       {FollowUp, Closed},
	FollowUp:   {FollowUp, Closed},
}

// To says whether a step leads from s to another state.
func (s State) To(to State) bool { return slices.Contains(ways[s], to) }

// Over says whether nothing comes after s.
func (s State) Over() bool { return s == Closed || s == Cancelled }

// Answers to an offer.
const (
	AnswerAccepted = "accepted"
	AnswerDeclined = "declined"
	AnswerSilent   = "silent"
	AnswerReturned = "returned" // accepted, and given back
	AnswerOver     = "over"     // the desk called it off
)

// Times and limits.
const (
	// DefaultPatience is how long a vendor has for an answer: long enough to finish what is in one's hands, and
	// short enough that three vendors were asked within an hour and a half.
	DefaultPatience = 30 * time.Minute
	// Sight is how long a vendor still sees a visit after it ended: to send the invoice at the end of the month.
	Sight = 14 * 24 * time.Hour
	// MaxPhotos of a visit: one of each device in an office, and of what was done there.
	MaxPhotos = 12
	// maxInvoices of a visit: one, and those that were wrong.
	maxInvoices = 5
	// MaxCosts are the lines of a report's costs.
	MaxCosts = 6
	// MaxYen of one line: more is a typing error.
	MaxYen = 10_000_000
	// MaxLine and MaxText in characters.
	MaxLine, MaxText = 200, 3000
	maxList          = 500
	maxLinks         = 20 // tokens of a visit: one for each try of a mail
	system           = "system"
	byVendor         = "vendor:"
)
