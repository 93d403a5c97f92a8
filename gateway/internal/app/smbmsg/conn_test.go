package smbmsg

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

const (
	client = app.ToServer
	server = app.ToClient
)

// fields writes little-endian numbers of the widths that the Go types say, and strings.
func fields(all ...any) string {
	var b []byte
	for _, f := range all {
		switch f := f.(type) {
		case string:
			b = append(b, f...)
		case byte:
			b = append(b, f)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, f)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, f)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, f)
		}
	}
	return string(b)
}

func zeros(n int) string { return strings.Repeat("\x00", n) }

func utf(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// nbss puts a message behind a session service header.
func nbss(m string) string {
	return string([]byte{0, byte(len(m) >> 16), byte(len(m) >> 8), byte(len(m))}) + m
}

// ask2 and answer2 make SMB2 messages.
func ask2(cmd uint16, id uint64, body string) string { return nbss(head2(cmd, 0, 0, id, 0) + body) }

func answer2(cmd uint16, id uint64, body string) string { return nbss(head2(cmd, 0, 1, id, 0) + body) }

func head2(cmd uint16, status, flags uint32, id uint64, next uint32) string {
	return fields("\xfeSMB", uint16(64), uint16(0), status, cmd, uint16(1), flags, next, id, uint32(0), uint32(5), uint64(77), zeros(16))
}

const guid = "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"

func treeConnectAsk(id uint64, share string) string {
	return ask2(treeConnect2, id, fields(uint16(9), uint16(0), uint16(72), uint16(len(utf(share))), utf(share)))
}

func treeConnectAnswer(id uint64, kind byte) string {
	return answer2(treeConnect2, id, fields(uint16(16), kind, byte(0), zeros(12)))
}

func createAsk(id uint64, name string) string {
	return ask2(create2, id, fields(uint16(57), zeros(34), uint32(1), uint32(0), uint16(120), uint16(len(utf(name))), zeros(8), utf(name)))
}

func createAnswer(id uint64) string {
	return answer2(create2, id, fields(uint16(89), zeros(62), guid, zeros(8)))
}

func writeAsk(id, offset uint64, data string) string {
	return ask2(write2, id, fields(uint16(49), uint16(112), uint32(len(data)), offset, guid, zeros(16), data))
}

func writeAnswer(id uint64) string { return answer2(write2, id, fields(uint16(17), zeros(14))) }

func readAsk(id, offset uint64, n int) string {
	return ask2(read2, id, fields(uint16(49), uint16(0), uint32(n), offset, guid, zeros(16)))
}

func readAnswer(id uint64, data string) string {
	return answer2(read2, id, fields(uint16(17), byte(80), byte(0), uint32(len(data)), zeros(8), data))
}

func closeAsk(id uint64) string {
	return ask2(close2, id, fields(uint16(24), zeros(6), guid))
}

func closeAnswer(id uint64) string { return answer2(close2, id, fields(uint16(60), zeros(58))) }

func tell(t told.Talk, n int) []string {
	return told.Of(t, n, func(s app.Sink) app.Reader { return New(s) }).Lines
}

// only picks the lines that begin so.
func only(lines []string, prefix ...string) (out []string) {
	for _, l := range lines {
		for _, p := range prefix {
			if strings.HasPrefix(l, p) {
				out = append(out, l)
				break
			}
		}
	}
	return out
}

var big = strings.Repeat("0123456789abcdef", 5000)

// session2 uploads a large file in order and downloads it.
var session2 = told.Talk{
	{Dir: client, B: treeConnectAsk(1, `\\srv\share`)},
	{Dir: server, B: treeConnectAnswer(1, 1)},
	{Dir: client, B: createAsk(2, "dir\\報告.doc")},
	{Dir: server, B: createAnswer(2)},
	{Dir: client, B: writeAsk(3, 0, big) + writeAsk(4, uint64(len(big)), "tail")},
	{Dir: server, B: writeAnswer(3) + writeAnswer(4)},
	{Dir: client, B: readAsk(5, 0, len(big))},
	{Dir: server, B: readAnswer(5, big)},
	{Dir: client, B: closeAsk(6)},
	{Dir: server, B: closeAnswer(6)},
}

func TestFiles(t *testing.T) {
	lines := tell(session2, 0)
	up, down := "", ""
	for _, l := range only(lines, "file") {
		if strings.HasPrefix(l, `file tx2 0 "dir\\報告.doc" "`+big+`tail" cut=false`) {
			up = l
		}
		if strings.HasPrefix(l, `file tx3 1 "dir\\報告.doc" "`+big+`" cut=false`) {
			down = l
		}
	}
	if up == "" || down == "" {
		for _, l := range only(lines, "file") {
			t.Errorf("%.100s … %s", l, l[max(0, len(l)-60):])
		}
	}
	want := []string{
		`tx0 0 smb.version=2`,
		`tx0 0 smb.share="\\\\srv\\share"`,
		`tx0 1 smb.version=2`,
		`log smb tx0 smb={"id":1,"dialect":"unknown","command":"SMB2_COMMAND_TREE_CONNECT","status":"STATUS_SUCCESS","status_code":"0x0",` +
			`"session_id":77,"tree_id":5,"share":"\\\\srv\\share","share_type":"FILE"}`,
	}
	if d := cmp.Diff(want, only(lines, "tx0", "log smb tx0")); d != "" {
		t.Error(d)
	}
}

func TestAnyCut(t *testing.T) {
	for name, c := range map[string]told.Talk{"SMB2": session2, "SMB1": session1, "pipe": pipe2} {
		want := tell(c, 0)
		for _, n := range append(told.Cuts, 900, 3000) {
			if d := cmp.Diff(want, tell(c, n)); d != "" {
				t.Fatal(name, n, d)
			}
		}
	}
}

// TestOrder: writes that overtake each other give the file in order, and what is written
// twice counts once.
func TestOrder(t *testing.T) {
	start := told.Talk{{Dir: client, B: createAsk(2, "f")}, {Dir: server, B: createAnswer(2)}}
	for name, c := range map[string]struct {
		ask        string
		file, also string
	}{
		"ahead":            {writeAsk(3, 0, "ab") + writeAsk(4, 4, "ef") + writeAsk(5, 2, "cd"), `"abcdef" cut=false`, ""},
		"overlap":          {writeAsk(3, 0, "abc") + writeAsk(4, 1, "xxd"), `"abcd" cut=false`, "file_overlap"},
		"missing":          {writeAsk(3, 0, "ab") + writeAsk(4, 5, "f"), `"ab<3 missing>f" cut=true`, ""},
		"too much":         {writeAsk(3, 0, "a") + writeAsk(4, 2, big[:15000]) + strings.Repeat(writeAsk(5, 1<<20, big[:15000]), 80), "missing", "write_queue"},
		"in middle":        {writeAsk(3, 100, "ab"), `"<100 missing>ab" cut=true`, ""},
		"back first":       {writeAsk(3, 4, "ef") + writeAsk(4, 0, "ab") + writeAsk(5, 2, "cd"), `"abcdef" cut=false`, ""},
		"large back first": {writeAsk(3, uint64(len(big)), big) + writeAsk(4, 0, "ab"+big[2:]), fmt.Sprintf("\"ab%s\" cut=false", big[2:]+big), ""},
		"opening not seen": {strings.Replace(writeAsk(3, 100, "ab")+closeAsk(4), guid, fields(uint64(8), uint64(9)), 2), `"ab" cut=false`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			all := strings.Join(tell(append(start[:2:2], told.Talk{{Dir: client, B: c.ask + closeAsk(9)}}...), 0), "\n")
			if !strings.Contains(all, c.file) || !strings.Contains(all, c.also) {
				t.Errorf("no %s or %s in %.2000s", c.file, c.also, all)
			}
		})
	}
}

// bindPDU and callPDU are remote procedure calls.
var (
	bindPDU = fields("\x05\x00\x0b\x03\x10\x00\x00\x00", uint16(72), uint16(0), uint32(1), "\xb8\x10\xb8\x10\x00\x00\x00\x00\x01\x00\x00\x00",
		"\x00\x00\x01\x00", "\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03\x02\x00\x00\x00", zeros(20))
	ackPDU  = fields("\x05\x00\x0c\x03\x10\x00\x00\x00", uint16(56), uint16(0), uint32(1), zeros(8), uint16(2), "x\x00", "\x01\x00\x00\x00", zeros(24))
	callPDU = fields("\x05\x00\x00\x03\x10\x00\x00\x00", uint16(28), uint16(0), uint32(2), zeros(4), uint16(0), uint16(15), "stub")
	backPDU = fields("\x05\x00\x02\x03\x10\x00\x00\x00", uint16(28), uint16(0), uint32(2), zeros(8), "back")
)

var pipe2 = told.Talk{
	{Dir: client, B: treeConnectAsk(1, `\\srv\IPC$`)},
	{Dir: server, B: treeConnectAnswer(1, sharePipe)},
	{Dir: client, B: createAsk(2, "svcctl")},
	{Dir: server, B: createAnswer(2)},
	{Dir: client, B: writeAsk(3, 0, bindPDU)},
	{Dir: server, B: writeAnswer(3)},
	{Dir: client, B: readAsk(4, 0, 1024)},
	{Dir: server, B: readAnswer(4, ackPDU)},
	{Dir: client, B: ask2(ioctl2, 5, fields(uint16(57), uint16(0), uint32(pipeTransceive), guid, uint32(120), uint32(len(callPDU)), zeros(24), callPDU))},
	{Dir: server, B: answer2(ioctl2, 5, fields(uint16(49), uint16(0), uint32(pipeTransceive), guid, uint32(0), uint32(0), uint32(112), uint32(len(backPDU)), zeros(8), backPDU))},
	{Dir: client, B: closeAsk(6)},
	{Dir: server, B: closeAnswer(6)},
}

func TestPipe(t *testing.T) {
	all := strings.Join(tell(pipe2, 0), "\n")
	for _, want := range []string{
		`tx0 0 smb.named_pipe="\\\\srv\\IPC$"`,
		`tx3 0 dcerpc.opnum=15`,
		`tx3 0 dcerpc.iface="6z\xbb\x81\x98D5\xf1\xad2\x98\xf08\x00\x10\x03\x00\x02\x00\x00\x01"`,
		`tx3 0 dcerpc.stub_data="stub"`,
		`tx3 1 dcerpc.stub_data="back"`,
		`"command":"SMB2_COMMAND_WRITE","status":"STATUS_SUCCESS","status_code":"0x0","session_id":77,"tree_id":5,` +
			`"dcerpc":{"request":"BIND","response":"BINDACK","interfaces":[{"uuid":"367abb81-9844-35f1-ad32-98f038001003"`,
		`"command":"SMB2_COMMAND_IOCTL","status":"STATUS_SUCCESS"`,
	} {
		if !strings.Contains(all, want) {
			t.Error("no", want, "in", all)
		}
	}
}

func TestGap(t *testing.T) {
	var s told.Log
	c := New(&s)
	c.Push(client, []byte(createAsk(2, "f")))
	c.Push(server, []byte(createAnswer(2)))
	m := []byte(writeAsk(3, 0, big))
	c.Push(client, m[:20000])
	c.Gap(client, 1000)
	c.Push(client, m[21000:])
	c.Push(client, []byte(writeAsk(4, uint64(len(big)), "tail"))[:50])
	c.Gap(client, 10000)
	c.Push(client, []byte("the rest of something"+closeAsk(5)))
	all := strings.Join(s.Lines, "\n")
	if !strings.Contains(all, `<1000 missing>`) || !strings.Contains(all, "cut=true") || strings.Contains(all, "tail") {
		t.Errorf("%.300s … %s", all, all[max(0, len(all)-500):])
	}
}
