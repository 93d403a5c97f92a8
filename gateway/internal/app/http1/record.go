package http1

import (
	"bytes"

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
		Hostname: record.Text(q.host), URL: record.Text(q.target), UserAgent: record.Text(q.get(hdrUserAgent)),
		XFF: record.Text(q.get(hdrForwarded)), Referer: record.Text(q.get(hdrReferer)), Method: record.Text(q.method),
		Protocol: record.Text(q.version), Redirect: record.Text(a.get(hdrLocation)), Length: a.wire,
	}
	if q.port > 0 {
		r.Port = q.port
	}
	if mime, _, _ := bytes.Cut(a.get(hdrContentType), []byte(";")); mime != nil {
		r.ContentType = record.Text(trim(mime, isSpace))
	}
	r.ContentRange = recordRange(a.get(hdrContentRange))
	if r.Status = a.code; a.code < 0 {
		r.Status, r.StatusString = 0, record.Text(a.status)
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
	out := &record.Range{Raw: record.Text(v)}
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
		out = append(out, record.Header{Name: record.Text(m.headers[i].name), Value: record.Text(m.headers[i].value)})
	}
	return out
}
