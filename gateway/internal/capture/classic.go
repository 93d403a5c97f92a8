package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
)

// Numbers at the start of files of the first format (draft-ietf-opsawg-pcap section 4).
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // packet headers with 8 bytes more, of a Linux patch
)

// maxCaptured bounds one packet: the largest snapshot length that capture tools write.
const maxCaptured = 1 << 18

// classic reads files of the first format. It takes what odd files say as the common
// library does: a packet that is longer than the file's snapshot length is cut to it,
// and an original length that is less than the captured one does not matter.
type classic struct {
	in    io.Reader
	order binary.ByteOrder
	nano  bool
	head  int // bytes of a packet's header
	snap  uint32
	link  uint32
	buf   []byte
	room  [24]byte
}

// newClassic reads the file's header.
func newClassic(in io.Reader) (*classic, error) {
	c := &classic{in: in, head: 16}
	h := c.room[:24]
	if _, err := io.ReadFull(in, h); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrFormat, err)
	}
	for _, c.order = range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch c.order.Uint32(h) {
		case magicMicro:
			return c, c.header(h)
		case magicNano:
			c.nano = true
			return c, c.header(h)
		case magicModified:
			c.head = 24
			return c, c.header(h)
		}
	}
	return nil, ErrFormat
}

func (c *classic) header(h []byte) error {
	if v := c.order.Uint16(h[4:]); v != 2 {
		return fmt.Errorf("%w: version %d", ErrFormat, v)
	}
	if c.snap = c.order.Uint32(h[16:]); c.snap == 0 || c.snap > maxCaptured {
		c.snap = maxCaptured
	}
	// The upper bits of the field are flags (frame check sequence length).
	c.link = c.order.Uint32(h[20:]) & 0xffff
	return nil
}

// ZeroCopyReadPacketData implements reader.
func (c *classic) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	var info gopacket.CaptureInfo
	h := c.room[:c.head]
	if _, err := io.ReadFull(c.in, h); err != nil {
		return nil, info, err
	}
	size, fraction := c.order.Uint32(h[8:]), int64(c.order.Uint32(h[4:]))
	if size > maxCaptured {
		return nil, info, fmt.Errorf("%d bytes long", size)
	}
	if !c.nano {
		fraction *= int64(time.Microsecond)
	}
	info.Timestamp = time.Unix(int64(c.order.Uint32(h)), fraction)
	info.Length = int(c.order.Uint32(h[12:]))
	if uint32(cap(c.buf)) < size {
		c.buf = make([]byte, max(size, 4096))
	}
	b := c.buf[:size]
	if _, err := io.ReadFull(c.in, b); err != nil {
		return nil, info, io.ErrUnexpectedEOF
	}
	info.CaptureLength = int(min(size, c.snap))
	return b[:info.CaptureLength], info, nil
}
