package snmpmsg

import "otasuke/gateway/internal/app/ber"

// Kinds of messages: the numbers of their context tags (RFC 3416 section 3).
const (
	trapV1    = 4
	reports   = 8
	encrypted = -1
	noPDU     = -2
)

const (
	// maxVars of a message are read.
	maxVars = 512
	// usmModel is the user-based security model (RFC 3414).
	usmModel = 3
)

// message is one, read; slices of its bytes.
type message struct {
	version   int64 // 1, 2 or 3
	community []byte
	usm       []byte // user, nil for none
	model     int64  // security model of version 3
	pdu       int    // kind, or one of the constants above
	status    int64  // error status
	vars      [][]byte
	trap      int64 // generic trap, -1 for none
	trapOID   []byte
	trapAddr  []byte
}

// read reads a datagram.
func read(b []byte) (m message, ok bool) {
	m.trap, m.pdu = -1, noPDU
	in := ber.New(b).In(ber.Sequence)
	raw := in.Int(ber.Integer)
	switch raw {
	case 0, 1:
		m.version = raw + 1
		m.community = in.Take(ber.OctetString)
		m.readPDU(in)
	case 3:
		m.version = 3
		m.readV3(in)
	default:
		return m, false
	}
	return m, in.Err() == nil
}

// readV3 is RFC 3412 section 6.
func (m *message) readV3(in *ber.Reader) {
	head := in.In(ber.Sequence)
	head.Int(ber.Integer)
	head.Int(ber.Integer)
	flags := head.Take(ber.OctetString)
	m.model = head.Int(ber.Integer)
	in.Join(head)
	params := in.Take(ber.OctetString)
	if in.Err() != nil || len(flags) != 1 {
		in.Fail(ber.ErrForm)
		return
	}
	if m.model == usmModel {
		m.readUSM(params)
	}
	if in.Tag() != ber.Sequence {
		m.pdu = encrypted
		in.Take(ber.OctetString)
		return
	}
	scoped := in.In(ber.Sequence)
	scoped.Take(ber.OctetString)
	scoped.Take(ber.OctetString)
	m.readPDU(scoped)
	in.Join(scoped)
}

// readUSM is RFC 3414 section 2.4.
func (m *message) readUSM(b []byte) {
	in := ber.New(b).In(ber.Sequence)
	in.Take(ber.OctetString)
	in.Int(ber.Integer)
	in.Int(ber.Integer)
	user := in.Take(ber.OctetString)
	if in.Err() == nil {
		m.usm = user
	}
}

func (m *message) readPDU(in *ber.Reader) {
	tag := in.Tag()
	n := int(tag & 0x1f)
	if tag&0xe0 != 0xa0 || n > reports {
		in.Fail(ber.ErrForm)
		return
	}
	m.pdu = n
	p := in.In(tag)
	if n == trapV1 {
		m.trapOID = p.Take(ber.OID)
		m.trapAddr = p.Take(0x40)
		m.trap = p.Int(ber.Integer)
		p.Int(ber.Integer)
		p.Any() // time stamp
	} else {
		p.Int(ber.Integer)
		m.status = p.Int(ber.Integer)
		p.Int(ber.Integer)
	}
	list := p.In(ber.Sequence)
	for list.More() && len(m.vars) < maxVars {
		v := list.In(ber.Sequence)
		m.vars = append(m.vars, v.Take(ber.OID))
		list.Join(v)
	}
	p.Join(list)
	in.Join(p)
}
