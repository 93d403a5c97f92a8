package report

import (
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/internal/ja"
)

// Figures is one company's month as it was when the report was made. It is kept as JSON:
// fields may be added, never change their meaning.
type Figures struct {
	Month string    `json:"month"` // "2026-11"
	From  time.Time `json:"from"`  // first moment that counts: the 1st, or the day of joining
	To    time.Time `json:"to"`    // first moment of the next month, in Japan

	Joined bool `json:"joined,omitempty"` // the company came in this month
	Box    bool `json:"box"`              // it had a box
	Days   int  `json:"days"`             // from From to To
	Silent int  `json:"silent,omitempty"` // of them, days on which no box told of any traffic

	Flows   int64 `json:"flows"`   // connections
	Attacks int   `json:"attacks"` // from outside and inside together
	Stopped int   `json:"stopped"`
	Outside int   `json:"outside"`
	Inside  int   `json:"inside"`          // suspicious connections of own devices
	Daily   []int `json:"daily,omitempty"` // attacks of each day

	Tasks   int        `json:"tasks"` // what the company was asked to do
	Todo    *Todo      `json:"todo,omitempty"`
	Kinds   []Kind     `json:"kinds,omitempty"` // the newest alerts by threat family, the most first
	Compare Comparison `json:"compare"`

	Devices int   `json:"devices"` // seen in the month
	New     int   `json:"new"`     // of them, first seen in it
	Unknown int   `json:"unknown"` // wait for the owner's word, at the time of making
	Users   []Use `json:"users,omitempty"`
	Apps    []Use `json:"apps,omitempty"`
	Gaps    []Gap `json:"gaps,omitempty"`
	Boxes   []Box `json:"boxes,omitempty"`
}

// Todo is the one thing to do.
type Todo struct {
	Alert  string      `json:"alert"` // its id
	Case   string      `json:"case"`
	Family string      `json:"family"`
	Device string      `json:"device"`
	Stars  alert.Stars `json:"stars"`
}

// Kind counts alerts of a threat family.
type Kind struct {
	Family string `json:"family"`
	Alerts int    `json:"alerts"`
	Events int    `json:"events"`
}

// Use is what a device or an application sent and received, in bytes.
type Use struct {
	Name string `json:"name"` // "" for what could not be told apart
	Up   int64  `json:"up"`
	Down int64  `json:"down"`
	EN   string `json:"en,omitempty"` // Name for who reads English, where it is another
}

// In is the name in a language, "" for what could not be told apart.
func (u *Use) In(lang string) string {
	if lang == ja.English && u.EN != "" {
		return u.EN
	}
	return u.Name
}

// Gap is a time in which a box passed traffic without looking.
type Gap struct {
	Box   string    `json:"box"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"` // zero while it lasted
}

// Box is one box at the time of making.
type Box struct {
	Name     string `json:"name"`
	Model    string `json:"model"`
	Software string `json:"software"`
}

// What is listed: as much as a page holds.
const (
	maxUses  = 8
	maxKinds = 8
	maxGaps  = 8
	maxBoxes = 8
)

// Made is a report that was made.
type Made struct {
	Month string
	At    time.Time
}
