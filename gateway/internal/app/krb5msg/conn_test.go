package krb5msg

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

var tlv = told.TLV

func field(n byte, parts ...string) string { return tlv(0xa0|n, parts...) }

func num(n byte) string { return tlv(2, string(n)) }

func names(parts ...string) string {
	all := ""
	for _, p := range parts {
		all += tlv(generalString, p)
	}
	return tlv(0x30, field(0, num(1)), field(1, tlv(0x30, all)))
}

func request(kind byte, cname ...string) string {
	body := field(0, tlv(3, "\x00\x40\x00\x00\x00"))
	if cname != nil {
		body += field(1, names(cname...))
	}
	body += field(2, tlv(generalString, "EXAMPLE.ORG")) + field(3, names("krbtgt", "EXAMPLE.ORG"))
	return tlv(0x60|kind, tlv(0x30, field(1, num(5)), field(2, num(kind)), field(3, tlv(0x30)), field(4, tlv(0x30, body))))
}

func secret(etype byte) string { return tlv(0x30, field(0, num(etype)), field(2, tlv(4, "secret"))) }

func reply(kind, etype, ticket byte) string {
	t := tlv(0x61, tlv(0x30, field(0, num(5)), field(1, tlv(generalString, "EXAMPLE.ORG")), field(2, names("cifs", "files")), field(3, secret(ticket))))
	return tlv(0x60|kind, tlv(0x30, field(0, num(5)), field(1, num(kind)), field(3, tlv(generalString, "EXAMPLE.ORG")),
		field(4, names("taro")), field(5, t), field(6, secret(etype))))
}

func failure(code byte) string {
	return tlv(0x7e, tlv(0x30, field(0, num(5)), field(1, num(30)), field(4, tlv(0x18, "20260101000000Z")), field(5, num(0)),
		field(6, num(code)), field(9, tlv(generalString, "EXAMPLE.ORG")), field(10, names("krbtgt"))))
}

func datagrams(s app.Sink) app.Reader { return New(s, false) }
func stream(s app.Sink) app.Reader    { return New(s, true) }

func framed(t told.Talk) (out told.Talk) {
	for _, p := range t {
		out = append(out, told.Part{Dir: p.Dir, B: told.BE(4, uint64(len(p.B))) + p.B})
	}
	return out
}

var login = told.Talk{
	{Dir: client, B: request(asReq, "taro")},
	{Dir: server, B: failure(25)},
	{Dir: client, B: request(tgsReq)},
	{Dir: server, B: reply(tgsRep, 18, 23)},
	{Dir: client, B: request(asReq, "taro", "admin")},
	{Dir: server, B: reply(asRep, 23, 18)},
}

func TestLogin(t *testing.T) {
	want := []string{
		`tx0 0 krb5_msg_type=10`, `tx0 0 krb5.cname="taro"`, `tx0 0 krb5.sname="krbtgt"`, `tx0 0 krb5.sname="EXAMPLE.ORG"`,
		`log krb5 tx0 krb5={"msg_type":"KRB_AS_REQ","cname":"taro","realm":"EXAMPLE.ORG","sname":"krbtgt/EXAMPLE.ORG","encryption":"\u003cnone\u003e","weak_encryption":false}`,
		`tx1 1 krb5_msg_type=30`, `tx1 1 krb5.sname="krbtgt"`, `tx1 1 krb5_err_code=25`,
		`log krb5 tx1 krb5={"msg_type":"KRB_ERROR","failed_request":"KRB_AS_REQ","error_code":"KDC_ERR_PREAUTH_REQUIRED","cname":"\u003cempty\u003e",` +
			`"realm":"\u003cempty\u003e","sname":"krbtgt","encryption":"\u003cnone\u003e","weak_encryption":false}`,
		`tx2 0 krb5_msg_type=12`, `tx2 0 krb5.sname="krbtgt"`, `tx2 0 krb5.sname="EXAMPLE.ORG"`,
		`log krb5 tx2 krb5={"msg_type":"KRB_TGS_REQ","cname":"\u003cempty\u003e","realm":"EXAMPLE.ORG","sname":"krbtgt/EXAMPLE.ORG","encryption":"\u003cnone\u003e","weak_encryption":false}`,
		`tx3 1 krb5_msg_type=13`, `tx3 1 krb5.cname="taro"`, `tx3 1 krb5.sname="cifs"`, `tx3 1 krb5.sname="files"`, `tx3 1 krb5.ticket_encryption=23`,
		`log krb5 tx3 krb5={"msg_type":"KRB_TGS_REP","cname":"taro","realm":"EXAMPLE.ORG","sname":"cifs/files","encryption":"aes256-cts-hmac-sha1-96",` +
			`"weak_encryption":false,"ticket_encryption":"rc4-hmac","ticket_weak_encryption":true}`,
		`tx4 0 krb5_msg_type=10`, `tx4 0 krb5.cname="taro"`, `tx4 0 krb5.cname="admin"`, `tx4 0 krb5.sname="krbtgt"`, `tx4 0 krb5.sname="EXAMPLE.ORG"`,
		`log krb5 tx4 krb5={"msg_type":"KRB_AS_REQ","cname":"taro/admin","realm":"EXAMPLE.ORG","sname":"krbtgt/EXAMPLE.ORG","encryption":"\u003cnone\u003e","weak_encryption":false}`,
		`tx5 1 krb5_msg_type=11`, `tx5 1 krb5.cname="taro"`, `tx5 1 krb5.sname="cifs"`, `tx5 1 krb5.sname="files"`, `tx5 1 krb5.ticket_encryption=18`,
		`tx5 1 app-layer-event="krb5.weak_encryption"`,
		`log krb5 tx5 krb5={"msg_type":"KRB_AS_REP","cname":"taro","realm":"EXAMPLE.ORG","sname":"cifs/files","encryption":"rc4-hmac","weak_encryption":true,` +
			`"ticket_encryption":"aes256-cts-hmac-sha1-96","ticket_weak_encryption":false}`,
	}
	if d := cmp.Diff(want, told.Of(login, 0, datagrams).Lines); d != "" {
		t.Error(d)
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(want, told.Of(framed(login), n, stream).Lines); d != "" {
			t.Error(n, d)
		}
	}
}

func TestMalformed(t *testing.T) {
	good := reply(asRep, 23, 23)
	for name, b := range map[string]string{
		"nothing": "\x00", "no application tag": tlv(0x30, "x"), "reply cut": good[:len(good)-9], "another message": tlv(0x6f, "x"),
		"no ticket": tlv(0x6b, tlv(0x30, field(0, num(5)))), "request without realm": tlv(0x6a, tlv(0x30, field(1, num(5)), field(2, num(10)))),
		"error without code": tlv(0x7e, tlv(0x30, field(0, num(5)))),
	} {
		if log := told.Of(told.Talk{{Dir: server, B: b}}, 0, datagrams); len(log.Lines) > 0 {
			t.Error(name, log)
		}
	}
	for name, b := range map[string]string{"record too long": "\x7f\xff\xff\xff", "record that is none": told.BE(4, 1) + "\x00"} {
		if log := told.Of(told.Talk{{Dir: server, B: b + framed(login[:2])[1].B}}, 0, stream); len(log.Lines) > 0 {
			t.Error(name, "is not the end:", log)
		}
	}
}

func TestGap(t *testing.T) {
	var log told.Log
	c := New(&log, true)
	c.Gap(server, 10)
	c.Push(server, []byte(framed(login)[1].B))
	if len(log.Lines) > 0 {
		t.Error(&log)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range framed(login) {
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
