package flowlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"

	"otasuke/gateway/internal/traffic"
)

// errSegment tells of a file that cannot be read; the others are searched nevertheless.
var errSegment = errors.New("flowlog: a file of the traffic log cannot be read")

// Columns of flows that a search is to fill in. Their time is always there.
type Columns uint8

// Groups of columns.
const (
	Who    Columns = 1 << iota // MAC, Device
	Ends                       // Peer, the ports, Proto, Inbound, Inside
	Names                      // Name, App, Category, Country
	Sizes                      // Up, Down, Packets
	States                     // Verdict, Why, Silent, More, ID
	All    = Who | Ends | Names | Sizes | States
)

// scan calls each with the flows of the segment that match, in the order of the file, until
// it returns false. Its argument is good until the next call.
func (s *segment) scan(ctx context.Context, q *Query, want Columns, each func(*traffic.Flow) bool) (err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics at some damage
			err = fmt.Errorf("%w: %s: %v", errSegment, s.name(), r)
		}
	}()
	f, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("flowlog: %w", err)
	}
	defer f.Close()
	if sum, err := footer(f, s.size); err != nil || sum != s.sum {
		return fmt.Errorf("%w: %s: damaged", errSegment, s.name())
	}
	file, err := parquet.OpenFile(f, s.size, parquet.SkipPageIndex(true))
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errSegment, s.name(), err)
	}
	for _, g := range file.RowGroups() {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := reader{chunks: g.ColumnChunks(), schema: file.Schema(), rows: int(g.NumRows())}
		more, err := r.find(q, s, want, each)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", errSegment, s.name(), err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

// reader reads the columns of one group of rows, each when it is asked for.
type reader struct {
	chunks []parquet.ColumnChunk
	schema *parquet.Schema
	rows   int
	lo, hi int    // the rows that are read: from lo to before hi
	found  []bool // rows that match so far
}

func (r *reader) chunk(name string) (parquet.ColumnChunk, error) {
	leaf, ok := r.schema.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("no column %q", name)
	}
	return r.chunks[leaf.ColumnIndex], nil
}

// find narrows down what matches, the cheapest question first, and gives that to each.
func (r *reader) find(q *Query, s *segment, want Columns, each func(*traffic.Flow) bool) (more bool, err error) {
	r.found = make([]bool, r.rows)
	for i := range r.found {
		r.found[i] = true
	}
	left := r.rows
	r.hi = r.rows
	for _, t := range q.tests() {
		if left, err = r.narrow(&t); err != nil || left == 0 {
			return err == nil, err
		}
	}
	r.lo, r.hi = slices.Index(r.found, true), r.rows
	for !r.found[r.hi-1] {
		r.hi--
	}
	var c columns
	within := s.from*second >= q.From && (q.To == 0 || s.to*second <= q.To)
	if want != 0 || !within {
		if c.start, err = r.numbers("start"); err != nil {
			return false, err
		}
		if c.took, err = r.numbers("duration_ms"); err != nil {
			return false, err
		}
	}
	if !within {
		left = 0
		for i := r.lo; i < r.hi; i++ {
			start := int64(c.start[i-r.lo])
			r.found[i] = r.found[i] && q.during(start, start+int64(c.took[i-r.lo])*1000)
			if r.found[i] {
				left++
			}
		}
	}
	if left == 0 {
		return true, nil
	}
	if q.PeerPort != 0 {
		want |= Ends
	}
	if err := c.read(r, want); err != nil {
		return false, err
	}
	var f traffic.Flow
	for i, ok := range r.found[r.lo:r.hi] {
		if !ok {
			continue
		}
		if c.flow(i, want, &f); !q.rest(&f) {
			continue
		}
		if !each(&f) {
			return false, nil
		}
	}
	return true, nil
}

// narrow asks one question of one column; left counts what still matches.
func (r *reader) narrow(t *test) (left int, err error) {
	chunk, err := r.chunk(t.column)
	if err != nil {
		return 0, err
	}
	if b := chunk.BloomFilter(); b != nil && t.exact {
		if ok, err := b.Check(parquet.ByteArrayValue([]byte(t.want))); err == nil && !ok {
			return 0, nil
		}
	}
	var fits []bool
	row, some := 0, false
	return left, r.pages(t.column, func(p parquet.Page) error {
		d := p.Dictionary()
		if d == nil {
			return errNoDictionary
		}
		if fits == nil {
			fits = make([]bool, d.Len())
			for i := range fits {
				fits[i] = t.fits(d.Index(int32(i)).ByteArray())
				some = some || fits[i]
			}
			if !some {
				return io.EOF
			}
		}
		data := p.Data()
		for _, at := range data.Int32() {
			if at < 0 || int(at) >= len(fits) {
				return errDictionary
			}
			if r.found[row] = r.found[row] && fits[at]; r.found[row] {
				left++
			}
			row++
		}
		return nil
	})
}

var (
	errNoDictionary = errors.New("texts without a dictionary")
	errDictionary   = errors.New("a value that the dictionary does not have")
)

// words are a column of texts.
type words struct {
	dict []string
	at   []int32 // of each row from r.lo on
}

func (w *words) of(row int) string { return w.dict[w.at[row]] }

// words reads a column of texts.
func (r *reader) words(name string) (w words, err error) {
	w.at = make([]int32, 0, r.hi-r.lo)
	return w, r.pages(name, func(p parquet.Page) error {
		d := p.Dictionary()
		if d == nil {
			return errNoDictionary
		}
		if w.dict == nil {
			w.dict = make([]string, d.Len())
		}
		data := p.Data()
		for _, at := range data.Int32() {
			if at < 0 || int(at) >= len(w.dict) {
				return errDictionary
			}
			if w.dict[at] == "" {
				w.dict[at] = string(d.Index(at).ByteArray())
			}
			w.at = append(w.at, at)
		}
		return nil
	})
}

// numbers reads a column of numbers.
func (r *reader) numbers(name string) (n []uint64, err error) {
	n = make([]uint64, 0, r.hi-r.lo)
	var dict []uint64
	return n, r.pages(name, func(p parquet.Page) error {
		data := p.Data()
		d, kind := p.Dictionary(), p.Type().Kind()
		switch {
		case d != nil:
			if dict == nil {
				dict = make([]uint64, d.Len())
				for i := range dict {
					dict[i] = d.Index(int32(i)).Uint64()
				}
			}
			for _, at := range data.Int32() {
				if at < 0 || int(at) >= len(dict) {
					return errDictionary
				}
				n = append(n, dict[at])
			}
		case kind == parquet.Int64:
			for _, v := range data.Int64() {
				n = append(n, uint64(v))
			}
		case kind == parquet.Int32:
			for _, v := range data.Uint32() {
				n = append(n, uint64(v))
			}
		default:
			return fmt.Errorf("column %q is of another type", name)
		}
		return nil
	})
}

// pages calls each with the pages of a column from row lo to before row hi, cut to them, until
// it returns io.EOF.
func (r *reader) pages(name string, each func(parquet.Page) error) error {
	chunk, err := r.chunk(name)
	if err != nil {
		return err
	}
	if chunk.NumValues() != int64(r.rows) {
		return fmt.Errorf("column %q has %d values for %d rows", name, chunk.NumValues(), r.rows)
	}
	pages := chunk.Pages()
	defer pages.Close()
	if r.lo > 0 {
		if err := pages.SeekToRow(int64(r.lo)); err != nil {
			return err
		}
	}
	for left := int64(r.hi - r.lo); left > 0; {
		p, err := pages.ReadPage()
		if err != nil {
			return fmt.Errorf("column %q: %w", name, noEnd(err))
		}
		n := p.NumValues()
		if n == 0 {
			parquet.Release(p)
			return fmt.Errorf("column %q has an empty page", name)
		}
		if n > left {
			whole := p
			p = p.Slice(0, left)
			parquet.Release(whole)
		}
		err = each(p)
		parquet.Release(p)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// noEnd makes an error of an end that came too soon.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// columns are those of a group.
type columns struct {
	start, took                                                                     []uint64
	id, devicePort, peerPort, proto, up, down, packets                              []uint64
	mac, device, peer, name, app, category, country, verdict, why, direction, state words
	macs                                                                            map[int32][6]byte
	devices, peers                                                                  map[int32]netip.Addr
}

func (c *columns) read(r *reader, want Columns) (err error) {
	for _, n := range [...]struct {
		of   Columns
		name string
		to   *[]uint64
	}{{States, "parts_of", &c.id}, {Ends, "device_port", &c.devicePort}, {Ends, "peer_port", &c.peerPort}, {Ends, "protocol", &c.proto},
		{Sizes, "bytes_up", &c.up}, {Sizes, "bytes_down", &c.down}, {Sizes, "packets", &c.packets}} {
		if want&n.of == 0 {
			continue
		}
		if *n.to, err = r.numbers(n.name); err != nil {
			return err
		}
	}
	for _, n := range [...]struct {
		of   Columns
		name string
		to   *words
	}{{Who, "mac", &c.mac}, {Who, "device", &c.device}, {Ends, "peer", &c.peer}, {Ends, "direction", &c.direction}, {States, "state", &c.state}, {Names, "name", &c.name}, {Names, "application", &c.app}, {Names, "category", &c.category},
		{Names, "country", &c.country}, {States, "verdict", &c.verdict}, {States, "why", &c.why}} {
		if want&n.of == 0 {
			continue
		}
		if *n.to, err = r.words(n.name); err != nil {
			return err
		}
	}
	c.macs, c.devices, c.peers = map[int32][6]byte{}, map[int32]netip.Addr{}, map[int32]netip.Addr{}
	return nil
}

// flow makes row i, counted from the first that was read.
func (c *columns) flow(i int, want Columns, f *traffic.Flow) {
	*f = traffic.Flow{}
	if c.start != nil {
		f.Start = int64(c.start[i])
		f.End = f.Start + int64(c.took[i])*1000
	}
	if want&Who != 0 {
		f.MAC, f.Device = c.hardware(i), addrOf(c.devices, &c.device, i)
	}
	if want&Ends != 0 {
		f.Peer, f.DevicePort, f.PeerPort = addrOf(c.peers, &c.peer, i), uint16(c.devicePort[i]), uint16(c.peerPort[i])
		f.Proto, f.Inbound, f.Inside = uint8(c.proto[i]), c.direction.of(i) == inbound, c.direction.of(i) == inside
	}
	if want&Names != 0 {
		f.Name, f.App, f.Category, f.Country = c.name.of(i), c.app.of(i), c.category.of(i), c.country.of(i)
	}
	if want&Sizes != 0 {
		f.Up, f.Down, f.Packets = c.up[i], c.down[i], c.packets[i]
	}
	if want&States != 0 {
		f.Verdict, f.Why, f.ID = traffic.VerdictOf(c.verdict.of(i)), c.why.of(i), c.id[i]
		state := c.state.of(i)
		f.Silent, f.More = state == unanswered || state == unansweredSoFar, state == answeredSoFar || state == unansweredSoFar
	}
}

// hardware is the address of row i.
func (c *columns) hardware(i int) [6]byte {
	mac, ok := c.macs[c.mac.at[i]]
	if !ok {
		if m, err := net.ParseMAC(c.mac.of(i)); err == nil && len(m) == len(mac) {
			mac = [6]byte(m)
		}
		c.macs[c.mac.at[i]] = mac
	}
	return mac
}

func addrOf(known map[int32]netip.Addr, w *words, i int) netip.Addr {
	a, ok := known[w.at[i]]
	if !ok {
		a, _ = netip.ParseAddr(w.of(i))
		known[w.at[i]] = a
	}
	return a
}
