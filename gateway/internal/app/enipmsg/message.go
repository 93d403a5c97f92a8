package enipmsg

import "otasuke/gateway/internal/app/octets"

// Commands of the encapsulation (volume 2 section 2-3.2).
const (
	cmdNOP             = 0x00
	cmdListServices    = 0x04
	cmdListIdentity    = 0x63
	cmdListInterfaces  = 0x64
	cmdRegisterSession = 0x65
	cmdUnregister      = 0x66
	cmdSendRRData      = 0x6f
	cmdSendUnitData    = 0x70
	cmdIndicateStatus  = 0x72
	cmdCancel          = 0x73
)

// Items of the common packet format (volume 2 section 2-6).
const (
	itemIdentity    = 0x0c
	itemConnected   = 0xb1
	itemUnconnected = 0xb2
	itemServices    = 0x100
)

// Services of CIP (volume 1 appendix A) that are taken apart.
const (
	svcGetList  = 0x03
	svcSetList  = 0x04
	svcMultiple = 0x0a
)

const (
	headSize = 24
	// maxItems of a message, services of a packet and attributes of a service are read.
	maxItems = 64
)

// head is the encapsulation header.
type head struct {
	command, length uint16
	session, status uint32
	context         uint64
}

// segment of a path.
type segment struct {
	kind  string
	value uint32
}

// cip is a message of CIP.
type cip struct {
	service    uint8
	response   bool
	path       []segment
	attributes []uint32
	status     uint8
	extended   []uint16
	multiple   []cip
}

// identity of a device.
type identity struct {
	version, vendor, device, product, status uint16
	major, minor                             uint8
	serial                                   uint32
	name                                     []byte
	state                                    uint8
}

// message is one, read; slices of its bytes.
type message struct {
	head
	register     bool
	version      uint16 // of a session or service
	options      uint16
	capabilities uint16
	service      []byte
	identity     *identity
	cip          *cip
	pieces       [][]byte // the items as they were sent
	inner        []byte   // the message of CIP as it was sent
}

func readHead(b []byte) (h head) {
	c := octets.New(b)
	h.command, h.length, h.session, h.status = c.U16LE(), c.U16LE(), c.U32LE(), c.U32LE()
	h.context = c.U64()
	return h
}

// known tells that a command exists.
func known(command uint16) bool {
	_, ok := commandNames[command]
	return ok
}

// read reads what follows the header.
func read(h head, b []byte, response bool) (m message, ok bool) {
	m.head = h
	c := octets.New(b)
	switch h.command {
	case cmdRegisterSession:
		m.register = true
		m.version, m.options = c.U16LE(), c.U16LE()
	case cmdListServices, cmdListIdentity:
		if response {
			m.items(&c)
		}
	case cmdSendRRData, cmdSendUnitData:
		c.Skip(6) // interface, timeout
		m.items(&c)
	}
	return m, c.OK()
}

// items reads those of the common packet format.
func (m *message) items(c *octets.Cursor) {
	for n := min(c.U16LE(), maxItems); n > 0 && c.OK(); n-- {
		whole := c.Peek(c.Len())
		kind := c.U16LE()
		in := c.Sub(int(c.U16LE()))
		if !c.OK() {
			return
		}
		m.pieces = append(m.pieces, whole[:4+in.Len()])
		switch kind {
		case itemIdentity:
			m.identity = readIdentity(&in)
		case itemServices:
			m.version, m.capabilities, m.service = in.U16LE(), in.U16LE(), in.Rest()
		case itemConnected:
			in.Skip(2) // sequence
			m.inner = in.Peek(in.Len())
			m.cip = readCIP(&in, 0)
		case itemUnconnected:
			m.inner = in.Peek(in.Len())
			m.cip = readCIP(&in, 0)
		}
		if !in.OK() {
			c.Fail()
		}
	}
}

func readIdentity(c *octets.Cursor) *identity {
	d := &identity{version: c.U16LE()}
	c.Skip(16) // socket address
	d.vendor, d.device, d.product = c.U16LE(), c.U16LE(), c.U16LE()
	d.major, d.minor = c.U8(), c.U8()
	d.status, d.serial = c.U16LE(), c.U32LE()
	d.name = c.Take(int(c.U8()))
	d.state = c.U8()
	return d
}

// readCIP reads a message of CIP (volume 1 section 2-4); packets of several are not nested.
func readCIP(c *octets.Cursor, depth int) *cip {
	if c.Len() == 0 {
		return nil
	}
	m := &cip{service: c.U8()}
	if m.response = m.service&0x80 != 0; m.response {
		m.service &= 0x7f
		c.Skip(1)
		m.status = c.U8()
		for n := int(c.U8()); n > 0 && c.OK(); n-- {
			m.extended = append(m.extended, c.U16LE())
		}
	} else {
		path := c.Sub(2 * int(c.U8()))
		m.readPath(&path)
	}
	switch {
	case !c.OK():
	case m.service == svcMultiple && depth == 0 && m.status == 0:
		m.readMultiple(c)
	case !m.response && (m.service == svcGetList || m.service == svcSetList):
		n := min(c.U16LE(), maxItems)
		for ; n > 0 && c.Len() >= 2 && m.service == svcGetList; n-- {
			m.attributes = append(m.attributes, uint32(c.U16LE()))
		}
	}
	return m
}

// readMultiple reads several messages in one (volume 1 section ): their places are
// counted from their number.
func (m *cip) readMultiple(c *octets.Cursor) {
	all := c.Rest()
	in := octets.New(all)
	for n := min(in.U16LE(), maxItems); n > 0; n-- {
		at := int(in.U16LE())
		if !in.OK() || at > len(all) {
			c.Fail()
			return
		}
		one := octets.New(all[at:])
		if k := readCIP(&one, 1); k != nil && one.OK() {
			m.multiple = append(m.multiple, *k)
		}
	}
}

// readPath reads the segments of a path (volume 1 appendix C).
func (m *cip) readPath(c *octets.Cursor) {
	for c.Len() >= 2 && len(m.path) < maxItems {
		kind := c.U8()
		name, ok := segmentNames[kind&0xfc]
		if !ok {
			return
		}
		var v uint32
		switch kind & 3 {
		case 0:
			v = uint32(c.U8())
		case 1:
			c.Skip(1)
			v = uint32(c.U16LE())
		case 2:
			c.Skip(1)
			v = c.U32LE()
		}
		m.path = append(m.path, segment{name, v})
		if name == "attribute" {
			m.attributes = append(m.attributes, v)
		}
	}
}

var segmentNames = map[uint8]string{0x20: "class", 0x24: "instance", 0x28: "element", 0x2c: "connection_point", 0x30: "attribute"}

// get returns the first value of a segment.
func (m *cip) get(kind string) (uint32, bool) {
	for _, s := range m.path {
		if s.kind == kind {
			return s.value, true
		}
	}
	return 0, false
}
