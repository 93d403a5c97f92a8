package snmpmsg

import (
	"fmt"
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/ber"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "snmp" of EVE records.
type Record struct {
	Version   int64    `json:"version"`
	PDUType   string   `json:"pdu_type,omitempty"`
	Error     string   `json:"error,omitempty"`
	TrapType  string   `json:"trap_type,omitempty"`
	TrapOID   string   `json:"trap_oid,omitempty"`
	TrapAddr  string   `json:"trap_address,omitempty"`
	Vars      []string `json:"vars,omitempty"`
	Community *string  `json:"community,omitempty"`
	USM       *string  `json:"usm,omitempty"`
}

var pduNames = [...]string{"get_request", "get_next_request", "response", "set_request", "trap_v1", "get_bulk_request", "inform_request", "trap_v2", "report"}

// trapNames of RFC 1157 section 4.1.6.
var trapNames = [...]string{"coldstart", "warmstart", "linkdown", "linkup", "authentication_failure", "egp_neighbor_loss", "enterprise_specific"}

// statusNames of RFC 3416 section 3.
var statusNames = [...]string{"NoError", "TooBig", "NoSuchName", "BadValue", "ReadOnly", "GenErr", "NoAccess", "WrongType", "WrongLength", "WrongEncoding",
	"WrongValue", "NoCreation", "InconsistentValue", "ResourceUnavailable", "CommitFailed", "UndoFailed", "AuthorizationError", "NotWritable", "InconsistentName"}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	m := &turn.Of[message](tx).Data
	r := Record{Version: m.version, Community: text(m.community), USM: text(m.usm)}
	switch {
	case m.pdu == encrypted:
		r.PDUType = "encrypted"
	case m.pdu >= 0:
		r.PDUType = pduNames[m.pdu]
	}
	if m.status != 0 && m.pdu != 5 {
		r.Error = named(statusNames[:], m.status)
	}
	if m.trap >= 0 {
		r.TrapType, r.TrapOID = named(trapNames[:], m.trap), oid(m.trapOID)
		if a, ok := netip.AddrFromSlice(m.trapAddr); ok {
			r.TrapAddr = a.String()
		}
	}
	for _, v := range m.vars {
		r.Vars = append(r.Vars, oid(v))
	}
	return []app.Field{{Name: "snmp", Value: r}}
}

func text(b []byte) *string {
	if b == nil {
		return nil
	}
	s := octets.Text(b)
	return &s
}

func oid(b []byte) string {
	s, _ := ber.AppendOID(nil, b)
	return string(s)
}

func named(names []string, n int64) string {
	if n >= 0 && n < int64(len(names)) {
		return names[n]
	}
	return fmt.Sprint(n)
}
