package http1

import (
	"bytes"
	"unicode/utf8"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/form"
	"otasuke/gateway/internal/app/http1/record"
)

// Record writes what a transaction is about.
func (c *Conn) Record(tx *app.Tx) []app.Field {
	x := exchangeOf(tx)
	if x == nil {
		return nil
	}
	q, a := &x.req, &x.resp
	r := &record.Record{
		Hostname: text(q.host), URL: text(q.target), UserAgent: text(q.get(hdrUserAgent)),
		XFF: text(q.get(hdrForwarded)), Referer: text(q.get(hdrReferer)), Method: text(q.method),
		Protocol: text(q.version), Redirect: text(a.get(hdrLocation)), Length: a.wire,
	}
	if q.port > 0 {
		r.Port = q.port
	}
	if mime, _, _ := bytes.Cut(a.get(hdrContentType), []byte(";")); mime != nil {
		r.ContentType = text(trim(mime, isSpace))
	}
	r.ContentRange = recordRange(a.get(hdrContentRange))
	if r.Status = a.code; a.code < 0 {
		r.Status, r.StatusString = 0, text(a.status)
	}
	if c.cfg.DumpHeaders {
		r.RequestHeaders, r.ResponseHeaders = dump(q), dump(a)
	}
	return []app.Field{{Name: "http", Value: r}}
}

func recordRange(v []byte) *record.Range {
	if v == nil {
		return nil
	}
	out := &record.Range{Raw: text(v)}
	if r, ok := form.ParseRange(v); ok {
		for _, f := range []struct {
			to *(*int64)
			n  int64
		}{{&out.Start, r.Start}, {&out.End, r.End}, {&out.Size, r.Size}} {
			if f.n >= 0 {
				*f.to = &f.n
			}
		}
	}
	return out
}

func dump(m *message) (out []record.Header) {
	for i := range m.headers {
		out = append(out, record.Header{Name: text(m.headers[i].name), Value: text(m.headers[i].value)})
	}
	return out
}

// text writes bytes that are no UTF-8 as "\\xNN".
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out = append(out, '\\', 'x', digits[b[0]>>4], digits[b[0]&15])
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return string(out)
}
