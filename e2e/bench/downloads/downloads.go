// Package downloads measures what the virus scanner costs files on their way: through one box
// with a real clamd and one without, in one run. Only the bench calls it.
package downloads

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"otasuke/e2e/lab"
)

const (
	// large is what people notice; of a file past the scanner's limit only the beginning is
	// scanned. whole is scanned to its end.
	large, whole = 100 << 20, 20 << 20
	// times that a file is fetched: the middle one counts.
	times = 5
	// firsts are fetched for the time to the first byte, small files one after the other.
	firsts, small = 300, 256 << 10
	// open downloads stand still at a time, each behind so many of its bytes, and then as many
	// again: as many as an office of 100 PCs never has. What the second ones add is what one
	// costs; the first ones also bring what is garbage by then.
	open, behind = 200, 2 << 20
	// piece of each comes every pause: together a line of 1 Gbit/s.
	piece, pause = 64 << 10, 100 * time.Millisecond
	// settles is how long memory is given to come to rest.
	settles = 2 * time.Second
	// startLimit bounds the wait for clamd, which has one signature to load.
	startLimit = 30 * time.Second
	patience   = 2 * time.Minute
)

// Figure is a row of the table.
type Figure struct{ Name, Unit, Key, Against string }

// Figures in the order in which they are shown. Against is the same path without a scanner.
func Figures() []Figure {
	return []Figure{
		{"download.100m", "Gbit/s", "scan.off.100m", ""}, {"download.100m.scanned", "Gbit/s", "scan.on.100m", "scan.off.100m"},
		{"download.20m", "Gbit/s", "scan.off.20m", ""}, {"download.20m.scanned", "Gbit/s", "scan.on.20m", "scan.off.20m"},
		{"download.first", "ms", "scan.off.first", ""}, {"download.first.scanned", "ms", "scan.on.first", ""}, {"download.first.added", "ms", "scan.first.added", ""},
		{"download.first.p99.scanned", "ms", "scan.on.first.p99", ""},
		{"download.256k", "ms", "scan.off.256k", ""}, {"download.256k.scanned", "ms", "scan.on.256k", ""},
		{"download.open", "KiB", "scan.off.open", ""}, {"download.open.scanned", "KiB", "scan.on.open", ""},
	}
}

// Run is one measurement.
type Run struct {
	Dir string
	Log io.Writer // of clamd
	// Box starts a box in the lab with a scanner's socket, "" for none, and returns the
	// process that judges.
	Box func(ctx context.Context, l *lab.Lab, socket string) (pid int, end func(), err error)
	// Memory of a process in MiB.
	Memory func(pid int) (float64, error)
	Add    func(key string, v float64)
}

// Measure measures all.
func (r *Run) Measure(ctx context.Context) error {
	socket, stop, err := r.clamd(ctx)
	if err != nil {
		return err
	}
	defer stop()
	var first [2]float64
	for i, name := range []string{"scan.off", "scan.on"} {
		if first[i], err = r.side(ctx, name, []string{"", socket}[i]); err != nil {
			return fmt.Errorf("downloads: %s: %w", name, err)
		}
	}
	r.Add("scan.first.added", first[1]-first[0])
	return nil
}

// clamd starts a real scanner with one signature, and the limits that the box gives its own.
func (r *Run) clamd(ctx context.Context) (socket string, stop func(), err error) {
	dir := filepath.Join(r.Dir, "clamd")
	db, conf, socket := filepath.Join(dir, "db"), filepath.Join(dir, "conf"), filepath.Join(dir, "s")
	text := fmt.Sprintf("Foreground yes\nUser root\nLocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nStreamMaxLength 32M\nMaxThreads 4\nMaxQueue 520\n", socket, db, dir)
	sig := "Test.Bench:0:*:" + hex.EncodeToString([]byte("what only this bench calls a virus")) + "\n"
	if err := errors.Join(os.MkdirAll(db, 0o755), os.WriteFile(filepath.Join(db, "t.ndb"), []byte(sig), 0o644), os.WriteFile(conf, []byte(text), 0o644)); err != nil {
		return "", nil, fmt.Errorf("downloads: %w", err)
	}
	cmd := exec.Command("/usr/sbin/clamd", "--config-file="+conf)
	cmd.Stderr = r.Log
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("downloads: %w (package clamav-daemon)", err)
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for end := time.Now().Add(startLimit); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("unix", socket)
		if err == nil {
			c.Close()
			return socket, stop, nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			stop()
			return "", nil, fmt.Errorf("downloads: clamd does not start: %w", err)
		}
	}
}

// side measures through one box and returns the time to the first byte.
func (r *Run) side(ctx context.Context, name, socket string) (first float64, err error) {
	l, err := lab.New()
	if err != nil {
		return 0, err
	}
	defer l.Close()
	if err := l.OpenInternet(lab.Good); err != nil {
		return 0, err
	}
	pid, end, err := r.Box(ctx, l, socket)
	if err != nil {
		return 0, err
	}
	defer end()
	halt := make(chan struct{})
	listener, err := l.Internet.Listen(net.JoinHostPort(lab.Good, "80"))
	if err != nil {
		return 0, err
	}
	s := &http.Server{Handler: files(halt)}
	go func() { _ = s.Serve(listener) }()
	defer s.Close()
	c := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 2*open + 1, MaxIdleConnsPerHost: 1, DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return l.PC1.Dial(ctx, network, address)
		}}}
	defer c.CloseIdleConnections()
	for what, size := range map[string]int{"100m": large, "20m": whole} {
		rate, err := bulk(ctx, c, size)
		if err != nil {
			return 0, err
		}
		r.Add(name+"."+what, rate)
	}
	begun, done, err := begin(ctx, c)
	if err != nil {
		return 0, err
	}
	first = begun[len(begun)/2]
	r.Add(name+".first", first)
	r.Add(name+".first.p99", begun[len(begun)*99/100])
	r.Add(name+".256k", done[len(done)/2])
	each, err := r.standing(ctx, c, pid, halt)
	r.Add(name+".open", each)
	return first, err
}

// files answers /N with N bytes that differ each time, so that no scanner remembers them, and
// /N?stop without the last half until halt.
func files(halt <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		n, _ := strconv.Atoi(req.URL.Path[1:])
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(n))
		_, _ = fmt.Fprintf(w, "%020d", time.Now().UnixNano())
		if n -= 20; req.URL.RawQuery != "stop" {
			_, _ = io.CopyN(w, lab.Bulk(int64(n)), int64(n))
			return
		}
		for body := lab.Bulk(behind); n > behind+piece; n -= piece { // as slow as an office's line
			_, _ = io.CopyN(w, body, piece)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(pause)
		}
		<-halt
	})
}

func fetch(ctx context.Context, c *http.Client, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(lab.Good, "80")+path, nil)
	if err != nil {
		return nil, err
	}
	return c.Do(req)
}

// bulk is the goodput of a file in Gbit/s.
func bulk(ctx context.Context, c *http.Client, size int) (float64, error) {
	var rates []float64
	for range times {
		start := time.Now()
		resp, err := fetch(ctx, c, fmt.Sprintf("/%d", size))
		if err != nil {
			return 0, err
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || n != int64(size) {
			return 0, fmt.Errorf("%d of %d bytes: %w", n, size, err)
		}
		rates = append(rates, float64(n)*8/1e9/time.Since(start).Seconds())
	}
	slices.Sort(rates)
	return rates[times/2], nil
}

// begin is how long the first and the last byte of small files take, in milliseconds, sorted.
func begin(ctx context.Context, c *http.Client) (begun, done []float64, err error) {
	one := make([]byte, 1)
	for range firsts {
		start := time.Now()
		resp, err := fetch(ctx, c, fmt.Sprintf("/%d", small))
		if err != nil {
			return nil, nil, err
		}
		_, err = io.ReadFull(resp.Body, one)
		begun = append(begun, float64(time.Since(start).Microseconds())/1000)
		_, err2 := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err := errors.Join(err, err2); err != nil {
			return nil, nil, err
		}
		done = append(done, float64(time.Since(start).Microseconds())/1000)
	}
	slices.Sort(begun)
	slices.Sort(done)
	return begun, done, nil
}

// standing is what an open download costs the box in KiB.
func (r *Run) standing(ctx context.Context, c *http.Client, pid int, halt chan struct{}) (float64, error) {
	defer close(halt)
	var after [2]float64
	for i := range after {
		end, err := some(ctx, c)
		defer end()
		if err != nil {
			return 0, err
		}
		time.Sleep(settles)
		if after[i], err = r.Memory(pid); err != nil {
			return 0, err
		}
	}
	return max(0, after[1]-after[0]) * 1024 / open, nil
}

// some opens downloads until they stand still.
func some(ctx context.Context, c *http.Client) (end func(), err error) {
	var wg sync.WaitGroup
	var all []io.Closer
	end = func() {
		for _, b := range all {
			_ = b.Close()
		}
	}
	failed := make([]error, open)
	for i := range open {
		resp, err := fetch(ctx, c, fmt.Sprintf("/%d?stop", 2*behind))
		if err != nil {
			failed[i] = err
			break
		}
		all = append(all, resp.Body)
		wg.Go(func() { _, failed[i] = io.CopyN(io.Discard, resp.Body, behind-piece) })
	}
	wg.Wait()
	return end, errors.Join(failed...)
}
