package sshhello

import (
	"crypto/md5" // HASSH is defined with MD5
	"encoding/binary"
	"encoding/hex"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Name lists of KEXINIT by position (RFC 4253 section 7.1).
const (
	listKex      = 0
	listCipher   = 2
	listMAC      = 4
	listCompress = 6
	numLists     = 10
)

// kexInit reads what dir offers and makes its HASSH: the MD5 of the key exchange,
// cipher, MAC and compression lists of its own direction, joined with semicolons.
func (c *Conn) kexInit(dir int, b []byte) {
	const cookie = 16
	if len(b) < cookie {
		return
	}
	b = b[cookie:]
	var lists [numLists][]byte
	for i := range lists {
		if len(b) < 4 {
			return
		}
		n := binary.BigEndian.Uint32(b)
		if uint64(n) > uint64(len(b)-4) {
			return
		}
		lists[i], b = b[4:4+n], b[4+n:]
	}
	h := &c.half[dir]
	h.offer = []byte{}
	for _, i := range []int{listKex, listCipher + dir, listMAC + dir, listCompress + dir} {
		if i != listKex {
			h.offer = append(h.offer, ';')
		}
		h.offer = append(h.offer, lists[i]...)
	}
	sum := md5.Sum(h.offer)
	h.hassh = hex.AppendEncode(nil, sum[:])
	hash, text := rule.SSHHassh, rule.SSHHasshString
	if dir == app.ToClient {
		hash, text = rule.SSHHasshServer, rule.SSHHasshServerString
	}
	c.tx.Sides[dir].Put(hash, h.hassh)
	c.tx.Sides[dir].Put(text, h.offer)
	c.sink.Step(&c.tx, dir)
}
