package appeal

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/uri"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/rule"
	"otasuke/wire"
)

// Path is what no site has; a ticket and a reason follow.
const Path = "/.otasuke/wrong/"

// SID is the signature number of what is told, beside that of sites.
const SID = 9900002

// Limits.
const (
	// perDevice requests a day: who has more to say should ring.
	perDevice = 5
	// perOffice requests a day, so that no program fills the desk's day.
	perOffice = 50
	// day in microseconds is how long a ticket counts, and the time of both limits: a page
	// may stay open until the next morning.
	day = 24 * 60 * 60 * 1_000_000
	// maxWhat bytes of a name are kept: a host name, or the beginning of a file's name.
	maxWhat = 253
	// maxList bytes of a list's name.
	maxList = 64
	// macSize bytes of a signature: nobody guesses 128 bits over a wire.
	macSize = 16
)

// Reasons, which are the page's buttons.
const (
	Known = "known" // "I know it, and it is fine"
	Work  = "work"  // "I need it for work"
)

// Subject is what was blocked.
type Subject struct {
	What, Category, List string
	Reason               string
}

// Outcome is what became of a request.
type Outcome uint8

// Outcomes.
const (
	None    Outcome = iota // it is no request of ours
	Sent                   // the desk hears of it
	Again                  // it has heard of it today
	TooMany                // the device or the office has asked too often today
	Old                    // the page is too old, or another device's
)

// Desk signs tickets and takes requests. Make it with [New]; a nil Desk does neither.
type Desk struct {
	key [sha256.Size]byte

	mu    sync.Mutex
	since int64  // when the day began
	sent  []sent // in this day, at most perOffice
}

type sent struct {
	device filter.Device
	what   string
}

// New makes a desk with a key of its own: after a restart a page must be opened again.
func New() *Desk {
	d := new(Desk)
	_, _ = rand.Read(d.key[:])
	return d
}

// Ticket is the path, without the reason, to which the page for a device posts; now is in
// microseconds.
func (d *Desk) Ticket(who filter.Device, s Subject, now int64) string {
	if d == nil {
		return ""
	}
	body := binary.BigEndian.AppendUint64(nil, uint64(now))
	body = append(body, strings.Join([]string{cut(s.What, maxWhat), cut(s.Category, wire.MaxWord), cut(s.List, maxList)}, "\x00")...)
	return Path + base64.RawURLEncoding.EncodeToString(append(d.sign(who, body), body...)) + "/"
}

func (d *Desk) sign(who filter.Device, body []byte) []byte {
	m := hmac.New(sha256.New, d.key[:])
	a := who.Addr.As16()
	_, _ = m.Write(a[:])
	_, _ = m.Write(who.MAC[:])
	_, _ = m.Write(body)
	return m.Sum(nil)[:macSize]
}

// Take looks whether a request is one of ours, and counts it; who finds its device.
func (d *Desk) Take(side *app.Side, who func() filter.Device, now int64) (s Subject, out Outcome) {
	if d == nil {
		return s, None
	}
	rest := asked(side)
	if rest == nil {
		return s, None
	}
	device := who()
	s, ok := d.read(device, string(rest), now)
	if !ok {
		return s, Old
	}
	return s, d.count(device, s.What, now)
}

// asked is what follows our path in a request that was just read; nil for other requests.
func asked(side *app.Side) []byte {
	for i := range side.Values {
		v := &side.Values[i]
		if v.Buffer != rule.HTTPURIRaw || !v.Fresh || !bytes.Contains(v.Data, []byte(Path)) || string(side.Get(rule.HTTPMethod)) != "POST" {
			continue
		}
		if rest, ok := bytes.CutPrefix(uri.Split(v.Data).Path, []byte(Path)); ok {
			return rest
		}
	}
	return nil
}

// read checks a ticket and its reason.
func (d *Desk) read(who filter.Device, rest string, now int64) (s Subject, ok bool) {
	ticket, reason, _ := strings.Cut(rest, "/")
	b, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil || len(b) < macSize+8 || !hmac.Equal(b[:macSize], d.sign(who, b[macSize:])) {
		return s, false
	}
	if at := int64(binary.BigEndian.Uint64(b[macSize:])); now-at >= day || reason != Known && reason != Work {
		return s, false
	}
	f := strings.Split(string(b[macSize+8:]), "\x00")
	return Subject{f[0], f[1], f[2], reason}, true
}

func (d *Desk) count(who filter.Device, what string, now int64) Outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	if past := now - d.since; past >= day || past < 0 { // or the clock was put back
		d.since, d.sent = now, nil
	}
	n := 0
	for i := range d.sent {
		if d.sent[i].device != who {
			continue
		}
		if n++; d.sent[i].what == what {
			return Again
		}
	}
	if n >= perDevice || len(d.sent) >= perOffice {
		return TooMany
	}
	d.sent = append(d.sent, sent{who, what})
	return Sent
}

// Tell writes a request into a record.
func (s *Subject) Tell(rec *eve.Record, own *eve.Own) {
	rec.Alert = &eve.Alert{Action: "allowed", GID: 1, SignatureID: SID, Rev: 1, Signature: "OTASUKE request: this is wrong (" + s.Reason + ")", Category: "Request", Severity: 3}
	own.Site, own.Category, own.List, own.Reason = s.What, s.Category, s.List, s.Reason
}

// cut shortens a text, without what would end a field of the ticket.
func cut(s string, limit int) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "")
}
