package snmpmsg

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

var tlv = told.TLV

func num(n byte) string   { return tlv(2, string(n)) }
func str(s string) string { return tlv(4, s) }

var vars = tlv(0x30, tlv(0x30, tlv(6, "\x2b\x06\x01"), tlv(5)), tlv(0x30, tlv(6, "\x2b\x07"), num(1)))

func pdu(kind, status byte) string { return tlv(0xa0|kind, num(1), num(status), num(0), vars) }

func v3(model byte, body string) string {
	usm := tlv(0x30, str("engine"), num(0), num(0), str("admin"), str(""), str(""))
	return tlv(0x30, num(3), tlv(0x30, num(9), num(1), str("\x04"), num(model)), str(usm), body)
}

func reader(s app.Sink) app.Reader { return New(s) }

func TestVersions(t *testing.T) {
	trap := tlv(0xa4, tlv(6, "\x2b\x06"), tlv(0x40, "\x7f\x00\x00\x01"), num(3), num(0), tlv(0x43, "\x01"), vars)
	for name, c := range map[string]struct {
		b    string
		want []string
	}{
		"1": {tlv(0x30, num(0), str("public"), pdu(1, 0)), []string{`tx0 0 snmp.version=1`, `tx0 0 snmp.community="public"`, `tx0 0 snmp.pdu_type=1`,
			`log snmp tx0 snmp={"version":1,"pdu_type":"get_next_request","vars":["1.3.6.1","1.3.7"],"community":"public"}`}},
		"2c with an error": {tlv(0x30, num(1), str("\xff"), pdu(2, 2)), []string{`tx0 0 snmp.version=2`, `tx0 0 snmp.community="\xff"`, `tx0 0 snmp.pdu_type=2`,
			`log snmp tx0 snmp={"version":2,"pdu_type":"response","error":"NoSuchName","vars":["1.3.6.1","1.3.7"],"community":"\\xff"}`}},
		"trap": {tlv(0x30, num(0), str("public"), trap), []string{`tx0 0 snmp.version=1`, `tx0 0 snmp.community="public"`, `tx0 0 snmp.pdu_type=4`, `tx0 0 snmp.trap_type=3`,
			`log snmp tx0 snmp={"version":1,"pdu_type":"trap_v1","trap_type":"linkup","trap_oid":"1.3.6","trap_address":"127.0.0.1","vars":["1.3.6.1","1.3.7"],"community":"public"}`}},
		"3": {v3(3, tlv(0x30, str("e"), str("c"), pdu(0, 0))), []string{`tx0 0 snmp.version=3`, `tx0 0 snmp.usm="admin"`, `tx0 0 snmp.pdu_type=0`,
			`log snmp tx0 snmp={"version":3,"pdu_type":"get_request","vars":["1.3.6.1","1.3.7"],"usm":"admin"}`}},
		"3 encrypted": {v3(3, str("secret")), []string{`tx0 0 snmp.version=3`, `tx0 0 snmp.usm="admin"`, `log snmp tx0 snmp={"version":3,"pdu_type":"encrypted","usm":"admin"}`}},
		"3 of another model": {v3(2, str("secret")), []string{`tx0 0 app-layer-event="snmp.unknown_security_model"`, `tx0 0 snmp.version=3`,
			`log snmp tx0 snmp={"version":3,"pdu_type":"encrypted"}`}},
	} {
		if d := cmp.Diff(c.want, told.Of(told.Talk{{B: c.b}}, 0, reader).Lines); d != "" {
			t.Error(name, d)
		}
	}
}

func TestMismatch(t *testing.T) {
	talk := told.Talk{{B: tlv(0x30, num(0), str("public"), pdu(1, 0))}, {Dir: 1, B: tlv(0x30, num(1), str("public"), pdu(2, 0))}}
	log := told.Of(talk, 0, reader)
	if !log.Has(`tx1 1 app-layer-event="snmp.version_mismatch"`) || log.Has(`tx0 0 app`) {
		t.Error(log)
	}
	var again told.Log
	c := New(&told.Log{})
	c.Push(0, []byte(talk[0].B))
	c.Reset(&again)
	c.Push(1, []byte(talk[1].B))
	if again.Has("mismatch") {
		t.Error("the version of another conversation is remembered")
	}
}

func TestMalformed(t *testing.T) {
	good := tlv(0x30, num(0), str("public"), pdu(1, 0))
	for name, b := range map[string]string{
		"nothing": "\x30", "cut": good[:20], "version 9": tlv(0x30, num(9), str("x"), pdu(1, 0)), "no kind": tlv(0x30, num(0), str("x"), tlv(0xaf)),
		"no variables": tlv(0x30, num(0), str("x"), tlv(0xa0, num(1), num(0), num(0))), "flags too long": tlv(0x30, num(3), tlv(0x30, num(9), num(1), str("ab"), num(3)), str(""), str("")),
	} {
		if log := told.Of(told.Talk{{B: b}}, 0, reader); len(log.Lines) > 0 {
			t.Error(name, log)
		}
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte(tlv(0x30, num(0), str("public"), pdu(1, 0))))
	f.Add([]byte(v3(3, tlv(0x30, str("e"), str("c"), pdu(0, 0)))))
	f.Fuzz(func(t *testing.T, b []byte) { told.Of(told.Talk{{B: string(b)}, {Dir: 1, B: string(b)}}, 0, reader) })
}
