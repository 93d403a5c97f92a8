package wire

import "time"

// TestQuery asks a box to test itself now.
type TestQuery struct{}

// Limits of a self-test.
const (
	// MaxPoints bounds the points of a test; there are twelve today.
	MaxPoints = 32
	// MaxTestValue bounds the figure beside a point, whatever it counts, so that pages can add it up.
	MaxTestValue = 1 << 40
	// MaxTestWait in seconds is the longest that a box may ask to be left alone after a test.
	MaxTestWait = 3600
)

// Points of a self-test, beside [PartTest], [PartClock], [PartRouter] and [PartOffice].
const (
	PointInspection = "inspection" // the engine said just now that it looks at traffic; Value is after how many milliseconds
	PointRules      = "rules"      // Value counts them
	PointSites      = "sites"      // Value counts entries of lists
	PointVirus      = "virus"      // the scanner of files
	PointSignatures = "signatures" // of the scanner; Value is their age in days
	PointDisk       = "disk"       // keeps a file and gives it back; Value is in how many milliseconds
	PointJournal    = "journal"    // events can be kept; Value counts those that wait for the centre
	PointUpdates    = "updates"    // bundles; Value counts the kinds in use
)

// TestAnswer is what a box found out about itself.
type TestAnswer struct {
	At       time.Time `json:"at"` // by the box's clock
	Software string    `json:"software,omitempty"`
	Mode     string    `json:"mode,omitempty"` // as in [Health]
	Uptime   int64     `json:"uptime"`         // seconds
	// Points are at least one, each name at most once; none when Again is set.
	Points []TestPoint `json:"points,omitempty"`
	// Again is set when the box was tested a moment ago: in so many seconds it may be asked again.
	Again int `json:"again_s,omitempty"`
	Took  int `json:"took_ms"`
}

// TestPoint is one thing that was tested.
type TestPoint struct {
	// Name is one of the constants above; of small letters and hyphens, so that a centre can show one that it does not know.
	Name  string `json:"name"`
	State State  `json:"state"` // one of the constants of [State]
	Value int64  `json:"value,omitempty"`
}

func (a *TestAnswer) check() string {
	switch {
	case a.At.IsZero() || a.At.Year() > 9999 || a.Uptime < 0 || a.Took < 0:
		return "time of a test"
	case longer([]string{a.Software}, MaxName) || longer([]string{a.Mode}, MaxWord):
		return "a text of a test"
	case a.Again < 0 || a.Again > MaxTestWait || (a.Again > 0) != (len(a.Points) == 0):
		return "a test neither made nor put off"
	case len(a.Points) > MaxPoints:
		return "too many points of a test"
	}
	seen := map[string]bool{}
	for i := range a.Points {
		p := &a.Points[i]
		if !validPoint(p.Name) || seen[p.Name] {
			return "name of a point"
		}
		seen[p.Name] = true
		switch p.State {
		case StateOK, StateDown, StateOff, StateWaiting:
		default:
			return "state of a point"
		}
		if p.Value < 0 || p.Value > MaxTestValue {
			return "value of a point"
		}
	}
	return ""
}

// validPoint says whether s can be the name of a point.
func validPoint(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= MaxWord
}
