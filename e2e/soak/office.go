package soak

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"otasuke/e2e/lab"
	"otasuke/e2e/talk"
)

const (
	// patience of a PC with one piece of work: people have given up by then.
	patience = 90 * time.Second
	// rest of a PC between two pieces of work is up to twice this.
	rest = 1500 * time.Millisecond
	// maxWhy failures are told in words.
	maxWhy = 5
	// filmPiece is read at a time, with a pause behind it, as players do.
	filmPiece, filmPause = 1 << 20, 300 * time.Millisecond
)

// office is the PCs and what they have seen.
type office struct {
	lab                        *lab.Lab
	servers                    *servers
	connections, failed, bytes atomic.Int64
	mu                         sync.Mutex
	why                        []string
}

func newOffice(l *lab.Lab, s *servers) *office { return &office{lab: l, servers: s} }

// addressOf is that of the n-th PC.
func addressOf(n int) string { return fmt.Sprintf("192.168.1.%d", 100+n) }

// work lets all PCs work until ctx ends; what was begun is ended.
func (o *office) work(ctx context.Context) {
	if err := o.addresses(); err != nil {
		o.fail("addresses", err)
		return
	}
	var wg sync.WaitGroup
	for n := range pcs {
		wg.Go(func() {
			p := &pc{o: o, addr: addressOf(n), r: rand.New(rand.NewPCG(20261121, uint64(n)))}
			p.work(ctx)
		})
	}
	wg.Wait()
}

// addresses gives those of all PCs to one host.
func (o *office) addresses() error {
	var all []string
	for n := range pcs {
		all = append(all, addressOf(n))
	}
	return o.lab.PC1.AddAddresses(all...)
}

func (o *office) fail(what string, err error) {
	o.failed.Add(1)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.why) < maxWhy {
		o.why = append(o.why, what+": "+err.Error())
	}
}

// pc is one of them.
type pc struct {
	o    *office
	addr string
	r    *rand.Rand
	kept *http.Client // with a connection that is used again
}

// work does one thing after the other.
func (p *pc) work(ctx context.Context) {
	p.kept = p.client(false)
	jobs := []struct {
		name  string
		often int
		do    func(context.Context) error
	}{
		{"page", 30, func(ctx context.Context) error { return p.page(ctx, p.kept, "http") }},
		{"page over a new connection", 20, func(ctx context.Context) error { return p.page(ctx, p.client(true), "http") }},
		{"page over TLS", 25, func(ctx context.Context) error { return p.page(ctx, p.client(true), "https") }},
		{"name", 20, p.name},
		{"mail", 5, func(ctx context.Context) error { return p.talk(ctx, mailAddr+":25", p.o.servers.letter) }},
		{"file of a server", 5, func(ctx context.Context) error { return p.talk(ctx, fileAddr+":445", p.o.servers.sheet) }},
		{"update", 4, p.update},
		{"film", 1, p.film},
	}
	all := 0
	for _, j := range jobs {
		all += j.often
	}
	for p.pause(ctx, time.Duration(p.r.Int64N(int64(2*rest)))) {
		n := p.r.IntN(all)
		for _, j := range jobs {
			if n -= j.often; n >= 0 {
				continue
			}
			one, cancel := context.WithTimeout(context.Background(), patience)
			if err := j.do(one); err != nil {
				p.o.fail(j.name, err)
			}
			cancel()
			break
		}
	}
}

// pause waits; false when the day is over.
func (p *pc) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// dial opens a connection from the PC's address, counted.
func (p *pc) dial(ctx context.Context, addr string) (net.Conn, error) {
	p.o.connections.Add(1)
	return p.o.lab.PC1.DialFrom(ctx, p.addr, addr)
}

// client of the web, for one request or for many over one connection.
func (p *pc) client(once bool) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: once, MaxIdleConnsPerHost: 1,
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return p.dial(ctx, net.JoinHostPort(webAddr, port))
		},
		TLSClientConfig: &tls.Config{RootCAs: p.o.servers.roots, ServerName: webName},
	}}
}

// fetch asks for a range of a file, all of it without one.
func (p *pc) fetch(ctx context.Context, c *http.Client, url, span string, took func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36")
	if span != "" {
		req.Header.Set("Range", span)
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return errors.New(resp.Status)
	}
	return took(resp.Body)
}

// same compares what comes with what was sent.
func (p *pc) same(want []byte) func(io.Reader) error {
	return func(r io.Reader) error {
		got, err := io.ReadAll(r)
		p.o.bytes.Add(int64(len(got)))
		if err == nil && !bytes.Equal(got, want) {
			err = errOther
		}
		return err
	}
}

func (p *pc) page(ctx context.Context, c *http.Client, scheme string) error {
	n := p.r.IntN(lab.Pages)
	return p.fetch(ctx, c, fmt.Sprintf("%s://%s/page/%d", scheme, webName, n), "", p.same(lab.Page(n)))
}

// update fetches a program in ranges over one connection.
func (p *pc) update(ctx context.Context) error {
	c := p.client(false)
	defer c.CloseIdleConnections()
	const piece = updateBytes / 8
	for at := p.r.IntN(4) * piece; at < updateBytes; at += piece {
		if err := p.fetch(ctx, c, "http://"+webName+"/update.cab", fmt.Sprintf("bytes=%d-%d", at, at+piece-1), p.same(p.o.servers.update[at:at+piece])); err != nil {
			return err
		}
	}
	return nil
}

// film reads a long answer as fast as it is looked at.
func (p *pc) film(ctx context.Context) error {
	scheme := [...]string{"http", "https"}[p.r.IntN(2)]
	return p.fetch(ctx, p.client(true), scheme+"://"+webName+"/film.mp4", "", func(r io.Reader) error {
		buf := make([]byte, filmPiece)
		for want := p.o.servers.film; len(want) > 0; {
			n, err := io.ReadFull(r, buf[:min(len(buf), len(want))])
			if err != nil {
				return err
			}
			if !bytes.Equal(buf[:n], want[:n]) {
				return errOther
			}
			want = want[n:]
			p.o.bytes.Add(int64(n))
			p.pause(ctx, filmPause)
		}
		return nil
	})
}

// name asks for an address, again when no answer comes: datagrams may be lost.
func (p *pc) name(ctx context.Context) error {
	p.o.connections.Add(1)
	c, err := p.o.lab.PC1.Dial(ctx, "udp", nameAddr+":53")
	if err != nil {
		return err
	}
	defer c.Close()
	question := nameQuestion(uint16(p.r.Uint32()))
	buf := make([]byte, 512)
	for range 3 {
		if _, err = c.Write(question); err != nil {
			return err
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		var n int
		if n, err = c.Read(buf); err == nil {
			if !bytes.Equal(buf[:n], nameAnswer(question)) {
				return errOther
			}
			return nil
		}
	}
	return err
}

// talk says the client's part of a conversation.
func (p *pc) talk(ctx context.Context, addr string, turns []talk.Turn) error {
	c, err := p.dial(ctx, addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	for i := range turns {
		p.o.bytes.Add(int64(len(turns[i].Data)))
	}
	return say(c, turns, true)
}
