package engine

// maxParts of a kind are held back for the next flows.
const maxParts = 64

// parts lends readers to flows: most flows need one kind only, so they are not
// part of each flow's state.
type parts struct {
	http []*httpConn
	tls  []*tlsConn
	dns  []*dnsConn
}

func (p *parts) getHTTP(w *Worker) *httpConn {
	h := new(httpConn)
	if n := len(p.http); n > 0 {
		h, p.http = p.http[n-1], p.http[:n-1]
	}
	h.w, h.txs, h.sentResp = w, 0, false
	h.conn.Reset(h)
	return h
}

func (p *parts) getTLS() *tlsConn {
	n := len(p.tls)
	if n == 0 {
		return new(tlsConn)
	}
	t := p.tls[n-1]
	p.tls = p.tls[:n-1]
	t.records[0].Reset()
	t.records[1].Reset()
	t.match.Reset()
	hello := helloText{t.hello.sni[:0], t.hello.alpn[:0], t.hello.ja3[:0], t.hello.ja3Hash[:0]}
	*t = tlsConn{records: t.records, match: t.match, hello: hello}
	return t
}

func (p *parts) getDNS() *dnsConn {
	d := new(dnsConn)
	if n := len(p.dns); n > 0 {
		d, p.dns = p.dns[n-1], p.dns[:n-1]
	}
	d.buf[0], d.buf[1] = d.buf[0][:0], d.buf[1][:0]
	return d
}

// give takes the readers of a flow back.
func (p *parts) give(s *state) {
	if s.http != nil && len(p.http) < maxParts {
		p.http = append(p.http, s.http)
	}
	if s.tls != nil && len(p.tls) < maxParts {
		p.tls = append(p.tls, s.tls)
	}
	if s.dns != nil && len(p.dns) < maxParts {
		p.dns = append(p.dns, s.dns)
	}
	s.http, s.tls, s.dns, s.quic = nil, nil, nil, nil
}
