package traffic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// ErrRow tells that bytes are no rows.
var ErrRow = errors.New("traffic: damaged row")

// Verdict is what became of a conversation.
type Verdict uint8

// Verdicts.
const (
	Passed Verdict = iota
	// Told: somebody was told of something in it, and it passed.
	Told
	// Blocked: it did not reach its goal.
	Blocked
	verdicts
)

// String is the verdict in queries and on disk.
func (v Verdict) String() string { return verdictNames[min(v, Blocked)] }

var verdictNames = [verdicts]string{"passed", "told", "blocked"}

// VerdictOf is the one of a name, Passed for a name of none.
func VerdictOf(name string) Verdict { return Verdict(max(slices.Index(verdictNames[:], name), 0)) }

// Flow is one row: a conversation, or the part of it since the row before with the same ID.
type Flow struct {
	// ID is the same for all parts of a conversation; 0 where this is the whole.
	ID uint64
	// Start and End are the first and the last packet, microseconds since 1970.
	Start, End int64
	// MAC and Device are the inside end, the one that opened it where both are inside.
	MAC        [6]byte
	Device     netip.Addr
	DevicePort uint16
	// Peer is the other end.
	Peer     netip.Addr
	PeerPort uint16
	Proto    uint8 // of IP
	// Inbound tells that the peer opened it, Inside that it is of this network, too.
	Inbound, Inside bool
	// Silent tells that whoever was called never answered.
	Silent bool
	// More tells that it went on when the row was written.
	More bool
	// Name is what was asked for: a host or a domain, at most MaxName bytes.
	Name string
	// App and Category are ids of content/apps or the company's own.
	App, Category string
	// Country of the peer, ISO 3166-1 alpha-2, or "".
	Country string
	Verdict Verdict
	// Why names what was found: "site:LIST", "rule:SID", "virus:NAME", "application".
	Why string
	// Up and Down are bytes that the device sent and received.
	Up, Down uint64
	// Packets both ways.
	Packets uint64
}

const (
	// MaxName is the longest name of DNS in text (RFC 1035 section 3.1).
	MaxName = 253
	// maxWord bounds the other texts.
	maxWord = 128
	// maxRow is the longest row.
	maxRow = 4*maxWord + MaxName + 200
)

const (
	bitInbound = 1 << iota
	bitInside
	bitSilent
	bitMore
)

// Append writes a row.
func (f *Flow) Append(b []byte) []byte {
	at := len(b)
	b = append(b, 0, 0) // its length
	b = binary.AppendUvarint(b, f.ID)
	b = binary.AppendUvarint(b, uint64(f.Start))
	b = binary.AppendUvarint(b, uint64(max(f.End-f.Start, 0)))
	b = append(b, f.MAC[:]...)
	b = appendAddr(b, f.Device)
	b = appendAddr(b, f.Peer)
	b = binary.BigEndian.AppendUint16(b, f.DevicePort)
	b = binary.BigEndian.AppendUint16(b, f.PeerPort)
	b = append(b, f.Proto, flag(f.Inbound, bitInbound)|flag(f.Inside, bitInside)|flag(f.Silent, bitSilent)|flag(f.More, bitMore), byte(f.Verdict))
	b = binary.AppendUvarint(b, f.Up)
	b = binary.AppendUvarint(b, f.Down)
	b = binary.AppendUvarint(b, f.Packets)
	for i, s := range [...]string{f.Name, f.App, f.Category, f.Country, f.Why} {
		s = s[:min(len(s), bound(i))]
		b = append(append(b, byte(len(s))), s...)
	}
	binary.BigEndian.PutUint16(b[at:], uint16(len(b)-at-2))
	return b
}

// bound is the longest of the texts, by their order in a row.
func bound(i int) int {
	if i == 0 {
		return MaxName
	}
	return maxWord
}

func flag(on bool, bit byte) byte {
	if on {
		return bit
	}
	return 0
}

func appendAddr(b []byte, a netip.Addr) []byte {
	a = a.Unmap()
	switch {
	case a.Is4():
		v := a.As4()
		return append(append(b, 4), v[:]...)
	case a.Is6():
		v := a.As16()
		return append(append(b, 16), v[:]...)
	}
	return append(b, 0)
}

// Rows calls each with the rows in b. Its argument is good until the next call.
func Rows(b []byte, each func(*Flow)) error {
	var f Flow
	for n := 0; len(b) > 0; n++ {
		if len(b) < 2 || int(binary.BigEndian.Uint16(b)) > len(b)-2 {
			return fmt.Errorf("%w: number %d is cut", ErrRow, n)
		}
		size := int(binary.BigEndian.Uint16(b))
		r := reader{b: b[2 : 2+size]}
		f = Flow{}
		if r.flow(&f); r.bad || len(r.b) > 0 {
			return fmt.Errorf("%w: number %d", ErrRow, n)
		}
		each(&f)
		b = b[2+size:]
	}
	return nil
}

// reader takes fields off a row.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.b, r.bad = nil, true
		return make([]byte, n)
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) addr() netip.Addr {
	n := int(r.take(1)[0])
	if n != 0 && n != 4 && n != 16 {
		r.bad = true
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(r.take(n))
	return a
}

func (r *reader) text(most int) string {
	n := int(r.take(1)[0])
	r.bad = r.bad || n > most
	return string(r.take(n))
}

func (r *reader) flow(f *Flow) {
	f.ID = r.uint()
	start, long := r.uint(), r.uint()
	if start > maxTime || long > maxTime {
		r.bad = true
		return
	}
	f.Start, f.End = int64(start), int64(start+long)
	copy(f.MAC[:], r.take(6))
	f.Device, f.Peer = r.addr(), r.addr()
	f.DevicePort, f.PeerPort = binary.BigEndian.Uint16(r.take(2)), binary.BigEndian.Uint16(r.take(2))
	h := r.take(3)
	f.Proto, f.Verdict = h[0], Verdict(h[2])
	f.Inbound, f.Inside, f.Silent, f.More = h[1]&bitInbound != 0, h[1]&bitInside != 0, h[1]&bitSilent != 0, h[1]&bitMore != 0
	r.bad = r.bad || f.Verdict >= verdicts
	f.Up, f.Down, f.Packets = r.uint(), r.uint(), r.uint()
	for i, s := range [...]*string{&f.Name, &f.App, &f.Category, &f.Country, &f.Why} {
		*s = r.text(bound(i))
	}
}

// maxTime keeps sums in range whatever a damaged row says: the year 4253.
const maxTime = 1 << 56
