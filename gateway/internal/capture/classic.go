package capture

import (
	"bufio"
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

// fileHead is the length of a file's header.
const fileHead = 24

// maxCaptured bounds one packet: the largest snapshot length that capture tools write.
const maxCaptured = 1 << 18

// classic reads files of the first format. It takes what odd files say as the common
// library does: a packet that is longer than the file's snapshot length is cut to it,
// and an original length that is less than the captured one does not matter.
type classic struct {
	in    *bufio.Reader // with room for a packet
	order binary.ByteOrder
	nano  bool
	head  int // bytes of a packet's header
	snap  uint32
	link  uint32
	given int // bytes of the packet that was given last, which still stand in the reader
}

// newClassic reads the file's header.
func newClassic(in *bufio.Reader) (*classic, error) {
	c := &classic{in: in, head: 16, given: fileHead}
	h, err := in.Peek(fileHead)
	if err != nil {
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
	// What was peeked at is there, so this cannot fail.
	_, _ = c.in.Discard(c.given)
	c.given = 0
	h, err := c.in.Peek(c.head)
	if len(h) > 0 && err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
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
	b, err := c.in.Peek(c.head + int(size))
	if err != nil {
		return nil, info, io.ErrUnexpectedEOF
	}
	c.given = len(b)
	info.CaptureLength = int(min(size, c.snap))
	return b[c.head:][:info.CaptureLength], info, nil
}
