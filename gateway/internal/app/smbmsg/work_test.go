package smbmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func reader(s app.Sink) app.Reader { return New(s) }

func negotiateAsk(id uint64, dialects ...uint16) string {
	body := fields(uint16(36), uint16(len(dialects)), uint16(1), uint16(0), uint32(0), guid, zeros(8))
	for _, d := range dialects {
		body += fields(d)
	}
	return ask2(negotiate2, id, body)
}

func negotiateAnswer(id uint64, dialect uint16, most uint32) string {
	return answer2(negotiate2, id, fields(uint16(65), uint16(1), dialect, uint16(0), guid, uint32(0), most, most, most, zeros(24)))
}

func setInfoAsk(id uint64, level byte, data string) string {
	return ask2(setInfo2, id, fields(uint16(33), byte(infoFile), level, uint32(len(data)), uint16(96), zeros(6), guid, data))
}

func renameAsk(id uint64, to string) string {
	return setInfoAsk(id, infoRename, fields(zeros(16), uint32(len(utf(to))), utf(to)))
}

// A day at a share: what a ransomware does to a file is seen by its name.
var work2 = told.Talk{
	{Dir: client, B: negotiateAsk(1, 0x0202, 0x0311)},
	{Dir: server, B: negotiateAnswer(1, 0x0311, 4096)},
	{Dir: client, B: treeConnectAsk(2, `\\srv\share`)},
	{Dir: server, B: treeConnectAnswer(2, 1)},
	{Dir: client, B: createAsk(3, "plan.xlsx")},
	{Dir: server, B: createAnswer(3)},
	{Dir: client, B: readAsk(4, 0, 9000)},
	{Dir: server, B: readAnswer(4, strings.Repeat("r", 5000))},
	{Dir: client, B: writeAsk(5, 0, strings.Repeat("w", 5000))},
	{Dir: server, B: writeAnswer(5)},
	{Dir: client, B: renameAsk(6, "plan.xlsx.locked")},
	{Dir: server, B: answer2(setInfo2, 6, fields(uint16(2)))},
	{Dir: client, B: setInfoAsk(7, infoDisposition, "\x01")},
	{Dir: server, B: answer2(setInfo2, 7, fields(uint16(2)))},
	{Dir: client, B: closeAsk(8)},
	{Dir: server, B: closeAnswer(8)},
}

// work1 is a download over SMB1, and a call through a pipe by TRANSACTION.
var work1 = told.Talk{
	{Dir: client, B: ask1(treeConnect1, fields("\xff\x00\x00\x00\x00\x00", uint16(1)), "\x00\\\\srv\\C$\x00?????\x00")},
	{Dir: server, B: answer1(treeConnect1, "\xff\x00\x00\x00\x00\x00", "A:\x00")},
	{Dir: client, B: ask1(ntCreateAndX1, fields("\xff", zeros(34), uint32(1), zeros(9)), "old.doc\x00")},
	{Dir: server, B: answer1(ntCreateAndX1, fields("\xff\x00\x00\x00\x00", uint16(0x4001), zeros(61)), "")},
	{Dir: client, B: ask1(readAndX1, fields("\xff\x00\x00\x00", uint16(0x4001), uint32(0), uint16(4), zeros(12)), "")},
	{Dir: server, B: answer1(readAndX1, fields("\xff", zeros(9), uint16(4), uint16(59), zeros(10)), "data")},
	{Dir: client, B: ask1(close1, fields(uint16(0x4001), uint32(0)), "")},
	{Dir: server, B: answer1(close1, "", "")},
}

var pipe1 = told.Talk{
	{Dir: client, B: transAsk(bindPDU)},
	{Dir: server, B: transAnswer(ackPDU)},
	{Dir: client, B: transAsk(callPDU)},
	{Dir: server, B: transAnswer(backPDU)},
}

func transAsk(data string) string {
	return ask1(trans1, fields(zeros(22), uint16(len(data)), uint16(74), uint16(2), uint16(transactPipe), uint16(0x4002)), "\\PIPE\\\x00"+data)
}

func transAnswer(data string) string {
	return answer1(trans1, fields(zeros(12), uint16(len(data)), uint16(55), zeros(4)), data)
}

func TestWork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		talk told.Talk
		want []string
	}{
		"SMB2": {work2, []string{
			`"dialect":"3.11","command":"SMB2_COMMAND_NEGOTIATE_PROTOCOL"`,
			`"client_dialects":["2.02","3.11"]`,
			`"rename":{"from":"plan.xlsx","to":"plan.xlsx.locked"}`,
			`"filename":"plan.xlsx"`, `"access":"delete on close"`,
			`app-layer-event="smb.read_response_too_large"`, `app-layer-event="smb.write_request_too_large"`,
			`file tx3 1 "plan.xlsx" "` + strings.Repeat("r", 5000) + `" cut=false`,
		}},
		"SMB1":                       {work1, []string{`file tx2 1 "old.doc" "data" cut=false`}},
		"a pipe of SMB1":             {pipe1, []string{`dcerpc.stub_data="stub"`, `dcerpc.stub_data="back"`, `"uuid":"367abb81-9844-35f1-ad32-98f038001003"`}},
		"dialects malformed at once": {told.Talk{{Dir: client, B: ask1(negotiate1, "", "junk")}}, []string{`tx0 0 app-layer-event="smb.negotiate_malformed_dialects"`}},
		"a client that begins with SMB1": {told.Talk{{Dir: client, B: ask1(negotiate1, "", "\x02NT LM 0.12\x00\x02SMB 2.???\x00")}, {Dir: server, B: negotiateAnswer(0, 0x02ff, 4096)}},
			[]string{`"dialect":"2.??"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := told.Of(c.talk, 0, reader)
			for _, want := range c.want {
				if !whole.Has(want) {
					t.Errorf("no %s in %.3000s", want, whole)
				}
			}
			for _, n := range told.Cuts {
				if d := cmp.Diff(whole.Lines, told.Of(c.talk, n, reader).Lines); d != "" {
					t.Errorf("in pieces of %d: %s", n, d)
				}
			}
		})
	}
}
