package dhtmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func reader(s app.Sink) app.Reader { return New(s) }

const (
	id    = "abcdefghij0123456789"
	idHex = "6162636465666768696a30313233343536373839"
)

func TestMessages(t *testing.T) {
	for name, c := range map[string]struct{ b, want string }{
		"ping":      {"d1:ad2:id20:" + id + "e1:q4:ping1:t2:aa1:y1:qe", `{"transaction_id":"6161","request_type":"ping","request":{"id":"` + idHex + `"}}`},
		"find_node": {"d1:ad2:id20:" + id + "6:target2:xye1:q9:find_node1:t2:aa1:v2:UT1:y1:qe", `{"transaction_id":"6161","client_version":"5554","request_type":"find_node","request":{"id":"` + idHex + `","target":"7879"}}`},
		"get_peers": {"d1:ad2:id20:" + id + "9:info_hash2:xye1:q9:get_peers1:t2:aa1:y1:qe", `"request_type":"get_peers","request":{"id":"` + idHex + `","info_hash":"7879"}}`},
		"announce": {"d1:ad2:id20:" + id + "12:implied_porti1e9:info_hash2:xy4:porti6881e5:token2:tte1:q13:announce_peer1:t2:aa1:y1:qe",
			`"request":{"id":"` + idHex + `","info_hash":"7879","token":"7474","implied_port":1,"port":6881}}`},
		"answer": {"d1:rd2:id20:" + id + "5:nodes26:" + id + "\x0a\x00\x00\x01\x1a\xe15:token2:tt6:valuesl6:\x0a\x00\x00\x02\x1a\xe1ee1:t2:aa1:y1:re",
			`"response":{"id":"` + idHex + `","nodes":[{"id":"` + idHex + `","ip":"10.0.0.1","port":6881}],"values":[{"ip":"10.0.0.2","port":6881}],"token":"7474"}}`},
		"version 6": {"d1:rd2:id20:" + id + "6:nodes638:" + id + "\x20\x01" + strings.Repeat("\x00", 13) + "\x01\x1a\xe1e1:t2:aa1:y1:re",
			`"nodes6":[{"id":"` + idHex + `","ip":"2001:0000:0000:0000:0000:0000:0000:0001","port":6881}]`},
		"error": {"d1:eli201e5:Soso!e1:t2:aa1:y1:ee", `{"transaction_id":"6161","error":{"num":201,"msg":"Soso!"}}`},
	} {
		log := told.Of(told.Talk{{B: c.b}}, 0, reader)
		if !log.Has(c.want) || log.Has("malformed") {
			t.Error(name, log)
		}
	}
}

func TestMalformed(t *testing.T) {
	head := "d1:ad2:id20:" + id
	for name, b := range map[string]string{
		"cut": head, "no kind": head + "e1:t2:aae", "another kind": head + "e1:t2:aa1:y1:xe", "another question": head + "e1:q4:pong1:t2:aa1:y1:qe",
		"no target": head + "e1:q9:find_node1:t2:aa1:y1:qe", "bytes behind": head + "e1:q4:ping1:t2:aa1:y1:qexx", "key is a number": "d1:ad2:id20:" + id + "i1ei2ee1:t2:aa1:y1:qe",
		"length too long": "d1:ad2:id20:" + id + "e1:q99:x", "too deep": "d1:el" + strings.Repeat("l", 100), "number without end": "d1:eli20", "error without text": "d1:eli201ee1:t2:aa1:y1:ee",
		"too many": "d1:el" + strings.Repeat("i1e", maxItems+1) + "e1:t2:aa1:y1:ee",
	} {
		if log := told.Of(told.Talk{{Dir: 1, B: b}}, 0, reader); !log.Has(`tx0 1 app-layer-event="bittorrent-dht.malformed_packet"`) || !log.Has(`log bittorrent_dht tx0 bittorrent_dht={"transaction_id":`) {
			t.Error(name, log)
		}
	}
	if log := told.Of(told.Talk{{B: "uTP"}}, 0, reader); len(log.Lines) > 0 {
		t.Error(log)
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte("d1:ad2:id20:" + id + "e1:q4:ping1:t2:aa1:y1:qe"))
	f.Add([]byte("d1:eli201e5:Soso!e1:t2:aa1:y1:ee"))
	f.Fuzz(func(t *testing.T, b []byte) {
		told.Of(told.Talk{{B: string(b)}}, 0, reader)
		if d := cmp.Diff(told.Of(told.Talk{{B: string(b)}}, 0, reader).Lines, told.Of(told.Talk{{B: string(b)}}, 0, reader).Lines); d != "" {
			t.Error(d)
		}
	})
}
