package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"otasuke/gateway/internal/packet"
)

func datagram(text string) []byte {
	return packet.AppendUDP(nil, netip.MustParseAddrPort("192.168.1.11:1000"), netip.AddrPortFrom(netip.MustParseAddr("203.0.113.9"), testPort), []byte(text))
}

func frame(text string) []byte {
	return append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 8, 0}, datagram(text)...)
}

// oldFormat writes the old format.
func oldFormat(order binary.AppendByteOrder, magic, link uint32, frames ...[]byte) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	for _, v := range []uint32{0, 0, 65535, link} {
		b = order.AppendUint32(b, v)
	}
	for i, f := range frames {
		for _, v := range []uint32{1700000000, uint32(i), uint32(len(f)), uint32(len(f))} {
			b = order.AppendUint32(b, v)
		}
		b = append(b, f...)
	}
	return b
}

const (
	micro = 0xa1b2c3d4
	nano  = 0xa1b23c4d
)

// nextGeneration writes pcapng with an Ethernet and a raw interface in turn.
func nextGeneration(t testing.TB, texts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkTypeRaw}); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		data := frame(text)
		if i%2 == 1 {
			data = datagram(text)
		}
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1700000000, int64(i)*1000), CaptureLength: len(data), Length: len(data), InterfaceIndex: i % 2}, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func stored(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pcap")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFileConforms(t *testing.T) {
	t.Parallel()
	conform(t, func(t *testing.T) *wire {
		path := filepath.Join(t.TempDir(), "x.pcap")
		return &wire{source: NewFile(path), send: func(texts ...string) {
			var frames [][]byte
			for _, s := range texts {
				frames = append(frames, frame(s))
			}
			if err := os.WriteFile(path, oldFormat(binary.LittleEndian, micro, 1, frames...), 0o600); err != nil {
				t.Fatal(err)
			}
		}}
	})
}

func TestFormats(t *testing.T) {
	t.Parallel()
	a, b := frame("one"), frame("two")
	arp := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6}, make([]byte, 28)...)
	le, be := binary.AppendByteOrder(binary.LittleEndian), binary.AppendByteOrder(binary.BigEndian)
	for name, in := range map[string][]byte{
		"little-endian":             oldFormat(le, micro, 1, a, b),
		"big-endian":                oldFormat(be, micro, 1, a, b),
		"nanoseconds":               oldFormat(le, nano, 1, a, b),
		"nanoseconds, big-endian":   oldFormat(be, nano, 1, a, b),
		"frame check sequence flag": oldFormat(le, micro, 0x14000001, a, b),
		"raw":                       oldFormat(le, micro, 101, datagram("one"), datagram("two")),
		"with another protocol":     oldFormat(le, micro, 1, a, arp, b),
		"pcapng":                    nextGeneration(t, "one", "two"),
		"gzip":                      zipped(t, oldFormat(le, micro, 1, a, b)),
		"gzip of pcapng":            zipped(t, nextGeneration(t, "one", "two")),
	} {
		j := new(judge)
		var times []int64
		var first Packet
		j.packet = func(p *Packet, _ string) Verdict {
			if times = append(times, p.Time); len(times) == 1 {
				first = *p
			}
			return Verdict{}
		}
		f := NewFile(stored(t, in))
		if err := f.Run(t.Context(), j); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(j.seen) != 2 || j.seen[0] != "one" || j.seen[1] != "two" || times[0] != 1700000000000000 || j.ticks == 0 {
			t.Errorf("%s: %q at %v", name, j.seen, times)
		}
		link, size := uint32(packet.LinkEthernet), len(a)
		if name == "raw" {
			link, size = packet.LinkRaw, len(datagram("one"))
		}
		if first.Link != link || len(first.Data) != size || first.Len != size || first.Unverified || f.Skipped != 0 {
			t.Errorf("%s: %+v, %d skipped", name, first, f.Skipped)
		}
	}
}

// TestOddFiles: what other tools wrote carelessly is read as everybody reads it.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	le := binary.AppendByteOrder(binary.LittleEndian)
	a := frame("one")
	put := func(b []byte, at int, v uint32) []byte {
		binary.LittleEndian.PutUint32(b[at:], v)
		return b
	}
	modified := oldFormat(le, 0xa1b2cd34, 1, a)
	modified = append(append(bytes.Clone(modified[:40]), make([]byte, 8)...), modified[40:]...)
	for name, c := range map[string]struct {
		in        []byte
		data, len int
	}{
		"modified":                        {modified, len(a), len(a)},
		"cut by the snapshot length":      {put(oldFormat(le, micro, 1, a), 24+12, 9000), len(a), 9000},
		"longer than the snapshot length": {put(oldFormat(le, micro, 1, a), 16, 30), 30, len(a)},
		"shorter on the wire than here":   {put(oldFormat(le, micro, 1, a), 24+12, 20), len(a), 20},
		"no snapshot length":              {put(oldFormat(le, micro, 1, a), 16, 0), len(a), len(a)},
		"impossible snapshot length":      {put(oldFormat(le, micro, 1, a), 16, 0xffffffff), len(a), len(a)},
		"empty frame":                     {oldFormat(le, micro, 1, nil), 0, 0},
		"frame larger than any IP packet": {put(oldFormat(le, micro, 1, make([]byte, 80000)), 16, 1<<18), 80000, 80000},
	} {
		var got []Packet
		err := NewFile(stored(t, c.in)).Run(t.Context(), &frames{func(p *Packet) { got = append(got, *p) }})
		if err != nil || len(got) != 1 || len(got[0].Data) != c.data || got[0].Len != c.len {
			t.Errorf("%s: %v, %d packets", name, err, len(got))
		}
	}
}

// frames takes every frame, whatever is in it.
type frames struct{ take func(*Packet) }

func (f *frames) Tick(int64) {}
func (f *frames) Rest()      {}

func (f *frames) Packet(p *Packet) Verdict { f.take(p); return Verdict{} }

// TestStrangeInterface: frames of an interface with an unknown link type do not hide
// those of the others.
func TestStrangeInterface(t *testing.T) {
	t.Parallel()
	write := func(links ...layers.LinkType) []byte {
		var b bytes.Buffer
		w, err := pcapgo.NewNgWriter(&b, links[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links[1:] {
			if _, err := w.AddInterface(pcapgo.NgInterface{LinkType: l}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range links {
			data := frame("one")
			if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1, 0), CaptureLength: len(data), Length: len(data), InterfaceIndex: i}, data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	j := new(judge)
	f := NewFile(stored(t, write(layers.LinkTypeIEEE802_11, layers.LinkTypeEthernet, layers.LinkTypeIEEE802_11)))
	if err := f.Run(t.Context(), j); err != nil || len(j.seen) != 1 || f.Skipped != 2 {
		t.Errorf("%v, %d seen, %d skipped", err, len(j.seen), f.Skipped)
	}
	f = NewFile(stored(t, write(layers.LinkTypeIEEE802_11)))
	if err := f.Run(t.Context(), j); !errors.Is(err, ErrLinkType) {
		t.Errorf("nothing but an unknown link type: %v", err)
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	le := binary.AppendByteOrder(binary.LittleEndian)
	good := oldFormat(le, micro, 1, frame("one"), frame("two"))
	ng := nextGeneration(t, "one", "two")
	noise := make([]byte, 5000)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	lengths := func(v uint32) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint32(b[16:], 0xffffffff)
		binary.LittleEndian.PutUint32(b[24+8:], v)
		binary.LittleEndian.PutUint32(b[24+12:], v)
		return b
	}
	ngLength := bytes.Clone(ng)
	binary.LittleEndian.PutUint32(ngLength[4:], 0xfffffff0)
	for name, c := range map[string]struct {
		in   []byte
		want error
		seen int
	}{
		"empty":                   {nil, ErrEmpty, 0},
		"three bytes":             {good[:3], ErrFormat, 0},
		"header cut":              {good[:23], ErrFormat, 0},
		"text":                    {[]byte("this is not a capture file"), ErrFormat, 0},
		"noise":                   {noise, ErrFormat, 0},
		"unknown version":         {append(append(bytes.Clone(good[:4]), 9, 9), good[6:]...), ErrFormat, 0},
		"link type not known":     {oldFormat(le, micro, 105, frame("one")), ErrLinkType, 0},
		"cut in a packet":         {good[:len(good)-3], ErrCut, 1},
		"cut in a packet header":  {good[:24+16+len(frame("one"))+7], ErrCut, 1},
		"length of four gigabyte": {lengths(0xffffffff), ErrCut, 0},
		"length of two gigabyte":  {lengths(0x7fffffff), ErrCut, 0},
		"pcapng header cut":       {ng[:20], ErrFormat, 0},
		"pcapng cut":              {ng[:len(ng)-3], ErrCut, 1},
		"pcapng block length":     {ngLength, ErrFormat, 0},
		"gzip header cut":         {zipped(t, good)[:5], ErrFormat, 0},
		"gzip cut":                {zipped(t, good)[:len(zipped(t, good))-9], ErrCut, -1},
		"gzip of nothing":         {zipped(t, nil), ErrFormat, 0},
		"gzip of text":            {zipped(t, []byte("some text, not packets")), ErrFormat, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			path := stored(t, c.in)
			runtime.ReadMemStats(&before)
			j := new(judge)
			err := NewFile(path).Run(t.Context(), j)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.want) || c.seen >= 0 && len(j.seen) != c.seen {
				t.Errorf("%d packets, %v, want %v", len(j.seen), err, c.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
				t.Errorf("%d MiB for %d bytes", n>>20, len(c.in))
			}
		})
	}
	if err := NewFile(filepath.Join(t.TempDir(), "none")).Run(t.Context(), new(judge)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestFileTicks(t *testing.T) {
	t.Parallel()
	b := oldFormat(binary.LittleEndian, micro, 1, frame("a"), frame("b"), frame("c"))
	size := 16 + len(frame("a"))
	binary.LittleEndian.PutUint32(b[24+size:], 1700000010)   // ten seconds later
	binary.LittleEndian.PutUint32(b[24+2*size:], 1600000000) // a clock that was set back
	var ticks []int64
	j := &judge{tick: func(now int64) { ticks = append(ticks, now/1000000) }}
	if err := NewFile(stored(t, b)).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if len(ticks) != 3 || ticks[1] != 1700000010 || ticks[2] != 1600000000 {
		t.Errorf("ticks at %v", ticks)
	}
}

func TestFileVerifyAndSend(t *testing.T) {
	t.Parallel()
	f := NewFile(stored(t, oldFormat(binary.LittleEndian, micro, 1, frame("a"))))
	f.Verify = true
	unverified := false
	j := &judge{packet: func(p *Packet, _ string) Verdict { unverified = p.Unverified; return Verdict{} }}
	if err := f.Run(t.Context(), j); err != nil || !unverified {
		t.Errorf("unverified: %v, %v", unverified, err)
	}
	if err := f.Send(&Place{Port: 1, MAC: [6]byte{1}}, nil); !errors.Is(err, ErrNoWire) {
		t.Errorf("Send: %v", err)
	}
}

func FuzzFile(f *testing.F) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(oldFormat(order, micro, 1, frame("one"), frame("two")))
	}
	f.Add(oldFormat(binary.LittleEndian, nano, 276, datagram("x")))
	f.Add(nextGeneration(f, "one", "two", "three"))
	f.Add(zipped(f, oldFormat(binary.LittleEndian, micro, 101, datagram("one"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		src := NewFile("fuzz")
		if err := src.read(t.Context(), bytes.NewReader(b), new(judge)); err != nil {
			for _, known := range []error{ErrEmpty, ErrFormat, ErrLinkType, ErrCut} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("unknown kind of error: %v", err)
		}
	})
}
