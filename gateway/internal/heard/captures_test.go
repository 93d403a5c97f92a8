package heard

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

// archives of public captures.
var archives = []string{"arkime-tests", "zeek-btest-traces", "ndpi-default-pcap-and-result", "tcpdump-tests", "suricata-verify-data"}

// frames of a capture file in one of the two forms, those of Ethernet.
func frames(b []byte) (out [][]byte) {
	type source interface {
		ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	}
	var in source
	if r, err := pcapgo.NewReader(bytes.NewReader(b)); err == nil {
		if r.LinkType() != 1 {
			return nil
		}
		in = r
	} else if r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions); err == nil {
		if r.LinkType() != 1 {
			return nil
		}
		in = r
	} else {
		return nil
	}
	for {
		b, _, err := in.ReadPacketData()
		if err != nil {
			return out
		}
		out = append(out, b)
	}
}

// Real devices are heard as what they are. All other captures, many of them malformed, are
// read as well: whoever listens must not fall over.
func TestCaptures(t *testing.T) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA is not set: no captures of real devices")
	}
	want := map[string][]string{}
	for line := range strings.Lines(expected) {
		name, what, _ := strings.Cut(strings.TrimSpace(line), "\t")
		want[name] = append(want[name], what)
	}
	files, all := 0, 0
	for _, a := range archives {
		dir := t.TempDir()
		if out, err := exec.Command("tar", "-xJf", filepath.Join(data, "captures", a+".tar.xz"), "-C", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			b, err := io.ReadAll(io.LimitReader(f, 8<<20))
			if err != nil {
				return err
			}
			got := told(t, frames(b)...)
			all += len(got)
			files++
			rel, _ := filepath.Rel(dir, path)
			for _, w := range want[rel] {
				if !slices.Contains(got, w) {
					t.Errorf("%s: not heard: %s", rel, w)
				}
			}
			delete(want, rel)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(want) > 0 || all < 1000 {
		t.Errorf("captures are missing: %v; %d notes", want, all)
	}
	t.Logf("%d files, %d notes", files, all)
}

// expected of captures: what people who know the devices would say.
const expected = `ndpi-default-pcap-and-result/tests/cfgs/default/pcap/gnutella.pcap	080027e6e559 clue browser-os 10.0
zeek-btest-traces/testing/btest/Traces/smtp.pcap	00023fec6111 clue browser-os 5.1
ndpi-default-pcap-and-result/tests/cfgs/default/pcap/iphone.pcap	c4618b3582a9 clue dhcp-params 1,121,3,6,15,119,252
ndpi-default-pcap-and-result/tests/cfgs/default/pcap/gnutella.pcap	080027e6e559 clue dhcp-params 1,3,6,15,31,33,43,44,46,47,119,121,249,252
ndpi-default-pcap-and-result/tests/cfgs/default/pcap/android.pcap	4c6af69ff627 clue dhcp-vendor android-dhcp-9
arkime-tests/tests/pcap/wireshark-lldp.pcap	000130f9ada0 clue lldp-role router
tcpdump-tests/tests/lldp_mudurl.pcap	002354c25702 clue lldp-role access-point
ndpi-default-pcap-and-result/tests/cfgs/default/pcap/telegram.pcap	283737006dc8 clue mdns-model iMac11,3
zeek-btest-traces/testing/btest/Traces/raw_packets.pcap	e8de27ffc078 clue ssdp-type InternetGatewayDevice:1
suricata-verify-data/tests/base64-decode-5885/input.pcap	12a9866c77de clue wsd-type Computer
ndpi-default-pcap-and-result/tests/cfgs/default/pcap/iphone.pcap	c4618b3582a9 name dhcp Lucas-iPhone
ndpi-default-pcap-and-result/tests/cfgs/default/pcap/telegram.pcap	8cfe572337e4 name mdns Gabrieles-iPad
suricata-verify-data/tests/llmnr/llmnr-udp/input.pcap	00259034ee54 name llmnr HS2011
ndpi-default-pcap-and-result/tests/cfgs/default/pcap/telegram.pcap	0492265c9735 name netbios DESKTOP-RB5T12G
suricata-verify-data/tests/output-eve-ftp-data/input.pcap	685d438bf9de name dhcp6 jaekuryu-HP
tcpdump-tests/tests/icmpv6.pcap	b09928c8d66c router ra fe80::b299:28ff:fec8:d66c
arkime-tests/tests/pcap/wireshark-dhcp.pcap	000874adf19b server dhcp 192.168.0.1
tcpdump-tests/tests/dhcpv6-rfc6355-duid-uuid.pcap	a021b7e0d871 server dhcp6 fe80::a221:b7ff:fee0:d871`
