package nfsmsg

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

func datagrams(s app.Sink) app.Reader { return New(s, false) }
func stream(s app.Sink) app.Reader    { return New(s, true) }

func u32(n uint64) string { return told.BE(4, n) }

// op makes opaque data.
func op(s string) string { return u32(uint64(len(s))) + s + strings.Repeat("\x00", -len(s)&3) }

var unix = u32(1) + op(u32(9)+op("pc")+u32(1000)+u32(100)+u32(0)) + u32(0) + u32(0)

func ask(xid, version, proc uint64, args string) told.Part {
	return told.Part{Dir: client, B: u32(xid) + u32(0) + u32(2) + u32(100003) + u32(version) + u32(proc) + unix + args}
}

func say(xid uint64, results string) told.Part {
	return told.Part{Dir: server, B: u32(xid) + u32(1) + u32(0) + u32(0) + u32(0) + u32(0) + results}
}

func framed(t told.Talk) (out told.Talk) {
	for _, p := range t {
		out = append(out, told.Part{Dir: p.Dir, B: u32(1<<31|uint64(len(p.B))) + p.B})
	}
	return out
}

const noAttributes = "\x00\x00\x00\x00"

var v3 = told.Talk{
	ask(1, 3, 0, ""), say(1, ""),
	ask(2, 3, procGetattr, op("root")), say(2, u32(0)),
	ask(3, 3, procLookup, op("root")+op("plan.txt")), say(3, u32(0)+op("fh1")),
	ask(4, 3, procRead, op("fh1")+told.BE(8, 0)+u32(9)), say(4, u32(0)+noAttributes+u32(5)+u32(0)+op("hello")),
	ask(5, 3, procRead, op("fh1")+told.BE(8, 5)+u32(9)), say(5, u32(0)+noAttributes+u32(6)+u32(1)+op(" world")),
	ask(6, 3, procWrite, op("fh1")+told.BE(8, 3)+u32(2)+u32(0)+op("DE")), say(6, u32(0)),
	ask(7, 3, procWrite, op("fh1")+told.BE(8, 0)+u32(3)+u32(0)+op("ABC")), say(7, u32(0)),
	ask(8, 3, procCommit, op("fh1")+told.BE(8, 0)+u32(0)), say(8, u32(0)),
	ask(9, 3, procRename, op("root")+op("plan.txt")+op("root")+op("old.txt")), say(9, u32(13)),
}

func TestVersion3(t *testing.T) {
	unixRPC := func(xid string) string {
		return `rpc={"xid":` + xid + `,"status":"ACCEPTED","auth_type":"UNIX","creds":{"machine_name":"pc","uid":1000,"gid":100}} `
	}
	want := []string{
		`tx0 0 nfs_procedure=0`, `tx0 0 nfs.version=3`, `tx0 1 nfs_procedure=0`, `tx0 1 nfs.version=3`,
		`log nfs tx0 ` + unixRPC("1") + `nfs={"version":3,"procedure":"NULL","filename":"","id":1,"file_tx":false,"type":"response","status":"OK"}`,
		`tx1 0 nfs_procedure=1`, `tx1 0 nfs.version=3`, `tx1 1 nfs_procedure=1`, `tx1 1 nfs.version=3`,
		`tx2 0 nfs_procedure=3`, `tx2 0 nfs.version=3`, `tx2 1 nfs_procedure=3`, `tx2 1 nfs.version=3`,
		`log nfs tx2 ` + unixRPC("3") + `nfs={"version":3,"procedure":"LOOKUP","filename":"plan.txt","hhash":"4fe18f15","id":3,"file_tx":false,"type":"response","status":"OK"}`,
		`tx3 0 nfs_procedure=6`, `tx3 0 nfs.version=3`, `tx3 1 nfs_procedure=6`, `tx3 1 nfs.version=3`,
		`file tx3 1 "plan.txt" "hello world" cut=false`,
		`log nfs tx3 ` + unixRPC("4") + `nfs={"version":3,"procedure":"READ","filename":"plan.txt","hhash":"4fe18f15","id":4,"file_tx":true,"type":"response","status":"OK",` +
			`"read":{"first":true,"last":true,"last_xid":5,"chunks":2}}`,
		`tx4 0 nfs_procedure=7`, `tx4 0 nfs.version=3`, `tx4 1 nfs_procedure=7`, `tx4 1 nfs.version=3`,
		`file tx4 0 "plan.txt" "ABCDE" cut=false`,
		`log nfs tx4 rpc={"xid":6,"status":"ACCEPTED","auth_type":"NULL"} nfs={"version":3,"procedure":"WRITE","filename":"plan.txt","hhash":"4fe18f15","id":5,"file_tx":true,` +
			`"type":"response","status":"OK","write":{"first":true,"last":true,"last_xid":7,"chunks":2}}`,
		`tx5 0 nfs_procedure=14`, `tx5 0 nfs.version=3`, `tx5 1 nfs_procedure=14`, `tx5 1 nfs.version=3`,
		`log nfs tx5 ` + unixRPC("9") + `nfs={"version":3,"procedure":"RENAME","filename":"plan.txt","id":6,"file_tx":false,"type":"response","status":"ERR_ACCES",` +
			`"rename":{"from":"plan.txt","to":"old.txt"}}`,
	}
	got := told.Of(v3, 0, datagrams).Lines
	last := len(want) - 1
	want[last] = strings.Replace(want[last], ``, "", 1)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(got, told.Of(framed(v3), n, stream).Lines); d != "" {
			t.Error(n, d)
		}
	}
}

// TestFragments: a record in several fragments is one message.
func TestFragments(t *testing.T) {
	b := v3[4].B
	talk := told.Talk{{Dir: client, B: u32(10) + b[:10] + u32(20) + b[10:30] + u32(1<<31|uint64(len(b)-30)) + b[30:]}, framed(v3)[5]}
	if log := told.Of(talk, 0, stream); !log.Has(`"procedure":"LOOKUP","filename":"plan.txt"`) {
		t.Error(log)
	}
}

func TestVersion2(t *testing.T) {
	fh, other := strings.Repeat("h", handleV2), strings.Repeat("o", handleV2)
	talk := told.Talk{
		ask(1, 2, v2Lookup, fh+op("a")), say(1, u32(0)+other),
		ask(2, 2, v2Read, other+u32(0)+u32(9)+u32(9)), say(2, u32(0)+strings.Repeat("\x00", 68)+op("data")),
		ask(3, 2, v2Write, other+u32(0)+u32(0)+u32(0)+op("new")), say(3, u32(0)),
		ask(4, 2, v2Rename, fh+op("a")+fh+op("b")), say(4, u32(0)),
		ask(5, 2, v2Mkdir, fh+op("d")), say(5, u32(17)),
	}
	log := told.Of(framed(talk), 0, stream)
	for _, s := range []string{`file tx1 1 "a" "data" cut=true`, `file tx2 0 "a" "new" cut=true`, `"procedure":"RENAME","filename":"a","id":4,"file_tx":false,"type":"response","status":"OK","rename":{"from":"a","to":"b"}`,
		`"procedure":"MKDIR","filename":"d","id":5,"file_tx":false,"type":"response","status":"ERR_EXIST"}`} {
		if !log.Has(s) {
			t.Error("no", s, "in", log)
		}
	}
	if log := told.Of(talk, 0, datagrams); log.Has(`"procedure":"WRITE"`) || !log.Has(`file tx2 0`) {
		t.Error("a transaction that never ended is written of datagrams:", log)
	}
}

func v4ops(n uint64, ops string) string { return op("") + u32(0) + u32(n) + ops }

func TestVersion4(t *testing.T) {
	state := strings.Repeat("s", stateID)
	open := u32(opOpen) + u32(1) + u32(3) + u32(0) + told.BE(8, 1) + op("owner") + u32(0) + u32(0) + op("doc.txt")
	opened := u32(opOpen) + u32(0) + state + strings.Repeat("\x00", 24) + u32(0) + u32(0)
	fh := u32(opPutfh) + op("fh1")
	talk := told.Talk{
		ask(1, 4, 1, v4ops(4, u32(24)+open+u32(opGetfh)+u32(opGetattr)+u32(1)+u32(1))),
		say(1, u32(0)+op("")+u32(4)+u32(24)+u32(0)+opened+u32(opGetfh)+u32(0)+op("fh1")+u32(opGetattr)+u32(0)+u32(1)+u32(1)+op("x")),
		ask(2, 4, 1, v4ops(2, fh+u32(opRead)+state+told.BE(8, 0)+u32(99))),
		say(2, u32(0)+op("")+u32(2)+u32(opPutfh)+u32(0)+u32(opRead)+u32(0)+u32(1)+op("contents")),
		ask(3, 4, 1, v4ops(2, fh+u32(opWrite)+state+told.BE(8, 0)+u32(0)+op("writ"))), say(3, u32(0)+op("")+u32(0)),
		ask(4, 4, 1, v4ops(2, fh+u32(opClose)+u32(1)+state)), say(4, u32(0)+op("")+u32(0)),
		ask(5, 4, 1, v4ops(2, fh+u32(opRemove)+op("doc.txt"))), say(5, u32(2)+op("")+u32(2)+u32(opPutfh)+u32(0)+u32(opRemove)+u32(2)),
		ask(6, 4, 1, v4ops(2, fh+u32(opCreate)+u32(5)+op("to")+op("link")+u32(0)+op(""))), say(6, u32(0)+op("")+u32(2)+u32(opPutfh)+u32(0)+u32(opCreate)+u32(0)+strings.Repeat("\x00", 24)),
	}
	log := told.Of(framed(talk), 0, stream)
	for _, s := range []string{`file tx0 1 "doc.txt" "contents" cut=false`, `file tx1 0 "doc.txt" "writ" cut=false`,
		`"procedure":"READ","filename":"doc.txt"`, `"procedure":"REMOVE","filename":"doc.txt","id":3,"file_tx":false,"type":"response","status":"ERR_NOENT"}`,
		`"procedure":"CREATE","filename":"link","id":4,"file_tx":false,"type":"response","status":"OK"}`} {
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
		"nothing":                 {told.Talk{{Dir: client, B: "\x00"}}, ""},
		"reply to nothing":        {told.Talk{say(9, u32(0))}, ""},
		"another version":         {told.Talk{ask(1, 9, 3, "")}, ""},
		"garbage while one waits": {told.Talk{v3[4], {Dir: server, B: "\x00\x00"}}, "nfs.malformed_data"},
		"arguments cut":           {told.Talk{v3[4], ask(2, 3, procLookup, op("root")+"\x00")}, "nfs.malformed_data"},
		"denied":                  {told.Talk{v3[4], {Dir: server, B: u32(3) + u32(1) + u32(1)}}, `"status":"DENIED"`},
		"too many":                {many(MaxTx + 1), "nfs.too_many_transactions"},
	} {
		log := told.Of(c.talk, 0, datagrams)
		if c.want == "" && len(log.Lines) > 0 || c.want != "" && !log.Has(c.want) {
			t.Error(name, log)
		}
	}
	huge := told.Talk{{Dir: client, B: u32(1<<31|uint64(2*MaxRecord)) + strings.Repeat("x", 2*MaxRecord)}}
	for _, n := range []int{0, 4096} {
		if log := told.Of(append(huge, framed(v3[:2])...), n, stream); !log.Has(`"procedure":"NULL"`) {
			t.Error(n, "not read behind a record that is too long:", log)
		}
	}
	var log told.Log
	c := New(&log, true)
	c.Push(client, []byte(huge[0].B[:100]))
	c.Gap(client, 2*MaxRecord-96)
	framed(v3[:2]).Cut(c, 0)
	if !log.Has(`"procedure":"NULL"`) {
		t.Error("not read behind a gap in it:", &log)
	}
}

func many(n int) (t told.Talk) {
	for i := range n {
		t = append(t, ask(uint64(i), 3, 0, ""))
	}
	return t
}

// TestHoles: chunks that never come are gaps, chunks that come early wait.
func TestHoles(t *testing.T) {
	write := func(xid, offset uint64, data string) told.Part {
		return ask(xid, 3, procWrite, op("f")+told.BE(8, offset)+u32(0)+u32(0)+op(data))
	}
	talk := told.Talk{write(1, 0, "ab"), write(2, 6, "gh"), write(3, 4, "ef"), write(4, 1, "bC"), ask(5, 3, procCommit, op("f"))}
	if log := told.Of(talk, 0, datagrams); !log.Has(`"abC<1 missing>efgh" cut=false`) {
		t.Error(log)
	}
	talk = nil
	for i := range maxAhead + 1 {
		talk = append(talk, write(uint64(i), uint64(10+2*i), "x"))
	}
	if log := told.Of(append(talk, ask(999, 3, procCommit, op("f"))), 0, datagrams); !log.Has("missing") {
		t.Error(log)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range framed(v3) {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := append(framed(v3[:6]), told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}...)
		if d := cmp.Diff(told.Of(talk, 0, stream).Lines, told.Of(talk, int(cut), stream).Lines); d != "" {
			t.Error(d)
		}
		told.Of(told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}, 0, datagrams)
	})
}
