package smbmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app/told"
)

// ask1 and answer1 make SMB1 messages.
func ask1(cmd byte, words, data string) string { return nbss(head1(cmd, 0x18) + body1(words, data)) }

func answer1(cmd byte, words, data string) string { return nbss(head1(cmd, 0x98) + body1(words, data)) }

func head1(cmd, flags byte) string {
	return fields("\xffSMB", cmd, uint32(0), flags, uint16(flags2NTStatus), zeros(12), uint16(7), uint16(1), uint16(9), uint16(3))
}

func body1(words, data string) string {
	return fields(byte(len(words)/2), words, uint16(len(data)), data)
}

// session1 logs in, opens a file and writes it, with open and write in one message.
var session1 = told.Talk{
	{Dir: client, B: ask1(negotiate1, "", "\x02NT LM 0.12\x00")},
	{Dir: server, B: answer1(negotiate1, zeros(34), strings.Repeat("g", 16))},
	{Dir: client, B: ask1(sessionSetup1, fields("\xff", zeros(13), uint16(len(ntlm3)), zeros(8)), ntlm3+"Unix\x00Samba\x00")},
	{Dir: server, B: answer1(sessionSetup1, fields("\xff\x00\x00\x00", uint16(0), uint16(0)), "Windows\x00LM\x00")},
	{Dir: client, B: ask1(treeConnect1, fields("\xff\x00\x00\x00\x00\x00", uint16(1)), "\x00\\\\srv\\C$\x00?????\x00")},
	{Dir: server, B: answer1(treeConnect1, "\xff\x00\x00\x00\x00\x00", "A:\x00")},
	{Dir: client, B: ask1(ntCreateAndX1, fields("\xff", zeros(34), uint32(2), zeros(9)), "a.exe\x00")},
	{Dir: server, B: answer1(ntCreateAndX1, fields("\xff\x00\x00\x00\x00", uint16(0x4001), zeros(61)), "")},
	{Dir: client, B: ask1(writeAndX1, fields("\xff\x00\x00\x00", uint16(0x4001), uint32(0), zeros(8), uint16(0), uint16(4), uint16(60)), "\x00MZ\x90\x00")},
	{Dir: server, B: answer1(writeAndX1, zeros(12), "")},
	{Dir: client, B: ask1(close1, fields(uint16(0x4001), uint32(0)), "")},
	{Dir: server, B: answer1(close1, "", "")},
}

// ntlm3 is an NTLMSSP AUTHENTICATE message.
var ntlm3 = fields("NTLMSSP\x00", uint32(3), zeros(16), uint16(3), uint16(3), uint32(72), uint16(4), uint16(4), uint32(75), uint16(2), uint16(2),
	uint32(79), zeros(8), uint32(ntlmNegotiateVersion), "\x0a\x00\x5a\x29\x00\x00\x00\x0f", "DOMuserPC")

func TestSMB1(t *testing.T) {
	all := strings.Join(tell(session1, 0), "\n")
	for _, want := range []string{
		`"dialect":"NT LM 0.12","command":"SMB1_COMMAND_NEGOTIATE_PROTOCOL"`,
		`tx1 0 smb.ntlmssp_user="user"`,
		`tx1 0 smb.ntlmssp_domain="DOM"`,
		`"ntlmssp":{"domain":"DOM","user":"user","host":"PC","version":"10.0 build 10586 rev 15"}`,
		`"request":{"native_os":"Unix","native_lm":"Samba"},"response":{"native_os":"Windows","native_lm":"LM"}`,
		`tx2 0 smb.share="\\\\srv\\C$"`,
		`"filename":"a.exe","disposition":"FILE_CREATE"`,
		`file tx4 0 "a.exe" "MZ\x90\x00" cut=false`,
	} {
		if !strings.Contains(all, want) {
			t.Error("no", want, "in", all)
		}
	}
}

func TestMalformed(t *testing.T) {
	start := told.Talk{{Dir: client, B: treeConnectAsk(1, `\\srv\share`)}}
	for name, c := range map[string]struct {
		b    string
		dir  int
		want string // event, "" for none
	}{
		"no SMB in a message":       {nbss("HELLO WORLD"), client, "malformed_data"},
		"SMB2 cut in its header":    {nbss("\xfeSMB\x40\x00\x00\x00"), client, "malformed_data"},
		"SMB2 wrong header size":    {nbss(strings.Replace(head2(echo2, 0, 0, 9, 0), "\x40\x00", "\x41\x00", 1) + zeros(4)), client, "malformed_data"},
		"next inside the header":    {nbss(head2(echo2, 0, 0, 9, 8) + zeros(40)), client, "malformed_data"},
		"next outside":              {nbss(head2(echo2, 0, 0, 9, 8000) + zeros(40)), client, "malformed_data"},
		"write without data":        {ask2(write2, 9, fields(uint16(49), uint16(112), uint32(5000), zeros(40))), client, "malformed_data"},
		"share name outside":        {ask2(treeConnect2, 9, fields(uint16(9), uint16(0), uint16(60000), uint16(9))), client, "malformed_data"},
		"answer from the client":    {answer2(echo2, 9, zeros(4)), client, "response_to_server"},
		"command from the server":   {ask2(echo2, 9, zeros(4)), server, "request_to_client"},
		"SMB1 cut in its header":    {nbss("\xffSMB\x72\x00\x00"), client, "malformed_data"},
		"SMB1 words outside":        {nbss(head1(negotiate1, 0x18) + "\xff\x00"), client, "malformed_data"},
		"SMB1 chain in a circle":    {ask1(logoffAndX1, "\x74\x00\x20\x00", ""), client, ""},
		"SMB1 bad dialects":         {ask1(negotiate1, "", "\x02NT LM 0.12\x00junk"), client, "negotiate_malformed_dialects"},
		"SMB1 write data outside":   {ask1(writeAndX1, fields("\xff", zeros(19), uint16(4000), uint16(60)), ""), client, "malformed_data"},
		"NTLMSSP cut":               {ask1(sessionSetup1, fields("\xff", zeros(13), uint16(20), zeros(8)), ntlm3[:20]), client, "malformed_ntlmssp_request"},
		"encrypted":                 {nbss("\xfdSMB" + zeros(100)), client, ""},
		"keep alive":                {"\x85\x00\x00\x00", client, ""},
		"read of more than allowed": {readAsk(9, 0, MaxSize+1), client, "read_request_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			all := strings.Join(tell(append(start[:1:1], told.Talk{{Dir: c.dir, B: c.b}, {Dir: client, B: closeAsk(77)}}...), 0), "\n")
			for _, dir := range []string{"0", "1"} {
				if c.want == "" && strings.Contains(all, "app-layer-event") ||
					c.want != "" && !strings.Contains(all, dir+` app-layer-event="smb.`+c.want+`"`) {
					t.Errorf("want %q, got %s", c.want, all)
				}
			}
			if !strings.Contains(all, "SMB2_COMMAND_CLOSE") {
				t.Error("reading did not go on")
			}
		})
	}
}

// TestBounded: commands without answers, files, trees and reads cost bounded memory.
func TestBounded(t *testing.T) {
	var s told.Log
	c := New(&s)
	for i := range uint64(4 * MaxOpen) {
		id := strings.Replace(writeAsk(i, i, "x"), guid, fields(i, i), 1)
		c.Push(client, []byte(ask2(echo2, i, zeros(4))+readAsk(i, 0, 10)+id))
		if len(c.state.open) > MaxOpen || len(c.state.pending) > MaxOpen || len(c.state.files) > MaxOpen || len(c.state.reads) > MaxOpen {
			t.Fatal(len(c.state.open), len(c.state.pending), len(c.state.files), len(c.state.reads))
		}
		s.Lines = s.Lines[:0]
	}
	c.Close(client)
	c.Close(server)
	if len(c.state.open) > 0 || len(c.state.pending) > 0 || s.Open() > 0 {
		t.Error("not all ended", len(c.state.open), len(c.state.pending), s.Open())
	}
}

func FuzzConn(f *testing.F) {
	for _, c := range []told.Talk{session1, pipe2} {
		all := [2]string{}
		for _, m := range c {
			all[m.Dir] += m.B
		}
		f.Add([]byte(all[0]), []byte(all[1]), uint8(7))
	}
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		c := told.Talk{{Dir: client, B: string(a)}, {Dir: server, B: string(b)}, {Dir: client, B: string(a)}}
		if d := cmp.Diff(tell(c, 0), tell(c, int(cut))); d != "" {
			t.Error(d)
		}
	})
}
