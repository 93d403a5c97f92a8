package sipmsg

import (
	"strconv"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "sip" of EVE records.
type Record struct {
	Method       string `json:"method,omitempty"`
	URI          string `json:"uri,omitempty"`
	Version      string `json:"version,omitempty"`
	RequestLine  string `json:"request_line,omitempty"`
	Code         string `json:"code,omitempty"`
	Reason       string `json:"reason,omitempty"`
	ResponseLine string `json:"response_line,omitempty"`
	SDP          *SDP   `json:"sdp,omitempty"`
}

// SDP is a session description.
type SDP struct {
	Version    uint64   `json:"version"`
	Origin     string   `json:"origin"`
	Name       string   `json:"session_name,omitempty"`
	Info       string   `json:"session_info,omitempty"`
	URI        string   `json:"uri,omitempty"`
	Email      string   `json:"email,omitempty"`
	Phone      string   `json:"phone_number,omitempty"`
	Connection string   `json:"connection_data,omitempty"`
	Bandwidths []string `json:"bandwidths,omitempty"`
	Times      []Timing `json:"time_descriptions,omitempty"`
	Timezone   string   `json:"timezone,omitempty"`
	Key        string   `json:"encryption_key,omitempty"`
	Attributes []string `json:"attributes,omitempty"`
	Media      []Media  `json:"media_descriptions,omitempty"`
}

// Timing is when a session is active.
type Timing struct {
	Time   string `json:"time"`
	Repeat string `json:"repeat_time,omitempty"`
}

// Media is a stream of a session.
type Media struct {
	Media      string   `json:"media"`
	Info       string   `json:"media_info,omitempty"`
	Bandwidths []string `json:"bandwidths,omitempty"`
	Connection string   `json:"connection_data,omitempty"`
	Key        string   `json:"encryption_key,omitempty"`
	Attributes []string `json:"attributes,omitempty"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	m := &turn.Of[message](tx).Data
	text := octets.Text
	r := Record{Method: text(m.method), URI: text(m.uri), Version: text(m.version), Code: text(m.code), Reason: text(m.reason)}
	if m.request {
		r.RequestLine = text(m.line)
	} else {
		r.ResponseLine = text(m.line)
	}
	if m.sdp != nil {
		r.SDP = m.sdp.record()
	}
	return []app.Field{{Name: "sip", Value: r}}
}

func texts(list [][]byte) (out []string) {
	for _, b := range list {
		out = append(out, octets.Text(b))
	}
	return out
}

func (s *session) record() *SDP {
	text := octets.Text
	version, _ := strconv.ParseUint(string(s.version), 10, 32)
	r := &SDP{Version: version, Origin: text(s.origin), Name: text(s.name), Info: text(s.info), URI: text(s.uri), Email: text(s.email),
		Phone: text(s.phone), Connection: text(s.connect), Bandwidths: texts(s.bandwidths), Timezone: text(s.zone), Key: text(s.key),
		Attributes: texts(s.attributes)}
	for _, t := range s.times {
		r.Times = append(r.Times, Timing{text(t.when), text(t.repeat)})
	}
	for _, m := range s.media {
		r.Media = append(r.Media, Media{text(m.what), text(m.info), texts(m.bandwidths), text(m.connect), text(m.key), texts(m.attributes)})
	}
	return r
}
