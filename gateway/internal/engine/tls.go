package engine

import (
	"crypto/md5" // the fingerprint's definition, not protection
	"encoding/hex"
	"fmt"

	"otasuke/gateway/internal/app/clienthello"
	"otasuke/gateway/internal/app/quichello"
	"otasuke/gateway/internal/match"
	"otasuke/rule"
)

// tlsConn reads the handshake of one connection.
type tlsConn struct {
	records [2]clienthello.Records
	match   match.TxState
	hello   helloText
	cert    clienthello.Certificate
	version uint16
	logged  bool
}

// helloText is what rules and records ask of a ClientHello.
type helloText struct {
	sni, alpn, ja3, ja3Hash []byte
}

// done tells that both sides encrypt.
func (t *tlsConn) done() bool {
	return t.records[0].State == clienthello.Encrypted && t.records[1].State == clienthello.Encrypted
}

func (w *Worker) tlsBytes(dir int, b []byte) {
	s := &w.flow.User
	r := &s.tls.records[dir]
	if r.State != clienthello.Reading {
		return
	}
	r.Push(b)
	if r.State == clienthello.NotTLS {
		// It only began like TLS: go on as with any protocol that is not known.
		s.app = rule.ProtoUnknown
		w.parts.give(s)
		return
	}
	for m := r.Message(); m != nil && !s.dropped; m = r.Message() {
		w.tlsMessage(dir, m)
	}
	if r.State == clienthello.Encrypted && dir == 1 && !s.tls.logged && !s.dropped {
		s.tls.logged = true
		w.logTLS(s.tls)
	}
}

func (w *Worker) tlsMessage(dir int, m []byte) {
	t := w.flow.User.tls
	switch m[0] {
	case clienthello.TypeClientHello:
		if dir != 0 {
			return
		}
		hello, err := clienthello.Parse(m)
		if err != nil {
			w.e.Stats.Malformed.Add(1)
			return
		}
		t.version = hello.Best
		t.hello.set(&hello)
		if list, bad := w.e.lists.Load().Name(hello.ServerName); bad {
			w.site(string(hello.ServerName), "tls", list)
			w.reset()
			return
		}
		w.inspectHello(&t.match, &t.hello, rule.TLSSNI)
	case clienthello.TypeServerHello:
		if v, err := clienthello.ServerVersion(m); err == nil {
			t.version = v
		}
	case clienthello.TypeCertificate:
		cert, err := clienthello.Certificates(m)
		if err != nil {
			w.e.Stats.Malformed.Add(1)
		}
		t.cert = cert
		w.inspectCert(t)
	}
}

func (h *helloText) set(hello *clienthello.Hello) {
	h.sni = lowered(h.sni[:0], hello.ServerName)
	h.alpn = append(h.alpn[:0], hello.ALPN...)
	h.ja3 = hello.AppendJA3(h.ja3[:0])
	sum := md5.Sum(h.ja3)
	h.ja3Hash = hex.AppendEncode(h.ja3Hash[:0], sum[:])
}

func lowered(out, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

func versionName(v uint16) string {
	switch v {
	case 0x0300:
		return "SSLv3"
	case 0x0301:
		return "TLS 1.0"
	case 0x0302:
		return "TLS 1.1"
	case 0x0303:
		return "TLS 1.2"
	case 0x0304:
		return "TLS 1.3"
	}
	return fmt.Sprintf("0x%04x", v)
}

// quicConn reads the first packets of a QUIC connection.
type quicConn struct {
	initial quichello.Initial
	match   match.TxState
	hello   helloText
	tries   int
	done    bool
}

// maxInitials that are opened for one connection: a hello fits in two or three.
const maxInitials = 8

// quicPacket looks for the server name; QUIC inside 443/udp only. A client that
// begins another connection between the same ports is looked at again.
func (w *Worker) quicPacket() {
	s := &w.flow.User
	if s.quic == nil {
		s.quic, s.app, s.decided = &quicConn{}, rule.ProtoQUIC, true
	}
	q := s.quic
	if q.tries >= maxInitials || w.dir != 0 || !quichello.IsInitial(w.pkt.Payload) {
		return
	}
	q.tries++
	again := q.done
	if again {
		q.initial = quichello.Initial{}
	}
	msg, err := q.initial.Push(w.pkt.Payload)
	if err != nil && !again { // again, it is most often an acknowledgement with keys of its own
		w.e.Stats.Malformed.Add(1)
	}
	if q.tries >= maxInitials {
		q.done = true
	}
	if err != nil || msg == nil {
		return
	}
	q.done = true
	hello, err := clienthello.Parse(msg)
	if err != nil {
		w.e.Stats.Malformed.Add(1)
		return
	}
	q.hello.set(&hello)
	if list, bad := w.e.lists.Load().Name(hello.ServerName); bad {
		w.site(string(hello.ServerName), "quic", list)
		return
	}
	w.inspectHello(&q.match, &q.hello, rule.QUICSNI)
	w.logQUIC(q)
}
