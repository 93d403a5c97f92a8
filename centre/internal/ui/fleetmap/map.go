package fleetmap

import (
	"time"

	"otasuke/centre/internal/device"
	"otasuke/internal/firmware"
)

// State of a prefecture's boxes, the better first.
type State int

// States.
const (
	None   State = iota // there is no box
	OK                  // all watch
	Old                 // one has older software than the newest of the fleet
	Silent              // one does not report, or does not watch
)

// words of states, in texts and styles.
var words = [...]string{None: "none", OK: "ok", Old: "old", Silent: "silent"}

// signs go with the colours of states.
var signs = [...]string{None: "–", OK: "✓", Old: "△", Silent: "!"}

// silentAfter is when a box that does not report is silent, as on the list of boxes: three heartbeats of five minutes.
const silentAfter = 15 * time.Minute

// Prefectures is how many there are; their numbers are those of JIS X 0401, 1 to 47.
const Prefectures = 47

// Count is the boxes of a prefecture.
type Count struct{ All, Silent, Old int }

// State is the worst of them.
func (c Count) State() State {
	switch {
	case c.Silent > 0:
		return Silent
	case c.Old > 0:
		return Old
	case c.All > 0:
		return OK
	}
	return None
}

// add counts a box, by its worst.
func (c *Count) add(b *device.Box, newest firmware.Version, now time.Time) {
	c.All++
	switch {
	case now.Sub(b.LastSeen) > silentAfter || !b.Protecting:
		c.Silent++
	case older(b.Software, newest):
		c.Old++
	}
}

// older says whether a software's version is known and behind another.
func older(software string, newest firmware.Version) bool {
	v, err := firmware.Parse(software)
	if err != nil || !v.Known() || !newest.Known() {
		return false
	}
	return less(v, newest)
}

// newest software that any box of the fleet has.
func newest(fleet []device.FleetBox) (best firmware.Version) {
	for i := range fleet {
		if v, err := firmware.Parse(fleet[i].Box.Software); err == nil && v.Known() && (!best.Known() || less(best, v)) {
			best = v
		}
	}
	return best
}

// place of a tile, in columns and rows.
type place struct{ x, y int }

// tiles stand about where the prefectures are, by their number; each has a place of its own.
var tiles = [Prefectures + 1]place{
	1: {12, 0}, 2: {12, 1}, 3: {12, 2}, 4: {12, 3}, 5: {11, 2}, 6: {11, 3}, 7: {11, 4}, 8: {12, 5}, 9: {11, 5}, 10: {10, 5}, 11: {11, 6}, 12: {12, 7},
	13: {11, 7}, 14: {10, 7}, 15: {10, 4}, 16: {9, 4}, 17: {8, 4}, 18: {8, 5}, 19: {10, 6}, 20: {9, 5}, 21: {8, 6}, 22: {9, 7}, 23: {8, 7}, 24: {7, 8},
	25: {7, 6}, 26: {7, 5}, 27: {6, 6}, 28: {6, 5}, 29: {7, 7}, 30: {6, 7}, 31: {5, 5}, 32: {4, 5}, 33: {5, 6}, 34: {4, 6}, 35: {3, 6}, 36: {5, 8},
	37: {5, 7}, 38: {4, 7}, 39: {4, 8}, 40: {2, 6}, 41: {1, 6}, 42: {0, 6}, 43: {1, 7}, 44: {2, 7}, 45: {2, 8}, 46: {1, 8}, 47: {0, 9},
}

// less says whether one version is surely before another.
func less(a, b firmware.Version) bool {
	c, ok := firmware.Compare(a, b)
	return ok && c < 0
}
