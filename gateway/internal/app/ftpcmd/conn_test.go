package ftpcmd

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

var session = told.Talk{
	{Dir: server, B: "220-Welcome\r\n to all\r\n220 ready\r\n"},
	{Dir: client, B: "user anonymous\r\n"},
	{Dir: server, B: "331 password?\r\n"},
	{Dir: client, B: "PASV\r\n"},
	{Dir: server, B: "227 Entering Passive Mode (192,0,2,1,4,1)\r\n"},
	{Dir: client, B: "RETR a b.txt\r\n"},
	{Dir: server, B: "150 here\r\n226 done\r\n"},
	{Dir: client, B: "PORT 192,0,2,2,0,80\r\n"},
	{Dir: server, B: "200 ok\r\n"},
	{Dir: client, B: "STOU\r\n"},
	{Dir: server, B: "226 done\r\n"},
	{Dir: client, B: "XYZZY magic\r\n"},
	{Dir: server, B: "500 what\r\n"},
}

func tell(t told.Talk, n int) []string {
	return told.Of(t, n, func(s app.Sink) app.Reader { return New(s, Config{}) }).Lines
}

func TestSession(t *testing.T) {
	want := []string{
		"expect server=false 1025 ftp-data RETR a b.txt",
		"expect server=true 80 ftp-data STOU <stou>",
		`log ftp tx0 ftp={"completion_code":["220","220"],"reply":["Welcome"," to all","ready"],"reply_truncated":false,"reply_received":"yes"}`,
		`log ftp tx1 ftp={"command":"USER","command_data":"anonymous","command_truncated":false,"completion_code":["331"],"reply":["password?"],"reply_truncated":false,"reply_received":"yes"}`,
		`log ftp tx2 ftp={"command":"PASV","command_truncated":false,"completion_code":["227"],"reply":["Entering Passive Mode (192,0,2,1,4,1)"],"reply_truncated":false,"dynamic_port":1025,"mode":"passive","reply_received":"yes"}`,
		`log ftp tx3 ftp={"command":"RETR","command_data":"a b.txt","command_truncated":false,"completion_code":["150","226"],"reply":["here","done"],"reply_truncated":false,"reply_received":"yes"}`,
		`log ftp tx4 ftp={"command":"PORT","command_data":"192,0,2,2,0,80","command_truncated":false,"completion_code":["200"],"reply":["ok"],"reply_truncated":false,"dynamic_port":80,"mode":"active","reply_received":"yes"}`,
		`log ftp tx5 ftp={"command":"STOU","command_truncated":false,"completion_code":["226"],"reply":["done"],"reply_truncated":false,"reply_received":"yes"}`,
		`log ftp tx6 ftp={"command_truncated":false,"completion_code":["500"],"reply":["what"],"reply_truncated":false,"reply_received":"yes"}`,
	}
	all := tell(session, 0)
	var got []string
	for _, kind := range []string{"expect", "log"} {
		for _, l := range all {
			if strings.HasPrefix(l, kind) {
				got = append(got, l)
			}
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, w := range []string{
		`tx1 0 ftp.command="USER"`, `tx1 0 ftp.command_data="anonymous"`, `tx3 1 ftp.completion_code="226"`, `tx3 1 ftp.reply="done"`,
		`tx4 0 ftp.dynamic_port=80`, `tx4 1 ftp.mode=1`,
	} {
		if !strings.Contains(strings.Join(all, "\n"), w) {
			t.Error("no", w)
		}
	}
	for _, n := range []int{1, 2, 7} {
		if d := cmp.Diff(all, tell(session, n)); d != "" {
			t.Error(n, d)
		}
	}
}

func TestEvents(t *testing.T) {
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"file before port":  {told.Talk{{Dir: client, B: "RETR x\r\n"}}, "file_before_port"},
		"file without name": {told.Talk{{Dir: client, B: "RETR\r\n"}}, "file_without_name"},
		"long command":      {told.Talk{{Dir: client, B: "CWD " + strings.Repeat("x", MaxLine) + "\r\n"}}, "request_command_too_long"},
		"long command, no end": {
			told.Talk{{Dir: client, B: strings.Repeat("x", MaxLine+1)}}, "request_command_too_long"},
		"long reply":       {told.Talk{{Dir: client, B: "NOOP\r\n"}, {Dir: server, B: "200 " + strings.Repeat("x", MaxLine)}}, "response_command_too_long"},
		"too many at once": {told.Talk{{Dir: client, B: strings.Repeat("NOOP\r\n", MaxOpen+1)}}, "too_many_transactions"},
		"a port used up": {told.Talk{{Dir: client, B: "PASV\r\n"}, {Dir: server, B: "227 (1,2,3,4,5,6)\r\n"},
			{Dir: client, B: "STOR x\r\n"}, {Dir: server, B: "226 ok\r\n"}, {Dir: client, B: "STOR y\r\n"}}, "file_before_port"},
	} {
		t.Run(name, func(t *testing.T) {
			all := strings.Join(tell(c.talk, 0), "\n")
			for _, dir := range []string{"0", "1"} {
				if want := dir + ` app-layer-event="ftp.` + c.want + `"`; !strings.Contains(all, want) {
					t.Error("no", want)
				}
			}
		})
	}
}

func TestExactLine(t *testing.T) {
	all := strings.Join(tell(told.Talk{{Dir: client, B: "CWD " + strings.Repeat("x", MaxLine-5) + "\r\nPWD\r\n"}}, 0), "\n")
	if strings.Contains(all, "too_long") || !strings.Contains(all, `ftp.command="PWD"`) {
		t.Error("a line of the limit is not too long")
	}
}

func TestPorts(t *testing.T) {
	for _, c := range []struct {
		got, want uint16
	}{
		{parsePort([]byte("1,2,3,4,255,255")), 65535},
		{parsePort([]byte("1,2,3,4,256,0")), 0},
		{parsePort([]byte("1,2,3,4,1")), 0},
		{parsePort([]byte("1,2,3,4,,1")), 0},
		{parsePort([]byte("1,2,3,4,99999999999999999999,1")), 0},
		{parseExtendedPort([]byte("|1|192.0.2.1|21000|")), 21000},
		{parseExtendedPort([]byte("|2|2001:db8::1|70000|")), 0},
		{parseExtendedPort([]byte("|")), 0},
		{parsePassive([]byte("227 ok 1,2,3,4,1,0.")), 256},
		{parsePassive([]byte("227 none")), 0},
		{parseExtendedPassive([]byte("229 x (|||6446|)")), 6446},
		{parseExtendedPassive([]byte("229 x (||6446|)")), 0},
		{parseExtendedPassive([]byte("229 (|||")), 0},
	} {
		if c.got != c.want {
			t.Errorf("%d, want %d", c.got, c.want)
		}
	}
}

func TestSecure(t *testing.T) {
	c := told.Talk{{Dir: client, B: "AUTH TLS\r\n"}, {Dir: server, B: "234 go\r\n\x16"}}
	var s told.Log
	c.Cut(New(&s, Config{Secure: true}), 0)
	if got := s.Lines[len(s.Lines)-1]; got != `become tls 1 "\x16"` {
		t.Error(got)
	}
	if got := tell(c, 0); strings.HasPrefix(got[len(got)-1], "become") {
		t.Error(got)
	}
}

func TestData(t *testing.T) {
	for name, c := range map[string]struct {
		e    app.Expected
		talk told.Talk
		want []string
	}{
		"download": {app.Expected{Command: []byte("RETR"), File: []byte("f")}, told.Talk{{Dir: server, B: "abc"}, {Dir: client, B: "x"}},
			[]string{`tx0 0 ftpdata_command="RETR"`, `tx0 1 ftpdata_command="RETR"`, `file tx0 1 "f" "abc" cut=false`,
				`log ftp_data tx0 ftp_data={"filename":"f","command":"RETR"}`}},
		"active upload": {app.Expected{FromServer: true, Command: []byte("STOR"), File: []byte("f")}, told.Talk{{Dir: server, B: "abc"}},
			[]string{`tx0 0 ftpdata_command="STOR"`, `tx0 1 ftpdata_command="STOR"`, `file tx0 1 "f" "abc" cut=false`,
				`log ftp_data tx0 ftp_data={"filename":"f","command":"STOR"}`}},
		"listing": {app.Expected{Command: []byte("LIST")}, told.Talk{{Dir: server, B: "abc"}},
			[]string{`tx0 0 ftpdata_command="LIST"`, `tx0 1 ftpdata_command="LIST"`, `log ftp_data tx0 ftp_data={"command":"LIST"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			var s told.Log
			c.talk.Cut(NewData(&s, c.e), 0)
			if d := cmp.Diff(c.want, s.Lines); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzConn(f *testing.F) {
	for _, m := range session {
		f.Add([]byte(m.B), []byte("227 (1,2,3,4,5,6)\r\n230-x\r\ny\r\n230 z\r\n"), uint8(3))
	}
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		c := told.Talk{{Dir: server, B: "220 hi\r\n"}, {Dir: client, B: string(a)}, {Dir: server, B: string(b)}, {Dir: client, B: string(a)}}
		if d := cmp.Diff(tell(c, 0), tell(c, int(cut))); d != "" {
			t.Error(d)
		}
	})
}
