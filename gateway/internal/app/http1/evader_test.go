package http1

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// unpack reads an .xz file of the public data.
func unpack(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		t.Skip("OTASUKE_DATA names no folder of public data")
	}
	out, err := exec.Command("xz", "-dc", filepath.Join(dir, name)).Output()
	if err != nil {
		t.Skipf("%s cannot be unpacked: %v", name, err)
	}
	return out
}

// evaderCases are the captures of HTTP Evader by their names: what a server can send
// that browsers take and sensors miss.
func evaderCases(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(unpack(t, "captures/suricata-verify-data.tar.xz"))); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if name := filepath.ToSlash(h.Name); strings.Contains(name, "/http-evader/") && strings.HasSuffix(name, ".pcap") {
			if out[filepath.Base(filepath.Dir(name))], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(out) < 500 {
		t.Fatalf("only %d cases", len(out))
	}
	return out
}

// replay pushes the payloads of a capture of one conversation.
func replay(t *testing.T, capture []byte, c *Conn) {
	t.Helper()
	r, err := pcapgo.NewReader(bufio.NewReader(bytes.NewReader(capture)))
	if err != nil {
		t.Fatal(err)
	}
	var next [2]uint32
	var client layers.TCPPort
	for {
		b, _, err := r.ReadPacketData()
		if err != nil {
			break
		}
		p, _ := gopacket.NewPacket(b, r.LinkType(), gopacket.Default).Layer(layers.LayerTypeTCP).(*layers.TCP)
		if p == nil {
			continue
		}
		if p.SYN && !p.ACK {
			client = p.SrcPort
		}
		dir := app.ToServer
		if p.SrcPort != client {
			dir = app.ToClient
		}
		if p.SYN {
			next[dir] = p.Seq + 1
		} else if p.Seq == next[dir] && len(p.Payload) > 0 {
			c.Push(dir, p.Payload)
			next[dir] += uint32(len(p.Payload))
		}
	}
	c.Close(app.ToServer)
	c.Close(app.ToClient)
}

// lzma is the one case whose coding is off by default and not read here.
const lzma = "http-evader-116-lzma"

func TestEvader(t *testing.T) {
	t.Parallel()
	for name, capture := range evaderCases(t) {
		d := newDiary(t)
		replay(t, capture, New(d, Config{Layers: 3}))
		all := strings.Join(d.lines, "\n")
		if n := strings.Count(all, "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"); n != 1 && name != lzma || !strings.Contains(all, `file "`) {
			t.Errorf("%s: %d times %.300s", name, n, all)
		}
	}
}

// TestEvaderEvents: the events are those that Suricata raises.
func TestEvaderEvents(t *testing.T) {
	t.Parallel()
	cases := evaderCases(t)
	names := eventNames(t)
	got, want := map[string]bool{}, map[string]bool{}
	for name, capture := range cases {
		d := newDiary(t)
		replay(t, capture, New(d, Config{}))
		for _, line := range d.news {
			if event := line[strings.LastIndexByte(line, ' ')+1:]; slices.Contains(slices.Collect(maps.Values(names)), event) {
				got[name+" "+event] = true
			}
		}
	}
	for dec := json.NewDecoder(bytes.NewReader(unpack(t, "oracle/suricata-8.0.6-et-open-2025-07.jsonl.xz"))); ; {
		var row struct {
			Capture string
			Alerts  []struct{ SID int }
		}
		if err := dec.Decode(&row); err != nil {
			break
		}
		for _, a := range row.Alerts {
			if event := names[fmt.Sprint(a.SID)]; event != "" && strings.Contains(row.Capture, "/http-evader/") {
				want[filepath.Base(filepath.Dir(row.Capture))+" "+event] = true
			}
		}
	}
	for k := range want {
		if !got[k] {
			t.Errorf("missed: %s", k)
		}
	}
	for k := range got {
		if !want[k] {
			t.Errorf("too much: %s", k)
		}
	}
	if len(want) < 150 {
		t.Errorf("only %d events to compare", len(want))
	}
}

// eventNames are the events of the rules that are on, by signature.
func eventNames(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(os.Getenv("OTASUKE_DATA"), "rules/suricata-8.0.6-events/http-events.rules"))
	if err != nil {
		t.Skip(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^alert.*app-layer-event:([^;]*);.*sid:(\d+);`).FindAllStringSubmatch(string(b), -1) {
		out[m[2]] = m[1]
	}
	return out
}
