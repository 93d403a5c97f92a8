package bench

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"crypto/tls"

	"otasuke/e2e/bench/papers"
	"otasuke/e2e/talk"
)

// Sizes of the captures, so that one worker has seconds of work with each.
const (
	httpPages     = 12_000
	pagesEach     = 8 // of one connection
	webPageBytes  = 12 << 10
	tlsHandshakes = 9_000
	tlsRecorded   = 64 // different handshakes; they are replayed between other ends
	dnsQuestions  = 120_000
	mixRounds     = 400
)

// corpus is a capture made by the bench itself.
type corpus struct {
	name string
	// units are what its rate is counted in besides bytes: pages, handshakes, questions,
	// rounds of an office (two file shares, a web server, a letter, two secure pages).
	units int
	unit  string
	flows func(*rand.Rand) ([]talk.Flow, error)
}

var corpora = []corpus{
	{"http", httpPages, "pages", httpFlows},
	{"tls", tlsHandshakes, "handshakes", tlsFlows},
	{"dns", dnsQuestions, "questions", dnsFlows},
	{"mix", mixRounds, "rounds", mixFlows},
}

// write makes the capture file; the same one each time.
func (c *corpus) write(dir string) (path string, err error) {
	flows, err := c.flows(rand.New(rand.NewPCG(20261121, 1)))
	if err != nil {
		return "", fmt.Errorf("bench: %s: %w", c.name, err)
	}
	path = filepath.Join(dir, c.name+".pcap")
	f, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	conv := talk.Conversation{Flows: flows}
	if err := errors.Join(conv.WritePcap(w), w.Flush(), f.Close()); err != nil {
		return "", fmt.Errorf("bench: %s: %w", c.name, err)
	}
	return path, nil
}

// ends are those of the n-th flow.
func ends(n int, port uint16) (client, server netip.AddrPort) {
	c := netip.AddrFrom4([4]byte{192, 168, byte(n >> 8 & 3), byte(2 + n%200)})
	s := netip.AddrFrom4([4]byte{198, 51, 100, byte(1 + n%250)})
	return netip.AddrPortFrom(c, uint16(1024+n%64000)), netip.AddrPortFrom(s, port)
}

var words = strings.Fields(`the office orders parts from its suppliers every morning and checks what has arrived against the list that
	was sent the day before; what is missing is asked for by telephone while drawings and prices are kept on the server in the corner`)

// prose is text of n bytes.
func prose(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+16)
	for len(b) < n {
		b = append(append(b, words[r.IntN(len(words))]...), ' ')
	}
	return b[:n]
}

// page is an HTML page of n bytes.
func htmlPage(r *rand.Rand, n int) []byte {
	b := []byte("<!DOCTYPE html><html lang=\"ja\"><head><meta charset=\"utf-8\"><title>在庫の一覧</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>\n")
	for len(b) < n-16 {
		b = fmt.Appendf(b, "<div class=\"row\"><a href=\"/item/%d?lang=ja\">%s</a><span>%d</span></div>\n", r.IntN(1e6), prose(r, 40+r.IntN(60)), r.IntN(5000))
	}
	return append(b[:n-14], "</body></html>"...)
}

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
}

func httpRequest(r *rand.Rand) []byte {
	return fmt.Appendf(nil, "GET /catalog/%d/%s.html?page=%d HTTP/1.1\r\nHost: www%d.parts-%s.example\r\nUser-Agent: %s\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"+
		"Accept-Language: ja,en-US;q=0.7,en;q=0.3\r\nAccept-Encoding: gzip, deflate\r\nReferer: http://www.parts.example/\r\nCookie: session=%016x; theme=light\r\nConnection: keep-alive\r\n\r\n",
		r.IntN(1e5), words[r.IntN(len(words))], r.IntN(90), r.IntN(50), strings.Trim(words[r.IntN(len(words))], ";"), agents[r.IntN(len(agents))], r.Uint64())
}

func httpResponse(body []byte, kind, more string) []byte {
	return append(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 05:00:00 GMT\r\nContent-Type: %s\r\nContent-Length: %d\r\n%sConnection: keep-alive\r\nCache-Control: max-age=60\r\n\r\n",
		kind, len(body), more), body...)
}

func httpFlows(r *rand.Rand) ([]talk.Flow, error) {
	pages := make([][]byte, 32)
	for i := range pages {
		pages[i] = htmlPage(r, webPageBytes)
	}
	flows := make([]talk.Flow, 0, httpPages/pagesEach)
	for n := range httpPages / pagesEach {
		f := talk.Flow{Proto: "tcp"}
		f.Client, f.Server = ends(n, 80)
		for range pagesEach {
			f.Turns = append(f.Turns, talk.Turn{ToServer: true, Data: httpRequest(r)},
				talk.Turn{Data: httpResponse(pages[r.IntN(len(pages))], "text/html; charset=utf-8", "")})
		}
		flows = append(flows, f)
	}
	return flows, nil
}

// tape is a connection of two that notes who said what.
type tape struct {
	net.Conn
	mu       *sync.Mutex
	turns    *[]talk.Turn
	toServer bool
}

func (t tape) Write(b []byte) (int, error) {
	t.mu.Lock()
	*t.turns = append(*t.turns, talk.Turn{ToServer: t.toServer, Data: bytes.Clone(b)})
	t.mu.Unlock()
	return t.Conn.Write(b)
}

// recordTLS has two real ends shake hands and the server send n bytes.
func recordTLS(cfg *tls.Config, version uint16, name string, n int) ([]talk.Turn, error) {
	var turns []talk.Turn
	var mu sync.Mutex
	a, b := net.Pipe()
	defer a.Close()
	client := tls.Client(tape{a, &mu, &turns, true}, &tls.Config{InsecureSkipVerify: true, ServerName: name, MaxVersion: version, NextProtos: []string{"h2", "http/1.1"}})
	server := tls.Server(tape{b, &mu, &turns, false}, cfg)
	done := make(chan error, 1)
	go func() {
		defer b.Close()
		if _, err := server.Read(make([]byte, 512)); err != nil {
			done <- err
			return
		}
		_, err := server.Write(make([]byte, n))
		done <- err
	}()
	if _, err := client.Write([]byte("GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n")); err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, client, int64(n)); err != nil {
		return nil, err
	}
	return turns, <-done
}

func tlsFlows(r *rand.Rand) ([]talk.Flow, error) {
	cfg, err := certificate()
	if err != nil {
		return nil, err
	}
	cfg.NextProtos = []string{"http/1.1"}
	recorded := make([][]talk.Turn, tlsRecorded)
	for i := range recorded {
		version := uint16(tls.VersionTLS13)
		if i%4 == 0 {
			version = tls.VersionTLS12
		}
		if recorded[i], err = recordTLS(cfg, version, fmt.Sprintf("mail%d.%s.example", i, strings.Trim(words[i%len(words)], ";")), 2048+r.IntN(58<<10)); err != nil {
			return nil, err
		}
	}
	flows := make([]talk.Flow, 0, tlsHandshakes)
	for n := range tlsHandshakes {
		f := talk.Flow{Proto: "tcp", Turns: recorded[n%len(recorded)]}
		f.Client, f.Server = ends(n, 443)
		flows = append(flows, f)
	}
	return flows, nil
}

// dnsMessage is a question, or with answer one that has an address (RFC 1035 section 4.1).
func dnsMessage(id uint16, name string, answer bool, a [4]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	if answer {
		b = append(b, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0)
	} else {
		b = append(b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	}
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	b = append(b, 0, 0, 1, 0, 1)
	if answer {
		b = append(append(b, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4), a[:]...)
	}
	return b
}

func dnsFlows(r *rand.Rand) ([]talk.Flow, error) {
	flows := make([]talk.Flow, 0, dnsQuestions)
	for n := range dnsQuestions {
		name := fmt.Sprintf("%s%d.%s.example", strings.Trim(words[r.IntN(len(words))], ";"), r.IntN(5000), strings.Trim(words[r.IntN(len(words))], ";"))
		f := talk.Flow{Proto: "udp"}
		f.Client, f.Server = ends(n, 53)
		f.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 53}), 53)
		f.Turns = []talk.Turn{{ToServer: true, Data: dnsMessage(uint16(n), name, false, [4]byte{})},
			{Data: dnsMessage(uint16(n), name, true, [4]byte{198, 51, 100, byte(r.IntN(256))})}}
		flows = append(flows, f)
	}
	return flows, nil
}

// mixFlows is what a file server, a mail server and the web of an office say in turn.
func mixFlows(r *rand.Rand) ([]talk.Flow, error) {
	secure, err := tlsFlows(r)
	if err != nil {
		return nil, err
	}
	var flows []talk.Flow
	add := func(port uint16, inside bool, turns []talk.Turn) {
		n := len(flows)
		f := talk.Flow{Proto: "tcp", Turns: turns}
		f.Client, f.Server = ends(n, port)
		if inside {
			f.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 0, 1}), port)
		}
		flows = append(flows, f)
	}
	page := htmlPage(r, 60<<10)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(page)
	if err := z.Close(); err != nil {
		return nil, err
	}
	document := prose(r, 256<<10)
	for n := range mixRounds {
		add(445, true, papers.SMBFile(document, 64<<10, n))
		add(445, true, papers.SMBFile(document[:16<<10], 16<<10, n))
		add(80, false, []talk.Turn{{ToServer: true, Data: httpRequest(r)}, {Data: httpResponse(zipped.Bytes(), "text/html; charset=utf-8", "Content-Encoding: gzip\r\n")},
			{ToServer: true, Data: httpRequest(r)}, {Data: httpResponse(document[:96<<10], "application/octet-stream", "")}})
		add(25, false, papers.SMTPMail(document[:24<<10]))
		for range 2 {
			flows = append(flows, secure[r.IntN(len(secure))])
		}
	}
	return flows, nil
}
