package capture

import (
	"context"
	"time"
)

// Packet is one packet as a source gives it. It is valid during the call only.
type Packet struct {
	Data []byte // starts with the header that Link names
	Link uint32 // packet.LinkRaw from the kernel's queue, a frame's link type from a file
	Len  int    // bytes on the wire, more than len(Data) when a capture cut it; 0 when unknown
	Time int64  // microseconds since 1970
	ID   uint32 // to decide a held packet with
	// InPort is the interface index of the bridge port where it came in, 0 when unknown.
	InPort int
	// OutPort is the one where it will leave.
	OutPort int
	MAC     [6]byte // sender on the wire, zero when unknown
	Tag
	// Unverified tells that nobody checked the checksum yet; without it the
	// packet's checksum is known to be right or not filled in yet.
	Unverified bool
}

// Tag is what stands between the Ethernet header and a packet, and what an answer needs, too.
type Tag struct {
	VLAN    uint16 // number of IEEE 802.1Q, 0 for none
	Session uint16 // of PPPoE (RFC 2516 section 4), 0 for none
}

// Place is where a packet of ours goes.
type Place struct {
	Port int32   // an InPort seen before
	MAC  [6]byte // the receiver's
	Tag
}

// Action is what happens to a packet.
type Action uint8

// Actions.
const (
	Accept Action = iota
	Drop
	Hold // decided later with Decide
)

// Verdict is the answer to a packet.
type Verdict struct {
	Action Action
	// Mark is put on the packet when it is not 0; the kernel copies it to the connection.
	Mark uint32
}

// Handler judges packets. All its methods are called on the source's one goroutine.
type Handler interface {
	Packet(p *Packet) Verdict
	// Tick is called at least every [TickEvery], and soon after Wake; now is in
	// microseconds: the wall clock inline, the capture's time offline.
	Tick(now int64)
	// Rest is called when no packet waits, before the source does.
	Rest()
}

// TickEvery is the longest time between two ticks.
const TickEvery = 100 * time.Millisecond

// Source gives packets to a handler until its context ends or it runs dry.
type Source interface {
	Run(ctx context.Context, h Handler) error
	// Decide ends a hold. Only from within Packet or Tick.
	Decide(id uint32, v Verdict)
	// Wake asks for a Tick; any goroutine may call it.
	Wake()
	// Send puts an IP packet of our own on the wire. Sources that cannot return ErrNoWire.
	Send(to *Place, ip []byte) error
}

// ranks orders actions by which wins.
var ranks = [...]uint8{Accept: 0, Hold: 1, Drop: 2}

// Worse tells which verdict wins for a frame that holds several packets: to drop, then to
// hold, then to let the connection go.
func (v Verdict) Worse(than Verdict) bool {
	return ranks[v.Action] > ranks[than.Action] || v.Mark != 0 && than == (Verdict{Action: Accept})
}
