package ldapmsg

import (
	"bytes"

	"otasuke/gateway/internal/app/ber"
)

// Operations by the number of their tag (RFC 4511 section 4.2 and following).
const (
	bindRequest     = 0
	bindResponse    = 1
	unbindRequest   = 2
	searchRequest   = 3
	searchEntry     = 4
	searchDone      = 5
	modifyRequest   = 6
	addRequest      = 8
	delRequest      = 10
	modDNRequest    = 12
	compareRequest  = 14
	abandonRequest  = 16
	searchReference = 19
	extRequest      = 23
	extResponse     = 24
	intermediate    = 25
)

// maxParts attributes, changes or values of a message are read.
const maxParts = 1024

// attribute with its values; op is a change's (section 4.6).
type attribute struct {
	op     int64
	name   []byte
	values [][]byte
}

// message is one, read. Its bytes are its own. What an operation does not have is zero.
type message struct {
	id   int64
	op   uint8
	code int64 // result, -1 for none

	dn       []byte // that it is about; of a result, the matched one
	text     []byte // diagnostic message
	name     []byte // of an extension; the mechanism of SASL
	value    []byte // of an extension, of a comparison; credentials
	sasl     bool
	version  int64
	scope    int64
	deref    int64
	size     int64
	seconds  int64
	types    bool // types only; delete the old RDN
	newRDN   []byte
	superior []byte
	other    int64 // message that is abandoned
	list     []attribute
}

// result tells that an operation has a result code.
func (m *message) result() bool { return m.code >= 0 }

// last tells that nothing comes behind the message in its transaction.
func (m *message) last() bool {
	switch m.op {
	case unbindRequest, abandonRequest:
		return true
	case searchEntry, searchReference, intermediate:
		return false
	}
	return m.code >= 0
}

// read reads the contents of a message.
func read(b []byte) (m message, ok bool) {
	r := ber.New(bytes.Clone(b))
	m.code = -1
	m.id = r.Int(ber.Integer)
	tag := r.Tag()
	if tag&0xc0 != 0x40 {
		return m, false
	}
	m.op = tag & 0x1f
	if tag&0x20 == 0 {
		contents := r.Take(tag)
		return m, r.Err() == nil && m.primitive(contents)
	}
	in := r.In(tag)
	m.constructed(in)
	r.Join(in)
	return m, r.Err() == nil
}

// primitive reads operations that are a single value.
func (m *message) primitive(b []byte) bool {
	switch m.op {
	case unbindRequest:
	case delRequest:
		m.dn = b
	case abandonRequest:
		n, err := ber.Int(b)
		m.other = n
		return err == nil
	default:
		return false
	}
	return true
}

func (m *message) constructed(r *ber.Reader) {
	switch m.op {
	case bindRequest:
		m.bind(r)
	case searchRequest:
		m.search(r)
	case searchEntry, addRequest:
		m.dn = r.Take(ber.OctetString)
		m.attributes(r.In(ber.Sequence), r)
	case modifyRequest:
		m.dn = r.Take(ber.OctetString)
		m.changes(r.In(ber.Sequence), r)
	case modDNRequest:
		m.dn, m.newRDN = r.Take(ber.OctetString), r.Take(ber.OctetString)
		m.types = boolean(r)
		m.superior, _ = r.Optional(ber.Context(0, false))
	case compareRequest:
		m.dn = r.Take(ber.OctetString)
		in := r.In(ber.Sequence)
		m.name, m.value = in.Take(ber.OctetString), in.Take(ber.OctetString)
		r.Join(in)
	case extRequest:
		m.name = r.Take(ber.Context(0, false))
		m.value, _ = r.Optional(ber.Context(1, false))
	case intermediate:
		m.name, _ = r.Optional(ber.Context(0, false))
		m.value, _ = r.Optional(ber.Context(1, false))
	case bindResponse, searchDone, modifyRequest + 1, addRequest + 1, delRequest + 1, modDNRequest + 1, compareRequest + 1, extResponse:
		m.results(r)
	case searchReference:
	default:
		r.Fail(ber.ErrForm)
	}
}

func boolean(r *ber.Reader) bool {
	b := r.Take(ber.Boolean)
	return len(b) == 1 && b[0] != 0
}

// bind is section 4.2.
func (m *message) bind(r *ber.Reader) {
	m.version, m.dn = r.Int(ber.Integer), r.Take(ber.OctetString)
	if m.sasl = r.Tag() == ber.Context(3, true); m.sasl {
		in := r.In(ber.Context(3, true))
		m.name = in.Take(ber.OctetString)
		m.value, _ = in.Optional(ber.OctetString)
		r.Join(in)
		return
	}
	r.Any()
}

// search is section 4.5.1.
func (m *message) search(r *ber.Reader) {
	m.dn = r.Take(ber.OctetString)
	m.scope, m.deref = r.Int(ber.Enumerated), r.Int(ber.Enumerated)
	m.size, m.seconds = r.Int(ber.Integer), r.Int(ber.Integer)
	m.types = boolean(r)
	r.Any() // the filter
	in := r.In(ber.Sequence)
	for in.More() && len(m.list) < maxParts {
		m.list = append(m.list, attribute{name: in.Take(ber.OctetString)})
	}
	r.Join(in)
}

// results is section 4.1.9.
func (m *message) results(r *ber.Reader) {
	m.code = r.Int(ber.Enumerated)
	m.dn, m.text = r.Take(ber.OctetString), r.Take(ber.OctetString)
	r.Optional(ber.Context(3, true))
	if m.op == bindResponse {
		m.value, _ = r.Optional(ber.Context(7, false))
	}
	if m.op == extResponse {
		m.name, _ = r.Optional(ber.Context(10, false))
		m.value, _ = r.Optional(ber.Context(11, false))
	}
}

// attributes takes a list of attributes with their values (section 4.1.7).
func (m *message) attributes(in, r *ber.Reader) {
	for in.More() && len(m.list) < maxParts {
		m.list = append(m.list, takeAttribute(in))
	}
	r.Join(in)
}

// changes is section 4.6.
func (m *message) changes(in, r *ber.Reader) {
	for in.More() && len(m.list) < maxParts {
		one := in.In(ber.Sequence)
		op := one.Int(ber.Enumerated)
		a := takeAttribute(one)
		a.op = op
		m.list = append(m.list, a)
		in.Join(one)
	}
	r.Join(in)
}

func takeAttribute(r *ber.Reader) attribute {
	in := r.In(ber.Sequence)
	a := attribute{name: in.Take(ber.OctetString)}
	set := in.In(ber.Set)
	for set.More() && len(a.values) < maxParts {
		a.values = append(a.values, set.Take(ber.OctetString))
	}
	in.Join(set)
	r.Join(in)
	return a
}
