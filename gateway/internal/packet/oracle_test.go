package packet_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// agreed is the least of recall and precision against the oracle. What differs is
// explained beside the rows in differs.
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

// watcher collects what the decoder finds in a capture.
type watcher struct {
	d    packet.Decoder
	sids map[string]int
	rows map[row]bool
}

func (w *watcher) Tick(int64) {}

func (w *watcher) Packet(c *capture.Packet) capture.Verdict {
	pkts := w.d.Frame(c.Link, c.Data, c.Time)
	for i := range pkts {
		p := &pkts[i]
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
func replayed(t *testing.T, r io.Reader, sids map[string]int) map[row]bool {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path)
	w := &watcher{sids: sids, rows: map[row]bool{}}
	if err := capture.NewFile(path).Run(context.Background(), w); err != nil && !errors.Is(err, capture.ErrLinkType) &&
		!errors.Is(err, capture.ErrCut) && !errors.Is(err, capture.ErrFormat) {
		t.Errorf("%v", err)
	}
	return w.rows
}

// TestOracle compares the decoder's events with those of an established engine over
// every public capture.
func TestOracle(t *testing.T) {
	t.Parallel()
	dir := public(t)
	sids := decoderSIDs(t, dir)
	names := map[int]string{}
	for name, sid := range sids {
		names[sid] = name
	}
	captures := expected(t, dir, sids)
	archives, err := filepath.Glob(filepath.Join(dir, "captures/*.tar.xz"))
	if err != nil || len(archives) == 0 {
		t.Skipf("no captures: %v", err)
	}
	var both, missing, extra, files int
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
				want, ok := captures[name]
				if !ok {
					name = top + "/" + name
					want, ok = captures[name]
				}
				if !ok || h.Typeflag != tar.TypeReg {
					continue
				}
				files++
				var report bytes.Buffer
				got := replayed(t, in, sids)
				for r := range got {
					if want[r] {
						both++
					} else {
						extra++
						report.WriteString("\n  only here: " + show(r, names))
					}
				}
				for r := range want {
					if !got[r] {
						missing++
						report.WriteString("\n  missing: " + show(r, names))
					}
				}
				if report.Len() > 0 {
					t.Logf("%s%s", name, sorted(report.String()))
				}
			}
		})
	}
	recall, precision := float64(both)/float64(max(both+missing, 1)), float64(both)/float64(max(both+extra, 1))
	t.Logf("%d captures: %d rows agree, %d are missing, %d are only here: recall %.4f, precision %.4f", files, both, missing, extra, recall, precision)
	if recall < agreed || precision < agreed {
		t.Errorf("recall %.4f, precision %.4f, want %.4f", recall, precision, agreed)
	}
}

func show(r row, names map[int]string) string {
	src, dst := "-", "-"
	if r.src.IsValid() {
		src, dst = r.src.String(), r.dst.String()
	}
	return names[r.sid] + " " + src + " " + strconv.Itoa(int(r.sp)) + " " + dst + " " + strconv.Itoa(int(r.dp))
}

func sorted(s string) string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
