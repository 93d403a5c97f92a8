package bench

import (
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// An independent decoder agrees with the frames, checksums and all.
func TestTCPFrame(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "odd", "even"} {
		client, server := flowEnds(123_456)
		b := tcpFrame([]byte{}, client, server, synFlag|ackFlag, 7, 9, []byte(data))
		p := gopacket.NewPacket(b, layers.LayerTypeEthernet, gopacket.DecodeOptions{})
		if err := p.ErrorLayer(); err != nil {
			t.Fatal(err.Error())
		}
		ip, tcp := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4), p.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		if err, bad := p.VerifyChecksums(); err != nil || len(bad) > 0 {
			t.Errorf("%q: checksums %v, %v", data, err, bad)
		}
		if !ip.SrcIP.Equal(client.Addr().AsSlice()) || !ip.DstIP.Equal(server.Addr().AsSlice()) || uint16(tcp.SrcPort) != client.Port() || uint16(tcp.DstPort) != server.Port() {
			t.Errorf("ends %v:%d → %v:%d", ip.SrcIP, tcp.SrcPort, ip.DstIP, tcp.DstPort)
		}
		if !tcp.SYN || !tcp.ACK || tcp.PSH || tcp.Seq != 7 || tcp.Ack != 9 || string(tcp.Payload) != data {
			t.Errorf("%+v", tcp)
		}
	}
}

func TestFlowEndsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[[2]netip.AddrPort]bool{}
	for n := range manyFlows {
		client, server := flowEnds(n)
		if seen[[2]netip.AddrPort{client, server}] {
			t.Fatalf("conversation %d has the ends of another", n)
		}
		seen[[2]netip.AddrPort{client, server}] = true
	}
}
