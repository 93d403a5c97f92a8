// Package record is the "http" part of an EVE record.
package record

import (
	"otasuke/gateway/internal/eve/object"
	"unicode/utf8"
)

// Record is the "http" part of an EVE record; its fields are in Suricata's order.
type Record struct {
	Hostname     string `json:"hostname,omitempty"`
	Port         int    `json:"http_port,omitempty"`
	URL          string `json:"url,omitempty"`
	UserAgent    string `json:"http_user_agent,omitempty"`
	XFF          string `json:"xff,omitempty"`
	ContentType  string `json:"http_content_type,omitempty"`
	ContentRange *Range `json:"content_range,omitempty"`
	Referer      string `json:"http_refer,omitempty"`
	Method       string `json:"http_method,omitempty"`
	Protocol     string `json:"protocol,omitempty"`
	Status       int    `json:"status,omitempty"`
	StatusString string `json:"status_string,omitempty"`
	Redirect     string `json:"redirect,omitempty"`
	// Length is that of the response's body as sent, in bytes.
	Length          uint64   `json:"length"`
	RequestHeaders  []Header `json:"request_headers,omitempty"`
	ResponseHeaders []Header `json:"response_headers,omitempty"`
}

// Range is a Content-Range (RFC 9110 section 14.4), in bytes.
type Range struct {
	Raw   string `json:"raw"`
	Start *int64 `json:"start,omitempty"`
	End   *int64 `json:"end,omitempty"`
	Size  *int64 `json:"size,omitempty"`
}

// Header is one field of a message.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// AppendJSON writes r as its tags say.
func (r *Record) AppendJSON(b []byte) []byte {
	b = object.StringIf(object.Open(b), "hostname", r.Hostname)
	b = object.IntIf(b, "http_port", r.Port)
	b = object.StringIf(b, "url", r.URL)
	b = object.StringIf(b, "http_user_agent", r.UserAgent)
	b = object.StringIf(b, "xff", r.XFF)
	b = object.StringIf(b, "http_content_type", r.ContentType)
	if c := r.ContentRange; c != nil {
		b = object.String(object.Open(object.Member(b, "content_range")), "raw", c.Raw)
		b = object.IntOf(b, "start", c.Start)
		b = object.IntOf(b, "end", c.End)
		b = object.Next(object.Close(object.IntOf(b, "size", c.Size)))
	}
	b = object.StringIf(b, "http_refer", r.Referer)
	b = object.StringIf(b, "http_method", r.Method)
	b = object.StringIf(b, "protocol", r.Protocol)
	b = object.IntIf(b, "status", r.Status)
	b = object.StringIf(b, "status_string", r.StatusString)
	b = object.StringIf(b, "redirect", r.Redirect)
	b = object.Uint(b, "length", r.Length)
	b = headers(b, "request_headers", r.RequestHeaders)
	b = headers(b, "response_headers", r.ResponseHeaders)
	return object.Close(b)
}

func headers(b []byte, name string, list []Header) []byte {
	if len(list) == 0 {
		return b
	}
	b = object.OpenList(object.Member(b, name))
	for _, h := range list {
		b = object.String(object.Open(b), "name", h.Name)
		b = object.Next(object.Close(object.String(b, "value", h.Value)))
	}
	return object.Next(object.CloseList(b))
}

// Text writes bytes that are no UTF-8 as "\\xNN".
func Text(b []byte) string {
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
