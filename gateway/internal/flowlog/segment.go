package flowlog

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"otasuke/gateway/internal/traffic"
)

// row is how a segment has a flow. Texts that come again cost two bytes or less.
type row struct {
	Start      int64  `parquet:"start,timestamp(microsecond),delta,uncompressed"`
	Took       uint32 `parquet:"duration_ms,delta,uncompressed"`
	ID         uint64 `parquet:"parts_of,dict"`
	MAC        string `parquet:"mac,dict"`
	Device     string `parquet:"device,dict"`
	DevicePort uint32 `parquet:"device_port,delta,uncompressed"`
	Peer       string `parquet:"peer,dict"`
	PeerPort   uint32 `parquet:"peer_port,dict"`
	Proto      uint32 `parquet:"protocol,dict"`
	Direction  string `parquet:"direction,dict"`
	State      string `parquet:"state,dict"`
	Name       string `parquet:"name,dict"`
	App        string `parquet:"application,dict"`
	Category   string `parquet:"category,dict"`
	Country    string `parquet:"country,dict"`
	Verdict    string `parquet:"verdict,dict"`
	Why        string `parquet:"why,dict"`
	Up         uint64 `parquet:"bytes_up,delta,uncompressed"`
	Down       uint64 `parquet:"bytes_down,delta,uncompressed"`
	Packets    uint64 `parquet:"packets,delta,uncompressed"`
}

// Directions and states on disk.
const (
	outbound = "outbound"
	inbound  = "inbound"
	inside   = "inside"

	answered        = "answered"
	unanswered      = "unanswered"
	answeredSoFar   = "answered, goes on"
	unansweredSoFar = "unanswered, goes on"
)

func directionOf(f *traffic.Flow) string {
	switch {
	case f.Inside:
		return inside
	case f.Inbound:
		return inbound
	}
	return outbound
}

func stateOf(f *traffic.Flow) string {
	switch {
	case f.Silent && f.More:
		return unansweredSoFar
	case f.Silent:
		return unanswered
	case f.More:
		return answeredSoFar
	}
	return answered
}

const (
	ext = ".parquet"
	// bloomBits for each value: one in a hundred segments is opened in vain.
	bloomBits = 10
	// pageBytes before encoding are read at once: 4,096 numbers.
	pageBytes = 32 << 10
)

// segment is a file of rows.
type segment struct {
	path     string
	from, to int64 // seconds, to is past the last
	seq      uint64
	sum      uint32 // of the footer
	size     int64
}

func (s *segment) name() string {
	return fmt.Sprintf("%012d-%012d-%020d-%08x%s", s.from, s.to, s.seq, s.sum, ext)
}

// segmentOf reads the name of a file; false when it is none of ours.
func segmentOf(path string) (s segment, ok bool) {
	parts := strings.Split(strings.TrimSuffix(filepath.Base(path), ext), "-")
	if len(parts) != 4 {
		return s, false
	}
	var err [4]error
	s.path = path
	s.from, err[0] = strconv.ParseInt(parts[0], 10, 64)
	s.to, err[1] = strconv.ParseInt(parts[1], 10, 64)
	s.seq, err[2] = strconv.ParseUint(parts[2], 10, 64)
	sum, e := strconv.ParseUint(parts[3], 16, 32)
	s.sum, err[3] = uint32(sum), e
	return s, errors.Join(err[:]...) == nil && s.name() == filepath.Base(path)
}

const (
	// tailBytes end a file: the length of the footer and a magic number.
	tailBytes = 8
	// maxFooter is many times what 20 columns of one group need.
	maxFooter = 1 << 20
)

var table = crc32.MakeTable(crc32.Castagnoli)

// footer sums up the footer of a file. Pages have sums of their own; what the footer says is
// trusted by who reads them.
func footer(f io.ReaderAt, size int64) (uint32, error) {
	var tail [tailBytes]byte
	if _, err := f.ReadAt(tail[:], size-tailBytes); err != nil {
		return 0, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > maxFooter || n > size-tailBytes {
		return 0, io.ErrUnexpectedEOF
	}
	b := make([]byte, n+tailBytes)
	if _, err := f.ReadAt(b, size-int64(len(b))); err != nil {
		return 0, err
	}
	return crc32.Checksum(b, table), nil
}

// writeSegment makes a file of flows, which it sorts: what is asked of the same name lies
// together, with its address, application and country. It is whole on the disk when it
// returns.
func writeSegment(dir string, flows []traffic.Flow, seq uint64) (s segment, err error) {
	order := sorted(flows)
	s = segment{seq: seq, from: flows[0].Start}
	for i := range flows {
		s.from, s.to = min(s.from, flows[i].Start), max(s.to, flows[i].End)
	}
	s.from, s.to = s.from/second, s.to/second+1
	f, err := os.OpenFile(filepath.Join(dir, "unfinished"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(writeRows(f, flows, order), f.Sync()); err != nil {
		return s, errors.Join(err, f.Close())
	}
	if s.size, err = f.Seek(0, io.SeekEnd); err == nil {
		s.sum, err = footer(f, s.size)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return s, err
	}
	s.path = filepath.Join(dir, s.name())
	if err := os.Rename(f.Name(), s.path); err != nil {
		return s, err
	}
	return s, syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sorted gives the order of flows on the disk. A row is too large to be moved about.
func sorted(flows []traffic.Flow) []int32 {
	order := make([]int32, len(flows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := &flows[i], &flows[j]
		return cmp.Or(strings.Compare(a.Name, b.Name), bytes.Compare(a.MAC[:], b.MAC[:]), cmp.Compare(a.Start, b.Start), cmp.Compare(i, j))
	})
	return order
}

func writeRows(f io.Writer, flows []traffic.Flow, order []int32) error {
	w := parquet.NewGenericWriter[row](f, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(maxRows), parquet.PageBufferSize(pageBytes),
		parquet.BloomFilters(parquet.SplitBlockFilter(bloomBits, "name"), parquet.SplitBlockFilter(bloomBits, "peer")))
	macs, addrs := map[[6]byte]string{}, map[netip.Addr]string{}
	mac := func(m [6]byte) string {
		t, ok := macs[m]
		if !ok && m != [6]byte{} {
			t = net.HardwareAddr(m[:]).String()
			macs[m] = t
		}
		return t
	}
	addr := func(a netip.Addr) string {
		t, ok := addrs[a]
		if !ok && a.IsValid() {
			t = a.String()
			addrs[a] = t
		}
		return t
	}
	var batch [256]row
	for len(order) > 0 {
		n := min(len(order), len(batch))
		for i := range n {
			f := &flows[order[i]]
			batch[i] = row{Start: f.Start, Took: uint32(min(max(f.End-f.Start, 0)/1000, 1<<32-1)), ID: f.ID, MAC: mac(f.MAC), Device: addr(f.Device), DevicePort: uint32(f.DevicePort),
				Peer: addr(f.Peer), PeerPort: uint32(f.PeerPort), Proto: uint32(f.Proto), Direction: directionOf(f), State: stateOf(f),
				Name: f.Name, App: f.App, Category: f.Category, Country: f.Country, Verdict: f.Verdict.String(), Why: f.Why, Up: f.Up, Down: f.Down, Packets: f.Packets}
		}
		if _, err := w.Write(batch[:n]); err != nil {
			return err
		}
		order = order[n:]
	}
	return w.Close()
}
