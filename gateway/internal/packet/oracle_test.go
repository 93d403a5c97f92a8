package packet_test

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// agreed is the least of recall and precision against the oracle.
const agreed = 0.995

// row is one event on one pair of ends, in the direction of the packet.
type row struct {
	sid      int
	src, dst netip.Addr
	sp, dp   uint16
}

// public returns the folder of public data, or skips.
func public(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		t.Skip("OTASUKE_DATA names no folder of public captures")
	}
	return dir
}

// unpacked gives the contents of an .xz file to f.
func unpacked(t *testing.T, path string, f func(io.Reader)) {
	t.Helper()
	cmd := exec.Command("xz", "-dc", path)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Skipf("%s cannot be unpacked: %v", path, err)
	}
	f(out)
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Skipf("%s cannot be unpacked: %v", path, err)
	}
}

// decoderSIDs reads which signature stands for which event or checksum keyword.
func decoderSIDs(t *testing.T, dir string) map[string]int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "rules/suricata-8.0.6-events/decoder-events.rules"))
	if err != nil {
		t.Skipf("no decoder rules: %v", err)
	}
	out := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^alert .*(?:decode-event:([^;]*)|; (\w+-csum):invalid).*sid:(\d+)`).FindAllStringSubmatch(string(b), -1) {
		sid, _ := strconv.Atoi(m[3])
		out[m[1]+m[2]] = sid
	}
	return out
}

// expected reads the oracle's rows of these signatures by capture.
func expected(t *testing.T, dir string, sids map[string]int) map[string]map[row]bool {
	t.Helper()
	want := map[int]bool{}
	for _, sid := range sids {
		want[sid] = true
	}
	out := map[string]map[row]bool{}
	unpacked(t, filepath.Join(dir, "oracle/suricata-8.0.6-et-open-2025-07.jsonl.xz"), func(r io.Reader) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var line struct {
				Capture string
				Alerts  []struct {
					SID      int
					Src, Dst string
					SP, DP   uint16
				}
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			set := map[row]bool{}
			for _, a := range line.Alerts {
				if want[a.SID] {
					src, _ := netip.ParseAddr(a.Src)
					dst, _ := netip.ParseAddr(a.Dst)
					set[row{a.SID, src, dst, a.SP, a.DP}] = true
				}
			}
			out[line.Capture] = set
		}
	})
	return out
}

// ends is what a conversation is between, in one order.
type ends struct {
	proto string
	a, b  netip.AddrPort
}

func endsOf(proto string, a, b netip.AddrPort) ends {
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return ends{proto, a, b}
}

// expectedFlows reads between whom the oracle sees conversations of TCP and UDP.
func expectedFlows(t *testing.T, dir string) map[string]map[ends]bool {
	t.Helper()
	out := map[string]map[ends]bool{}
	unpacked(t, filepath.Join(dir, "oracle/suricata-8.0.6-flows-app-protocol.jsonl.xz"), func(r io.Reader) {
		for dec := json.NewDecoder(r); ; {
			var line struct {
				Capture string
				Flows   [][]any
			}
			if err := dec.Decode(&line); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
			set := map[ends]bool{}
			for _, f := range line.Flows {
				if proto := f[0].(string); proto == "TCP" || proto == "UDP" {
					set[endsOf(proto, end(f[1], f[2]), end(f[3], f[4]))] = true
				}
			}
			out[line.Capture] = set
		}
	})
	return out
}

func end(addr, port any) netip.AddrPort {
	a, _ := netip.ParseAddr(addr.(string))
	return netip.AddrPortFrom(a, uint16(port.(float64)))
}

// watcher collects what the decoder finds in a capture.
type watcher struct {
	d    packet.Decoder
	sids map[string]int
	rows map[row]bool
	ends map[ends]bool
}

func (w *watcher) Tick(int64) {}
func (w *watcher) Rest()      {}

func (w *watcher) Packet(c *capture.Packet) capture.Verdict {
	pkts := w.d.Frame(c.Link, c.Data, c.Time)
	for i := range pkts {
		p := &pkts[i]
		if proto := map[uint8]string{packet.TCP: "TCP", packet.UDP: "UDP"}[p.Proto]; proto != "" && p.TransportHeader() != nil {
			w.ends[endsOf(proto, netip.AddrPortFrom(p.Src, p.SrcPort), netip.AddrPortFrom(p.Dst, p.DstPort))] = true
		}
		for _, e := range p.Events {
			w.note(e, p)
		}
		if p.IPChecksum() == packet.ChecksumWrong {
			w.note("ipv4-csum", p)
		}
		if p.TransportChecksum() == packet.ChecksumWrong {
			w.note(map[string]string{"4-6": "tcpv4-csum", "4-17": "udpv4-csum", "4-1": "icmpv4-csum", "6-6": "tcpv6-csum", "6-17": "udpv6-csum",
				"6-58": "icmpv6-csum"}[strconv.Itoa(int(p.Version))+"-"+strconv.Itoa(int(p.Proto))], p)
		}
	}
	return capture.Verdict{}
}

func (w *watcher) note(name string, p *packet.Packet) {
	if sid, ok := w.sids[name]; ok {
		w.rows[row{sid, p.Src, p.Dst, p.SrcPort, p.DstPort}] = true
	}
}

// replayed runs one capture.
func replayed(t *testing.T, r io.Reader, sids map[string]int) *watcher {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	w := &watcher{sids: sids, rows: map[row]bool{}, ends: map[ends]bool{}}
	if err := capture.NewFile(path).Run(context.Background(), w); err != nil && !errors.Is(err, capture.ErrLinkType) &&
		!errors.Is(err, capture.ErrCut) && !errors.Is(err, capture.ErrFormat) {
		t.Errorf("%v", err)
	}
	return w
}

// eachCapture gives every public capture that is wanted to f.
func eachCapture(t *testing.T, dir string, wanted func(name string) bool, f func(name string, r io.Reader)) {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(dir, "captures/*.tar.xz"))
	if err != nil || len(archives) == 0 {
		t.Skipf("no captures: %v", err)
	}
	for _, a := range archives {
		top := strings.TrimSuffix(filepath.Base(a), ".tar.xz")
		unpacked(t, a, func(r io.Reader) {
			for in := tar.NewReader(bufio.NewReaderSize(r, 1<<20)); ; {
				h, err := in.Next()
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Clean(h.Name)
				if !wanted(name) {
					name = top + "/" + name
				}
				if h.Typeflag == tar.TypeReg && wanted(name) {
					f(name, in)
				}
			}
		})
	}
}

// tally counts how two sets of rows agree.
type tally struct{ both, missing, extra, files int }

// compared adds a capture and reports what differs in it.
func compared[K comparable](t *testing.T, y *tally, name string, got, want map[K]bool, show func(K) string) {
	t.Helper()
	y.files++
	var report []string
	for r := range got {
		if want[r] {
			y.both++
		} else {
			y.extra++
			report = append(report, "  only here: "+show(r))
		}
	}
	for r := range want {
		if !got[r] {
			y.missing++
			report = append(report, "  missing: "+show(r))
		}
	}
	if len(report) > 0 {
		slices.Sort(report)
		t.Logf("%s\n%s", name, strings.Join(report, "\n"))
	}
}

func (y *tally) judge(t *testing.T) {
	t.Helper()
	recall, precision := float64(y.both)/float64(max(y.both+y.missing, 1)), float64(y.both)/float64(max(y.both+y.extra, 1))
	t.Logf("%d captures: %d rows agree, %d are missing, %d are only here: recall %.4f, precision %.4f", y.files, y.both, y.missing, y.extra, recall, precision)
	if recall < agreed || precision < agreed {
		t.Errorf("recall %.4f, precision %.4f, want %.4f", recall, precision, agreed)
	}
}

// TestOracle compares the decoder's events and checksums with those of an established
// engine over every public capture. What is only here: the one capture of PPP on a
// serial line (link type 50), which the other engine does not read.
func TestOracle(t *testing.T) {
	t.Parallel()
	dir := public(t)
	sids := decoderSIDs(t, dir)
	names := map[int]string{}
	for name, sid := range sids {
		names[sid] = name
	}
	captures := expected(t, dir, sids)
	var y tally
	eachCapture(t, dir, func(name string) bool { return captures[name] != nil }, func(name string, r io.Reader) {
		compared(t, &y, name, replayed(t, r, sids).rows, captures[name], func(r row) string {
			return fmt.Sprint(names[r.sid], " ", r.src, " ", r.sp, " ", r.dst, " ", r.dp)
		})
	})
	y.judge(t)
}

// TestOracleFlows compares between whom conversations are seen, tunnels and
// fragments included.
func TestOracleFlows(t *testing.T) {
	t.Parallel()
	dir := public(t)
	captures := expectedFlows(t, dir)
	var y tally
	eachCapture(t, dir, func(name string) bool { return captures[name] != nil }, func(name string, r io.Reader) {
		compared(t, &y, name, replayed(t, r, nil).ends, captures[name], func(e ends) string { return fmt.Sprint(e.proto, " ", e.a, " ", e.b) })
	})
	y.judge(t)
}
