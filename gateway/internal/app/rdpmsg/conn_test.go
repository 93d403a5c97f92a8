package rdpmsg

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

func reader(s app.Sink) app.Reader { return New(s) }

func tpkt(b string) string { return "\x03\x00" + told.BE(2, uint64(len(b)+4)) + b }

func x224(code byte, rest string) string {
	return tpkt(string([]byte{byte(6 + len(rest)), code}) + "\x00\x00\x12\x34\x00" + rest)
}

func le(n int, v uint64) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return string(b)
}

func wideOf(s string, size int) string {
	out := ""
	for _, c := range s {
		out += le(2, uint64(c))
	}
	return out + strings.Repeat("\x00", size-len(out))
}

func block(kind uint64, body string) string { return le(2, kind) + le(2, uint64(len(body)+4)) + body }

var core1 = le(4, 0x80004) + le(2, 1280) + le(2, 800) + le(2, 0xca01) + le(2, 0xaa03) + le(4, 0x411) + le(4, 7601) + wideOf("PC1", 32) + le(4, 4) + le(4, 0) + le(4, 12) +
	strings.Repeat("\x00", 64) + le(2, 0xca01) + le(2, 1) + le(4, 0) + le(2, 24) + le(2, 7) + le(2, 0x21) + wideOf("id-1", 64) + "\x06\x00" + le(4, 1)

func connect(data string) string {
	return tpkt("\x02\xf0\x80\x7f\x65\x82\x01\x00head\x00\x05\x00\x14Duca\x81\x00" + data)
}

var (
	ask     = x224(0xe0, "Cookie: mstshash=taro\r\n\x01\x01\x08\x00\x0b\x00\x00\x00")
	confirm = x224(0xd0, "\x02\x03\x08\x00\x01\x00\x00\x00")
)

var plain = told.Talk{
	{Dir: client, B: ask},
	{Dir: server, B: x224(0xd0, "")},
	{Dir: client, B: connect(block(blockCore, core1) + block(0xc002, "12345678") + block(blockNet, le(4, 2)+"rdpdr\x00\x00\x00\x00\x00\x00\x80cliprdr\x00\x00\x00\xa0\xc0"))},
	{Dir: server, B: tpkt("\x02\xf0\x80\x7f\x66\x05")},
	{Dir: client, B: tpkt("\x02\xf0\x80\x04\x01")},
}

func TestPlain(t *testing.T) {
	want := []string{
		`log rdp tx0 rdp={"tx_id":0,"event_type":"initial_request","cookie":"taro","flags":["restricted_admin_mode_required"]}`,
		`log rdp tx1 rdp={"tx_id":1,"event_type":"initial_response"}`,
		`log rdp tx2 rdp={"tx_id":2,"event_type":"connect_request","client":{"version":"v5","desktop_width":1280,"desktop_height":800,"color_depth":24,"keyboard_layout":"ja-JP",` +
			`"build":"Windows 7 SP1","client_name":"PC1","keyboard_type":"enhanced","function_keys":12,"product_id":1,"capabilities":["support_errinfo_pdf","valid_connection_type"],` +
			`"id":"id-1","connection_hint":"lan"},"channels":["rdpdr","cliprdr"]}`,
		`log rdp tx3 rdp={"tx_id":3,"event_type":"connect_response"}`,
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(want, told.Of(plain, n, reader).Lines); d != "" {
			t.Error(n, d)
		}
	}
}

func record(kind byte, body string) string {
	return string([]byte{kind, 3, 3}) + told.BE(2, uint64(len(body))) + body
}

func TestTLS(t *testing.T) {
	cert := told.TLV(0x30, told.TLV(0x30, told.TLV(0xa0, told.TLV(2, "\x02")), told.TLV(2, "\x01\xab"), told.TLV(0x30)))
	chain := told.BE(3, uint64(len(cert)+3)) + told.BE(3, uint64(len(cert))) + cert
	hello := "\x02\x00\x00\x02hi"
	talk := told.Talk{{Dir: client, B: ask}, {Dir: server, B: confirm}, {Dir: client, B: record(0x16, "hello")},
		{Dir: server, B: record(0x16, hello) + record(0x16, "\x0b"+told.BE(3, uint64(len(chain)))+chain[:5]) + record(0x16, chain[5:]) + record(0x17, "secret")},
		{Dir: client, B: ask}}
	want := []string{
		`log rdp tx0 rdp={"tx_id":0,"event_type":"initial_request","cookie":"taro","flags":["restricted_admin_mode_required"]}`,
		`log rdp tx1 rdp={"tx_id":1,"event_type":"initial_response","protocol":"ssl","server_supports":["extended_client_data","dynvc_gfx"]}`,
		`log rdp tx2 rdp={"tx_id":2,"event_type":"tls_handshake","x509_serials":["01:ab"]}`,
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(want, told.Of(talk, n, reader).Lines); d != "" {
			t.Error(n, d)
		}
	}
	refused := told.Talk{{Dir: server, B: x224(0xd0, "\x03\x00\x08\x00\x05\x00\x00\x00")}}
	if log := told.Of(refused, 0, reader); !log.Has(`"error_code":5,"reason":"hybrid required by server"`) {
		t.Error(log)
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		b    string
		more bool // what follows is read
	}{
		"no TPKT": {"GET / HTTP/1.0", false}, "shorter than its head": {"\x03\x00\x00\x04", false}, "no message inside": {tpkt("\xff\xe0\x00"), true},
		"another message": {tpkt("\x06\x80\x00\x00\x00\x00\x00"), true}, "no TLS": {"\x16\x09\x09\x00\x00", false}, "data without MCS": {tpkt("\x02\xf0\x80"), true},
		"client data cut": {connect("\x01\xc0\xff\x00"), true}, "no client data": {tpkt("\x02\xf0\x80\x7f\x65\x00"), true},
	} {
		log := told.Of(told.Talk{{Dir: client, B: c.b + ask}}, 0, reader)
		if log.Has("initial_request") != c.more {
			t.Error(name, log)
		}
	}
	var log told.Log
	c := New(&log)
	c.Gap(client, 1)
	c.Push(client, []byte(ask))
	c.Push(server, []byte(confirm))
	if log.Has("request") || !log.Has("response") {
		t.Error(&log)
	}
	c.Reset(&log)
	c.Push(client, []byte(ask))
	if !log.Has("request") {
		t.Error(&log)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range plain {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}
		if d := cmp.Diff(told.Of(talk, 0, reader).Lines, told.Of(talk, int(cut), reader).Lines); d != "" {
			t.Error(d)
		}
	})
}
