package evelog

import (
	"slices"
	"strings"

	"otasuke/gateway/internal/eve"
	"otasuke/rule"
)

// upper are the protocols whose events the field's sensors write in upper case: those of
// their older readers.
var upper = map[string]bool{"http": true, "smtp": true, "ssh": false, "ftp": false, "tls": true, "modbus": false}

// AppEvent is the name of a protocol's event in records.
func AppEvent(proto, name string) string {
	if upper[proto] {
		return strings.ToUpper(name)
	}
	return name
}

// AppName is a flow's application as records name it.
func AppName(p rule.Proto) string {
	if p == rule.ProtoUnknown {
		return ""
	}
	return p.String()
}

// AppAnomaly describes an event of an application protocol, or of recognition, which has no
// transaction.
func AppAnomaly(name, proto string, inTx bool) *eve.Anomaly {
	a := &eve.Anomaly{Type: "applayer", Layer: "proto_parser", AppProto: proto, Event: strings.ToUpper(name)}
	if !inTx && strings.HasPrefix(name, "applayer_") {
		a.Layer = "proto_detect"
	}
	if p, bare, ok := strings.Cut(name, "."); ok {
		a.Event = AppEvent(p, bare)
	}
	return a
}

// PacketAnomaly describes an event of a packet, nil when such are not wanted.
func (c *AnomalyConfig) PacketAnomaly(name string) *eve.Anomaly {
	if strings.HasPrefix(name, "stream.") {
		if !c.Stream {
			return nil
		}
		return &eve.Anomaly{Type: "stream", Event: name}
	}
	if !c.Decode {
		return nil
	}
	if !strings.HasPrefix(name, "decoder.") {
		name = "decoder." + name
	}
	return &eve.Anomaly{Type: "decode", Event: name}
}

// Told are the events of a transaction that were told.
type Told []string

// maxTold bounds them.
const maxTold = 32

// First tells that an event was not told yet, and is now.
func (t *Told) First(name string) bool {
	if len(*t) >= maxTold || slices.Contains(*t, name) {
		return false
	}
	*t = append(*t, name)
	return true
}
