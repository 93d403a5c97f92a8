// Package trafficlog measures the traffic log of a box: how fast it is written, what it
// weighs, how long a search takes.
package trafficlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"time"

	"otasuke/gateway"
	"otasuke/wire"
)

const (
	// days of perDay flows are written.
	days, perDay = 2, 1_000_000
	// names are asked for, few of them often.
	names, devices = 100_000, 100
	// atOnce rows come from the engine together.
	atOnce  = 20_000
	million = 1e6
)

// Figures are the rows of the table, with their units.
func Figures() [][2]string {
	return [][2]string{{"traffic.written", "flows/s"}, {"traffic.flow", "bytes"}, {"traffic.search.device", "ms a million"}, {"traffic.search.name", "ms a million"}, {"traffic.search.rare", "ms a million"}}
}

// office makes flows.
type office struct {
	r     *rand.Rand
	often *rand.Zipf
	peers [names]netip.Addr
}

func newOffice() *office {
	o := &office{r: rand.New(rand.NewPCG(20261128, 6))}
	for i := range o.peers {
		o.peers[i] = netip.AddrFrom4([4]byte{byte(20 + i%150), byte(o.r.Uint32()), byte(o.r.Uint32()), byte(o.r.Uint32())})
	}
	o.often = rand.NewZipf(o.r, 1.15, 8, names-1)
	return o
}

func name(i int) string { return fmt.Sprintf("h%x.site%d.example", i*7919%65536, i%9000) }

func (o *office) row(at time.Time) wire.TrafficRow {
	i, d := int(o.often.Uint64()), o.r.IntN(devices)
	r := wire.TrafficRow{Start: at, End: at.Add(time.Duration(o.r.ExpFloat64() * float64(3*time.Second))), Device: netip.AddrFrom4([4]byte{192, 168, 1, byte(10 + d)}), Port: uint16(32768 + o.r.IntN(28000)),
		Peer: o.peers[i], PeerPort: 443, Proto: 6, Name: name(i), App: fmt.Sprintf("app%d", i%300), Category: fmt.Sprintf("category%d", i%20), Country: [...]string{"JP", "US", "SG"}[i%3],
		Up: 500 + uint64(o.r.ExpFloat64()*4000), Down: 700 + uint64(o.r.ExpFloat64()*80000)}
	if o.r.IntN(2) == 0 { // every name is asked for first
		r.Proto, r.Peer, r.PeerPort, r.Inside, r.App, r.Country = 17, netip.AddrFrom4([4]byte{192, 168, 1, 1}), 53, true, "dns", ""
		r.Up, r.Down = uint64(60+len(r.Name)), uint64(90+o.r.IntN(100))
	}
	return r
}

// Measure writes a log below dir and searches it.
func Measure(ctx context.Context, dir string, add func(name string, v float64)) (err error) {
	log, err := gateway.OpenTraffic(filepath.Join(dir, "traffic"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	o, begin := newOffice(), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var took time.Duration
	rows := make([]wire.TrafficRow, 0, atOnce)
	for i := range days * perDay {
		rows = append(rows, o.row(begin.Add(time.Duration(i)*24*time.Hour/perDay)))
		if len(rows) < atOnce {
			continue
		}
		start := time.Now()
		if err := log.Put(rows); err != nil {
			return err
		}
		took += time.Since(start)
		rows = rows[:0]
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	add("traffic.written", days*perDay/took.Seconds())
	add("traffic.flow", float64(log.Bytes())/(days*perDay))
	for figure, q := range map[string]wire.TrafficQuery{
		"device": {Device: netip.AddrFrom4([4]byte{192, 168, 1, 42}), Limit: 200}, "name": {Name: name(0), Sum: wire.SumDevice}, "rare": {Name: name(names - 1), Sum: wire.SumDevice},
	} {
		var best time.Duration
		for range 3 {
			start := time.Now()
			a := log.Ask(ctx, q)
			if a.Failed != "" {
				return errors.New(a.Failed)
			}
			if t := time.Since(start); best == 0 || t < best {
				best = t
			}
		}
		add("traffic.search."+figure, best.Seconds()*1000/(days*perDay/million))
	}
	return nil
}

// Count is how many rows a log below dir has of a time.
func Count(ctx context.Context, dir string, from, to time.Time) (n int, err error) {
	log, err := gateway.OpenTraffic(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	a := log.Ask(ctx, wire.TrafficQuery{From: from, To: to, Sum: wire.SumDevice})
	if a.Failed != "" {
		return 0, errors.New(a.Failed)
	}
	for _, s := range a.Traffic.Sums {
		n += s.Flows
	}
	return n, nil
}
