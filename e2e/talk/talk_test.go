package talk

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

const sample = `# an attack
tcp 198.51.100.66:40000 > 192.168.1.80:80
> GET / HTTP/1.1\r\n
> Host: \x61\r\n\r\n
< HTTP/1.1 200 OK\r\n
wait 2s
>*3 ab\0
.
> c
dns 192.168.1.12:5353 > 192.0.2.53:53 a.example
`

var addrPorts = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := &Conversation{Flows: []Flow{
		{Proto: "tcp", Client: netip.MustParseAddrPort("198.51.100.66:40000"), Server: netip.MustParseAddrPort("192.168.1.80:80"),
			Turns: []Turn{
				{true, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
				{false, []byte("HTTP/1.1 200 OK\r\n"), 0},
				{true, []byte("ab\x00ab\x00ab\x00"), 2 * time.Second},
				{true, []byte("c"), 0},
			}},
		{Proto: "udp", Client: netip.MustParseAddrPort("192.168.1.12:5353"), Server: netip.MustParseAddrPort("192.0.2.53:53"),
			Turns: []Turn{{true, []byte("\x124\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07example\x00\x00\x01\x00\x01"), 0}}},
	}}
	if d := cmp.Diff(want, got, addrPorts); d != "" {
		t.Error(d)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":            "",
		"says before a flow": "> a",
		"unknown word":       "hello world",
		"bad address":        "tcp 1.2.3:4 > 5.6.7.8:9",
		"mixed families":     "tcp 1.2.3.4:4 > [::1]:9",
		"bad escape":         "tcp 1.2.3.4:4 > 5.6.7.8:9\n> \\q",
		"half a byte":        "tcp 1.2.3.4:4 > 5.6.7.8:9\n> \\x1",
		"too many":           "tcp 1.2.3.4:4 > 5.6.7.8:9\n>*99999999 a",
		"dns without a name": "dns 1.2.3.4:4 > 5.6.7.8:9",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestWritePcap reads the file with another decoder and puts the streams
// together again.
func TestWritePcap(t *testing.T) {
	t.Parallel()
	text := strings.Replace(sample, ">*3 ab\\0", ">*5000 a", 1)
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := c.WritePcap(&file); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	var toServer, udp []byte
	next := uint32(clientISN + 1)
	for {
		data, _, err := r.ReadPacketData()
		if err != nil {
			break
		}
		p := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
		if e := p.ErrorLayer(); e != nil {
			t.Fatal(e.Error())
		}
		if l, ok := p.TransportLayer().(transport); ok {
			l.SetNetworkLayerForChecksum(p.NetworkLayer())
		}
		if e, mismatches := p.VerifyChecksums(); e != nil || len(mismatches) > 0 {
			t.Fatal("wrong checksum", e, mismatches)
		}
		if l, ok := p.Layer(layers.LayerTypeTCP).(*layers.TCP); ok && l.DstPort == 80 && len(l.Payload) > 0 {
			if l.Seq != next {
				t.Fatalf("sequence number %d, want %d", l.Seq, next)
			}
			next += uint32(len(l.Payload))
			toServer = append(toServer, l.Payload...)
		}
		if l, ok := p.Layer(layers.LayerTypeUDP).(*layers.UDP); ok {
			udp = l.Payload
		}
	}
	want := "GET / HTTP/1.1\r\nHost: a\r\n\r\n" + strings.Repeat("a", 5000) + "c"
	if string(toServer) != want {
		t.Errorf("the client's bytes came out as %d bytes, want %d", len(toServer), len(want))
	}
	if !bytes.Contains(udp, []byte("\x07example")) {
		t.Errorf("no query in %q", udp)
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	got := Sections("about\n-- fires --\na\nb\n-- quiet --\n-- not a name\n")
	want := map[string]string{"fires": "a\nb\n", "quiet": "-- not a name\n"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		Parse(text)
	})
}
