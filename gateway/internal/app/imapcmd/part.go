package imapcmd

import (
	"bytes"
	"strconv"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/letter"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// name is what an answer says about bytes of a mail: FETCH 12 (BODY[2]<4096> {512}.
type name struct {
	message string // its number
	section string // "" for a whole mail, "2.1" for a part of it
	origin  uint64 // of a piece
	piece   bool
	text    bool // without its headers
	binary  bool // the server has decoded it
	known   bool // it is a mail, or a part of one
}

// names reads what stands before a literal or a quoted string.
func (c *Conn) names(dir int, text []byte) (n name) {
	if dir == app.ToServer {
		words := bytes.Fields(c.half[dir].line[:min(len(c.half[dir].line), tail)])
		n.known = len(words) > 1 && (ascii.EqualFold(words[1], "APPEND") || ascii.EqualFold(words[1], "REPLACE"))
		if n.known && c.half[dir].start == 0 && mailbox(text) {
			n.known = false
		}
		return n
	}
	text = bytes.TrimRight(text, " ~")
	at := max(lastFold(text, "BODY["), lastFold(text, "BINARY["))
	whole := lastFold(text, "RFC822")
	if n.known = at >= 0 || whole >= 0; !n.known {
		return n
	}
	if words := bytes.Fields(c.half[dir].line[:min(len(c.half[dir].line), tail)]); len(words) > 1 {
		n.message = string(words[1])
	}
	if at < whole {
		n.text = lastFold(text, "RFC822.TEXT") >= 0
		return n
	}
	n.binary = lastFold(text, "BINARY[") == at
	_, section, _ := bytes.Cut(text[at:], []byte("["))
	section, origin, _ := bytes.Cut(section, []byte("]"))
	n.section = string(bytes.TrimRight(section[:digits(section)], "."))
	n.text = ascii.EqualFold(section[digits(section):], "TEXT")
	if end := bytes.IndexByte(origin, '>'); end > 1 && origin[0] == '<' {
		v, err := strconv.ParseUint(string(origin[1:end]), 10, 63)
		n.origin, n.piece = v, err == nil
	}
	return n
}

// mailbox tells of a literal of APPEND that is the mailbox's name: a command without any
// argument before it.
func mailbox(text []byte) bool { return len(bytes.Fields(text)) <= 2 }

// digits is how much of a section is the number of a part.
func digits(b []byte) int {
	for i, c := range b {
		if (c < '0' || c > '9') && c != '.' {
			return i
		}
	}
	return len(b)
}

// lastFold is where word stands last, in whatever case, -1 for nowhere.
func lastFold(b []byte, word string) int {
	for i := len(b) - len(word); i >= 0; i-- {
		if ascii.EqualFold(b[i:i+len(word)], word) {
			return i
		}
	}
	return -1
}

// quoted reads mail in a quoted string: a server may send short ones so, and long ones
// without line ends.
func (c *Conn) quoted(dir int, text []byte) {
	if dir != app.ToClient {
		return
	}
	for {
		open := bytes.Index(text, []byte(` "`))
		if open < 0 {
			return
		}
		n := c.names(dir, text[:open])
		ends := open > 0 && (text[open-1] == ']' || text[open-1] == '>' || lastFold(text[:open], "RFC822") >= open-len("RFC822.HEADER"))
		value, rest := unquote(text[open+2:])
		if text = rest; n.known && ends {
			m := &c.half[dir].mail
			m.begin(c, dir, n)
			m.fixed()
			m.write(value, 0, 0)
			m.endPiece()
		}
	}
}

// unquote reads a quoted string behind its first sign (RFC 9051 section 4.3).
func unquote(b []byte) (value, rest []byte) {
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			return value, b[i+1:]
		case b[i] == '\\' && i+1 < len(b):
			i++
		}
		value = append(value, b[i])
	}
	return value, nil
}

// part takes a mail, or a part of one, or nothing. Pieces of it follow each other.
type part struct {
	tx     app.Tx
	mails  []*letter.Letter // several where nobody knows the encoding
	name   name
	expect uint64 // origin of the next piece
	gone   bool   // it is not whole
	again  bool   // the next bytes go on with it
}

// begin takes what comes for what n says.
func (p *part) begin(c *Conn, dir int, n name) {
	if len(p.mails) > 0 && n.known && n.piece && p.name.piece && n.message == p.name.message && n.section == p.name.section && n.origin == p.expect {
		p.again = true
		return
	}
	p.end(false)
	if !n.known {
		return
	}
	p.tx = app.Tx{ID: c.next, Proto: rule.ProtoIMAP}
	c.next++
	p.name, p.expect, p.gone, p.again = n, n.origin, n.origin > 0, false
	named := "part " + n.section
	switch {
	case n.text:
		p.mails = append(p.mails, letter.Body(c.sink, &p.tx, dir), letter.Part(c.sink, &p.tx, dir, "text", "base64"))
	case n.section == "":
		p.mails = append(p.mails, letter.New(c.sink, &p.tx, dir))
	case n.binary:
		p.mails = append(p.mails, letter.Part(c.sink, &p.tx, dir, named, "binary"))
	default:
		p.mails = append(p.mails, letter.Part(c.sink, &p.tx, dir, named, "base64"), letter.Part(c.sink, &p.tx, dir, named, "quoted-printable"))
	}
	for _, m := range p.mails {
		if p.gone {
			m.Gap(0)
		}
	}
}

// fixed tells that its bytes do not come as they stand in the mail.
func (p *part) fixed() {
	for _, m := range p.mails {
		m.Fixed()
	}
}

// write takes bytes, behind which after more are at hand and more of the literal come.
func (p *part) write(b []byte, after int, more uint64) {
	p.expect += uint64(len(b))
	for _, m := range p.mails {
		if m.After, m.More = after, int64(more); p.again {
			m.Continue(b)
		}
		m.Write(b)
	}
	p.again = false
}

// gap notes bytes that were not seen.
func (p *part) gap(n int) {
	p.expect += uint64(n)
	p.gone = true
	for _, m := range p.mails {
		m.Gap(n)
	}
}

// endPiece ends the bytes at hand; a piece may be followed by the next.
func (p *part) endPiece() {
	if !p.name.piece {
		p.end(false)
	}
}

// end ends a mail; cut tells that it was not seen to its end.
func (p *part) end(cut bool) {
	for _, m := range p.mails {
		m.End(cut || p.gone)
	}
	p.mails = p.mails[:0]
}
