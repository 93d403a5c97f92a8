package mimemsg

import (
	"bytes"
	"crypto/sha256"
)

// Limits.
const (
	// MaxHeaders of a message and of one part: more are passed over.
	MaxHeaders = 255
	// MaxValue bounds a header's value in bytes, folded lines together.
	MaxValue = 2000
	// MaxName bounds a header's name in bytes (RFC 5322 section 2.1.1: a line).
	MaxName = 998
	// MaxBoundary is the longest boundary that raises no event; RFC 2046 section 5.1.1
	// allows 70, the header's value limits it anyway.
	MaxBoundary = 254
	// MaxFileName cuts the names of attachments, as file systems do.
	MaxFileName = 255
	// MaxDepth is the number of boundaries open at once: each costs a look at each line.
	MaxDepth = 32
	// MaxParts bounds the list of attachments, MaxURLs the list of addresses.
	MaxParts = 255
	MaxURLs  = 256
	// MaxURL cuts addresses, browsers take no more either.
	MaxURL = 2048
	// maxLine (RFC 5322 section 2.1.1) and maxEncoded (RFC 2045 section 6.7) are the
	// longest lines that raise no event.
	maxLine    = 998
	maxEncoded = 76
)

// Events, as rules name them behind "smtp.".
const (
	Malformed   = "mime_malformed_msg"
	BadBase64   = "mime_invalid_base64"
	BadQP       = "mime_invalid_qp"
	LongName    = "mime_long_header_name"
	LongValue   = "mime_long_header_value"
	LongLine    = "mime_long_line"
	LongEncoded = "mime_long_enc_line"
	LongBorder  = "mime_long_boundary"
	LongFile    = "mime_long_filename"
)

// Handler is told what a message holds.
type Handler interface {
	// OpenFile begins an attachment. name lasts as long as the message.
	OpenFile(name []byte)
	// WriteFile gives its next bytes, good until WriteFile returns.
	WriteFile(b []byte)
	// CloseFile ends it.
	CloseFile()
	// MIMEEvent tells of an oddity, possibly many times.
	MIMEEvent(name string)
	// Headers tells that the message's own headers are complete.
	Headers()
	// URL gives an address in a text, once; it lasts as long as the message.
	URL(u []byte)
}

// Header is one header of a message: unfolded, without the space behind the colon.
type Header struct {
	Name, Value []byte
}

type state uint8

const (
	start  state = iota // no header of this part yet
	header              // among headers: the line before may go on
	body
)

type encoding uint8

const (
	plain encoding = iota
	base64Coded
	quoted
)

// Message reads one message.
type Message struct {
	// AllParts gives parts without a name too, under the name of their type, unless they
	// are texts. Set it before the first line.
	AllParts bool
	// AnyBoundary takes the first line that may be a boundary for one. Set it where the
	// message's headers are not there.
	AnyBoundary bool
	// Begins is called behind the line that begins a part; nil for nobody. Set it before
	// the first line.
	Begins func(number int)

	h       Handler
	schemes [][]byte

	state      state
	headers    []Header // the message's own, then those of the current part
	main       int      // how many are the message's own; 0 before they are complete
	boundaries [][]byte // open ones with their leading "--", innermost last
	attached   [][]byte
	urls       [][]byte
	status     string

	filename []byte // of the current part
	unnamed  []byte // its type, where it is a file without a name
	open     bool   // its file is open
	text     bool   // addresses are looked for
	encoding encoding
	sextet   base64Decoder
	qp       qpDecoder
	eol      []byte // line end held back: it belongs to a boundary when one follows
	out      []byte // scratch for decoded bytes
	line     []byte // decoded text up to its line end
	parts    int    // begun so far
	size     int    // of the current one in the mail
	length   int    // of the line at hand
}

// New makes a reader of one message. schemes are those of the addresses looked for,
// such as "http".
func New(h Handler, schemes ...string) *Message {
	m := &Message{h: h, text: true, status: "PARSE_START"}
	for _, s := range schemes {
		m.schemes = append(m.schemes, []byte(s+"://"))
	}
	return m
}

// Headers are the message's own headers in order, those complete so far.
func (m *Message) Headers() []Header {
	if m.main > 0 {
		return m.headers[:m.main]
	}
	return m.headers
}

// Get is the value of the first of the message's own headers of that name (lower
// case), nil when there is none.
func (m *Message) Get(name string) []byte {
	for _, h := range m.Headers() {
		if equalFold(h.Name, name) {
			return h.Value
		}
	}
	return nil
}

// Attachments are the names of the attachments so far.
func (m *Message) Attachments() [][]byte { return m.attached }

// URLs are the addresses so far, without their scheme.
func (m *Message) URLs() [][]byte { return m.urls }

// Size is the number of bytes that the current part takes in the mail up to the line at hand,
// its headers included, without the dots of a transfer.
func (m *Message) Size() int { return m.size }

// Borders are what lines begin with that end the current part; valid until the next line.
func (m *Message) Borders() [][]byte { return m.boundaries }

// Name is a digest of what tells mails apart: it is the same when a mail is sent again. Call
// it behind the message's headers.
func (m *Message) Name() [sha256.Size]byte {
	var b []byte
	for _, name := range [...]string{"message-id", "date", "from", "subject"} {
		b = append(append(b, m.Get(name)...), 0)
	}
	return sha256.Sum256(b)
}

// Status is the state of reading, in the words of EVE records.
func (m *Message) Status() string { return m.status }

// Line takes the next line or a piece of one. eol is its line end, empty for a piece
// whose line goes on; more tells that b continues the piece before.
func (m *Message) Line(b, eol []byte, more bool) {
	m.length = len(b) + len(eol)
	switch m.state {
	case start, header:
		m.headerLine(b, more)
	case body:
		m.bodyLine(b, eol, more)
	}
	m.size += m.length
}

// End ends the message: the file that is open is complete. cut tells that the message
// was not seen to its end.
func (m *Message) End(cut bool) {
	m.closePart()
	if cut {
		m.status = "PARSE_ERROR"
	} else {
		m.status = "PARSE_DONE"
	}
}

// headerLine reads a line among headers (RFC 5322 section 2.2).
func (m *Message) headerLine(b []byte, more bool) {
	if more {
		m.extend(b)
		return
	}
	if len(b) == 0 {
		m.headersDone()
		return
	}
	m.status = "HEADER_STARTED"
	if m.state == header && (b[0] == ' ' || b[0] == '\t') {
		m.extend(b[1:])
		return
	}
	colon := bytes.IndexByte(b, ':')
	if colon <= 0 {
		m.h.MIMEEvent(Malformed)
		return
	}
	m.state = header
	if colon > MaxName {
		m.h.MIMEEvent(LongName)
		return
	}
	if len(m.headers) < m.main+MaxHeaders {
		m.headers = append(m.headers, Header{Name: bytes.Clone(bytes.TrimRight(b[:colon], " \t")), Value: []byte{}})
		m.extend(bytes.TrimLeft(b[colon+1:], " \t"))
	}
}

// extend adds to the last header's value.
func (m *Message) extend(b []byte) {
	if m.state != header || len(m.headers) <= m.main {
		return
	}
	h := &m.headers[len(m.headers)-1]
	if room := MaxValue - len(h.Value); len(b) > room {
		b = b[:room]
		m.h.MIMEEvent(LongValue)
	}
	h.Value = append(h.Value, b...)
}

// headersDone judges the headers of a message or part when its body begins.
func (m *Message) headersDone() {
	encapsulated := m.readPart(m.headers[m.main:])
	first := m.main == 0
	if first {
		m.main = len(m.headers)
	}
	m.state, m.status = body, "BODY_STARTED"
	if encapsulated { // RFC 2046 section 5.2: a message within
		m.headers, m.state = m.headers[:m.main], start
	}
	if first {
		m.h.Headers()
	}
}

// readPart takes what is needed of a part's headers.
func (m *Message) readPart(headers []Header) (encapsulated bool) {
	for _, h := range headers {
		switch {
		case equalFold(h.Name, "content-disposition"):
			m.name(parameter(h.Value, "filename"))
		case equalFold(h.Name, "content-transfer-encoding"):
			switch v := bytes.TrimSpace(h.Value); {
			case equalFold(v, "base64"):
				m.encoding = base64Coded
			case equalFold(v, "quoted-printable"):
				m.encoding = quoted
			}
		case equalFold(h.Name, "content-type"):
			encapsulated = m.contentType(h.Value) || encapsulated
		}
	}
	return encapsulated
}

// contentType reads the header that RFC 2045 section 5 defines.
func (m *Message) contentType(v []byte) (encapsulated bool) {
	m.name(parameter(v, "name"))
	if b := parameter(v, "boundary"); len(b) > 0 {
		if len(b) > MaxBoundary {
			m.h.MIMEEvent(LongBorder)
		}
		if len(m.boundaries) < MaxDepth {
			m.boundaries = append(m.boundaries, append([]byte("--"), b...))
		}
	}
	kind, _, _ := bytes.Cut(v, []byte(";"))
	kind = bytes.TrimSpace(kind)
	if m.unnamed = nil; m.AllParts && !container(kind) {
		m.unnamed = kind
	}
	m.text = equalFold(kind, "text/plain") || equalFold(kind, "text/html")
	return len(kind) > 8 && equalFold(kind[:8], "message/") && equalFold(kind[8:], "rfc822")
}

// container tells of types that have parts, or are texts for people.
func container(kind []byte) bool {
	for _, k := range [...]string{"text/", "multipart/", "message/"} {
		if len(kind) >= len(k) && equalFold(kind[:len(k)], k) {
			return true
		}
	}
	return len(kind) == 0
}

// name takes the attachment's name from the first header that has one.
func (m *Message) name(v []byte) {
	if len(v) == 0 || len(m.filename) > 0 {
		return
	}
	if len(v) > MaxFileName {
		m.h.MIMEEvent(LongFile)
		v = v[:MaxFileName]
	}
	m.filename = v
	if len(m.attached) < MaxParts {
		m.attached = append(m.attached, v)
	}
}
