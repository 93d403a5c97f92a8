package pgsqlmsg

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

func first(code uint64, body string) string {
	return told.BE(4, uint64(len(body)+8)) + told.BE(4, code) + body
}

func msg(kind byte, body string) string {
	return string([]byte{kind}) + told.BE(4, uint64(len(body)+4)) + body
}

var ready = msg('Z', "I")

var session = told.Talk{
	{Dir: client, B: first(codeSSL, "")}, {Dir: server, B: "N"},
	{Dir: client, B: first(codeStartup, "user\x00taro\x00database\x00shop\x00\x00")}, {Dir: server, B: msg('R', "\x00\x00\x00\x05salt")},
	{Dir: client, B: msg('p', "md5secret\x00")},
	{Dir: server, B: msg('R', "\x00\x00\x00\x00") + msg('S', "TimeZone\x00Asia/Tokyo\x00") + msg('K', "\x00\x00\x00\x07\x00\x00\x00\x08") + ready},
	{Dir: client, B: msg('Q', "SELECT 1\x00")}, {Dir: server, B: msg('T', "\x00\x01") + msg('D', "\x00\x01\x00\x00\x00\x011") + msg('C', "SELECT 1\x00") + ready},
	{Dir: client, B: msg('Q', "SELEC\x00")}, {Dir: server, B: msg('E', "SERROR\x00VERROR\x00C42601\x00Msyntax error\x00Fscan.l\x00L9\x00Ryyerror\x00\x00") + ready},
	{Dir: client, B: msg('Q', "COPY t FROM STDIN\x00")}, {Dir: server, B: msg('G', "\x00\x00\x02")},
	{Dir: client, B: msg('d', "1\t2\n") + msg('d', "3\t4\n") + msg('c', "")}, {Dir: server, B: msg('C', "COPY 2\x00") + ready},
	{Dir: client, B: msg('Q', "COPY t TO STDOUT\x00")}, {Dir: server, B: msg('H', "\x00\x00\x02") + msg('d', "1\t2\n") + msg('c', "") + msg('C', "COPY 1\x00") + ready},
	{Dir: client, B: msg('X', "")},
}

func TestSession(t *testing.T) {
	want := []string{
		`log pgsql tx0 pgsql={"request":{"message":"SSL Request"},"response":{"ssl_accepted":false},"tx_id":1}`,
		`log pgsql tx1 pgsql={"request":{"protocol_version":"3.0","startup_parameters":{"optional_parameters":[{"database":"shop"}],"user":"taro"}},"response":{"authentication_md5_password":"salt"},"tx_id":2}`,
		`log pgsql tx2 pgsql={"request":{"password_redacted":true},"response":{"message":"authentication_ok","parameter_status":[{"TimeZone":"Asia/Tokyo"}],"process_id":7,"secret_key":8},"tx_id":3}`,
		`tx3 0 pgsql.query="SELECT 1"`,
		`log pgsql tx3 pgsql={"request":{"simple_query":"SELECT 1"},"response":{"command_completed":"SELECT 1","data_rows":1,"data_size":5,"field_count":1},"tx_id":4}`,
		`tx4 0 pgsql.query="SELEC"`,
		`log pgsql tx4 pgsql={"request":{"simple_query":"SELEC"},"response":{"code":"42601","file":"scan.l","line":"9","message":"syntax error","routine":"yyerror",` +
			`"severity_localizable":"ERROR","severity_non_localizable":"ERROR"},"tx_id":5}`,
		`tx5 0 pgsql.query="COPY t FROM STDIN"`,
		`log pgsql tx5 pgsql={"request":{"copy_data_in":{"data_size":8,"msg_count":2},"simple_query":"COPY t FROM STDIN"},"response":{"command_completed":"COPY 2","copy_in_response":{"columns":2}},"tx_id":6}`,
		`tx6 0 pgsql.query="COPY t TO STDOUT"`,
		`log pgsql tx6 pgsql={"request":{"simple_query":"COPY t TO STDOUT"},"response":{"command_completed":"COPY 1","copy_data_out":{"data_size":4,"row_count":1},"copy_out_response":{"columns":2}},"tx_id":7}`,
		`log pgsql tx7 pgsql={"request":{"message":"terminate"},"tx_id":8}`,
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(want, told.Of(session, n, reader).Lines); d != "" {
			t.Error(n, d)
		}
	}
}

func TestEncryption(t *testing.T) {
	log := told.Of(told.Talk{session[0], {Dir: server, B: "S\x16\x03"}, session[2]}, 0, reader)
	if !log.Has(`become unknown 1 "\x16\x03"`) || log.Has("taro") {
		t.Error(log)
	}
}

func TestSASL(t *testing.T) {
	talk := told.Talk{session[2], {Dir: server, B: msg('R', "\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00")}, {Dir: client, B: msg('p', "SCRAM-SHA-256\x00\x00\x00\x00\x03n,,")},
		{Dir: server, B: msg('R', "\x00\x00\x00\x0br=1")}, {Dir: client, B: msg('p', "c=1")}, {Dir: server, B: msg('R', "\x00\x00\x00\x0cv=1") + msg('R', "\x00\x00\x00\x00") + ready}}
	log := told.Of(talk, 0, reader)
	for _, s := range []string{`"message":"authentication_sasl"`, `"sasl_authentication_mechanism":"SCRAM-SHA-256","sasl_param":"n,,"`, `"sasl_response":"c=1"`, `"authentication_sasl_final":"v=1"`} {
		if !log.Has(s) {
			t.Error("no", s, "in", log)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"startup too short":       {told.Talk{{Dir: client, B: "\x00\x00\x00\x04\x00\x03\x00\x00"}}, "0 app-layer-event=\"pgsql.invalid_length\""},
		"startup too long":        {told.Talk{{Dir: client, B: "\x00\xff\x00\x00\x00\x03\x00\x00"}}, "invalid_length"},
		"another version":         {told.Talk{{Dir: client, B: first(2<<16, "")}}, "malformed_request"},
		"length of a message":     {append(session[2:3:3], told.Part{Dir: client, B: "Q\x00\x00\x00\x03"}), "invalid_length"},
		"length of an answer":     {append(session[2:3:3], told.Part{Dir: server, B: "R\x00\x00\x00\x03"}), "1 app-layer-event=\"pgsql.invalid_length\""},
		"question that is none":   {append(session[2:3:3], told.Part{Dir: client, B: msg('?', "")}), "malformed_request"},
		"answer that is none":     {append(session[2:3:3], told.Part{Dir: server, B: msg('?', "")}), "malformed_response"},
		"answer that is cut":      {append(session[2:3:3], told.Part{Dir: server, B: msg('K', "x")}), "malformed_response"},
		"cancel":                  {told.Talk{{Dir: client, B: first(codeCancel, "\x00\x00\x00\x07\x00\x00\x00\x08")}}, `"message":"cancel_request","process_id":7,"secret_key":8`},
		"too many questions":      {append(session[2:3:3], told.Part{Dir: client, B: strings.Repeat(session[6].B, MaxTx)}), "too_many_transactions"},
		"question that is long":   {append(session[2:3:3], told.Part{Dir: client, B: msg('Q', strings.Repeat("x", MaxMessage)) + msg('X', "")}), "terminate"},
		"answer to nothing":       {told.Talk{{Dir: server, B: msg('E', "SFATAL\x00\x00") + ready}}, `"severity_localizable":"FATAL"`},
		"names without an ending": {told.Talk{{Dir: client, B: first(codeStartup, "user")}}, `"startup_parameters":{}`},
	} {
		log := told.Of(c.talk, 0, reader)
		if !log.Has(c.want) {
			t.Error(name, log)
		}
		if d := cmp.Diff(log.Lines, told.Of(c.talk, 999, reader).Lines); d != "" {
			t.Error(name, d)
		}
	}
	var one, two told.Log
	c := New(&one)
	c.Push(client, []byte(session[2].B))
	c.Push(client, []byte(msg('Q', strings.Repeat("x", MaxMessage))[:99]))
	c.Gap(client, MaxMessage+5-99)
	c.Push(client, []byte(msg('X', "")))
	c.Gap(server, 1)
	c.Push(server, []byte(ready))
	if !one.Has("terminate") || strings.Count(one.String(), "log") != 1 {
		t.Error(&one)
	}
	c.Reset(&two)
	session.Cut(c, 0)
	if d := cmp.Diff(told.Of(session, 0, reader).Lines, two.Lines); d != "" {
		t.Error(d)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range session {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := append(session[2:4:4], told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}...)
		if d := cmp.Diff(told.Of(talk, 0, reader).Lines, told.Of(talk, int(cut), reader).Lines); d != "" {
			t.Error(d)
		}
		told.Of(told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}, 0, reader)
	})
}
