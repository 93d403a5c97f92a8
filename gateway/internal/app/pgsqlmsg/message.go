package pgsqlmsg

import (
	"bytes"

	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Kinds of questions.
const (
	reqStartup = iota + 1
	reqSSL
	reqCancel
	reqPassword
	reqSASLFirst
	reqSASL
	reqQuery
	reqTerminate
)

// Kinds of the server's authentication messages.
const (
	authOK        = 0
	authCleartext = 3
	authMD5       = 5
	authSASL      = 10
	authContinue  = 11
	authFinal     = 12
)

// request is a question.
type request struct {
	kind      int
	version   uint32
	params    [][2][]byte
	text      []byte
	mechanism []byte
	pid, key  uint32
	copies    uint64
	copied    uint64
}

// response is what the server answers.
type response struct {
	ssl         *bool
	hasAuth     bool
	auth        int
	salt, final []byte
	params      [][2][]byte
	hasKey      bool
	pid, key    uint32
	fields      int
	rows, size  uint64
	completed   []byte
	notice      map[byte][]byte
	copyIn      int // columns, 0 for none
	copyOut     int
}

// exchange is a transaction.
type exchange struct {
	request  request
	response response
}

// answer adds a message of the server. False means that it is none.
func (c *Conn) answer(t *turn.Turn[exchange], kind byte, b []byte) bool {
	r := &t.Data.response
	cur := octets.New(b)
	switch kind {
	case 'R':
		r.hasAuth, r.auth = true, int(cur.U32())
		switch r.auth {
		case authMD5:
			r.salt = bytes.Clone(cur.Take(4))
		case authSASL:
			c.sasl, c.begun = true, false
		case authFinal:
			r.final = bytes.Clone(cur.Rest())
		}
	case 'S':
		if len(r.params) < maxLists {
			r.params = append(r.params, pairs(append(bytes.Clone(b), 0))...)
		}
	case 'K':
		r.hasKey, r.pid, r.key = true, cur.U32(), cur.U32()
	case 'T':
		r.fields = int(cur.U16())
	case 'D':
		cur.Skip(2)
		r.rows++
		r.size += uint64(cur.Len())
	case 'd':
		r.rows++
		r.size += uint64(len(b))
	case 'C':
		text, _, _ := bytes.Cut(b, []byte{0})
		r.completed = bytes.Clone(text)
	case 'E', 'N':
		r.notice = fields(bytes.Clone(b))
	case 'G', 'H':
		cur.Skip(1)
		n := int(cur.U16())
		if kind == 'G' {
			r.copyIn = n
		} else {
			r.copyOut = n
		}
	case 'Z', 'A', 'I', '1', '2', '3', 'n', 's', 't', 'c', 'W', 'V', 'v':
	default:
		return false
	}
	return cur.OK()
}

// fields reads what an error says ("Error and Notice Message Fields").
func fields(b []byte) map[byte][]byte {
	m := map[byte][]byte{}
	for len(b) > 1 && b[0] != 0 && len(m) < maxLists {
		text, rest, ok := bytes.Cut(b[1:], []byte{0})
		if !ok {
			break
		}
		m[b[0]] = text
		b = rest
	}
	return m
}
