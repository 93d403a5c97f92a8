package verify

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway"
)

// Where labels are translated, and the document that is made of what was found.
const (
	labelsFile           = "testdata/applications.txt"
	applicationsDocument = "../../docs/applications.md"
)

// The least shares that are accepted: of conversations with a label that we know, those
// that get its name; of the names that we gave to them, those that are right.
const (
	leastFound, leastRight = 0.70, 0.97
)

// ends are those of a conversation, whoever opened it.
type ends struct {
	proto string
	a, b  netip.AddrPort
}

func endsOf(proto string, a, b netip.AddrPort) ends {
	a, b = netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), netip.AddrPortFrom(b.Addr().Unmap(), b.Port())
	if b.Addr().Less(a.Addr()) || a.Addr() == b.Addr() && b.Port() < a.Port() {
		a, b = b, a
	}
	return ends{proto, a, b}
}

// score is how conversations with one label fared.
type score struct {
	label             string
	names             []string
	all, found, wrong int
	others            map[string]int // names that we gave instead
}

// Names of applications agree with the labels of nDPI's captures, and the document says how far.
func TestApplications(t *testing.T) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	dir, out := t.TempDir(), t.TempDir()
	if text, err := exec.Command("tar", "-xJf", filepath.Join(data, "captures/ndpi-default-pcap-and-result.tar.xz"), "-C", dir).CombinedOutput(); err != nil {
		t.Skipf("the captures cannot be unpacked: %v %s", err, text)
	}
	root := filepath.Join(dir, "ndpi-default-pcap-and-result/tests/cfgs/default")
	if _, err := gateway.Inspect(context.Background(), gateway.InspectConfig{Capture: filepath.Join(root, "pcap"), Each: true, Dir: out, Prevent: true, Warn: io.Discard}); err != nil {
		t.Fatal(err)
	}
	labels := readLabels(t)
	scores, unnamed := map[string]*score{}, map[string]int{}
	results, _ := filepath.Glob(filepath.Join(root, "result/*.out"))
	if len(results) < 300 {
		t.Fatalf("%d results", len(results))
	}
	for _, result := range results {
		name := strings.TrimSuffix(filepath.Base(result), ".out")
		named := applicationsOf(t, filepath.Join(out, name, "eve.json"))
		for e, label := range labelled(t, result) {
			got, seen := named[e]
			if !seen {
				continue // its packets are malformed, or of the other engine alone
			}
			want, known := labels[label]
			if !known {
				if got != "" {
					unnamed[got]++
				}
				continue
			}
			s := scores[label]
			if s == nil {
				s = &score{label: label, names: want, others: map[string]int{}}
				scores[label] = s
			}
			s.all++
			switch {
			case slices.Contains(want, got):
				s.found++
			case got != "":
				s.wrong++
				s.others[got]++
			}
		}
	}
	for label := range labels {
		if scores[label] == nil {
			t.Logf("%s: no capture has this label", label)
		}
	}
	judged(t, scores, unnamed)
}

// readLabels reads "label = names".
func readLabels(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(labelsFile)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if label, names, ok := strings.Cut(strings.TrimSpace(line), " = "); ok && line[0] != '#' {
			labels[label] = strings.Fields(names)
		}
	}
	return labels
}

// flowLine is a conversation in nDPI's report; the last part of the label is the application.
var flowLine = regexp.MustCompile(`^\t\d+\t(TCP|UDP) (\S+) <?->\s*(\S+) \[proto: [^/\]]+/([^\]]+)\]`)

// labelled reads the conversations of a report. Questions for a name (DNS and the like) have
// its application's label there; they are none of its conversations.
func labelled(t *testing.T, name string) map[ends]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flows := map[ends]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := flowLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		a, err := netip.ParseAddrPort(m[2])
		b, err2 := netip.ParseAddrPort(m[3])
		first, last := m[4], m[4][strings.LastIndexByte(m[4], '.')+1:]
		question := strings.HasPrefix(first, "DNS.") || strings.HasPrefix(first, "MDNS.") || strings.HasPrefix(first, "DHCP.")
		if err != nil || err2 != nil || question {
			continue
		}
		flows[endsOf(m[1], a, b)] = last
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return flows
}

// applicationsOf reads what we have named; a conversation in several pieces has the name of any.
func applicationsOf(t *testing.T, name string) map[ends]string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		return nil // the capture cannot be read
	}
	named := map[ends]string{}
	for line := range bytes.Lines(text) {
		var r struct {
			EventType string     `json:"event_type"`
			Proto     string     `json:"proto"`
			SrcIP     netip.Addr `json:"src_ip"`
			SrcPort   uint16     `json:"src_port"`
			DestIP    netip.Addr `json:"dest_ip"`
			DestPort  uint16     `json:"dest_port"`
			Otasuke   struct {
				Application string `json:"application"`
			} `json:"otasuke"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.EventType != "flow" {
			continue
		}
		e := endsOf(r.Proto, netip.AddrPortFrom(r.SrcIP, r.SrcPort), netip.AddrPortFrom(r.DestIP, r.DestPort))
		named[e] = cmp.Or(named[e], r.Otasuke.Application)
	}
	return named
}

// judged holds the shares to their bounds, and the document to what was seen.
func judged(t *testing.T, scores map[string]*score, unnamed map[string]int) {
	var all, found, wrong int
	for _, s := range scores {
		all, found, wrong = all+s.all, found+s.found, wrong+s.wrong
	}
	recall, precision := float64(found)/float64(all), float64(found)/float64(found+wrong)
	t.Logf("%d conversations, %d named right (%.3f), %d wrong (precision %.3f)", all, found, recall, wrong, precision)
	if recall < leastFound || precision < leastRight {
		t.Errorf("found %.3f, right %.3f; want %.2f and %.2f", recall, precision, leastFound, leastRight)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Applications

Made by the test of e2e/verify from the labelled captures of nDPI (public, not part of this
repository) as the box would judge them; UPDATE_DOCS=1 makes it again. The compilation in
content/apps is our own, of names and addresses that the makers publish.

The figures are not those of an unseen test. The compilation was written first, tried on these
captures, and then changed after what they showed: a dozen names and ports were added, two ports
that told wrongly were taken out, and four fingerprints were measured on them (commit "content/apps:
resolvers' names, four fingerprints, local ports of synchronisation"). The table below is from the
same captures after that. It says how far the compilation covers them, and is better than what an
office will see.

| | |
|---|---|
| conversations with the label of an application that we name | %d |
| **named right** | **%d (%.3f)** |
| named otherwise | %d |
| without a name | %d |
| **of the names given, right** | **%.3f** |
| conversations with another label (protocols, unknown) that we name, not judged | %d |

What has no name is mostly calls between two ends, games at bare addresses and protocols of
their own: nothing in them says whose they are. A name that differs often names the protocol
or the network that carries it.

| label | called here | conversations | right | otherwise | as |
|---|---|---|---|---|---|
`, all, found, recall, wrong, all-found-wrong, precision, sum(unnamed))
	for _, label := range slices.SortedFunc(maps.Keys(scores), func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
		s := scores[label]
		var as []string
		for _, name := range slices.Sorted(maps.Keys(s.others)) {
			as = append(as, fmt.Sprintf("%s %d", name, s.others[name]))
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %s |\n", label, strings.Join(s.names, ", "), s.all, s.found, s.wrong, strings.Join(as, ", "))
	}
	have, err := os.ReadFile(applicationsDocument)
	if err == nil && string(have) == b.String() {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Errorf("%s is not fresh: UPDATE_DOCS=1 go test ./e2e/verify -run Applications", applicationsDocument)
		return
	}
	if err := os.WriteFile(applicationsDocument, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
