package talk

import (
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

const (
	// segment is the most payload of one packet, as on Ethernet.
	segment = 1400
	// pace is the time between two packets.
	pace = time.Millisecond
	// clientISN and serverISN are the first sequence numbers.
	clientISN, serverISN = 1000, 5000
)

// begin is the time of the first packet; fixed so that files are repeatable.
var begin = time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)

// WritePcap writes the conversation as a classic capture file of Ethernet
// frames, with handshake, acknowledgements and close for TCP.
func (c *Conversation) WritePcap(w io.Writer) error {
	pw := pcapgo.NewWriter(w)
	if err := pw.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		return err
	}
	out := &writer{w: pw, now: begin}
	for i := range c.Flows {
		out.now = out.now.Add(c.Flows[i].Wait)
		if err := out.flow(&c.Flows[i]); err != nil {
			return err
		}
	}
	return nil
}

type writer struct {
	w   *pcapgo.Writer
	now time.Time
	seq [2]uint32 // next sequence number of server and client
}

func (w *writer) flow(f *Flow) error {
	if f.Proto == "udp" {
		return w.turns(f, func(t *Turn) error { return w.send(f, t.ToServer, w.udp(f, t.ToServer), t.Data) })
	}
	w.seq = [2]uint32{serverISN, clientISN}
	steps := []struct {
		toServer bool
		flags    string
	}{{true, "S"}, {false, "SA"}, {true, "A"}}
	for _, s := range steps {
		if err := w.tcp(f, s.toServer, s.flags, nil); err != nil {
			return err
		}
	}
	if err := w.turns(f, func(t *Turn) error { return w.message(f, t) }); err != nil {
		return err
	}
	for _, s := range []struct {
		toServer bool
		flags    string
	}{{true, "FA"}, {false, "FA"}, {true, "A"}} {
		if err := w.tcp(f, s.toServer, s.flags, nil); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) turns(f *Flow, say func(*Turn) error) error {
	for i := range f.Turns {
		w.now = w.now.Add(f.Turns[i].Wait)
		if err := say(&f.Turns[i]); err != nil {
			return err
		}
	}
	return nil
}

// message sends one turn in segments and lets the other end acknowledge it.
func (w *writer) message(f *Flow, t *Turn) error {
	for data := t.Data; len(data) > 0; {
		n := min(len(data), segment)
		if err := w.tcp(f, t.ToServer, "PA", data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return w.tcp(f, !t.ToServer, "A", nil)
}

func side(toServer bool) int {
	if toServer {
		return 1
	}
	return 0
}

func (w *writer) tcp(f *Flow, toServer bool, flags string, data []byte) error {
	me, other := side(toServer), side(!toServer)
	t := &layers.TCP{
		SrcPort: layers.TCPPort(f.Client.Port()), DstPort: layers.TCPPort(f.Server.Port()),
		Seq: w.seq[me], Window: 64240,
	}
	if !toServer {
		t.SrcPort, t.DstPort = t.DstPort, t.SrcPort
	}
	w.seq[me] += uint32(len(data))
	for _, c := range flags {
		switch c {
		case 'S':
			t.SYN = true
			w.seq[me]++
		case 'F':
			t.FIN = true
			w.seq[me]++
		case 'A':
			t.ACK = true
			t.Ack = w.seq[other]
		case 'P':
			t.PSH = true
		}
	}
	return w.send(f, toServer, t, data)
}

func (w *writer) udp(f *Flow, toServer bool) *layers.UDP {
	u := &layers.UDP{SrcPort: layers.UDPPort(f.Client.Port()), DstPort: layers.UDPPort(f.Server.Port())}
	if !toServer {
		u.SrcPort, u.DstPort = u.DstPort, u.SrcPort
	}
	return u
}

// transport is a layer whose checksum covers the addresses.
type transport interface {
	gopacket.SerializableLayer
	SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
}

func (w *writer) send(f *Flow, toServer bool, t transport, data []byte) error {
	src, dst := f.Client.Addr(), f.Server.Addr()
	if !toServer {
		src, dst = dst, src
	}
	proto := layers.IPProtocolTCP
	if f.Proto == "udp" {
		proto = layers.IPProtocolUDP
	}
	eth := &layers.Ethernet{SrcMAC: mac(src), DstMAC: mac(dst), EthernetType: layers.EthernetTypeIPv4}
	var network interface {
		gopacket.NetworkLayer
		gopacket.SerializableLayer
	}
	if src.Is4() {
		network = &layers.IPv4{Version: 4, TTL: 64, Protocol: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice(), Flags: layers.IPv4DontFragment}
	} else {
		eth.EthernetType = layers.EthernetTypeIPv6
		network = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	}
	if err := t.SetNetworkLayerForChecksum(network); err != nil {
		return err
	}
	buf := gopacket.NewSerializeBuffer()
	opt := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opt, eth, network, t, gopacket.Payload(data)); err != nil {
		return err
	}
	frame := buf.Bytes()
	info := gopacket.CaptureInfo{Timestamp: w.now, CaptureLength: len(frame), Length: len(frame)}
	w.now = w.now.Add(pace)
	return w.w.WritePacket(info, frame)
}

// mac makes a locally administered hardware address out of an address.
func mac(a netip.Addr) net.HardwareAddr {
	b := a.AsSlice()
	return append(net.HardwareAddr{0x02, 0}, b[len(b)-4:]...)
}
