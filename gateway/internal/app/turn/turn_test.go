package turn

import (
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
	"otasuke/rule"
)

type thing struct{ n int }

type recorder struct{}

func (recorder) Record(tx *app.Tx) []app.Field {
	return []app.Field{{Name: "thing", Value: Of[thing](tx).Data.n}}
}

func list(sink app.Sink) *List[thing] {
	l := &List[thing]{}
	l.Init(sink, rule.ProtoSNMP, recorder{}, "thing")
	return l
}

func TestLives(t *testing.T) {
	var log told.Log
	l := list(&log)
	one, two := l.Begin(), l.Begin()
	one.Data.n, two.Data.n = 1, 2
	one.Tx.Sides[0].Put(rule.SNMPCommunity, []byte("a"))
	if l.Find(func(x *thing) bool { return x.n == 2 }) != two || l.Last() != two || len(l.Open()) != 2 {
		t.Error("open transactions are not found")
	}
	l.Close(one)
	l.Both(two, "snmp.malformed_data")
	l.Drop(two)
	three := l.Begin()
	if three.Tx.ID != 2 || three.Data.n != 0 || len(three.Tx.Sides[0].Values) != 0 || three.Tx.Proto != rule.ProtoSNMP {
		t.Error("a transaction used again is not new")
	}
	three.Data.n = 3
	l.Message(three, 1)
	four := l.Begin()
	l.Forget(four, true)
	if five := l.Begin(); five == four {
		t.Error("a forgotten transaction is used again")
	}
	l.CloseAll()
	want := `tx0 0 snmp.community="a"
log thing tx0 thing=1
tx1 0 app-layer-event="snmp.malformed_data"
tx1 1 app-layer-event="snmp.malformed_data"
log thing tx2 thing=3
log thing tx3 thing=0
log thing tx4 thing=0`
	if got := log.String(); got != want {
		t.Error(got)
	}
	l.Begin()
	l.Reset(&log)
	if l.Last() != nil || l.Begin().Tx.ID != 0 {
		t.Error("numbers go on in another conversation")
	}
}

// TestMemory: as many transactions as wanted use the memory of a few.
func TestMemory(t *testing.T) {
	var log told.Log
	l := list(&log)
	all := map[*Turn[thing]]bool{}
	for range 100 {
		x := l.Begin()
		all[x] = true
		l.Message(x, 0)
	}
	if len(all) != 1 || strings.Count(log.String(), "log") != 100 {
		t.Error(len(all))
	}
}
