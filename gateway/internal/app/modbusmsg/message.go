package modbusmsg

import "otasuke/gateway/internal/app/octets"

// What a request does with the memory of a device, and with which table.
const (
	Read  = 1
	Write = 2

	Discretes = 1
	Coils     = 2
	Inputs    = 3
	Holding   = 4

	// None stands for what there is not.
	None = 1<<64 - 1
)

// Functions (section 6).
const (
	fnReadCoils     = 1
	fnReadDiscretes = 2
	fnReadHolding   = 3
	fnReadInputs    = 4
	fnWriteCoil     = 5
	fnWriteRegister = 6
	fnDiagnostics   = 8
	fnWriteCoils    = 15
	fnWriteRegs     = 16
	fnMaskWrite     = 22
	fnReadWrite     = 23
	fnMEI           = 43
)

const (
	headSize = 7
	// maxLength is what the header may announce: unit and 253 bytes of PDU.
	maxLength = 254
	maxBits   = 2000
	maxRegs   = 125
)

// message is one, read.
type message struct {
	transaction, protocol, length uint16
	unit, function                uint8
	exception                     uint8 // 0 for none
	sub                           uint64
	access, table                 uint64
	address, count                uint64
	writeAddress, writeCount      uint64
	data                          []byte
	bad                           string // event about its values
}

// tables that functions touch.
var tables = map[uint8][2]uint64{fnReadCoils: {Read, Coils}, fnReadDiscretes: {Read, Discretes}, fnReadHolding: {Read, Holding}, fnReadInputs: {Read, Inputs},
	fnWriteCoil: {Write, Coils}, fnWriteRegister: {Write, Holding}, fnWriteCoils: {Write, Coils}, fnWriteRegs: {Write, Holding}, fnMaskWrite: {Write, Holding},
	fnReadWrite: {Read | Write, Holding}}

// read reads a message with its header.
func read(b []byte, response bool) (m message) {
	c := octets.New(b)
	m.transaction, m.protocol, m.length, m.unit, m.function = c.U16(), c.U16(), c.U16(), c.U8(), c.U8()
	m.sub, m.address, m.count, m.writeAddress, m.writeCount = None, None, None, None, None
	m.access, m.table = None, None
	if m.function == 0 || m.function > 0x7f && !response {
		m.bad = "invalid_function_code"
		return m
	}
	if m.function&0x80 != 0 {
		m.function &= 0x7f
		if m.exception = c.U8(); m.exception == 0 || m.exception > 11 || m.exception == 9 {
			m.bad = "invalid_exception_code"
		}
		return m
	}
	if t, ok := tables[m.function]; ok {
		m.access, m.table = t[0], t[1]
	}
	if response {
		m.response(&c)
	} else {
		m.request(&c)
	}
	if !c.OK() {
		m.bad = "invalid_length"
	}
	return m
}

func (m *message) request(c *octets.Cursor) {
	most := uint64(maxRegs)
	switch m.function {
	case fnReadCoils, fnReadDiscretes:
		most = maxBits
		fallthrough
	case fnReadHolding, fnReadInputs:
		m.address, m.count = uint64(c.U16()), uint64(c.U16())
		m.limit(m.count, most)
	case fnWriteCoil, fnWriteRegister:
		m.writeAddress, m.writeCount = uint64(c.U16()), 1
		m.data = c.Take(2)
		if m.function == fnWriteCoil && m.data != nil && (m.data[1] != 0 || m.data[0] != 0 && m.data[0] != 0xff) {
			m.bad = "invalid_value"
		}
	case fnWriteCoils, fnWriteRegs:
		m.writeAddress, m.writeCount = uint64(c.U16()), uint64(c.U16())
		n := int(c.U8())
		m.data = c.Take(n)
		size := 2 * int(m.writeCount)
		if m.function == fnWriteCoils {
			size = (int(m.writeCount) + 7) / 8
		}
		if n != size {
			m.bad = "invalid_value"
		}
	case fnMaskWrite:
		m.writeAddress, m.writeCount = uint64(c.U16()), 1
		m.data = c.Take(4)
	case fnReadWrite:
		m.address, m.count = uint64(c.U16()), uint64(c.U16())
		m.writeAddress, m.writeCount = uint64(c.U16()), uint64(c.U16())
		m.limit(m.count, maxRegs)
		n := int(c.U8())
		if m.data = c.Take(n); n != 2*int(m.writeCount) {
			m.bad = "invalid_value"
		}
	case fnDiagnostics:
		m.sub = uint64(c.U16())
		m.data = c.Rest()
	case fnMEI:
		m.sub = uint64(c.U8())
		m.data = c.Rest()
	default:
		m.data = c.Rest()
	}
}

// limit judges a number of items.
func (m *message) limit(n, most uint64) {
	if n == 0 || n > most {
		m.bad = "invalid_value"
	}
}

func (m *message) response(c *octets.Cursor) {
	switch m.function {
	case fnReadCoils, fnReadDiscretes, fnReadHolding, fnReadInputs, fnReadWrite:
		m.data = c.Take(int(c.U8()))
	case fnWriteCoil, fnWriteRegister:
		m.writeAddress, m.data = uint64(c.U16()), c.Take(2)
	case fnWriteCoils, fnWriteRegs:
		m.writeAddress, m.writeCount = uint64(c.U16()), uint64(c.U16())
	case fnMaskWrite:
		m.writeAddress, m.data = uint64(c.U16()), c.Take(4)
	case fnDiagnostics:
		m.sub = uint64(c.U16())
		m.data = c.Rest()
	case fnMEI:
		m.sub = uint64(c.U8())
		m.data = c.Rest()
	default:
		m.data = c.Rest()
	}
}

// answers tells that a response is what its request asked for.
func (m *message) answers(q *message) bool {
	switch {
	case m.exception != 0:
		return true
	case m.function != q.function:
		return false
	}
	switch m.function {
	case fnReadCoils, fnReadDiscretes:
		return uint64(len(m.data)) == (q.count+7)/8
	case fnReadHolding, fnReadInputs, fnReadWrite:
		return uint64(len(m.data)) == 2*q.count
	case fnWriteCoil, fnWriteRegister, fnMaskWrite:
		return m.writeAddress == q.writeAddress && string(m.data) == string(q.data)
	case fnWriteCoils, fnWriteRegs:
		return m.writeAddress == q.writeAddress && m.writeCount == q.writeCount
	}
	return true
}
