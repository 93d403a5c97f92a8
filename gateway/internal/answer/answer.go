// Package answer answers the centre's questions from the traffic log: which flows there
// were, what they add up to, and how far something has spread.
//
// Callers: gateway.
package answer

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"otasuke/gateway/internal/flowlog"
	"otasuke/gateway/internal/traffic"
	"otasuke/wire"
)

// Log is what is asked.
type Log interface {
	Each(ctx context.Context, q *flowlog.Query, want flowlog.Columns, each func(*traffic.Flow) bool) error
	Stats() flowlog.Stats
}

// maxKeys bounds what is added up at once; what comes after is left out and said.
const maxKeys = 200_000

var (
	errQuestion = errors.New("answer: this box does not understand the question: it may be older than the centre")
	errKeys     = fmt.Errorf("answer: more than %d different ones: ask for less time", maxKeys)
)

// To answers a question; what goes wrong stands in the answer.
func To(ctx context.Context, log Log, q *wire.Question) wire.Answer {
	a, began := wire.Answer{Version: wire.Version, ID: q.ID}, time.Now()
	var err error
	kept, isLog := log.(*flowlog.Log)
	switch {
	case log == nil || isLog && kept == nil:
		err = errors.New("answer: this box keeps no traffic log")
	case q.Traffic != nil:
		a.Traffic = new(wire.TrafficAnswer)
		err = find(ctx, log, q.Traffic, a.Traffic)
		a.Traffic.Took = int(time.Since(began).Milliseconds())
	case q.Spread != nil:
		a.Spread, err = spread(ctx, log, q.Spread)
		if a.Spread != nil {
			a.Spread.Took = int(time.Since(began).Milliseconds())
		}
	default:
		err = errQuestion
	}
	if err != nil {
		a.Failed = err.Error()
	}
	return a
}

// micros is a time in microseconds, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func when(at int64) time.Time { return time.UnixMicro(at).UTC() }

// queryOf reads what is asked for.
func queryOf(q *wire.TrafficQuery) (flowlog.Query, error) {
	f := flowlog.Query{From: micros(q.From), To: micros(q.To), Device: q.Device, Name: q.Name, Peer: q.Peer, PeerPort: q.PeerPort,
		App: q.App, Category: q.Category, Country: q.Country, Verdict: q.Verdict, Why: q.Why}
	mac, err := hardware(q.MAC)
	f.MAC = mac
	return f, err
}

// hardware reads a hardware address, zero for "".
func hardware(text string) (mac [6]byte, err error) {
	if text == "" {
		return mac, nil
	}
	m, err := net.ParseMAC(text)
	if err != nil || len(m) != len(mac) {
		return mac, fmt.Errorf("answer: %q is no hardware address", text)
	}
	return [6]byte(m), nil
}

func macText(m [6]byte) string {
	if m == [6]byte{} {
		return ""
	}
	return net.HardwareAddr(m[:]).String()
}

// find lists or adds up.
func find(ctx context.Context, log Log, q *wire.TrafficQuery, a *wire.TrafficAnswer) error {
	f, err := queryOf(q)
	if err != nil {
		return err
	}
	a.Since = log.Stats().Oldest
	limit := q.Limit
	if limit <= 0 || limit > wire.MaxRows {
		limit = wire.MaxRows
	}
	if q.Sum != "" {
		return sum(ctx, log, &f, q.Sum, limit, a)
	}
	var top newest
	// What is counted only need not be read.
	err = log.Each(ctx, &f, 0, func(*traffic.Flow) bool { a.Found++; return true })
	if err != nil && ctx.Err() != nil {
		return err
	}
	// Segments come newest first, and overlap by no more than a flow lasts that is a row: an hour.
	const overlap = int64(2 * time.Hour / time.Microsecond)
	err = log.Each(ctx, &f, flowlog.All, func(r *traffic.Flow) bool {
		switch {
		case len(top) < limit:
			heap.Push(&top, *r)
		case r.Start > top[0].Start:
			top[0] = *r
			heap.Fix(&top, 0)
		default:
			return r.Start > top[0].Start-overlap
		}
		return true
	})
	slices.SortFunc(top, func(x, y traffic.Flow) int { return cmp.Or(cmp.Compare(y.Start, x.Start), cmp.Compare(x.Name, y.Name)) })
	for i := range top {
		a.Rows = append(a.Rows, row(&top[i]))
	}
	return err
}

// newest is a heap with the oldest flow on top.
type newest []traffic.Flow

func (n newest) Len() int           { return len(n) }
func (n newest) Less(i, j int) bool { return n[i].Start < n[j].Start }
func (n newest) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }
func (n *newest) Push(x any)        { *n = append(*n, x.(traffic.Flow)) } //nolint:forcetypeassert // heap.Interface
func (n *newest) Pop() any          { panic("answer: nothing is taken from the heap") }

func row(f *traffic.Flow) wire.TrafficRow {
	return wire.TrafficRow{Start: when(f.Start), End: when(f.End), MAC: macText(f.MAC), Device: f.Device, Port: f.DevicePort, Peer: f.Peer, PeerPort: f.PeerPort, Proto: f.Proto,
		Inbound: f.Inbound, Inside: f.Inside, Silent: f.Silent, More: f.More, Name: f.Name, App: f.App, Category: f.Category, Country: f.Country,
		Verdict: f.Verdict.String(), Why: f.Why, Up: min(f.Up, wire.MaxUse), Down: min(f.Down, wire.MaxUse)}
}

// key is what flows are added up by.
type key struct {
	mac  [6]byte
	addr netip.Addr
	text string
}

// keyOf says how to find the key of a flow, and which columns that needs.
func keyOf(by string) (of func(*traffic.Flow) key, want flowlog.Columns, err error) {
	switch by {
	case wire.SumDevice:
		return func(f *traffic.Flow) key { return deviceKey(f) }, flowlog.Who, nil
	case wire.SumName:
		return func(f *traffic.Flow) key { return key{text: f.Name} }, flowlog.Names, nil
	case wire.SumPeer:
		return func(f *traffic.Flow) key { return key{addr: f.Peer} }, flowlog.Ends, nil
	case wire.SumApp:
		return func(f *traffic.Flow) key { return key{text: f.App} }, flowlog.Names, nil
	case wire.SumCountry:
		return func(f *traffic.Flow) key { return key{text: f.Country} }, flowlog.Names, nil
	}
	return nil, 0, errQuestion
}

func deviceKey(f *traffic.Flow) key {
	if f.MAC != [6]byte{} {
		return key{mac: f.MAC}
	}
	return key{addr: f.Device}
}

func (k *key) String() string {
	switch {
	case k.mac != [6]byte{}:
		return macText(k.mac)
	case k.addr.IsValid():
		return k.addr.String()
	}
	return k.text
}

type total struct {
	flows, blocked int
	up, down       uint64
	first, last    int64
	device         netip.Addr
}

// sum adds up.
func sum(ctx context.Context, log Log, q *flowlog.Query, by string, limit int, a *wire.TrafficAnswer) error {
	of, want, err := keyOf(by)
	if err != nil {
		return err
	}
	if q.Verdict == "" {
		want |= flowlog.States
	}
	all, full := map[key]*total{}, false
	err = log.Each(ctx, q, want|flowlog.Sizes, func(f *traffic.Flow) bool {
		k := of(f)
		t := all[k]
		if t == nil {
			if len(all) >= maxKeys {
				full = true
				return true
			}
			t = &total{first: f.Start}
			all[k] = t
		}
		if t.up, t.down = t.up+f.Up, t.down+f.Down; !f.More {
			t.flows++
		}
		if f.Verdict == traffic.Blocked || q.Verdict == traffic.Blocked.String() {
			t.blocked++
		}
		t.first = min(t.first, f.Start)
		if f.End >= t.last {
			t.last, t.device = f.End, f.Device
		}
		return true
	})
	a.Found = len(all)
	for k, t := range all {
		s := wire.TrafficSum{Key: k.String(), Flows: t.flows, Blocked: t.blocked, Up: t.up, Down: t.down, First: when(t.first), Last: when(t.last)}
		if by == wire.SumDevice {
			s.Device = t.device
		}
		a.Sums = append(a.Sums, s)
	}
	slices.SortFunc(a.Sums, func(x, y wire.TrafficSum) int {
		return cmp.Or(cmp.Compare(y.Up+y.Down, x.Up+x.Down), cmp.Compare(y.Flows, x.Flows), cmp.Compare(x.Key, y.Key))
	})
	a.Sums = a.Sums[:min(len(a.Sums), limit)]
	if full {
		err = errors.Join(err, errKeys)
	}
	return err
}
