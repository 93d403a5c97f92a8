package device

import (
	"errors"
	"net"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/wire"
)

// Errors.
var (
	// ErrCodeUnknown: there is no such code.
	ErrCodeUnknown = errors.New("device: claim code is unknown")
	// ErrCodeExpired: the code was right, but its time is over.
	ErrCodeExpired = errors.New("device: claim code has expired")
	// ErrCodeUsed: the code was right, but a box has already used it.
	ErrCodeUsed = errors.New("device: claim code was already used")
	// ErrKeyElsewhere: the box was in use at another company and was not reset.
	ErrKeyElsewhere = errors.New("device: the box's key belongs to another company")
	// ErrTooMany: too many tries from one address; see [TooMany].
	ErrTooMany = errors.New("device: too many tries")
	// ErrReturned: the box was given back, or a newer certificate replaced this one.
	ErrReturned = errors.New("device: box is no longer in use")
	// ErrInvalid: a name is empty, too long or has invisible characters.
	ErrInvalid = errors.New("device: invalid input")
)

// CodeLife is how long a claim code works: it is printed on a card that travels
// with the box.
const CodeLife = 14 * 24 * time.Hour

// retryWindow is how long a box whose answer got lost may repeat its claim with
// the same key and get the same certificate.
const retryWindow = 24 * time.Hour

// Limits.
const (
	maxName     = 100 // runes of a name given by people
	maxSelfText = 100 // runes of what a box says about itself
	// maxEndpoints bounds how many devices of a company are told apart. The
	// largest customers have a thousand; more are made-up addresses.
	maxEndpoints = 5000
	// maxSkew is how far a box's clock may run ahead before it is corrected.
	maxSkew = 5 * time.Minute
	// historyLife is how long changes of a box's health are kept.
	historyLife = 400 * 24 * time.Hour
)

// Box is one gateway of a company.
type Box struct {
	TenantID string
	ID       string
	SiteID   string // "" when none was named
	Name     string // given by people
	Serial   string // of the certificate, hexadecimal
	Model    string
	Software string
	Claimed  time.Time
	LastSeen time.Time // by the centre's clock
	// Protecting is what the box said last; Since is when that began.
	Protecting bool
	Since      time.Time
	Health     wire.Health // the newest
	Returned   time.Time   // zero while it is in use
}

// Label is what to call the box: its name, else its model, else a piece of its id.
func (b *Box) Label() string {
	for _, s := range []string{b.Name, b.Model} {
		if s != "" {
			return s
		}
	}
	return b.ID[:min(len(b.ID), 6)]
}

// Scanner tells whether the box's virus scanner is used, and works; days is the age of its
// signatures where that is old enough to tell, else 0.
func (b *Box) Scanner(now time.Time) (used, works bool, days int) {
	state, known := b.Health.Parts["virus"]
	if age := now.Sub(b.Health.Signatures); !b.Health.Signatures.IsZero() && age > wire.SignaturesOld {
		days = int(age.Hours() / 24)
	}
	return known && state != wire.StateOff, state == wire.StateOK, days
}

// Waits tells that the box is new and its virus scanner waits for its first signatures.
func (b *Box) Waits() bool { return b.Health.Parts["virus"] == wire.StateWaiting }

// Listens tells that the box gets a copy of the traffic and cannot stop any.
func (b *Box) Listens() bool { return b.Health.Mode == wire.ModeTap }

// selfTests are the parts of a box that its owner can do something about, or should know of.
var selfTests = []string{wire.PartTest, wire.PartOffice, wire.PartRouter, wire.PartClock, "journal"}

// Faults lists the parts of a box that watches which are not as they should be, by their names in
// [wire.Health], besides its scanner.
func (b *Box) Faults() (names []string) {
	for _, name := range selfTests {
		if b.Protecting && b.Health.Parts[name] == wire.StateDown {
			names = append(names, name)
		}
	}
	return names
}

// Endpoint is a device inside an office: a computer, printer or camera.
type Endpoint struct {
	TenantID string
	ID       string
	SiteID   string
	MAC      string // "" where the box does not see it
	Addr     string // the newest
	Name     string // the owner's own; "" until one is given
	First    time.Time
	Last     time.Time
}

// Label is what to call the device: its name, else its address, else its
// hardware address.
func (e *Endpoint) Label() string {
	for _, s := range []string{e.Name, e.Addr} {
		if s != "" {
			return s
		}
	}
	return e.MAC
}

// HealthChange is one line of a box's history.
type HealthChange struct {
	At         time.Time
	Protecting bool
	Note       string // as in wire.Health
}

// Gap is a time in which a box passed traffic without inspection.
type Gap struct {
	BoxID  string
	Since  time.Time
	Until  time.Time // zero while it lasts
	Raised bool      // people were told
}

func checkName(name string) error {
	if strings.TrimSpace(name) == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return ErrInvalid
	}
	return nil
}

// selfText cleans what a box says about itself: only printable, and not too long.
func selfText(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > maxSelfText {
		s = string([]rune(s)[:maxSelfText])
	}
	return s
}

// identify gives the key under which a device is known, and its addresses in
// their normal form. ok is false when the box knows neither.
func identify(siteID string, d wire.Device) (key, mac, addr string, ok bool) {
	if hw, err := net.ParseMAC(d.MAC); err == nil && len(hw) == 6 {
		mac = hw.String()
	}
	if d.Addr.IsValid() {
		addr = d.Addr.Unmap().WithZone("").String()
	}
	switch {
	case mac != "":
		return siteID + "|" + mac, mac, addr, true
	case addr != "":
		return siteID + "|" + addr, "", addr, true
	}
	return "", "", "", false
}
