package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"otasuke/e2e/bench/apart"
	"otasuke/e2e/bench/appnames"
	"otasuke/e2e/bench/downloads"
	"otasuke/e2e/bench/sitelist"
	"otasuke/e2e/bench/trafficlog"
	"otasuke/e2e/lab"
)

const (
	// liveFlows is what an office of 100 PCs shows at its busiest; manyFlows are those that
	// two workers hold at most.
	liveFlows, manyFlows = 10_000, 200_000
	// halfRate is asked for where the box was not measured before, pages per second.
	halfRate = 2000
)

// mode builds a lab, fills the box's place and takes the mode's measurements.
func (b *bench) mode(ctx context.Context, m mode) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.OpenInternet(lab.Good); err != nil {
		return err
	}
	in := &inline{name: m.name}
	switch {
	case m.box:
		in, err = b.box(ctx, l, m)
	case m.peer:
		in, err = b.sensor(ctx, l, m)
	case m.pass:
		in, err = passer(ctx, l, m)
	default:
		err = l.JoinBox()
	}
	if err != nil {
		return fmt.Errorf("bench: %s: %w", m.name, err)
	}
	defer func() { b.unseen(in) }()
	defer in.end()
	t := &traffic{lab: l, each: b.Each}
	defer t.close()
	defer func() { b.moved[m.name] = t.moved }()
	for _, what := range m.measure {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := b.measure(ctx, t, in, what); err != nil {
			return fmt.Errorf("bench: %s %s: %w", m.name, what, err)
		}
	}
	return nil
}

func (b *bench) measure(ctx context.Context, t *traffic, in *inline, what string) error {
	one := func(v float64, err error) error {
		b.add(in.name+"."+what, v)
		return err
	}
	wait := func(p50, p99 float64, err error) error {
		b.add(in.name+"."+what+".p50", p50)
		b.add(in.name+"."+what+".p99", p99)
		return err
	}
	switch what {
	case "bulk.1":
		return one(t.bulk(ctx, 1, false))
	case "bulk.8":
		return one(t.bulk(ctx, 8, false))
	case "tls":
		return one(t.bulk(ctx, 1, true))
	case "pps":
		return one(t.packets(ctx))
	case "latency":
		return wait(t.latency(ctx))
	case "latency.half", "latency.half.apart":
		rate := float64(halfRate)
		if v := b.got["box.http.keepalive"]; len(v) > 0 {
			rate = v[len(v)-1] / 2
		}
		if b.add("half", rate); what == "latency.half.apart" {
			return apart.While(in.pid, func() error { return wait(t.latencyAt(ctx, rate)) })
		}
		return wait(t.latencyAt(ctx, rate))
	case "memory":
		return one(resident(in.pid))
	case "http.keepalive":
		rate, p99, err := t.keepAlive(ctx)
		b.add(in.name+".http.keepalive.p99", p99)
		return one(rate, err)
	case "http.newconn":
		return b.newConn(ctx, t, in)
	case "flows":
		return b.flows(ctx, t.lab, in)
	}
	return errors.New("unknown measurement")
}

func (b *bench) newConn(ctx context.Context, t *traffic, in *inline) error {
	o, err := t.newConnections(ctx, b.Hold)
	if err != nil {
		return err
	}
	if o.err != nil {
		fmt.Fprintf(b.Out, "\n%s: %d connections failed: %v\n", in.name, o.failed, o.err)
	}
	for what, v := range map[string]float64{
		"": float64(o.done) / o.seconds, ".p99": o.took.percentile(99), ".failed": float64(o.failed), ".late": float64(o.took.from(newLate)),
	} {
		b.add(in.name+".http.newconn"+what, v)
	}
	return nil
}

// sites measures lists of sites in a lab of their own.
func (b *bench) sites(ctx context.Context) error {
	r := sitelist.Run{Dir: b.dir, Each: b.Each, Log: b.Log, Out: b.Out, Memory: resident, Add: b.add}
	r.Rows = func(ctx context.Context, from, to time.Time) (int, error) {
		return trafficlog.Count(ctx, filepath.Join(b.state, "flows"), from, to)
	}
	r.Box = func(ctx context.Context, l *lab.Lab, list string, records bool) (int, func(), error) {
		in, err := b.box(ctx, l, mode{name: "sites", box: true, starter: true, list: list, quiet: !records})
		if err != nil {
			return 0, nil, err
		}
		return in.pid, in.end, nil
	}
	if err := errors.Join(sitelist.Lists(ctx, b.dir, b.add), r.Waiting(ctx), r.DNS(ctx), trafficlog.Measure(ctx, b.dir, b.add)); err != nil {
		return fmt.Errorf("bench: sites: %w", err)
	}
	return nil
}

// downloads measures the virus scanner in a lab of its own.
func (b *bench) downloads(ctx context.Context) error {
	r := downloads.Run{Dir: b.dir, Log: b.Log, Memory: resident, Add: b.add}
	r.Box = func(ctx context.Context, l *lab.Lab, socket string) (int, func(), error) {
		in, err := b.box(ctx, l, mode{name: "downloads", box: true, clamd: socket})
		if err != nil {
			return 0, nil, err
		}
		return in.pid, in.end, nil
	}
	return r.Measure(ctx)
}

// apps measures the names of applications in labs of their own.
func (b *bench) apps(ctx context.Context) error {
	cfg, err := certificate()
	if err != nil {
		return err
	}
	r := appnames.Run{Each: b.Each, Server: cfg, Add: b.add}
	r.Box = func(ctx context.Context, l *lab.Lab) (func(), error) {
		in, err := b.box(ctx, l, mode{name: "apps", box: true, settings: appnames.Settings()})
		if err != nil {
			return nil, err
		}
		return in.end, nil
	}
	return r.Measure(ctx)
}

// flows opens conversations that stay open and takes the engine's memory.
func (b *bench) flows(ctx context.Context, l *lab.Lab, in *inline) error {
	o, err := newOpener(l, in.pid)
	if err != nil {
		return err
	}
	defer o.close()
	for _, step := range []struct {
		until int
		key   string
	}{{liveFlows, "memory.loaded"}, {manyFlows, "memory.flows"}} {
		if err := o.open(ctx, step.until); err != nil {
			return err
		}
		v, err := resident(in.pid)
		if err != nil {
			return err
		}
		b.add(step.key, v)
	}
	return nil
}
