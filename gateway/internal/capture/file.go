package capture

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/klauspost/readahead"

	"otasuke/gateway/internal/packet"
)

// Errors of capture files.
var (
	ErrNoWire   = errors.New("capture: this source cannot send")
	ErrEmpty    = errors.New("capture: the file is empty")
	ErrFormat   = errors.New("capture: not a capture file (pcap or pcapng, plain or gzip)")
	ErrLinkType = errors.New("capture: link type not known here")
	ErrCut      = errors.New("capture: the file ends in the middle of a packet")
)

// maxHold bounds how long a held packet of a file is waited for: a scanner that
// never answers is the handler's to time out, this is the second belt.
const maxHold = time.Minute

// A file is read by a goroutine of its own while packets are judged, so many blocks ahead.
const (
	aheadBlocks = 4
	aheadBytes  = 512 << 10
)

// reader is what pcap and pcapng have in common.
type reader interface {
	ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

// File is a capture file. Its frames are given whole, whatever they carry.
type File struct {
	// Skipped counts frames of interfaces whose link type is not known here, in a file
	// that has others too.
	Skipped uint64
	// Verify gives packets as unverified, so that wrong checksums are found. Captures
	// made on a sending host have checksums that its network card filled in later.
	Verify bool

	path    string
	wake    chan struct{}
	decided bool
	held    uint32
}

// NewFile makes a source of the capture file at path.
func NewFile(path string) *File { return &File{path: path, wake: make(chan struct{}, 1)} }

// Run reads the whole file. A file that is cut gives its packets first and then
// ErrCut.
func (f *File) Run(ctx context.Context, h Handler) error {
	in, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
		return f.read(ctx, in, h) // what is written while we read comes as soon as it is there
	}
	ahead, err := readahead.NewReaderSize(in, aheadBlocks, aheadBytes)
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	defer ahead.Close()
	return f.read(ctx, ahead, h)
}

func (f *File) read(ctx context.Context, in io.Reader, h Handler) error {
	r, links, err := open(bufio.NewReaderSize(in, 1<<20))
	if err != nil {
		return fmt.Errorf("%w: %s", err, f.path)
	}
	var p Packet
	var last int64
	var strange error // of the first frame that was skipped
	for n := 0; ctx.Err() == nil; n++ {
		data, info, err := r.ZeroCopyReadPacketData()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			if strange != nil && f.Skipped == uint64(n) {
				return strange
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: packet %d of %s: %v", ErrCut, n+1, f.path, err)
		}
		link, err := links(info)
		if errors.Is(err, ErrLinkType) {
			f.Skipped++
			strange = fmt.Errorf("%w: %s", err, f.path)
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: %s", err, f.path)
		}
		p = Packet{Data: data, Link: link, Len: info.Length, Time: info.Timestamp.UnixMicro(), ID: uint32(n), Unverified: f.Verify}
		if d := p.Time - last; d > TickEvery.Microseconds() || d < 0 {
			last = p.Time
			h.Tick(last)
		}
		f.one(ctx, &p, h)
	}
	return ctx.Err()
}

// one gives a packet to the handler and waits while it is held.
func (f *File) one(ctx context.Context, p *Packet, h Handler) {
	f.held, f.decided = p.ID, false
	if h.Packet(p).Action != Hold {
		return
	}
	h.Rest()
	began := time.Now()
	tick := time.NewTicker(TickEvery)
	defer tick.Stop()
	for !f.decided && ctx.Err() == nil && time.Since(began) < maxHold {
		select {
		case <-f.wake:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		// The capture's time goes on while we wait, so that the handler's timeouts end.
		h.Tick(p.Time + time.Since(began).Microseconds())
	}
}

// open finds out the format. The returned function gives the link type of a packet.
func open(b *bufio.Reader) (reader, func(gopacket.CaptureInfo) (uint32, error), error) {
	magic, err := b.Peek(4)
	if len(magic) == 0 {
		return nil, nil, ErrEmpty
	}
	if err != nil {
		return nil, nil, ErrFormat
	}
	if magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %v", ErrFormat, err)
		}
		b = bufio.NewReaderSize(z, 1<<20)
		if magic, err = b.Peek(4); err != nil {
			return nil, nil, ErrFormat
		}
	}
	if string(magic) == "\x0a\x0d\x0d\x0a" {
		ng, err := pcapgo.NewNgReader(b, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %v", ErrFormat, err)
		}
		return ng, func(info gopacket.CaptureInfo) (uint32, error) { return ngLink(ng, info) }, nil
	}
	r, err := newClassic(b)
	if err != nil {
		return nil, nil, err
	}
	return r, func(gopacket.CaptureInfo) (uint32, error) { return r.link, nil }, known(r.link)
}

func ngLink(ng *pcapgo.NgReader, info gopacket.CaptureInfo) (uint32, error) {
	i, err := ng.Interface(info.InterfaceIndex)
	if err != nil {
		return 0, fmt.Errorf("%w: packet of an interface that was not described", ErrFormat)
	}
	return uint32(i.LinkType), known(uint32(i.LinkType))
}

func known(link uint32) error {
	if !packet.KnownLink(link) {
		return fmt.Errorf("%w: %d", ErrLinkType, link)
	}
	return nil
}

// Decide ends a hold.
func (f *File) Decide(id uint32, _ Verdict) {
	if id == f.held {
		f.decided = true
	}
}

// Wake asks for a Tick.
func (f *File) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Send cannot be done into a file.
func (f *File) Send(*Place, []byte) error { return ErrNoWire }
