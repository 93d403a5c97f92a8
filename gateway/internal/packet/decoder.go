package packet

// maxLayers bounds the headers that are followed in one frame, tunnels included:
// real frames have at most ten, and each costs time.
const maxLayers = 16

// largestFrame is the largest IPv6 packet that says its length, behind the longest
// link layer that is common: what is larger is a bundle of segments.
const largestFrame = 40 + 65535 + 29

// A Decoder decodes captured frames. One worker owns one; it is not safe for
// concurrent use.
type Decoder struct {
	// Inline tells that the frames are still on their way, so that what is judged
	// here can be kept from the receiver: fragments that contradict each other are
	// refused, and a length of 0, which the kernel's segmentation bundles have, is taken
	// from the frame. Else the frames are of a capture, and what receivers most likely
	// made of them is followed; a length of 0 is one then, but in frames that are larger
	// than any that has another one.
	Inline bool
	// Fragments puts datagrams together. Its counters may be read.
	Fragments Datagrams

	now int64
	// bundle tells that a length of 0 means all that there is; large that the frame is
	// for certain one that the sender's network card would have cut and summed.
	bundle, large bool
	n             int
	pkts          [maxLayers + 1]Packet
}

// Frame decodes one frame of a link type. now is in microseconds. It returns the
// packets in it from the outermost to the innermost: first the frame's own, which
// exists even when nothing in it could be decoded, then one for each tunnel, and at
// the place where a fragment completed a datagram the whole of it. There is at
// least one. The slice and all in it is good until the next call and as long as b.
func (d *Decoder) Frame(link uint32, b []byte, now int64) []Packet {
	d.now, d.n = now, 0
	d.large = len(b) > largestFrame
	d.bundle = d.Inline || d.large
	d.Fragments.Lenient = !d.Inline
	d.link(d.next(b), link, b)
	return d.pkts[:d.n]
}

// next takes a packet into use. Each packet within another one has a layer more
// than that one, so that there are never more of them than layers.
func (d *Decoder) next(b []byte) *Packet {
	p := &d.pkts[d.n]
	d.n++
	*p = Packet{Frame: b, Events: p.Events[:0], unsummed: d.large}
	return p
}

// layer counts one more header; false when there are too many.
func (p *Packet) layer() bool {
	p.layers++
	if p.layers >= maxLayers {
		p.invalid("too_many_layers")
		return false
	}
	return true
}

// tunnel decodes b, which p carries, with decode as a packet of its own. It tells
// whether b is what it is said to be; if not, nothing remains of it. strict also
// refuses packets that are invalid: for tunnels that are only guessed.
func (d *Decoder) tunnel(p *Packet, b []byte, strict bool, decode func(*Decoder, *Packet, []byte) bool) bool {
	if p.layers+1 >= maxLayers {
		p.invalid("too_many_layers")
		return false
	}
	at := d.n
	t := d.next(b)
	t.Level, t.layers = p.Level+1, p.layers+1
	if !decode(d, t, b) || strict && t.Invalid {
		d.n = at
		if t.Has("too_many_layers") { // a way to hide, not a mistake
			p.invalid("too_many_layers")
		}
		return false
	}
	return true
}

// reassembled decodes a datagram that p, a fragment, completed.
func (d *Decoder) reassembled(p *Packet, b []byte) {
	if p.layers+1 >= maxLayers {
		p.invalid("too_many_layers")
		return
	}
	at := d.n
	t := d.next(b)
	t.Level, t.layers, t.Reassembled = p.Level, p.layers+1, true
	t.VLANs, t.VLANLayers, t.MPLS = p.VLANs, p.VLANLayers, p.MPLS
	t.SrcMAC, t.DstMAC, t.HasMAC, t.EtherType = p.SrcMAC, p.DstMAC, p.HasMAC, p.EtherType
	ok := false
	if p.Version == 4 {
		ok = d.ipv4(t, b)
	} else {
		ok = d.ipv6(t, b)
	}
	if !ok {
		d.n = at
	}
}
