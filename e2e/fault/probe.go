package fault

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"otasuke/e2e/lab"
)

const (
	// answer bytes of the transfer: no two answers are alike.
	answer = 64 << 10
	// askEvery, datagramEvery, dialEvery pace the three of them.
	askEvery      = 10 * time.Millisecond
	datagramEvery = 5 * time.Millisecond
	dialEvery     = 100 * time.Millisecond
	// Patience of a person with one request or connection: a browser's is longer.
	Patience = 20 * time.Second
	// late is how long the last datagrams may be on their way.
	late = 2 * time.Second
)

// Ports of the servers at lab.Good.
const (
	// WebPort is that of the pages.
	WebPort  = "8080"
	echoPort = "7007"
	wordPort = "7008"
)

// Words is the address of the server that says back what it is told, once a connection.
var Words = net.JoinHostPort(lab.Good, wordPort)

// Seen is what was measured.
type Seen struct {
	// Answers of the transfer, over this many connections: one, unless it broke.
	Answers, Connections int64
	// Stall is the longest wait for an answer; Broken what ended the transfer.
	Stall  time.Duration
	Broken error
	// Sent datagrams and how many of their echoes did not come; Gap is the longest time
	// without an echo.
	Sent, Lost int64
	Gap        time.Duration
	// Dialled connections, those that failed, and the slowest of the others.
	Dialled, Failed int64
	Slowest         time.Duration
}

// Probe runs until it is stopped.
type Probe struct {
	l       *lab.Lab
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu   sync.Mutex
	seen Seen
}

// Serve opens the servers of the probes in the internet of the lab. They stay until the process ends.
func Serve(l *lab.Lab) error {
	web, err := l.Internet.Listen(net.JoinHostPort(lab.Good, WebPort))
	if err != nil {
		return err
	}
	words, err := l.Internet.Listen(Words)
	if err != nil {
		return err
	}
	echo, err := l.Internet.ListenPacket(net.JoinHostPort(lab.Good, echoPort))
	if err != nil {
		return err
	}
	go func() {
		_ = http.Serve(web, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.ParseUint(strings.TrimPrefix(r.URL.Path, "/"), 10, 64)
			_, _ = w.Write(page(n))
		}))
	}()
	go func() {
		for {
			c, err := words.Accept()
			if err != nil {
				return
			}
			go sayBack(c)
		}
	}()
	go func() {
		b := make([]byte, 64)
		for {
			n, from, err := echo.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = echo.WriteTo(b[:n], from)
		}
	}()
	return nil
}

func sayBack(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(Patience))
	b := make([]byte, 256)
	if n, err := c.Read(b); err == nil {
		_, _ = c.Write(b[:n])
	}
}

func page(n uint64) []byte {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], n)
	b := make([]byte, answer)
	_, _ = rand.NewChaCha8(seed).Read(b)
	return b
}

// Start begins to measure from PC1.
func Start(l *lab.Lab) (*Probe, error) {
	conn, err := l.PC1.ListenPacket("0.0.0.0:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Probe{l: l, cancel: cancel}
	p.running.Go(func() { p.transfer(ctx) })
	p.running.Go(func() { p.datagrams(ctx, conn) })
	p.running.Go(func() { p.dial(ctx) })
	return p, nil
}

// Stop ends the measuring, once what is under way is over.
func (p *Probe) Stop() Seen {
	p.cancel()
	p.running.Wait()
	return p.seen
}

// Answers of the transfer up to now.
func (p *Probe) Answers() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Answers
}

// transfer asks for one page after the other over one connection.
func (p *Probe) transfer(ctx context.Context) {
	var dials atomic.Int64
	t := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return p.l.PC1.Dial(ctx, network, addr)
	}}
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, Timeout: Patience}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for n := uint64(1); ctx.Err() == nil; n++ {
		began := time.Now()
		err := ask(client, n)
		took := time.Since(began)
		p.mu.Lock()
		p.seen.Answers, p.seen.Connections = p.seen.Answers+1, dials.Load()
		p.seen.Stall, p.seen.Broken = max(p.seen.Stall, took), errors.Join(p.seen.Broken, err)
		p.mu.Unlock()
		if err != nil {
			return
		}
		<-tick.C
	}
}

func ask(client *http.Client, n uint64) error {
	r, err := client.Get(fmt.Sprintf("http://%s/%d", net.JoinHostPort(lab.Good, WebPort), n))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	if err == nil && !bytes.Equal(got, page(n)) {
		err = fmt.Errorf("page %d has other bytes", n)
	}
	return err
}

// datagrams sends numbers and hears their echoes.
func (p *Probe) datagrams(ctx context.Context, conn net.PacketConn) {
	defer conn.Close()
	to := &net.UDPAddr{IP: net.ParseIP(lab.Good)}
	to.Port, _ = strconv.Atoi(echoPort)
	var heard sync.WaitGroup
	back := map[uint64]bool{}
	gap, last := time.Duration(0), time.Now()
	heard.Go(func() {
		b := make([]byte, 64)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			if n == 8 {
				back[binary.BigEndian.Uint64(b)] = true
				gap, last = max(gap, time.Since(last)), time.Now()
			}
		}
	})
	tick := time.NewTicker(datagramEvery)
	defer tick.Stop()
	var sent uint64
	for b := make([]byte, 8); ctx.Err() == nil; <-tick.C {
		binary.BigEndian.PutUint64(b, sent)
		if _, err := conn.WriteTo(b, to); err == nil {
			sent++
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(late))
	heard.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.Sent, p.seen.Lost, p.seen.Gap = int64(sent), int64(sent)-int64(len(back)), gap
}

// dial opens connections whether the earlier ones are through or not.
func (p *Probe) dial(ctx context.Context) {
	var open sync.WaitGroup
	defer open.Wait()
	tick := time.NewTicker(dialEvery)
	defer tick.Stop()
	for ; ctx.Err() == nil; <-tick.C {
		open.Go(func() {
			began := time.Now()
			err := Say(p.l.PC1, "harmless words", Patience)
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.seen.Dialled++; err != nil {
				p.seen.Failed++
				return
			}
			p.seen.Slowest = max(p.seen.Slowest, time.Since(began))
		})
	}
}

// Say says words to [Words] over a new connection; an error tells that they did not come back.
func Say(from *lab.Namespace, words string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	c, err := from.Dial(ctx, "tcp", Words)
	if err != nil {
		return err
	}
	defer c.Close()
	return lab.SaidBack(c, words, within)
}
