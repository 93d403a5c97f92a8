package nfsmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app/told"
)

// A file is called by the name under which its handle was learnt, whichever procedure told it.
func TestNamesOfHandles(t *testing.T) {
	t.Parallel()
	attributes := u32(1) + strings.Repeat("\x00", 84)
	entry := func(name, handle string) string {
		return u32(1) + told.BE(8, 9) + op(name) + told.BE(8, 1) + attributes + u32(1) + op(handle)
	}
	read := func(xid uint64) told.Talk {
		return told.Talk{ask(xid, 3, procRead, op("fh1")+told.BE(8, 0)+u32(9)), say(xid, u32(0)+attributes+u32(4)+u32(1)+op("data"))}
	}
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"CREATE":                         {append(told.Talk{ask(1, 3, procCreate, op("root")+op("new.txt")+u32(0)), say(1, u32(0)+u32(1)+op("fh1"))}, read(2)...), `file tx1 1 "new.txt" "data" cut=false`},
		"CREATE, no handle in the reply": {append(told.Talk{ask(1, 3, procCreate, op("root")+op("new.txt")+u32(0)), say(1, u32(0)+u32(0))}, read(2)...), `file tx1 1 "" "data" cut=false`},
		"READDIRPLUS": {append(told.Talk{ask(1, 3, procReaddirplus, op("root")+told.BE(8, 0)+told.BE(8, 0)+u32(512)+u32(512)),
			say(1, u32(0)+attributes+told.BE(8, 0)+entry("other", "fh0")+entry("listed.txt", "fh1")+u32(0)+u32(1))}, read(2)...), `file tx1 1 "listed.txt" "data" cut=false`},
		"READDIRPLUS, cut": {append(told.Talk{ask(1, 3, procReaddirplus, op("root")+told.BE(8, 0)+told.BE(8, 0)+u32(512)+u32(512)),
			say(1, u32(0)+attributes+told.BE(8, 0)+entry("listed.txt", "fh1")[:40])}, read(2)...), `file tx1 1 "" "data" cut=false`},
		"written at once": {told.Talk{ask(1, 3, procWrite, op("fh1")+told.BE(8, 0)+u32(4)+u32(fileSync)+op("data")), say(1, u32(0))}, `"data" cut=false`},
		"nothing written": {told.Talk{ask(1, 3, procWrite, op("fh1")+told.BE(8, 0)+u32(0)+u32(fileSync)+op("")), say(1, u32(0)), ask(2, 3, 0, ""), say(2, "")}, `"procedure":"NULL"`},
	} {
		whole := told.Of(framed(c.talk), 0, stream)
		if !whole.Has(c.want) {
			t.Errorf("%s: no %s in %s", name, c.want, whole)
		}
		for _, n := range told.Cuts {
			if d := cmp.Diff(whole.Lines, told.Of(framed(c.talk), n, stream).Lines); d != "" {
				t.Errorf("%s in pieces of %d: %s", name, n, d)
			}
		}
	}
}

// In a compound of version 4 what is read stands behind other operations, whose arguments
// and results must be passed over exactly.
func TestCompound(t *testing.T) {
	t.Parallel()
	state := strings.Repeat("s", stateID)
	attributes := u32(1) + u32(1) + op("attr")
	opened := func(delegation string) string { return state + strings.Repeat("\x00", 24) + u32(0) + delegation }
	ace := strings.Repeat("\x00", 12) + op("EVERYONE@")
	openOf := func(how, claim string) string {
		return u32(1) + u32(3) + u32(0) + told.BE(8, 1) + op("owner") + how + claim
	}
	for name, c := range map[string]struct {
		op           uint64
		args, result string
	}{
		"ACCESS":                      {3, u32(63), u32(63) + u32(63)},
		"GETATTR":                     {opGetattr, u32(2) + u32(1) + u32(2), attributes},
		"LOOKUPP":                     {16, "", ""},
		"SETATTR":                     {34, state + attributes, u32(1) + u32(7)},
		"VERIFY":                      {37, attributes, ""},
		"LOCKU":                       {14, u32(1) + u32(2) + state + told.BE(8, 0) + told.BE(8, 9), state},
		"RENEW":                       {30, told.BE(8, 7), ""},
		"DELEGRETURN":                 {8, state, ""},
		"RELEASE_LOCKOWNER":           {39, told.BE(8, 7) + op("owner"), ""},
		"OPEN, no delegation":         {opOpen, openOf(u32(0), u32(0)+op("doc.txt")), opened(u32(0))},
		"OPEN, to read":               {opOpen, openOf(u32(1)+u32(0)+attributes, u32(0)+op("doc.txt")), opened(u32(1) + state + u32(0) + ace)},
		"OPEN, to write":              {opOpen, openOf(u32(1)+u32(2)+told.BE(8, 1), u32(0)+op("doc.txt")), opened(u32(2) + state + u32(0) + strings.Repeat("\x00", 12) + ace)},
		"OPEN, what was open":         {opOpen, openOf(u32(1)+u32(3)+told.BE(8, 1)+attributes, u32(1)+u32(0)), opened(u32(0))},
		"OPEN, with its delegation":   {opOpen, openOf(u32(0), u32(2)+state+op("doc.txt")), opened(u32(0))},
		"OPEN of a handle, delegated": {opOpen, openOf(u32(0), u32(5)+state), opened(u32(0))},
	} {
		talk := told.Talk{
			ask(1, 4, 1, v4ops(3, u32(opPutfh)+op("fh1")+u32(c.op)+c.args+u32(opRead)+state+told.BE(8, 0)+u32(99))),
			say(1, u32(0)+op("")+u32(3)+u32(opPutfh)+u32(0)+u32(c.op)+u32(0)+c.result+u32(opRead)+u32(0)+u32(1)+op("contents")),
		}
		whole := told.Of(framed(talk), 0, stream)
		if !whole.Has(`"contents" cut=false`) {
			t.Errorf("%s: what is read behind it is not seen: %s", name, whole)
		}
		for _, n := range told.Cuts {
			if d := cmp.Diff(whole.Lines, told.Of(framed(talk), n, stream).Lines); d != "" {
				t.Errorf("%s in pieces of %d: %s", name, n, d)
			}
		}
	}
}
