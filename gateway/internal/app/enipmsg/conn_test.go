package enipmsg

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

const (
	client = app.ToServer
	server = app.ToClient
)

func datagrams(s app.Sink) app.Reader { return New(s, false) }
func stream(s app.Sink) app.Reader    { return New(s, true) }

func le(n int, v uint64) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return string(b)
}

func msg(command, context uint64, body string) string {
	return le(2, command) + le(2, uint64(len(body))) + le(4, 7) + le(4, 0) + told.BE(8, context) + le(4, 0) + body
}

func data(kind uint64, body string) string {
	return le(4, 0) + le(2, 1) + le(2, 2) + le(2, 0) + le(2, 0) + le(2, kind) + le(2, uint64(len(body))) + body
}

const path = "\x03\x20\x8b\x24\x01\x30\x05" // class 0x8b, instance 1, attribute 5

var office = told.Talk{
	{Dir: client, B: msg(cmdRegisterSession, 1, "\x01\x00\x00\x00")}, {Dir: server, B: msg(cmdRegisterSession, 1, "\x01\x00\x00\x00")},
	{Dir: client, B: msg(cmdListIdentity, 2, "")},
	{Dir: server, B: msg(cmdListIdentity, 2, le(2, 1)+le(2, itemIdentity)+le(2, 38)+le(2, 1)+string(make([]byte, 16))+le(2, 1)+le(2, 14)+le(2, 54)+"\x14\x0b"+le(2, 0x30)+le(4, 99)+"\x04PLC1\x03")},
	{Dir: client, B: msg(cmdListServices, 3, "")},
	{Dir: server, B: msg(cmdListServices, 3, le(2, 1)+le(2, itemServices)+le(2, 20)+le(2, 1)+le(2, 0x20)+"Communications\x00\x00")},
	{Dir: client, B: msg(cmdSendRRData, 4, data(itemUnconnected, "\x0e"+path))},
	{Dir: server, B: msg(cmdSendRRData, 4, data(itemUnconnected, "\x8e\x00\x05\x01\x34\x12"))},
	{Dir: client, B: msg(cmdSendUnitData, 0, data(itemConnected, "\x09\x00\x0a\x02\x20\x02\x24\x01"+le(2, 2)+le(2, 6)+le(2, 12)+"\x01\x02\x20\x01\x24\x01"+"\x03\x02\x20\x8b\x24\x01"+le(2, 2)+le(2, 5)+le(2, 6)))},
	{Dir: server, B: msg(cmdSendUnitData, 0, data(itemConnected, "\x09\x00\x8a\x00\x00\x00"+le(2, 1)+le(2, 4)+"\x81\x00\x08\x00"))},
	{Dir: client, B: msg(cmdUnregister, 9, "")},
}

func TestOffice(t *testing.T) {
	log := told.Of(office, 0, stream)
	for _, s := range []string{
		`tx0 0 enip_command=101`, `tx0 0 enip.protocol_version=1`, `log enip tx0 enip={"request":{"command":"register_session","status":"success","register_session":{"protocol_version":1,"options":0}},"response":{`,
		`tx1 1 enip.vendor_id=1`, `tx1 1 enip.device_type=14`, `tx1 1 enip.product_code=54`, `tx1 1 enip.revision=5131`, `tx1 1 enip.identity_status=48`, `tx1 1 enip.serial=99`, `tx1 1 enip.state=3`,
		`tx1 1 enip.product_name="PLC1"`,
		`"identity":{"protocol_version":1,"revision":"20.11","vendor_id":"Rockwell Automation/Allen-Bradley","device_type":"Programmable Logic Controller","product_code":54,"status":48,"serial":99,"product_name":"PLC1","state":3}`,
		`tx2 1 enip.capabilities=32`, `tx2 1 enip.service_name="Communications\x00\x00"`, `"list_services":{"protocol_version":1,"capabilities":32,"service_name":"Communications"}`,
		`tx3 0 cip_service="\x00\x00\x00\x00\x00\x00\x00\x0e\x00\x00\x00\x00\x00\x00\x00\x8b\x00\x00\x00\x00\x00\x00\x00\x05"`, `tx3 0 enip.cip_class=139`, `tx3 0 enip.cip_attribute=5`, `tx3 0 enip.cip_instance=1`,
		`tx3 1 cip_service="\x00\x00\x00\x00\x00\x00\x00\x0e"`, `tx3 1 enip.cip_status=5`, `tx3 1 enip.cip_extendedstatus=4660`,
		`"cip":{"service":"Get Attribute Single","path":[{"segment_type":"class","value":139},{"segment_type":"instance","value":1},{"segment_type":"attribute","value":5}],"class_name":"Wall Clock Time"}`,
		`"cip":{"service":"Get Attribute Single","status":"path_destination_unknown","status_extended":"0x1234"}`,
		`"multiple":[{"service":"Get Attributes All","path":[{"segment_type":"class","value":1},{"segment_type":"instance","value":1}],"class_name":"Identity"},{"service":"Get Attribute List"`,
		`tx4 0 enip.cip_attribute=6`, `"cip":{"service":"Multiple Service Packet","status":"success","multiple":[{"service":"Get Attributes All","status":"service_not_supported"}]}`,
		`log enip tx5 enip={"request":{"command":"unregister_session","status":"success"}}`,
	} {
		if !log.Has(s) {
			t.Error("no", s, "in", log)
		}
	}
	for _, n := range told.Cuts {
		if d := cmp.Diff(log.Lines, told.Of(office, n, stream).Lines); d != "" {
			t.Error(n, d)
		}
	}
	if d := cmp.Diff(log.Lines, told.Of(office, 0, datagrams).Lines); d != "" {
		t.Error(d)
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		b    string
		want string
	}{
		"another command": {msg(0x99, 1, ""), ""}, "session cut": {msg(cmdRegisterSession, 1, "\x01"), "enip.invalid_pdu"},
		"item cut": {msg(cmdSendRRData, 1, data(itemUnconnected, "")[:12]), "enip.invalid_pdu"}, "path cut": {msg(cmdSendRRData, 1, data(itemUnconnected, "\x0e\x09\x20")), "enip.invalid_pdu"},
		"place behind the end": {msg(cmdSendRRData, 1, data(itemUnconnected, "\x0a\x00"+le(2, 1)+le(2, 999))), "enip.invalid_pdu"},
	} {
		log := told.Of(told.Talk{{Dir: client, B: c.b}}, 0, stream)
		if c.want == "" && len(log.Lines) > 0 || !log.Has(c.want) {
			t.Error(name, log)
		}
	}
	var many string
	for range MaxTx + 1 {
		many += office[2].B
	}
	if log := told.Of(told.Talk{{Dir: client, B: many}}, 0, stream); !log.Has("enip.too_many_transactions") {
		t.Error("no bound")
	}
	var log told.Log
	c := New(&log, true)
	c.Gap(client, 1)
	c.Push(client, []byte(office[0].B))
	if len(log.Lines) > 0 {
		t.Error(&log)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range office {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}
		if d := cmp.Diff(told.Of(talk, 0, stream).Lines, told.Of(talk, int(cut), stream).Lines); d != "" {
			t.Error(d)
		}
		told.Of(talk, 0, datagrams)
	})
}
