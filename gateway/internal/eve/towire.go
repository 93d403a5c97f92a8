package eve

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"otasuke/wire"
)

// Errors of ToWire.
var (
	// ErrNotAlert marks a line that is fine and not for the centre.
	ErrNotAlert = errors.New("eve: not an alert")
	ErrLine     = errors.New("eve: not an EVE line")
)

var base = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an event id: 48 bits of time in milliseconds and 80 random bits, so
// that ids sort by time.
func NewID(micros int64) string {
	var b [16]byte
	_, _ = rand.Read(b[6:])
	binary.BigEndian.PutUint64(b[:8], uint64(micros/1000)<<16|uint64(b[6])<<8|uint64(b[7]))
	return base.EncodeToString(b[:])
}

// typeEvent marks a line that holds an event of the box in the centre's form.
const typeEvent = "otasuke-event"

// maxLine of a sensor: Suricata bounds a record with payload to a few hundred KiB.
const maxLine = 1 << 20

// wrapped is such a line.
type wrapped struct {
	EventType string      `json:"event_type"`
	Event     *wire.Event `json:"event"`
}

// EventLine makes the line of an event that is no record of the engine; it is not
// EVE but travels the same way.
func EventLine(e wire.Event) ([]byte, error) {
	return json.Marshal(wrapped{EventType: typeEvent, Event: &e})
}

// HealthLine makes the line of a health event.
func HealthLine(h wire.Health) ([]byte, error) {
	return EventLine(wire.Event{ID: NewID(h.Time.UnixMicro()), Time: h.Time, Kind: wire.KindHealth, Health: &h})
}

// ToWire turns a line of the engine or of [EventLine] into the centre's event. home
// tells inside addresses.
func ToWire(line []byte, home func(netip.Addr) bool) (wire.Event, error) {
	var w wrapped
	if err := json.Unmarshal(line, &w); err != nil {
		return wire.Event{}, fmt.Errorf("%w: %v", ErrLine, err)
	}
	if w.EventType == typeEvent && w.Event != nil {
		return *w.Event, nil
	}
	return alert(line, home, false)
}

// FromSensor turns a line of a foreign eve.json into an event. Such a line has no
// id: it gets one from its own bytes, so that reading a file twice counts once.
// What it says in our own name is not believed.
func FromSensor(line []byte, home func(netip.Addr) bool) (wire.Event, error) {
	return alert(bytes.TrimRight(line, "\r\n"), home, true)
}

// alert reads an EVE line; types that differ from ours matter only where they are used.
func alert(line []byte, home func(netip.Addr) bool, foreign bool) (wire.Event, error) {
	if len(line) > maxLine {
		return wire.Event{}, fmt.Errorf("%w: %d bytes", ErrLine, len(line))
	}
	var r Record
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(line, &r); err != nil && !errors.As(err, &mismatch) {
		return wire.Event{}, fmt.Errorf("%w: %v", ErrLine, err)
	}
	switch {
	case r.EventType == "":
		return wire.Event{}, fmt.Errorf("%w: no event_type", ErrLine)
	case r.EventType != TypeAlert, r.Otasuke != nil && r.Otasuke.Kind == KindApplication && !foreign:
		return wire.Event{}, ErrNotAlert
	case r.Alert == nil || r.Alert.SignatureID == 0:
		return wire.Event{}, fmt.Errorf("%w: alert without its signature", ErrLine)
	case r.Timestamp <= 0:
		return wire.Event{}, fmt.Errorf("%w: no timestamp", ErrLine)
	}
	if foreign {
		r.Otasuke = nil
	}
	return r.wire(line, home)
}

func (r *Record) wire(line []byte, home func(netip.Addr) bool) (wire.Event, error) {
	if r.SrcIP.IsZero() || r.DestIP.IsZero() {
		return wire.Event{}, fmt.Errorf("%w: no addresses", ErrLine)
	}
	f := wire.Flow{Proto: r.Proto, Src: r.SrcIP.Addr, SrcPort: r.SrcPort, Dst: r.DestIP.Addr, DstPort: r.DestPort}
	if r.answer() {
		f.Src, f.Dst, f.SrcPort, f.DstPort = f.Dst, f.Src, f.DstPort, f.SrcPort
	}
	e := wire.Event{
		Time: time.UnixMicro(int64(r.Timestamp)).UTC(), Kind: wire.KindIPS, Verdict: wire.VerdictPassed,
		Direction: Direction(f.Src, f.Dst, home), Flow: f, App: cut(r.AppProto),
	}
	if r.Alert.Action == "blocked" {
		e.Verdict = wire.VerdictBlocked
	}
	e.Device.Addr = f.Src
	if e.Direction == wire.Inbound {
		e.Device.Addr = f.Dst
	}
	if r.HTTP != nil {
		e.URL = address(r.HTTP.Hostname, r.HTTP.URL)
	}
	r.own(&e, line)
	e.Rule = r.rule()
	return e, nil
}

// answer tells that the packet was sent by the side that answers. Older sensors say
// it only by the flow's own addresses.
func (r *Record) answer() bool {
	if r.Direction == "" && r.Flow != nil && !r.Flow.SrcIP.IsZero() {
		return r.Flow.SrcIP == r.DestIP && r.Flow.SrcPort == r.DestPort
	}
	return r.Direction == "to_client"
}

// own fills in what our engine added, or an id for a foreign line.
func (r *Record) own(e *wire.Event, line []byte) {
	o := r.Otasuke
	if o == nil {
		sum := sha256.Sum256(line)
		e.ID = base.EncodeToString(sum[:16])
		return
	}
	e.ID, e.Kind, e.Device.MAC = o.ID, wire.Kind(o.Kind), o.MAC
	e.Direction = cmp.Or(wire.Direction(o.Direction), e.Direction)
	switch {
	case e.Kind == wire.KindAppeal:
		e.Appeal = &wire.Appeal{What: cut(o.Site), Category: cut(o.Category), List: cut(o.List), Reason: cut(o.Reason)}
	case o.Site != "":
		e.Site = &wire.Site{Name: cut(o.Site), Layer: o.Layer, Category: cut(o.Category), List: cut(o.List)}
	}
	if fi := r.Fileinfo; fi != nil && o.Virus != "" {
		e.File = &wire.File{Name: cut(fi.Filename), Size: fi.Size, SHA256: fi.SHA256, Virus: cut(o.Virus)}
	}
}

func (r *Record) rule() *wire.Rule {
	a := r.Alert
	w := &wire.Rule{GID: a.GID, SID: a.SignatureID, Rev: a.Rev, Msg: cut(a.Signature), Class: cut(a.Category), Priority: a.Severity}
	if r.Otasuke != nil {
		w.Class = cmp.Or(r.Otasuke.Class, w.Class)
	}
	if v := a.Metadata["otasuke_family"]; len(v) > 0 {
		w.Family = cut(v[0])
	}
	for _, id := range a.Metadata["mitre_technique_id"] {
		if len(id) <= wire.MaxWord && len(w.Mitre) < wire.MaxMitre {
			w.Mitre = append(w.Mitre, id)
		}
	}
	return w
}

func cut(s string) string {
	if len(s) > wire.MaxText {
		s = strings.ToValidUTF8(s[:wire.MaxText], "")
	}
	return s
}

// address is host and path. It keeps the names of parameters and drops their values,
// and a name and password before the host: they can hold secrets.
func address(host, target string) string {
	if _, rest, ok := strings.Cut(target, "://"); ok && !strings.HasPrefix(target, "/") { // to a proxy
		authority, path, _ := strings.Cut(rest, "/")
		host, target = authority[strings.LastIndexByte(authority, '@')+1:], "/"+path
	}
	path, query, ok := strings.Cut(host+target, "?")
	if !ok {
		return cut(path)
	}
	parts := strings.FieldsFunc(query, func(c rune) bool { return c == '&' || c == ';' })
	for i, p := range parts {
		parts[i], _, _ = strings.Cut(p, "=")
	}
	return cut(path + "?" + strings.Join(parts, "&"))
}

// Direction of a conversation that src opened.
func Direction(src, dst netip.Addr, home func(netip.Addr) bool) wire.Direction {
	switch in, out := home(src), home(dst); {
	case in && out:
		return wire.Internal
	case in:
		return wire.Outbound
	}
	return wire.Inbound
}

// HomeOf makes the function that tells inside addresses.
func HomeOf(nets []netip.Prefix) func(netip.Addr) bool {
	return func(a netip.Addr) bool {
		a = a.Unmap()
		for _, n := range nets {
			if n.Contains(a) {
				return true
			}
		}
		return false
	}
}
