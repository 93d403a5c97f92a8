package match

import (
	"bytes"
	"net/netip"
	"testing"

	"otasuke/content/rules"
	"otasuke/rule"
)

func starterSet(tb testing.TB) *Set {
	tb.Helper()
	all, _ := rules.All(nil)
	set, _, err := Compile(all, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(set.Close)
	return set
}

// pageRequest is what a browser asks on an ordinary page.
func pageRequest() *Input {
	in := udpInput("")
	in.IPProto, in.App, in.Tx, in.PacketRules, in.Payload = rule.IPProtoTCP, rule.ProtoHTTP, &TxState{}, false, nil
	in.DstPort = 80
	for b, v := range map[rule.Buffer]string{
		rule.HTTPMethod: "GET", rule.HTTPURI: "/assets/images/top/banner_2026.png?v=20261121", rule.HTTPHost: "www.example.co.jp",
		rule.HTTPURIRaw:    "/assets/images/top/banner_2026.png?v=20261121",
		rule.HTTPUserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
		rule.HTTPHeader: "Host: www.example.co.jp\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n" +
			"Accept: image/avif,image/webp,*/*\r\nReferer: http://www.example.co.jp/\r\nAccept-Language: ja\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\n",
		rule.HTTPHeaderNames: "\r\nHost\r\nUser-Agent\r\nAccept\r\nReferer\r\nAccept-Language\r\nAccept-Encoding\r\nConnection\r\n\r\n",
		rule.HTTPReferer:     "http://www.example.co.jp/", rule.HTTPAccept: "image/avif,image/webp,*/*", rule.HTTPProtocol: "HTTP/1.1",
		rule.HTTPConnection: "keep-alive", rule.HTTPRequestLine: "GET /assets/images/top/banner_2026.png?v=20261121 HTTP/1.1",
	} {
		put(in, b, []byte(v))
	}
	return in
}

// page is 64 KiB of what a server answers.
func page() []byte {
	line := []byte("<div class=\"item\"><a href=\"/news/2026/11/21.html\">Opening hours at the end of the year</a> <span>12:34</span></div>\n")
	return bytes.Repeat(line, (64<<10)/len(line)+1)[:64<<10]
}

func streamInput(window []byte) *Input {
	in := udpInput("")
	in.IPProto, in.App, in.PacketRules, in.Payload, in.ToServer = rule.IPProtoTCP, rule.ProtoHTTP, false, nil, false
	in.Src, in.Dst = netip.MustParseAddr("203.0.113.66"), netip.MustParseAddr("192.168.1.12")
	in.SrcPort, in.DstPort = 80, 50000
	put(in, rule.BufStream, window)
	in.StreamNew, in.Sent = len(window), [2]uint64{500, uint64(len(window))}
	return in
}

func benchInspect(b *testing.B, set *Set, in *Input, bytes int) {
	sc, err := set.NewScratch()
	if err != nil {
		b.Fatal(err)
	}
	defer sc.Close()
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		if in.Tx != nil {
			in.Tx.Reset()
		}
		set.Inspect(sc, in)
	}
	b.ReportMetric(float64(sc.Candidates)/float64(b.N), "candidates/op")
}

func BenchmarkInspectRequestStarter(b *testing.B) { benchInspect(b, starterSet(b), pageRequest(), 0) }
func BenchmarkInspectRequestPublic(b *testing.B)  { benchInspect(b, publicSet(b), pageRequest(), 0) }
func BenchmarkInspectStreamStarter(b *testing.B) {
	benchInspect(b, starterSet(b), streamInput(page()), 64<<10)
}
func BenchmarkInspectStreamPublic(b *testing.B) {
	benchInspect(b, publicSet(b), streamInput(page()), 64<<10)
}
func BenchmarkInspectPacketPublic(b *testing.B) {
	in := udpInput(string(page()[:1200]))
	in.App = rule.ProtoFailed
	benchInspect(b, publicSet(b), in, 1200)
}

// TestPublicRulesDoNotAllocate sends ordinary traffic through a big set.
func TestPublicRulesDoNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("regular expressions allocate under the race detector; the run without it counts")
	}
	set := publicSet(t)
	sc, err := set.NewScratch()
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	for name, in := range map[string]*Input{"request": pageRequest(), "stream": streamInput(page())} {
		for _, h := range set.Inspect(sc, in) {
			t.Logf("%s: %v", name, h.Rule)
		}
		if n := testing.AllocsPerRun(20, func() {
			if in.Tx != nil {
				in.Tx.Reset()
			}
			set.Inspect(sc, in)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
