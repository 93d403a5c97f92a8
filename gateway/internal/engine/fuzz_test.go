package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"otasuke/content/rules"
	"otasuke/e2e/talk"
	"otasuke/gateway/internal/appid"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
	"otasuke/rule/parse"
)

// Limits of the fuzz target.
const (
	// fuzzFlows held by its engines: few, so that conversations leave the table early.
	fuzzFlows = 6
	// fuzzFrames of one input: what is behind them would only make it slow.
	fuzzFrames = 400
	// fuzzFixed bytes may an engine ask for whatever it is given (tables, buffers of its
	// pools, one response uncompressed), fuzzPerByte more for each byte of its packets: a
	// byte can end a transaction, which is matched and written down, and 1,000 bytes of
	// gzip are 1 MB, of which readers take up to 100 KiB in growing buffers.
	fuzzFixed, fuzzPerByte = 64 << 20, 8 << 10
	// fuzzSeedBytes is the largest capture that becomes a seed, fuzzSeeds how many.
	fuzzSeedBytes, fuzzSeeds = 12 << 10, 500
	// fuzzEach so many rules of a public set one is loaded.
	fuzzEach = 40
)

// fuzzLinks are the kinds of frames that an input can choose.
var fuzzLinks = [...]uint32{packet.LinkRaw, packet.LinkEthernet, packet.LinkNull, packet.LinkPPP, packet.LinkLinuxSLL, packet.LinkCiscoHDLC, packet.LinkRawBSD, packet.LinkLinuxSLL2}

// fuzzHead tells in an input's first byte which link it is of, and in its highest bit that
// there is a scanner.
const fuzzScanner = 0x80

// fuzzFrame is one frame of an input: its length in two bytes, then the exponent of the
// microseconds that have passed, then the frame.
func fuzzFrame(in []byte, frame []byte, passed int64) []byte {
	in = binary.BigEndian.AppendUint16(in, uint16(min(len(frame), 65535)))
	exponent := byte(0)
	for passed>>exponent > 1 {
		exponent++
	}
	return append(append(in, exponent), frame[:min(len(frame), 65535)]...)
}

// fuzzPackets reads an input.
func fuzzPackets(in []byte) (out []capture.Packet) {
	if len(in) == 0 {
		return nil
	}
	link := fuzzLinks[int(in[0]&^fuzzScanner)%len(fuzzLinks)]
	now := int64(1_800_000_000_000_000)
	for in = in[1:]; len(in) > 3 && len(out) < fuzzFrames; {
		n := min(int(binary.BigEndian.Uint16(in)), len(in)-3)
		now += 1 << (in[2] % 32)
		out = append(out, capture.Packet{Link: link, Data: in[3 : 3+n : 3+n], Len: n, Time: now, ID: uint32(len(out) + 1), InPort: 1})
		in = in[3+n:]
	}
	return out
}

// everyKind are rules of every kind that there is: each buffer with each way to look at
// it, the starter rules, and of the public ones some. They are compiled once.
var everyKind = sync.OnceValues(func() (*match.Set, error) {
	var text strings.Builder
	sid := 0
	add := func(proto, options string) {
		sid++
		fmt.Fprintf(&text, "%s %s any any -> any any (msg:\"fuzz %d\"; %s sid:%d;)\n", [...]string{"alert", "drop", "alert", "reject"}[sid%4], proto, sid, options, sid)
	}
	for b := rule.Buffer(0); int(b) < rule.NumBuffers; b++ {
		for _, name := range b.Names() {
			proto := "ip"
			if p := b.App(); p != 0 {
				proto = p.String()
			}
			for _, o := range []string{
				`content:"ab"; nocase;`, `content:"a"; content:"b"; distance:0; within:20;`, `pcre:"/a.{0,8}b[0-9]*$/i";`, `pcre:"/(?=a)(a+)+b\1/";`, `bsize:>90;`,
				`content:!"zz"; isdataat:40,relative;`, `content:"/"; byte_test:2,>,500,0,relative;`, `content:"|00|"; byte_jump:1,0,relative; content:"|01|"; distance:0;`,
				`byte_extract:1,0,n; content:"a"; offset:n;`, `content:"e"; endswith;`, `entropy:value >= 7;`,
			} {
				add(proto, name+"; "+o)
			}
			add(proto, name+":>3;")
			add(proto, name+":1;")
		}
	}
	for _, o := range []string{
		`flow:established,to_server; content:"a"; flowbits:set,x; flowbits:noalert;`, `flow:to_client; flowbits:isset,x; content:"e"; xbits:set,y,track ip_pair,expire 60;`,
		`content:"e"; threshold:type both, track by_src, count 3, seconds 60;`, `content:"e"; detection_filter:track by_dst, count 2, seconds 10;`,
		`dsize:>100;`, `flags:S,12; threshold:type limit, track by_src, count 1, seconds 10;`, `ttl:<5;`, `ip_proto:6;`, `fragbits:M;`, `flow:stateless; content:"GET"; offset:0; depth:3; tag:session,5,packets;`,
		`flow.age:>3;`, `flow.pkts_toserver:>4;`, `stream_size:both,>,50;`, `content:"%"; pcre:"/(?:%[0-9a-f]{2}){3,}/Ri";`, `base64_decode:bytes 40, offset 0; base64_data; content:"e";`,
		`app-layer-event:applayer_mismatch_protocol_both_directions;`, `app-layer-protocol:failed;`, `filesize:>10;`, `file.data; content:"PK"; startswith;`, `filemd5:!"x";`, `fileext:"exe";`,
	} {
		for _, proto := range []string{"ip", "tcp", "udp", "tcp-pkt", "tcp-stream", "http", "icmp", "smb", "ftp"} {
			add(proto, o)
		}
	}
	all, _ := parse.Rules("fuzz.rules", []byte(text.String()), parse.Options{Vars: parse.DefaultVars()}) // not every keyword goes with every buffer
	all = append(all, publicRules()...)
	starter, refused := rules.All(nil)
	if len(refused) > 0 {
		return nil, fmt.Errorf("starter rules refused: %v", refused)
	}
	set, _, err := match.Compile(append(all, starter...), match.Options{})
	return set, err
})

// publicRules are some of a big public set and all for a sensor's own events.
func publicRules() (out []*rule.Rule) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		return nil
	}
	if text, err := exec.Command("xz", "-dc", filepath.Join(data, "rules/et-open-composite-2025-07.rules.xz")).Output(); err == nil {
		all, _ := parse.Rules("et.rules", text, parse.Options{Vars: parse.DefaultVars()})
		for i := 0; i < len(all); i += fuzzEach {
			out = append(out, all[i])
		}
	}
	names, _ := filepath.Glob(filepath.Join(data, "rules/suricata-8.0.6-events/*.rules"))
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil {
			all, _ := parse.Rules(name, text, parse.Options{Vars: parse.DefaultVars()})
			out = append(out, all...)
		}
	}
	return out
}

// outcome is what an engine has done with an input.
type outcome struct {
	Verdicts []capture.Verdict
	Alerts   []string
	Sent     int
	// gaveUp tells that an expression's time was up: on a busy machine it may be another
	// one the next time.
	gaveUp bool
}

// differs tells the first difference.
func (o *outcome) differs(p *outcome) string {
	for i := range o.Verdicts {
		if o.Verdicts[i] != p.Verdicts[i] {
			return fmt.Sprintf("packet %d: %v and %v", i, o.Verdicts[i], p.Verdicts[i])
		}
	}
	for i := range min(len(o.Alerts), len(p.Alerts)) {
		if o.Alerts[i] != p.Alerts[i] {
			return fmt.Sprintf("alert %d: %s and %s", i, o.Alerts[i], p.Alerts[i])
		}
	}
	return fmt.Sprintf("%d and %d alerts, %d and %d packets sent", len(o.Alerts), len(p.Alerts), o.Sent, p.Sent)
}

// fuzzed runs an input through an engine of its own.
func fuzzed(t *testing.T, set *match.Set, pkts []capture.Packet, inline, scanned bool) (o outcome) {
	t.Helper()
	c := &cable{decided: map[uint32]capture.Verdict{}}
	cfg := Config{Rules: set, Home: testHome, Inline: inline, LogApps: true, LogFlows: true, LogAnomalies: true, MaxFlows: fuzzFlows, BypassMark: 1, Budget: 64 << 10,
		Apps: appid.Config{On: appid.Protos{rule.ProtoModbus: true, rule.ProtoDNP3: true, rule.ProtoENIP: true, rule.ProtoPGSQL: true}}, EVE: evelog.Config{Anomaly: evelog.AnomalyConfig{Decode: true, Stream: true, App: true}, DecoderEvents: true}}
	cfg.Emit = eve.Each(func(r *eve.Record) {
		if _, err := eve.Append(nil, r); err != nil {
			t.Errorf("a record cannot be written: %v", err)
		}
		if r.Alert != nil {
			o.Alerts = append(o.Alerts, fmt.Sprintf("%d %s:%d>%s:%d %s", r.Alert.SignatureID, r.SrcIP, r.SrcPort, r.DestIP, r.DestPort, r.Alert.Action))
		}
	})
	if scanned {
		cfg.Scanner = &scan.Scanner{Socket: "/nonexistent/clamd"}
	}
	e := New(cfg)
	w, err := e.NewWorker(c)
	if err != nil {
		t.Fatal(err)
	}
	var held []uint32
	for i := range pkts {
		p := pkts[i]
		p.Data = bytes.Clone(p.Data)
		p.Unverified = i%3 == 2
		v := w.Packet(&p)
		if v.Action == capture.Hold {
			held = append(held, p.ID)
		}
		o.Verdicts = append(o.Verdicts, v)
		if n := w.flows.Len(); n > fuzzFlows {
			t.Fatalf("%d conversations are held, at most %d may be", n, fuzzFlows)
		}
		w.Tick(p.Time)
	}
	w.Close()
	for _, id := range held {
		if _, ok := c.decided[id]; !ok {
			t.Errorf("packet %d is held and never decided", id)
		}
	}
	if n := e.Stats.Panics.Load(); n > 0 {
		t.Errorf("%d panics", n)
	}
	o.Sent = len(c.sent)
	_, expressions, _ := w.scratch.GaveUp()
	o.gaveUp = expressions > 0
	return o
}

// FuzzEngine gives frames with their times to whole engines, inline and offline, with
// rules of every kind: none panics, takes more memory than its input is worth, or leaves a
// packet undecided, and the same input has the same result again.
func FuzzEngine(f *testing.F) {
	seedConversations(f)
	seedCaptures(f)
	set, err := everyKind()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		pkts := fuzzPackets(in)
		for _, inline := range []bool{true, false} {
			first := measured(t, inline, len(in), func() outcome { return fuzzed(t, set, pkts, inline, false) })
			if again := fuzzed(t, set, pkts, inline, false); !first.gaveUp && !again.gaveUp && !reflect.DeepEqual(first, again) {
				t.Errorf("inline %v: the same packets have another result: %s", inline, first.differs(&again))
			}
			if len(in) > 0 && in[0]&fuzzScanner != 0 {
				fuzzed(t, set, pkts, inline, true)
			}
		}
	})
}

// measured calls f and compares the memory that it asks for with what its input is worth.
func measured(t *testing.T, inline bool, size int, f func() outcome) outcome {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	o := f()
	runtime.ReadMemStats(&after)
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(fuzzFixed+fuzzPerByte*size); got > most {
		t.Errorf("inline %v: %d bytes of packets ask for %d bytes of memory, at most %d may be", inline, size, got, most)
	}
	return o
}

// seedConversations adds those of the starter rules.
func seedConversations(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob("../../../content/rules/testdata/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no conversations: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		c, err := talk.Parse(talk.Sections(string(text))["fires"])
		if err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		if err := c.WritePcap(&b); err != nil {
			f.Fatal(err)
		}
		seedCapture(f, b.Bytes())
	}
}

// seedCaptures adds small ones of the public collection.
func seedCaptures(f *testing.F) {
	f.Helper()
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		f.Log("OTASUKE_DATA names no folder of public captures: the starter rules' conversations are the only seeds")
		return
	}
	cmd := exec.Command("xz", "-dc", filepath.Join(data, "captures/suricata-verify-data.tar.xz"))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		f.Logf("the public captures cannot be unpacked: %v", err)
		return
	}
	kinds := map[string]int{}
	n := 0
	for r := tar.NewReader(out); n < fuzzSeeds/seedsOf; {
		h, err := r.Next()
		if err != nil {
			break
		}
		if ext := filepath.Ext(h.Name); ext != ".pcap" && ext != ".pcapng" || h.Size > fuzzSeedBytes {
			continue
		}
		kind, _, _ := strings.Cut(filepath.Base(filepath.Dir(h.Name)), "-")
		if kinds[kind]++; kinds[kind] > 6 {
			continue // hundreds of some kinds differ in a word
		}
		b, err := io.ReadAll(r)
		if err != nil {
			break
		}
		seedCapture(f, b)
		n++
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// collector takes the frames of a capture as one input.
type collector struct {
	in   []byte
	last int64
}

func (c *collector) Packet(p *capture.Packet) (v capture.Verdict) {
	if c.in == nil {
		for i, link := range fuzzLinks {
			if link == p.Link {
				c.in = []byte{byte(i)}
			}
		}
		c.last = p.Time
	}
	if c.in != nil {
		c.in = fuzzFrame(c.in, p.Data, p.Time-c.last)
	}
	c.last = p.Time
	return v
}

func (c *collector) Tick(int64) {}
func (c *collector) Rest()      {}

// seedCapture adds one, without a scanner and with one.
func seedCapture(f *testing.F, file []byte) {
	f.Helper()
	path := filepath.Join(f.TempDir(), "seed.pcap")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		f.Fatal(err)
	}
	var c collector
	_ = capture.NewFile(path).Run(context.Background(), &c) // a capture that is cut has packets, too
	if len(c.in) == 0 {
		return
	}
	f.Add(c.in)
	if bytes.Contains(c.in, []byte("HTTP/1.")) {
		with := bytes.Clone(c.in)
		with[0] |= fuzzScanner
		f.Add(with)
	}
}
