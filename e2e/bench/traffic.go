package bench

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"

	"otasuke/e2e/lab"
)

const (
	warmUp     = 500 * time.Millisecond
	chunkBytes = 256 << 10
	pingCount  = 3000
	pageBytes  = 1024
)

// traffic makes load between PC1 and a server on the internet.
type traffic struct {
	open    bool // the servers have their addresses
	lab     *lab.Lab
	each    time.Duration
	closers []io.Closer
	moved   int64 // bytes of all downloads
}

func (t *traffic) close() {
	for _, c := range t.closers {
		_ = c.Close()
	}
}

// bulk downloads over n connections and returns the goodput in Gbit/s.
func (t *traffic) bulk(ctx context.Context, n int, secure bool) (float64, error) {
	l, err := t.lab.Internet.Listen(lab.Good + ":0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	var cfg *tls.Config
	if secure {
		if cfg, err = certificate(); err != nil {
			return 0, err
		}
	}
	go pour(l, cfg)
	ctx, cancel := context.WithTimeout(ctx, warmUp+t.each+10*time.Second)
	defer cancel()
	var got atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = t.drink(ctx, l.Addr().String(), secure, &got, stop) })
	}
	time.Sleep(warmUp)
	before, start := got.Load(), time.Now()
	time.Sleep(t.each)
	bytes, took := got.Load()-before, time.Since(start)
	close(stop)
	wg.Wait()
	t.moved += got.Load()
	return float64(bytes) * 8 / took.Seconds() / 1e9, errors.Join(errs...)
}

// pour sends bytes to whoever connects, of a kind that no rule and no protocol
// reader knows.
func pour(l net.Listener, cfg *tls.Config) {
	chunk := make([]byte, chunkBytes)
	_, _ = rand.Read(chunk)
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if cfg != nil {
			c = tls.Server(c, cfg)
		}
		go func() {
			defer c.Close()
			for {
				if _, err := c.Write(chunk); err != nil {
					return
				}
			}
		}()
	}
}

// drink reads until stop.
func (t *traffic) drink(ctx context.Context, addr string, secure bool, got *atomic.Int64, stop <-chan struct{}) error {
	c, err := t.lab.PC1.Dial(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	go func() {
		<-stop
		c.Close()
	}()
	if secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: "bulk.example"})
	}
	buf := make([]byte, chunkBytes)
	for {
		n, err := c.Read(buf)
		got.Add(int64(n))
		if err == nil {
			continue
		}
		select {
		case <-stop:
			return nil
		default:
			return fmt.Errorf("after %d bytes: %w", got.Load(), err)
		}
	}
}

func certificate() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"bulk.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}

// packets sends UDP packets of 100 bytes (with headers) as fast as it can and
// returns how many a second arrive.
func (t *traffic) packets(ctx context.Context) (float64, error) {
	sink, err := t.lab.Internet.ListenPacket(lab.Good + ":0")
	if err != nil {
		return 0, err
	}
	defer sink.Close()
	from, err := t.lab.PC1.ListenPacket("0.0.0.0:0")
	if err != nil {
		return 0, err
	}
	defer from.Close()
	const batch = 64
	payload := make([]byte, 100-28)
	msgs := make([]ipv4.Message, batch)
	for i := range msgs {
		msgs[i] = ipv4.Message{Buffers: [][]byte{payload}, Addr: sink.LocalAddr()}
	}
	ctx, cancel := context.WithTimeout(ctx, warmUp+t.each+time.Second)
	defer cancel()
	go func() {
		w := ipv4.NewPacketConn(from)
		for ctx.Err() == nil {
			if _, err := w.WriteBatch(msgs, 0); err != nil && ctx.Err() == nil {
				time.Sleep(time.Millisecond) // a full transmit queue
			}
		}
	}()
	time.Sleep(warmUp)
	before, err := t.lab.Received()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	time.Sleep(t.each)
	after, err := t.lab.Received()
	return float64(after-before) / time.Since(start).Seconds(), err
}

// latency asks for a small page again and again over one connection and returns
// the median and the 99th percentile in milliseconds.
func (t *traffic) latency(ctx context.Context) (p50, p99 float64, err error) {
	l, err := t.lab.Internet.Listen(lab.Good + ":80")
	if err != nil {
		return 0, 0, err
	}
	defer l.Close()
	go answer(l)
	c, err := t.lab.PC1.Dial(ctx, "tcp", l.Addr().String())
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	r := bufio.NewReader(c)
	request := []byte("GET /page HTTP/1.1\r\nHost: www.harmless.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
	took := make([]float64, 0, pingCount)
	for range pingCount {
		start := time.Now()
		if _, err := c.Write(request); err != nil {
			return 0, 0, err
		}
		if err := page(r); err != nil {
			return 0, 0, err
		}
		took = append(took, float64(time.Since(start).Microseconds())/1000)
	}
	took = took[pingCount/10:] // the first ones warm caches
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100], nil
}

// page reads one answer.
func page(r *bufio.Reader) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "\r\n" {
			break
		}
	}
	_, err := r.Discard(pageBytes)
	return err
}

// answer serves the small page.
func answer(l net.Listener) {
	reply := []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", pageBytes, strings.Repeat("a", pageBytes)))
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			r := bufio.NewReader(c)
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line != "\r\n" {
					continue
				}
				if _, err := c.Write(reply); err != nil {
					return
				}
			}
		}()
	}
}
