package wire

import (
	"fmt"
	"net/netip"
	"time"
)

// Inside is what the box knows of one device in the office. All of it was seen in passing;
// nobody was asked.
type Inside struct {
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Random tells that the hardware address was made up by the device, as telephones do.
	Random bool `json:"random,omitempty"`
	// Early tells that it was there when the box was new: nobody needs to hear of it.
	Early bool         `json:"early,omitempty"`
	Addrs []netip.Addr `json:"addrs,omitempty"` // newest first
	Names []SaidName   `json:"names,omitempty"` // best first
	Maker string       `json:"maker,omitempty"` // whom the hardware address was given to
	// Kind and OS are ids of content/devices; Model is text.
	Kind  Guess `json:"kind,omitzero"`
	OS    Guess `json:"os,omitzero"`
	Model Guess `json:"model,omitzero"`
	// Software is what it runs, as far as it told: its own firmware ("firmware"), browsers, its system.
	Software []Software     `json:"software,omitempty"`
	Changes  []DeviceChange `json:"changes,omitempty"`
}

// SaidName is a name that a device goes by, and where it was heard.
type SaidName struct {
	Text string `json:"text"`
	By   string `json:"by"`
}

// Software is a program of a device.
type Software struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Partial tells that the version goes on, but nobody says how: browsers tell their first number only.
	Partial bool      `json:"partial,omitempty"`
	By      string    `json:"by"` // where it was heard
	Last    time.Time `json:"last"`
}

// Guess is what the box thinks, why, and how sure it is in percent.
type Guess struct {
	ID   string `json:"id"`
	By   string `json:"by,omitempty"`
	Sure int    `json:"sure,omitempty"`
}

// What changed about a device.
const (
	ChangeNew      = "new"         // first seen after the box's first days
	ChangeReturned = "returned"    // after having been away for long
	ChangeGone     = "gone"        // it used to be there
	ChangeKind     = "changed"     // the same hardware address, another kind of device
	ChangeDHCP     = "dhcp-server" // gives out addresses, as another one does already
	ChangeRouter   = "router"      // calls itself a router, as another one does already
	ChangeOldOS    = "old-os"      // its operating system gets no more updates
)

// changes are those that are known; a centre takes others for nothing.
var changes = map[string]bool{ChangeNew: true, ChangeReturned: true, ChangeGone: true, ChangeKind: true, ChangeDHCP: true, ChangeRouter: true, ChangeOldOS: true}

// DeviceChange is something that became of a device.
type DeviceChange struct {
	What   string    `json:"what"`
	At     time.Time `json:"at"`
	Detail string    `json:"detail,omitempty"` // of "changed" the kind before, of servers the other's address
}

// Known tells that this side knows what the change means.
func (c *DeviceChange) Known() bool { return changes[c.What] }

func (d *Inside) check() error {
	switch {
	case d.First.IsZero() || d.Last.IsZero() || d.Last.Before(d.First):
		return fmt.Errorf("%w: device of no time", errEvent)
	case len(d.Addrs) > MaxOfDevice || len(d.Names) > MaxOfDevice || len(d.Changes) > MaxOfDevice || len(d.Software) > MaxOfDevice:
		return fmt.Errorf("%w: too much of one device", errEvent)
	}
	texts := []string{d.Maker, d.Model.ID}
	var words []string
	for _, g := range []Guess{d.Kind, d.OS, d.Model} {
		if g.Sure < 0 || g.Sure > 100 {
			return fmt.Errorf("%w: surer than sure", errEvent)
		}
		texts = append(texts, g.By)
	}
	words = append(words, d.Kind.ID, d.OS.ID)
	for _, n := range d.Names {
		texts, words = append(texts, n.Text), append(words, n.By)
	}
	for _, c := range d.Changes {
		texts, words = append(texts, c.Detail), append(words, c.What)
	}
	for _, p := range d.Software {
		if p.Name == "" || p.Version == "" || p.Last.IsZero() {
			return fmt.Errorf("%w: program of no version", errEvent)
		}
		words = append(words, p.Name, p.Version, p.By)
	}
	for _, a := range d.Addrs {
		if !a.IsValid() || a.Zone() != "" {
			return fmt.Errorf("%w: address of a device", errEvent)
		}
	}
	if longer(texts, MaxName) || longer(words, MaxWord) {
		return fmt.Errorf("%w: text is too long", errEvent)
	}
	return nil
}
