package http2

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dnsmsg"
)

// record is the "http" part of an EVE record.
type record struct {
	Version         string         `json:"version"`
	RequestHeaders  []headerRecord `json:"request_headers,omitempty"`
	ResponseHeaders []headerRecord `json:"response_headers,omitempty"`
	Hostname        string         `json:"hostname,omitempty"`
	URL             string         `json:"url,omitempty"`
	UserAgent       string         `json:"http_user_agent,omitempty"`
	ContentType     string         `json:"http_content_type,omitempty"`
	Method          string         `json:"http_method,omitempty"`
	Status          int            `json:"status,omitempty"`
	Length          *uint64        `json:"length,omitempty"`
	HTTP2           frames         `json:"http2"`
}

type headerRecord struct {
	Name   *string `json:"name,omitempty"`
	Value  *string `json:"value,omitempty"`
	Update *uint64 `json:"table_size_update,omitempty"`
}

type frames struct {
	Stream   uint32     `json:"stream_id"`
	Request  sideRecord `json:"request"`
	Response sideRecord `json:"response"`
}

type sideRecord struct {
	Settings []settingRecord `json:"settings,omitempty"`
	Error    string          `json:"error_code,omitempty"`
	Priority *uint8          `json:"priority,omitempty"`
	Multiple string          `json:"has_multiple,omitempty"`
}

type settingRecord struct {
	ID    string `json:"settings_id"`
	Value uint32 `json:"settings_value"`
}

// settingNames are those of RFC 9113 section 6.5.2, errorNames those of section 7, as EVE
// has them.
var (
	settingNames = [...]string{1: "SETTINGSHEADERTABLESIZE", "SETTINGSENABLEPUSH", "SETTINGSMAXCONCURRENTSTREAMS", "SETTINGSINITIALWINDOWSIZE",
		"SETTINGSMAXFRAMESIZE", "SETTINGSMAXHEADERLISTSIZE"}
	errorNames = [...]string{"NOERROR", "PROTOCOLERROR", "INTERNALERROR", "FLOWCONTROLERROR", "SETTINGSTIMEOUT", "STREAMCLOSED", "FRAMESIZEERROR",
		"REFUSEDSTREAM", "CANCEL", "COMPRESSIONERROR", "CONNECTERROR", "ENHANCEYOURCALM", "INADEQUATESECURITY", "HTTP11REQUIRED"}
)

func named(names []string, n uint64) string {
	if n < uint64(len(names)) && names[n] != "" {
		return names[n]
	}
	return strconv.FormatUint(n, 10)
}

// Record returns what a transaction is about: HTTP, and the last message of DNS in it.
func (c *Conn) Record(tx *app.Tx) []app.Field {
	s, ok := tx.User.(*stream)
	if !ok {
		return nil
	}
	var out []app.Field
	if s.says() {
		out = append(out, app.Field{Name: "http", Value: s.record()})
	}
	for dir := app.ToClient; dir >= app.ToServer; dir-- {
		if m := &s.dns[dir]; m.seen && c.dns.Parse(m.raw) == nil {
			return append(out, app.Field{Name: "dns", Value: c.dns.EVE(0, dir == app.ToClient, dnsmsg.Log{})})
		}
	}
	return out
}

func (s *stream) record() *record {
	q, a := &s.side[app.ToServer], &s.side[app.ToClient]
	get := func(dir int, name string) string { return text(s.get(dir, name)) }
	r := &record{Version: "2", RequestHeaders: listed(q.headers), ResponseHeaders: listed(a.headers), Hostname: text(s.host()),
		URL: get(app.ToServer, ":path"), UserAgent: get(app.ToServer, "user-agent"), Method: get(app.ToServer, ":method"),
		HTTP2: frames{s.id, q.record(), a.record()}}
	mime, _, _ := bytes.Cut(s.get(app.ToClient, "content-type"), []byte(";"))
	r.ContentType = text(mime)
	if n, err := strconv.Atoi(get(app.ToClient, ":status")); err == nil {
		r.Status = n
	}
	length := s.get(app.ToClient, "content-length")
	if length == nil {
		length = s.get(app.ToServer, "content-length")
	}
	if n, err := strconv.ParseUint(string(length), 10, 64); err == nil {
		r.Length = &n
	}
	return r
}

func listed(headers []header) (out []headerRecord) {
	for i := range headers {
		h := &headers[i]
		if h.update {
			out = append(out, headerRecord{Update: &h.size})
			continue
		}
		name, value := text(h.name), text(h.value)
		out = append(out, headerRecord{Name: &name, Value: &value})
	}
	return out
}

func (d *side) record() (r sideRecord) {
	for _, x := range d.settings {
		r.Settings = append(r.Settings, settingRecord{named(settingNames[:], uint64(x.id)), x.value})
	}
	if d.hasError {
		r.Error = named(errorNames[:], uint64(d.errorCode))
	}
	if d.hasPriority {
		weight := d.priority
		r.Priority = &weight
	}
	if d.multiple {
		r.Multiple = "error_code"
	}
	return r
}

// text makes bytes fit for JSON: what is no UTF-8 has all bytes beyond ASCII as "\\xNN".
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(b)+16)
	for _, c := range b {
		if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = append(out, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}
