package desk

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Channel is how somebody came to the desk.
type Channel string

// Channels.
const (
	Phone  Channel = "phone"
	Mail   Channel = "mail"
	Portal Channel = "portal"
)

// Topics, of which a ticket has one. TopicOffer is a second opinion on a vendor's offer.
var Topics = []string{"incident", "suspicious", "blocked", "box", "contract", TopicOffer, "prepare", TopicOther}

// Topics that the code knows.
const (
	TopicOffer = "offer"
	TopicOther = "other"
)

// State is where a ticket stands.
type State string

// States.
const (
	Fresh    State = "new"      // it is the desk's turn
	Waiting  State = "waiting"  // the customer was asked something
	Answered State = "answered" // nothing more to be said, as far as the desk knows
	Closed   State = "closed"
)

// Side is who said something.
type Side string

// Sides. Notes are the staff's own: no page of customers has them, nor a company's export.
const (
	Customer Side = "customer"
	Staff    Side = "staff"
	Note     Side = "note"
)

// How an answer went out as a mail; "" for none.
const (
	SentWaiting = "waiting"
	SentOut     = "sent"
	SentRefused = "refused"
)

// What is known of a file.
const (
	FileWaiting  = "waiting"  // for the scanner
	FileClean    = "clean"    // by the scanner
	FileInfected = "infected" // kept away
	FileUnknown  = "unknown"  // nobody scanned it
)

// Faces of satisfaction.
const (
	Bad = iota + 1
	Fair
	Good
)

// Told is what is good to know before a call, or about an offer.
type Told struct {
	What   string `json:"what,omitempty"`
	Since  string `json:"since,omitempty"`
	Device string `json:"device,omitempty"`
	Done   string `json:"done,omitempty"`
	// Of an offer: what it is for, what it costs, what is unclear.
	Aim   string `json:"aim,omitempty"`
	Price string `json:"price,omitempty"`
	Doubt string `json:"doubt,omitempty"`
}

// Ticket is one matter.
type Ticket struct {
	TenantID, ID, Number  string
	Channel               Channel
	Topic, Subject        string
	State                 State
	Urgent                bool
	Name, Company         string
	Email, Phone          string
	PersonID              string
	ByAddress             bool
	AlertID, BoxID        string
	Application           string
	Told                  Told
	Lang                  string
	Reason, Escalated     string
	Face                  int
	Word                  string
	Opened, Moved         time.Time
	Due, First, LastAcked time.Time
	// Assignee is who of the staff has it, a person's id; "" for nobody. Rung is when the staff was last told of what was said.
	Assignee string
	Rung     time.Time
	// MovedTo is the company that has it now: then this only leads there. MovedFrom is where it came from.
	MovedTo, MovedFrom string
}

// Message is one thing that was said.
type Message struct {
	Seq                int
	At                 time.Time
	Side               Side
	Who, Name, Address string
	Text               string
	MailID, MessageID  string
	Auto, Cut          bool
	Sent               string
	Files              []File
}

// File is one that belongs to a message.
type File struct {
	ID, Name, Kind string
	Size           int64
	State, Virus   string
}

// Open says whether a file may be opened: not before the scanner had its say, and never when it found something.
func (f *File) Open() bool { return f.State == FileClean || f.State == FileUnknown }

// Item is a ticket in the queue.
type Item struct {
	Ticket
	Owner string // name of its company
}

// Limits. Characters, unless said otherwise.
const (
	MaxText    = 5000 // of what is typed into a page
	MaxSubject = 100
	MaxName    = 100
	MaxReason  = 500
	MaxTold    = 500
	MaxFiles   = 5 // of a form
	// maxOpen tickets of a company that are not closed, by everything but mail, which is never turned away.
	maxOpen = 200
	// maxList bounds what is listed.
	maxList = 500
	// maxThread messages are shown of a ticket: a loop that nobody noticed has more.
	maxThread = 500
)

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	// ErrEmpty: there is nothing to say.
	ErrEmpty = errors.New("desk: text is missing")
	// ErrTooMany: so many are open.
	ErrTooMany = errors.New("desk: too many open tickets")
	// ErrState: that cannot be done with a ticket in its state.
	ErrState = errors.New("desk: not in this state")
	// ErrHeld: somebody else has taken the ticket, or given it away, in the meantime.
	ErrHeld = errors.New("desk: with somebody else")
	// ErrMoved: the ticket has gone to another company.
	ErrMoved = errors.New("desk: moved to another company")
	// ErrFile: the file is kept away, or waits for the scanner.
	ErrFile = errors.New("desk: file may not be opened")
	// ErrPhone and ErrEmail do not look like one.
	ErrPhone = errors.New("desk: telephone number")
	ErrEmail = errors.New("desk: mail address")
)

// Known says whether there is such a topic.
func Known(topic string) bool { return slices.Contains(Topics, topic) }

func (t *Ticket) key() string { return fmt.Sprint(t.TenantID, " ", t.ID) }
