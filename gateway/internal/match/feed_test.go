package match

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"otasuke/e2e/talk"
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/match/hosts"
	"otasuke/rule"
	"otasuke/rule/parse"
)

// feeder plays conversations into a set, with just enough protocol knowledge
// for tests: one message of a turn is one packet, requests come whole.
type feeder struct {
	tb    testing.TB
	set   *Set
	sc    *Scratch
	hosts *hosts.State
	now   int64
	hits  []Hit
}

func newFeeder(tb testing.TB, set *Set) *feeder {
	sc, err := set.NewScratch()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(sc.Close)
	return &feeder{tb: tb, set: set, sc: sc, hosts: hosts.New(), now: 1}
}

// compile builds a set of rule text; every rule must load.
func compile(tb testing.TB, text string) *Set {
	tb.Helper()
	rules, refused := parse.Rules("test.rules", []byte(text), parse.Options{})
	set, more, err := Compile(rules, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range append(refused, more...) {
		tb.Fatal(f)
	}
	tb.Cleanup(set.Close)
	return set
}

// play returns the ids of the rules that were told, in order.
func (f *feeder) play(text string) (sids []uint32) {
	f.tb.Helper()
	c, err := talk.Parse(text)
	if err != nil {
		f.tb.Fatal(err)
	}
	f.hits = nil
	for i := range c.Flows {
		f.flow(&c.Flows[i])
	}
	for _, h := range f.hits {
		sids = append(sids, h.Rule.SID)
	}
	return sids
}

func (f *feeder) flow(fl *talk.Flow) {
	f.now += fl.Wait.Microseconds()
	state, sent, app := &FlowState{}, [2]uint64{}, rule.ProtoUnknown
	var streams [2][]byte
	if fl.Proto == "tcp" {
		f.inspect(f.input(fl, state, true, app, sent), 0, nil, true)
	}
	var started [2]bool
	for _, t := range fl.Turns {
		f.now += t.Wait.Microseconds() + 1000
		if app == rule.ProtoUnknown {
			app = recognise(fl, t.Data)
		}
		d := direction(t.ToServer)
		in := f.input(fl, state, t.ToServer, app, sent)
		in.Established = fl.Proto == "tcp" || sent[0] > 0
		in.Payload = t.Data
		if fl.Proto == "tcp" {
			streams[d] = append(streams[d], t.Data...)
			in.Stream, in.StreamNew = streams[d], len(t.Data)
		}
		f.inspect(in, 0x18, t.Data, !started[d] && fl.Proto != "tcp")
		started[d] = true
		sent[1-d] += uint64(len(t.Data))
		in = f.input(fl, state, t.ToServer, app, sent)
		in.Established = true
		fill(in, t.Data)
		if len(in.Values) > 0 {
			in.Tx = &TxState{}
			f.hits = append(f.hits, f.set.Inspect(f.sc, in)...)
		}
	}
}

func (f *feeder) inspect(in *Input, flags uint8, payload []byte, start bool) {
	in.Packet, in.PacketRules, in.FlowStart = &Packet{TTL: 64, TCPFlags: flags}, true, start
	if flags == 0 {
		in.Packet.TCPFlags = 0x02
	}
	in.Payload = payload
	f.hits = append(f.hits, f.set.Inspect(f.sc, in)...)
}

func (f *feeder) input(fl *talk.Flow, state *FlowState, toServer bool, app rule.Proto, sent [2]uint64) *Input {
	in := &Input{Src: fl.Client.Addr(), Dst: fl.Server.Addr(), SrcPort: fl.Client.Port(), DstPort: fl.Server.Port(),
		IPProto: rule.IPProtoTCP, App: app, ToServer: toServer, Flow: state, Hosts: f.hosts, Now: f.now, Sent: sent}
	if fl.Proto == "udp" {
		in.IPProto = rule.IPProtoUDP
	}
	if !toServer {
		in.Src, in.Dst, in.SrcPort, in.DstPort = in.Dst, in.Src, in.DstPort, in.SrcPort
	}
	return in
}

func recognise(fl *talk.Flow, data []byte) rule.Proto {
	line, _, _ := bytes.Cut(data, []byte("\r\n"))
	switch {
	case fl.Proto == "udp" && fl.Server.Port() == 53:
		return rule.ProtoDNS
	case bytes.Contains(line, []byte(" HTTP/1.")):
		return rule.ProtoHTTP
	case bytes.HasPrefix(data, []byte("\x16\x03")):
		return rule.ProtoTLS
	case bytes.HasPrefix(data, []byte("EHLO")):
		return rule.ProtoSMTP
	}
	return rule.ProtoFailed
}

// put gives a buffer a value.
func put(in *Input, b rule.Buffer, v []byte) {
	if v == nil {
		v = []byte{}
	}
	if b == rule.BufStream {
		in.Stream = v
		return
	}
	in.Values = append(in.Values, app.Value{Buffer: b, Data: v, Fresh: true})
}

func fill(in *Input, data []byte) {
	switch in.App {
	case rule.ProtoHTTP:
		fillHTTP(in, data)
	case rule.ProtoDNS:
		var labels []string
		for p := data[12:]; len(p) > 0 && p[0] > 0 && int(p[0]) < len(p); p = p[1+p[0]:] {
			labels = append(labels, string(p[1:1+p[0]]))
		}
		put(in, rule.DNSQuery, []byte(strings.Join(labels, ".")))
	case rule.ProtoTLS:
		// The only server_name in test hellos follows its two lengths and a zero.
		if i := bytes.Index(data, []byte("\x00\x00\x0b")); in.ToServer && i > 0 && len(data) > i+14 {
			put(in, rule.TLSSNI, data[i+3:i+14])
		}
	}
}

func fillHTTP(in *Input, data []byte) {
	head, body, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	line, headers, _ := bytes.Cut(head, []byte("\r\n"))
	first := strings.SplitN(string(line), " ", 3)
	names := "\r\n"
	for h := range bytes.SplitSeq(headers, []byte("\r\n")) {
		name, value, _ := bytes.Cut(h, []byte(": "))
		names += string(name) + "\r\n"
		b, ok := map[string]rule.Buffer{"host": rule.HTTPHost, "user-agent": rule.HTTPUserAgent, "cookie": rule.HTTPCookie,
			"content-type": rule.HTTPContentType, "referer": rule.HTTPReferer}[strings.ToLower(string(name))]
		if ok && (in.ToServer || b == rule.HTTPContentType) {
			put(in, b, value)
		}
	}
	put(in, rule.HTTPHeaderNames, []byte(names+"\r\n"))
	put(in, rule.HTTPHeader, append(bytes.Clone(headers), "\r\n"...))
	if !in.ToServer {
		put(in, rule.HTTPStatCode, []byte(first[1]))
		put(in, rule.FileData, body)
		return
	}
	put(in, rule.HTTPMethod, []byte(first[0]))
	put(in, rule.HTTPURIRaw, []byte(first[1]))
	uri, err := url.PathUnescape(first[1])
	if err != nil {
		uri = first[1]
	}
	put(in, rule.HTTPURI, []byte(uri))
	put(in, rule.HTTPRequestBody, body)
}
