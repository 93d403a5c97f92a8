package mqttmsg

import (
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Packet is a packet in EVE records.
type Packet struct {
	QoS       uint8  `json:"qos"`
	Retain    bool   `json:"retain"`
	Dup       bool   `json:"dup"`
	Truncated bool   `json:"truncated,omitempty"`
	Skipped   int    `json:"skipped_length,omitempty"`
	MessageID *int   `json:"message_id,omitempty"`
	Reason    *int   `json:"reason_code,omitempty"`
	Return    *int   `json:"return_code,omitempty"`
	Present   *bool  `json:"session_present,omitempty"`
	Proto     string `json:"protocol_string,omitempty"`
	Version   uint8  `json:"protocol_version,omitempty"`
	Flags     *Flags `json:"flags,omitempty"`

	ClientID *string `json:"client_id,omitempty"`
	Will     *Will   `json:"will,omitempty"`
	Username *string `json:"username,omitempty"`
	Password *string `json:"password,omitempty"`
	Topic    *string `json:"topic,omitempty"`
	Message  *string `json:"message,omitempty"`

	Topics  any            `json:"topics,omitempty"`
	Granted []int          `json:"qos_granted,omitempty"`
	Reasons []int          `json:"reason_codes,omitempty"`
	Props   map[string]any `json:"properties,omitempty"`
}

// Flags of CONNECT.
type Flags struct {
	Username   bool `json:"username"`
	Password   bool `json:"password"`
	WillRetain bool `json:"will_retain"`
	Will       bool `json:"will"`
	Clean      bool `json:"clean_session"`
}

// Will is what the server publishes when the client is gone.
type Will struct {
	Topic   string         `json:"topic"`
	Message string         `json:"message"`
	Props   map[string]any `json:"properties,omitempty"`
}

// Topic is one that is subscribed to.
type Topic struct {
	Topic string `json:"topic"`
	QoS   uint8  `json:"qos"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	x := &turn.Of[exchange](tx).Data
	all := make(map[string]any, len(x.packets))
	for i := range x.packets {
		if p := &x.packets[i]; p.kind != unassigned {
			all[typeNames[p.kind]] = p.record(x.cfg)
		}
	}
	return []app.Field{{Name: "mqtt", Value: all}}
}

func valid(b []byte) string { return octets.Text(b) }

// limited is text of at most max bytes, with what was left out.
func limited(b []byte, max int) string {
	if len(b) <= max {
		return valid(b)
	}
	return fmt.Sprintf("%s[truncated %d additional bytes]", valid(b[:max]), len(b)-max)
}

func record(list []property) map[string]any {
	if list == nil {
		return nil
	}
	m := make(map[string]any, len(list))
	for _, p := range list {
		if p.text != nil {
			m[p.name] = valid(p.text)
		} else {
			m[p.name] = p.n
		}
	}
	return m
}

func (p *packet) record(cfg *Config) *Packet {
	r := &Packet{QoS: p.qos, Retain: p.retain, Dup: p.dup, Props: record(p.props)}
	if p.skipped > 0 {
		r.Truncated, r.Skipped = true, p.skipped
		return r
	}
	if p.id >= 0 {
		r.MessageID = &p.id
	}
	if p.reason >= 0 && p.kind != connack {
		r.Reason = &p.reason
	}
	text := func(b []byte) *string { s := limited(b, cfg.MaxLog); return &s }
	switch p.kind {
	case connect:
		p.connectRecord(r, cfg)
	case connack:
		r.Present, r.Return = &p.present, &p.reason
	case publish:
		r.Topic, r.Message = text(p.topic), text(p.message)
	case subscribe:
		list := make([]Topic, len(p.topics))
		for i, t := range p.topics {
			list[i] = Topic{limited(t.name, cfg.MaxLog), t.qos}
		}
		r.Topics = list
	case unsubscribe:
		list := make([]string, len(p.topics))
		for i, t := range p.topics {
			list[i] = limited(t.name, cfg.MaxLog)
		}
		r.Topics = list
	case suback:
		r.Granted = numbers(p.codes)
	case unsuback:
		r.Reasons = numbers(p.codes)
	}
	return r
}

func (p *packet) connectRecord(r *Packet, cfg *Config) {
	on := func(f uint8) bool { return p.flags&f != 0 }
	r.Proto, r.Version = valid(p.proto), p.version
	r.Flags = &Flags{on(flagUser), on(flagPassword), on(flagRetain), on(flagWill), on(flagClean)}
	client := valid(p.client)
	r.ClientID = &client
	if p.willTopic != nil {
		r.Will = &Will{valid(p.willTopic), valid(p.willMessage), record(p.willProps)}
	}
	if p.user != nil {
		s := valid(p.user)
		r.Username = &s
	}
	if p.password != nil && !cfg.HidePasswords {
		s := valid(p.password)
		r.Password = &s
	}
}

func numbers(b []byte) []int {
	list := make([]int, len(b))
	for i, n := range b {
		list[i] = int(n)
	}
	return list
}
