package contract

import (
	"slices"
	"time"
)

// State is where an application or a contract stands.
type State string

// States, in the order of a life.
const (
	Entered    State = "entered"    // typed, not sent yet
	Papers     State = "papers"     // the signed form is waited for
	Review     State = "review"     // it is there; the desk looks at it
	Founding   State = "founding"   // accepted; the company is being made
	Contracted State = "contracted" // the company exists, the box is prepared
	Shipped    State = "shipped"    // the box is on its way
	Installed  State = "installed"  // it was connected
	Active     State = "active"     // it watches
	Ended      State = "ended"      // the contract is over, the box is still there
	Returned   State = "returned"   // and it is back
	Withdrawn  State = "withdrawn"  // nothing came of the application
)

// ways are the steps that exist; everything else is refused with [ErrState].
var ways = map[State][]State{
	Entered:    {Papers, Withdrawn},
	Papers:     {Review, Withdrawn},
	Review:     {Papers, Founding, Withdrawn},
	Founding:   {Contracted},
	Contracted: {Shipped, Installed, Ended},
	Shipped:    {Installed, Contracted, Ended}, // a parcel that comes back goes out again
	Installed:  {Active, Ended},
	Active:     {Ended},
	Ended:      {Returned},
}

// To says whether a step leads from s to another state.
func (s State) To(to State) bool { return slices.Contains(ways[s], to) }

// Times.
const (
	// DraftLife is how long something typed and not sent is kept: somebody asks the boss, and the boss is away for a week.
	DraftLife = 14 * 24 * time.Hour
	// paperLife is how long the signed form is waited for.
	paperLife = 90 * 24 * time.Hour
	// withdrawnLife is how long the data of people are kept with whom nothing came about.
	withdrawnLife = 180 * 24 * time.Hour
)

// reminders that a signed form is waited for, after it was asked for.
var reminders = []time.Duration{7 * 24 * time.Hour, 21 * 24 * time.Hour}
