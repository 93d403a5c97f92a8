package ldapmsg

import (
	"encoding/hex"
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule/value"
)

type recorder struct{}

// object is a JSON object whose members depend on the operation.
type object = map[string]any

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	x := &turn.Of[exchange](tx).Data
	all := object{}
	if x.request != nil {
		all["request"] = x.request.record()
	}
	if len(x.responses) > 0 {
		list := make([]object, len(x.responses))
		for i := range x.responses {
			list[i] = x.responses[i].record()
		}
		all["responses"] = list
	}
	return []app.Field{{Name: "ldap", Value: all}}
}

var operationNames, resultNames = names(value.LDAPOperations), names(value.LDAPResults)

func names(m map[string]int64) map[int64]string {
	out := make(map[int64]string, len(m))
	for s, n := range m {
		out[n] = s
	}
	return out
}

func (m *message) record() object {
	name, ok := operationNames[int64(m.op)]
	if !ok {
		name = "unknown"
	}
	o := object{"message_id": m.id, "operation": name}
	if d := m.detail(); d != nil {
		o[name] = d
	}
	return o
}

// detail are the members of an operation.
func (m *message) detail() object {
	text := octets.Text
	switch m.op {
	case bindRequest:
		o := object{"version": m.version, "name": text(m.dn)}
		if m.sasl {
			sasl := object{"mechanism": text(m.name)}
			if m.value != nil {
				sasl["credentials"] = hex.EncodeToString(m.value)
			}
			o["sasl"] = sasl
		}
		return o
	case searchRequest:
		return object{"base_object": text(m.dn), "scope": m.scope, "deref_alias": m.deref, "size_limit": m.size, "time_limit": m.seconds,
			"types_only": m.types, "attributes": attributeNames(m.list)}
	case searchEntry:
		return object{"base_object": text(m.dn), "attributes": attributes("type", m.list)}
	case addRequest:
		return object{"entry": text(m.dn), "attributes": attributes("name", m.list)}
	case modifyRequest:
		return object{"object": text(m.dn), "changes": changes(m.list)}
	case delRequest:
		return object{"dn": text(m.dn)}
	case modDNRequest:
		o := object{"entry": text(m.dn), "new_rdn": text(m.newRDN), "delete_old_rdn": m.types}
		if m.superior != nil {
			o["new_superior"] = text(m.superior)
		}
		return o
	case compareRequest:
		return object{"entry": text(m.dn), "attribute_value_assertion": object{"description": text(m.name), "value": text(m.value)}}
	case abandonRequest:
		return object{"message_id": m.other}
	case extRequest, intermediate:
		return m.extension(object{})
	}
	if !m.result() {
		return nil
	}
	return m.outcome()
}

// extension adds name and value of an extension.
func (m *message) extension(o object) object {
	if m.name != nil {
		o["name"] = octets.Text(m.name)
	}
	if m.value != nil {
		o["value"] = octets.Text(m.value)
	}
	return o
}

// outcome are the members of a result.
func (m *message) outcome() object {
	code, ok := resultNames[m.code]
	if !ok {
		code = fmt.Sprintf("unknown (%d)", m.code)
	}
	o := object{"result_code": code, "matched_dn": octets.Text(m.dn), "message": octets.Text(m.text)}
	switch {
	case m.op == extResponse:
		return m.extension(o)
	case m.value != nil:
		o["server_sasl_creds"] = hex.EncodeToString(m.value)
	}
	return o
}

func attributeNames(list []attribute) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = octets.Text(a.name)
	}
	return out
}

func texts(list [][]byte) []string {
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = octets.Text(b)
	}
	return out
}

func attributes(name string, list []attribute) []object {
	out := make([]object, len(list))
	for i, a := range list {
		out[i] = object{name: octets.Text(a.name), "values": texts(a.values)}
	}
	return out
}

// changeNames of section 4.6 and RFC 4525.
var changeNames = map[int64]string{0: "add", 1: "delete", 2: "replace", 3: "increment"}

func changes(list []attribute) []object {
	out := make([]object, len(list))
	for i, a := range list {
		out[i] = object{"operation": changeNames[a.op], "modification": object{"attribute_type": octets.Text(a.name), "attribute_values": texts(a.values)}}
	}
	return out
}
