package ldapmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

const (
	client = app.ToServer
	server = app.ToClient
)

var tlv = told.TLV

func str(s string) string    { return tlv(4, s) }
func num(n byte) string      { return tlv(2, string(n)) }
func enum(n byte) string     { return tlv(10, string(n)) }
func boolOf(n byte) string   { return tlv(1, string([]byte{n})) }
func set(v ...string) string { return tlv(0x31, v...) }

func msg(id byte, op byte, parts ...string) string { return tlv(0x30, num(id), tlv(op, parts...)) }

func result(code byte, dn, text string) string { return enum(code) + str(dn) + str(text) }

func datagrams(s app.Sink) app.Reader { return New(s, false) }
func stream(s app.Sink) app.Reader    { return New(s, true) }

var search = told.Talk{
	{Dir: client, B: msg(1, 0x60, num(3), str("cn=taro"), tlv(0x80, "secret"))},
	{Dir: server, B: msg(1, 0x61, result(0, "", ""))},
	{Dir: client, B: msg(2, 0x63, str("dc=jp"), enum(2), enum(0), num(9), num(30), boolOf(0), tlv(0x87, "cn"), tlv(0x30, str("cn"), str("mail")))},
	{Dir: server, B: msg(2, 0x64, str("cn=a,dc=jp"), tlv(0x30, tlv(0x30, str("cn"), set(str("a"), str("\xff")))))},
	{Dir: server, B: msg(2, 0x65, result(4, "dc=jp", "too many"))},
}

func TestSearch(t *testing.T) {
	want := []string{
		`tx0 0 ldap.request.operation=0`, `tx0 0 ldap.request.dn="cn=taro"`,
		`tx0 1 ldap.responses.operation=1`, `tx0 1 ldap.responses.result_code=0`, `tx0 1 ldap.responses.message=""`, `tx0 1 ldap.responses.dn=""`, `tx0 1 ldap.responses.count=1`,
		`log ldap tx0 ldap={"request":{"bind_request":{"name":"cn=taro","version":3},"message_id":1,"operation":"bind_request"},` +
			`"responses":[{"bind_response":{"matched_dn":"","message":"","result_code":"success"},"message_id":1,"operation":"bind_response"}]}`,
		`tx1 0 ldap.request.operation=3`, `tx1 0 ldap.request.dn="dc=jp"`, `tx1 0 ldap.request.attribute_type="cn"`, `tx1 0 ldap.request.attribute_type="mail"`,
		`tx1 1 ldap.responses.operation=4`, `tx1 1 ldap.responses.dn="cn=a,dc=jp"`, `tx1 1 ldap.responses.attribute_type="cn"`,
		`tx1 1 ldap.responses.count=1`, `tx1 1 ldap.responses.count=2`,
		`tx1 1 ldap.responses.operation=5`, `tx1 1 ldap.responses.result_code=4`, `tx1 1 ldap.responses.message="too many"`, `tx1 1 ldap.responses.dn="dc=jp"`,
		`log ldap tx1 ldap={"request":{"message_id":2,"operation":"search_request","search_request":{"attributes":["cn","mail"],"base_object":"dc=jp",` +
			`"deref_alias":0,"scope":2,"size_limit":9,"time_limit":30,"types_only":false}},"responses":[` +
			`{"message_id":2,"operation":"search_result_entry","search_result_entry":{"attributes":[{"type":"cn","values":["a","\\xff"]}],"base_object":"cn=a,dc=jp"}},` +
			`{"message_id":2,"operation":"search_result_done","search_result_done":{"matched_dn":"dc=jp","message":"too many","result_code":"size_limit_exceeded"}}]}`,
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(want, told.Of(search, n, stream).Lines); d != "" {
			t.Error(n, d)
		}
	}
	both := append(search[:3:3], told.Part{Dir: server, B: search[3].B + search[4].B})
	if d := cmp.Diff(want, told.Of(both, 0, datagrams).Lines); d != "" {
		t.Error(d)
	}
}

func TestOperations(t *testing.T) {
	for name, c := range map[string]struct{ b, want string }{
		"SASL": {msg(1, 0x60, num(3), str(""), tlv(0xa3, str("GSSAPI"), str("\x01\x02"))),
			`"bind_request":{"name":"","sasl":{"credentials":"0102","mechanism":"GSSAPI"},"version":3}`},
		"unbind":   {msg(1, 0x42), `"operation":"unbind_request"`},
		"abandon":  {msg(3, 0x50, "\x02"), `"abandon_request":{"message_id":2}`},
		"delete":   {msg(3, 0x4a, "cn=a"), `"del_request":{"dn":"cn=a"}`},
		"compare":  {msg(3, 0x6e, str("cn=a"), tlv(0x30, str("mail"), str("x"))), `"compare_request":{"attribute_value_assertion":{"description":"mail","value":"x"},"entry":"cn=a"}`},
		"add":      {msg(3, 0x68, str("cn=a"), tlv(0x30, tlv(0x30, str("mail"), set(str("x"))))), `"add_request":{"attributes":[{"name":"mail","values":["x"]}],"entry":"cn=a"}`},
		"modify":   {msg(3, 0x66, str("cn=a"), tlv(0x30, tlv(0x30, enum(2), tlv(0x30, str("mail"), set(str("x")))))), `"changes":[{"modification":{"attribute_type":"mail","attribute_values":["x"]},"operation":"replace"}]`},
		"rename":   {msg(3, 0x6c, str("cn=a"), str("cn=b"), boolOf(0xff), tlv(0x80, "dc=jp")), `"mod_dn_request":{"delete_old_rdn":true,"entry":"cn=a","new_rdn":"cn=b","new_superior":"dc=jp"}`},
		"extended": {msg(3, 0x77, tlv(0x80, "1.2"), tlv(0x81, "v")), `"extended_request":{"name":"1.2","value":"v"}`},
	} {
		if log := told.Of(told.Talk{{Dir: client, B: c.b}}, 0, stream); !log.Has(c.want) {
			t.Error(name, log)
		}
	}
}

func TestStartTLS(t *testing.T) {
	talk := told.Talk{{Dir: client, B: msg(1, 0x77, tlv(0x80, startTLS))}, {Dir: server, B: msg(1, 0x78, result(0, "", ""), tlv(0x8a, startTLS)) + "\x16\x03"}}
	for _, n := range []int{0, 1000} {
		if log := told.Of(talk, n, stream); !log.Has(`become unknown 1 "\x16\x03"`) || !log.Has("extended_response") {
			t.Error(log)
		}
	}
	talk[1].B = msg(1, 0x78, result(2, "", "no"))
	if log := told.Of(talk, 0, stream); log.Has("become") {
		t.Error(log)
	}
}

func TestEvents(t *testing.T) {
	entry := search[3].B
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"answer to nothing":     {told.Talk{{Dir: server, B: search[4].B}}, "tx0 1 app-layer-event=\"ldap.request_not_found\""},
		"notice of the server":  {told.Talk{{Dir: server, B: msg(0, 0x78, result(52, "", "down"))}}, `"result_code":"unavailable"`},
		"garbage after a bind":  {append(search[:2:2], told.Part{Dir: client, B: "\x00\x00\x01\x02"}), "event 1 ldap.invalid_data"},
		"garbage as an answer":  {append(search[:1:1], told.Part{Dir: server, B: "\x00\x00\x01\x02"}), "tx0 0 app-layer-event=\"ldap.invalid_data\""},
		"operation that is cut": {append(search[:1:1], told.Part{Dir: client, B: msg(2, 0x63, str("dc=jp"))}), "ldap.invalid_data"},
		"no operation":          {append(search[:1:1], told.Part{Dir: client, B: tlv(0x30, num(1))}), "ldap.invalid_data"},
		"another operation":     {append(search[:1:1], told.Part{Dir: client, B: msg(1, 0x7d)}), "ldap.invalid_data"},
		"too many transactions": {told.Talk{{Dir: client, B: strings.Repeat(search[2].B, MaxTx+1)}}, "ldap.too_many_transactions"},
		"too many answers":      {append(search[2:3:3], told.Part{Dir: server, B: strings.Repeat(entry, MaxResponses)}), "ldap.too_many_responses"},
	} {
		log := told.Of(c.talk, 0, stream)
		if !log.Has(c.want) {
			t.Error(name, log)
		}
		if d := cmp.Diff(log.Lines, told.Of(c.talk, 3, stream).Lines); d != "" {
			t.Error(name, d)
		}
	}
	if log := told.Of(told.Talk{{Dir: client, B: "\x00\x00\x01\x02"}, {Dir: client, B: search[0].B}}, 0, stream); len(log.Lines) > 0 {
		t.Error("garbage alone is told:", log)
	}
	if log := told.Of(told.Talk{{Dir: client, B: search[0].B}, {Dir: client, B: search[2].B[:9]}}, 0, datagrams); !log.Has("invalid_data") {
		t.Error("datagram that is cut:", log)
	}
}

func TestGapAndLong(t *testing.T) {
	var log told.Log
	c := New(&log, true)
	c.Push(client, []byte("\x30\x84\x7f\xff\xff\xff"))
	c.Push(client, []byte(search[0].B))
	c.Gap(server, 1)
	c.Push(server, []byte(search[4].B))
	if len(log.Lines) > 0 {
		t.Error(&log)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range search {
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
