package eve

import (
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

// HealthLine makes the line of a health event; it is not EVE but travels the same way.
func HealthLine(h wire.Health) ([]byte, error) {
	e := wire.Event{ID: NewID(h.Time.UnixMicro()), Time: h.Time, Kind: wire.KindHealth, Health: &h}
	return json.Marshal(map[string]any{"event_type": "otasuke-health", "event": e})
}

// ToWire turns a line into the centre's event. A line of Suricata has no id: it
// gets one from its own bytes, so that reading a file twice counts once. home tells
// inside addresses.
func ToWire(line []byte, home func(netip.Addr) bool) (wire.Event, error) {
	var health struct {
		EventType string      `json:"event_type"`
		Event     *wire.Event `json:"event"`
	}
	if err := json.Unmarshal(line, &health); err != nil {
		return wire.Event{}, fmt.Errorf("%w: %v", ErrLine, err)
	}
	if health.EventType == "otasuke-health" && health.Event != nil {
		return *health.Event, nil
	}
	if health.EventType != TypeAlert {
		return wire.Event{}, ErrNotAlert
	}
	var r Record
	if err := json.Unmarshal(line, &r); err != nil {
		return wire.Event{}, fmt.Errorf("%w: %v", ErrLine, err)
	}
	if r.Alert == nil {
		return wire.Event{}, fmt.Errorf("%w: alert without its object", ErrLine)
	}
	return r.wire(line, home)
}

func (r *Record) wire(line []byte, home func(netip.Addr) bool) (wire.Event, error) {
	src, err1 := netip.ParseAddr(r.SrcIP)
	dst, err2 := netip.ParseAddr(r.DestIP)
	if err := errors.Join(err1, err2); err != nil {
		return wire.Event{}, fmt.Errorf("%w: %v", ErrLine, err)
	}
	f := wire.Flow{Proto: r.Proto, Src: src, SrcPort: r.SrcPort, Dst: dst, DstPort: r.DestPort}
	if r.Direction == "to_client" { // the answering side sent the packet
		f.Src, f.Dst, f.SrcPort, f.DstPort = f.Dst, f.Src, f.DstPort, f.SrcPort
	}
	e := wire.Event{
		Time: time.UnixMicro(int64(r.Timestamp)).UTC(), Kind: wire.KindIPS, Verdict: wire.VerdictPassed,
		Direction: Direction(f.Src, f.Dst, home), Flow: f, App: r.AppProto,
	}
	if r.Alert.Action == "blocked" {
		e.Verdict = wire.VerdictBlocked
	}
	e.Device.Addr = f.Src
	if e.Direction == wire.Inbound {
		e.Device.Addr = f.Dst
	}
	if r.HTTP != nil {
		e.URL = withoutQuery(r.HTTP.Hostname + r.HTTP.URL)
	}
	r.own(&e, line)
	e.Rule = r.rule()
	return e, nil
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
	if o.Site != "" {
		e.Site = &wire.Site{Name: cut(o.Site), Layer: o.Layer, Category: o.Category, List: o.List}
	}
	if fi := r.Fileinfo; fi != nil && fi.Virus != "" {
		e.File = &wire.File{Name: cut(fi.Filename), Size: fi.Size, SHA256: fi.SHA256, Virus: fi.Virus}
	}
}

func (r *Record) rule() *wire.Rule {
	a := r.Alert
	w := &wire.Rule{GID: a.GID, SID: a.SignatureID, Rev: a.Rev, Msg: cut(a.Signature), Class: a.Category, Priority: a.Severity}
	if r.Otasuke != nil {
		w.Class = cmp.Or(r.Otasuke.Class, w.Class)
	}
	if v := a.Metadata["otasuke_family"]; len(v) > 0 {
		w.Family = v[0]
	}
	w.Mitre = a.Metadata["mitre_technique_id"]
	return w
}

func cut(s string) string {
	if len(s) > wire.MaxText {
		s = strings.ToValidUTF8(s[:wire.MaxText], "")
	}
	return s
}

// withoutQuery keeps names of parameters and drops their values: they can hold passwords.
func withoutQuery(url string) string {
	path, query, ok := strings.Cut(url, "?")
	if !ok {
		return cut(path)
	}
	parts := strings.Split(query, "&")
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
