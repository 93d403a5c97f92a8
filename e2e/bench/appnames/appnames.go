// Package appnames measures what it costs that conversations get the names of applications, and
// how soon one that a company has switched off is refused: TLS connections to names of the
// built-in compilation through the kernel's bridge and through a box. Only the bench calls it.
package appnames

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"otasuke/content/apps"
	"otasuke/e2e/lab"
)

const (
	// off is what the company has switched off.
	off = "gambling"
	// alone are opened one after the other, for how long one waits; crowd at once, for how many
	// there can be.
	alone, crowd = 300, 16
	// patience with one connection.
	patience = 10 * time.Second
)

// Figure is a row of the table. Ratio is to Against.
type Figure struct{ Name, Unit, Against string }

// Figures in the order in which they are shown.
func Figures() []Figure {
	return []Figure{
		{"kernel.apps.open.p50", "ms", ""}, {"apps.open.p50", "ms", "kernel.apps.open.p50"},
		{"kernel.apps.open.p99", "ms", ""}, {"apps.open.p99", "ms", "kernel.apps.open.p99"},
		{"apps.refused.p50", "ms", ""}, {"apps.refused.p99", "ms", ""}, {"apps.answered", "of those switched off", ""},
		{"kernel.apps.connections", "connections/s", ""}, {"apps.connections", "connections/s", "kernel.apps.connections"},
	}
}

// Settings are what a box needs in its configuration beside the usual.
func Settings() string { return fmt.Sprintf("[[block]]\ncategories = [%q]\n", off) }

// Run is one measurement.
type Run struct {
	Each   time.Duration // for how long connections are opened at once
	Server *tls.Config
	// Box starts a box with [Settings] in the lab.
	Box func(ctx context.Context, l *lab.Lab) (end func(), err error)
	Add func(key string, v float64)
}

// Measure measures all.
func (r *Run) Measure(ctx context.Context) error {
	wanted, unwanted, err := names()
	if err != nil {
		return err
	}
	for _, side := range []string{"kernel.apps", "apps"} {
		if err := r.side(ctx, side, wanted, unwanted); err != nil {
			return fmt.Errorf("appnames: %s: %w", side, err)
		}
	}
	return nil
}

// names of applications, those that are let through and those that are not.
func names() (wanted, unwanted []string, err error) {
	c, err := apps.Load()
	if err != nil {
		return nil, nil, err
	}
	for _, a := range c.Apps {
		for _, n := range a.Names {
			if a.Category == off {
				unwanted = append(unwanted, "www."+n)
			} else {
				wanted = append(wanted, "www."+n)
			}
		}
	}
	if len(wanted) == 0 || len(unwanted) == 0 {
		return nil, nil, errors.New("appnames: the compilation has no names")
	}
	return wanted, unwanted, nil
}

// side measures with the bare bridge, or with a box in its place.
func (r *Run) side(ctx context.Context, side string, wanted, unwanted []string) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.OpenInternet(lab.Good); err != nil {
		return err
	}
	box := side == "apps"
	if !box {
		err = l.JoinBox()
	} else {
		var end func()
		if end, err = r.Box(ctx, l); err == nil {
			defer end()
		}
	}
	if err != nil {
		return err
	}
	listener, err := l.Internet.Listen(net.JoinHostPort(lab.Good, "443"))
	if err != nil {
		return err
	}
	defer listener.Close()
	go answer(listener, r.Server)
	took := make([]float64, alone)
	for i := range took {
		if took[i], err = open(ctx, l, wanted[i*len(wanted)/alone]); err != nil {
			return err
		}
	}
	r.spread(side+".open", took)
	rate, err := r.crowd(ctx, l, wanted)
	r.Add(side+".connections", rate)
	// Last: a refused connection leaves its port to the next one at once, and the box still knows what it refused.
	if err == nil && box {
		answered := 0
		for i := range took {
			var refused error
			if took[i], refused = open(ctx, l, unwanted[i%len(unwanted)]); refused == nil {
				answered++
			}
		}
		r.spread(side+".refused", took)
		r.Add(side+".answered", float64(answered)/alone)
	}
	return err
}

// answer completes handshakes.
func answer(l net.Listener, cfg *tls.Config) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(patience))
			_ = tls.Server(c, cfg).Handshake() // one that is refused on its way is the other end's to see
		}()
	}
}

// open opens a connection to a name and says in milliseconds how long it took until it stood, or was refused.
func open(ctx context.Context, l *lab.Lab, name string) (ms float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	c, err := l.PC1.Dial(ctx, "tcp", net.JoinHostPort(lab.Good, "443"))
	if err == nil {
		t := tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: name})
		err = t.HandshakeContext(ctx)
		ms = float64(time.Since(began).Microseconds()) / 1000
		c.Close()
	}
	return ms, err
}

func (r *Run) spread(key string, took []float64) {
	slices.Sort(took)
	r.Add(key+".p50", took[len(took)/2])
	r.Add(key+".p99", took[len(took)*99/100])
}

// crowd is how many connections a second stand, when as many as the cores bear are opened.
func (r *Run) crowd(ctx context.Context, l *lab.Lab, names []string) (rate float64, err error) {
	var done atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, crowd)
	began := time.Now()
	for i := range crowd {
		all.Go(func() {
			for n := i; time.Since(began) < r.Each; n += crowd {
				if _, err := open(ctx, l, names[n%len(names)]); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return float64(done.Load()) / time.Since(began).Seconds(), err
}
