package ikemsg

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

func reader(s app.Sink) app.Reader { return New(s) }

// part makes a payload, a proposal or a transform: next, reserved, length.
func part(next byte, body string) string {
	return string([]byte{next, 0}) + told.BE(2, uint64(len(body)+4)) + body
}

func msg(next, version, exchange, flags byte, body string) string {
	return "\x11\x11\x11\x11\x11\x11\x11\x11" + "\x22\x22\x22\x22\x22\x22\x22\x22" + string([]byte{next, version, exchange, flags}) + told.BE(4, 7) + told.BE(4, uint64(28+len(body))) + body
}

func attr(kind, value uint64) string { return told.BE(2, 0x8000|kind) + told.BE(2, value) }

func sa1(transforms ...string) string {
	all := "\x01\x01\x00" + string([]byte{byte(len(transforms))})
	for i, t := range transforms {
		next := byte(3)
		if i == len(transforms)-1 {
			next = 0
		}
		all += part(next, "\x01\x01\x00\x00"+t)
	}
	return "\x00\x00\x00\x01\x00\x00\x00\x01" + part(0, all)
}

var aes = attr(1, 7) + attr(2, 2) + attr(3, 1) + attr(4, 2) + attr(11, 1) + told.BE(2, 12) + told.BE(2, 4) + told.BE(4, 86400) + attr(14, 128)

func TestVersion1(t *testing.T) {
	talk := told.Talk{
		{Dir: client, B: msg(1, 0x10, 2, 0, part(13, sa1(aes))+part(0, "\xab\xcd"))},
		{Dir: server, B: msg(1, 0x10, 2, 0, part(0, sa1(aes)))},
		{Dir: client, B: "\x00\x00\x00\x00" + msg(4, 0x10, 2, 0, part(10, "\x01\x02")+part(0, "\x03\x04\x05"))},
		{Dir: server, B: msg(8, 0x10, 5, 1, "secret")},
	}
	want := []string{
		`tx0 0 ike.init_spi="1111111111111111"`, `tx0 0 ike.exchtype=2`, `tx0 0 ike.vendor="abcd"`,
		`log ike tx0 ike={"exchange_type":2,"ikev1":{"client":{"proposals":[{"alg_auth":"AuthPreSharedKey","alg_auth_raw":1,"alg_dh":"GroupAlternate1024BitModpGroup","alg_dh_raw":2,` +
			`"alg_enc":"EncAesCbc","alg_enc_raw":7,"alg_hash":"HashSha","alg_hash_raw":2,"sa_key_length":"Unknown","sa_key_length_raw":128,"sa_life_duration":"Unknown",` +
			`"sa_life_duration_raw":86400,"sa_life_type":"LifeTypeSeconds","sa_life_type_raw":1}]},"doi":1,"encrypted_payloads":false,"server":{},"vendor_ids":["abcd"]},` +
			`"init_spi":"1111111111111111","message_id":7,"resp_spi":"2222222222222222","version_major":1,"version_minor":0}`,
		`tx1 1 ike.resp_spi="2222222222222222"`, `tx1 1 ike.exchtype=2`,
	}
	log := told.Of(talk, 0, reader)
	if d := cmp.Diff(want, log.Lines[:len(want)]); d != "" {
		t.Error(d)
	}
	for _, s := range []string{
		`tx1 1 ike.chosen_sa_attribute="\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\a"`, `tx1 1 ike.chosen_sa_attribute="\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x01Q\x80"`,
		`tx2 0 ike.key_exchange_payload="\x01\x02"`, `tx2 0 ike.key_exchange_payload_length=2`, `tx2 0 ike.nonce_payload="\x03\x04\x05"`, `tx2 0 ike.nonce_payload_length=3`,
		`"client":{"key_exchange_payload":"0102","key_exchange_payload_length":2,"nonce_payload":"030405","nonce_payload_length":3,"proposals":`,
		`log ike tx3 ike={"exchange_type":5,"ikev1":{"encrypted_payloads":true},"init_spi"`,
	} {
		if !log.Has(s) {
			t.Error("no", s, "in", log)
		}
	}
	if log.Has("event") {
		t.Error(log)
	}
	talk[1].B = msg(1, 0x10, 2, 0, part(0, sa1(aes, aes)))
	if log := told.Of(talk, 0, reader); !log.Has(`tx1 1 app-layer-event="ike.multiple_server_proposal"`) {
		t.Error(log)
	}
}

// sa2 makes a security association of version 2 with transforms of kind and id.
func sa2(proto byte, transforms ...[2]byte) string {
	all := string([]byte{1, proto, 0, byte(len(transforms))})
	for i, t := range transforms {
		next := byte(3)
		if i == len(transforms)-1 {
			next = 0
		}
		all += part(next, string([]byte{t[0], 0, 0, t[1]}))
	}
	return part(0, all)
}

func TestVersion2(t *testing.T) {
	note := part(40, "\x01\x00\x40\x04\x00")
	talk := told.Talk{
		{Dir: client, B: msg(33, 0x20, 34, 8, part(41, sa2(1, [2]byte{1, 12}, [2]byte{2, 5}, [2]byte{3, 12}, [2]byte{4, 14}))+note+part(34, "nonce")+part(0, "\x00\x0e\x00\x00key"))},
		{Dir: server, B: msg(33, 0x20, 34, 0x20, part(41, sa2(1, [2]byte{1, 20}, [2]byte{2, 5}, [2]byte{4, 14}))+part(46, "\x00\x00\x00\x0e")+part(33, "secret"))},
	}
	log := told.Of(talk, 0, reader)
	for _, s := range []string{
		`tx0 0 ike.nonce_payload="nonce"`, `tx0 0 ike.key_exchange_payload="key"`,
		`"ikev2":{"errors":0,"notify":["NAT_DETECTION_SOURCE_IP"]},"init_spi":"1111111111111111","message_id":7,"payload":["SecurityAssociation","Notify","Nonce","KeyExchange","NoNextPayload"],` +
			`"resp_spi":"2222222222222222","role":"initiator"`,
		`log ike tx1 ike={"alg_dh":"Modp2048","alg_dh_raw":14,"alg_enc":"ENCR_AES_GCM_16","alg_enc_raw":20,"alg_prf":"PRF_HMAC_SHA2_256","alg_prf_raw":5,"exchange_type":34,"ikev2":{"errors":1,"notify":["NO_PROPOSAL_CHOSEN"]}`,
		`"role":"responder"`,
	} {
		if !log.Has(s) {
			t.Error("no", s, "in", log)
		}
	}
	if log.Has("event") {
		t.Error(log)
	}
	for name, sa := range map[string]string{
		"weak_crypto_enc":     sa2(1, [2]byte{1, 3}, [2]byte{3, 12}, [2]byte{4, 14}),
		"weak_crypto_prf":     sa2(1, [2]byte{1, 12}, [2]byte{2, 1}, [2]byte{3, 12}, [2]byte{4, 14}),
		"weak_crypto_auth":    sa2(1, [2]byte{1, 12}, [2]byte{3, 2}, [2]byte{4, 14}),
		"weak_crypto_dh":      sa2(1, [2]byte{1, 12}, [2]byte{3, 12}, [2]byte{4, 2}),
		"weak_crypto_no_dh":   sa2(1, [2]byte{1, 12}, [2]byte{3, 12}),
		"weak_crypto_no_auth": sa2(1, [2]byte{1, 12}, [2]byte{4, 14}),
		"no_encryption":       sa2(2, [2]byte{3, 12}, [2]byte{4, 14}),
		"invalid_proposal":    sa2(1, [2]byte{1, 20}, [2]byte{2, 0}, [2]byte{4, 14}),
		"unknown_proposal":    sa2(1, [2]byte{1, 20}, [2]byte{9, 1}, [2]byte{4, 14}),
	} {
		log := told.Of(told.Talk{{B: msg(33, 0x20, 34, 8, part(0, sa))}}, 0, reader)
		if !log.Has(`"ike.` + name + `"`) {
			t.Error(name, log)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, b := range map[string]string{
		"head cut": msg(0, 0x20, 34, 8, "")[:27], "version 3": msg(0, 0x30, 34, 8, ""), "length too small": "\x11" + msg(0, 0x20, 34, 8, "")[1:24] + "\x00\x00\x00\x01",
		"payload cut": msg(33, 0x20, 34, 8, "\x00\x00\x00\x40"), "payload shorter than its head": msg(33, 0x20, 34, 8, "\x00\x00\x00\x02"),
		"proposal cut": msg(33, 0x20, 34, 8, part(0, "\x00\x00\x00\x40")), "transform cut": msg(33, 0x20, 34, 8, part(0, part(0, "\x01\x01\x00\x01\x00\x00\x00\x40"))),
	} {
		if log := told.Of(told.Talk{{B: b}}, 0, reader); len(log.Lines) > 0 {
			t.Error(name, log)
		}
	}
}

func TestReset(t *testing.T) {
	var log told.Log
	c := New(&told.Log{})
	c.Push(client, []byte(msg(13, 0x10, 2, 0, part(0, "\xab\xcd"))))
	c.Reset(&log)
	c.Push(client, []byte(msg(0, 0x10, 2, 0, "")))
	if log.Has("abcd") {
		t.Error(&log)
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte(msg(1, 0x10, 2, 0, part(13, sa1(aes))+part(0, "\xab\xcd"))))
	f.Add([]byte(msg(33, 0x20, 34, 8, part(0, sa2(1, [2]byte{1, 3}, [2]byte{3, 12})))))
	f.Fuzz(func(t *testing.T, b []byte) {
		told.Of(told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}, 0, reader)
	})
}
