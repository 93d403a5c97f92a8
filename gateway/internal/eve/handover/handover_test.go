package handover

import (
	"sync"
	"testing"

	"otasuke/gateway/internal/eve"
)

// work makes n records of one worker, told apart by FlowID and PcapCnt.
func work(b *eve.Batch, worker uint64, n int) {
	for i := range n {
		r := b.Blank()
		if r.FlowID != 0 || r.TxID != nil || r.Flow != nil || len(r.Written) != 0 {
			panic("not blank")
		}
		r.EventType, r.FlowID, r.PcapCnt = eve.TypeFlow, worker, uint64(i+1)
		r.SetTx(uint64(i))
		r.SetFlow(eve.Flow{PktsToServer: uint64(i)})
		r.Written = append(r.Written, byte(i))
		b.Add(r)
	}
	b.Hand()
}

// Several workers and a writer beside them: nothing is lost, mixed up or written twice.
// The race detector sees whether a record is anybody else's at a time.
func TestAllComeInOrder(t *testing.T) {
	t.Parallel()
	const workers, each = 3, 20000
	q := New(64, true)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { work(&eve.Batch{Size: 10, Emit: q.Put}, uint64(i+1), each) })
	}
	go func() { wg.Wait(); q.Close() }()
	var seen [workers + 1]uint64
	for open := true; open; {
		<-q.Ready()
		var list []*eve.Record
		list, open = q.Take()
		for _, r := range list {
			i := seen[r.FlowID]
			seen[r.FlowID]++
			if r.PcapCnt != i+1 || *r.TxID != i || r.Flow.PktsToServer != i || r.Written[0] != byte(i) {
				t.Fatalf("record %d of worker %d: %+v", i, r.FlowID, r)
			}
		}
	}
	for i, n := range seen[1:] {
		if n != each {
			t.Errorf("worker %d: %d records", i+1, n)
		}
	}
	if q.Lost.Load() != 0 {
		t.Errorf("%d lost", q.Lost.Load())
	}
}

// Without a writer the worker goes on; what has no room is counted, record by record.
func TestFull(t *testing.T) {
	t.Parallel()
	q := New(25, false)
	work(&eve.Batch{Size: 10, Emit: q.Put}, 1, 42)
	list, open := q.Take()
	if len(list) != 25 || list[24].PcapCnt != 25 || !open || q.Lost.Load() != 17 {
		t.Errorf("%d records, %d lost", len(list), q.Lost.Load())
	}
	q.Put([]*eve.Record{{PcapCnt: 43}})
	if list, _ := q.Take(); len(list) != 1 || list[0].PcapCnt != 43 {
		t.Errorf("%d records when there is room again", len(list))
	}
}

// At the end nothing is lost, however much comes then.
func TestLinger(t *testing.T) {
	t.Parallel()
	q := New(25, false)
	q.Linger()
	go func() { work(&eve.Batch{Size: 10, Emit: q.Put}, 1, 1000); q.Close() }()
	n := 0
	for open := true; open; {
		<-q.Ready()
		var list []*eve.Record
		list, open = q.Take()
		n += len(list)
	}
	if n != 1000 || q.Lost.Load() != 0 {
		t.Errorf("%d records, %d lost", n, q.Lost.Load())
	}
}

// Records that went through once are used again: nothing is allocated.
func TestNoAllocs(t *testing.T) {
	q := New(100, false)
	b := &eve.Batch{Size: 10, Emit: q.Put}
	one := func() { work(b, 1, 30); q.Take() }
	for range 10 {
		one()
	}
	if n := testing.AllocsPerRun(100, one); n > 0 {
		t.Errorf("%v allocations for 30 records", n)
	}
}

// A writer that nobody waits for sleeps until there is something worth waking for, and at the end.
func TestFewDoNotWake(t *testing.T) {
	t.Parallel()
	woken := func(q *Queue) bool {
		select {
		case <-q.Ready():
			return true
		default:
			return false
		}
	}
	q := New(40, true)
	for i := range 9 {
		if q.Put([]*eve.Record{{}}); woken(q) {
			t.Fatalf("woken for %d of 40", i+1)
		}
	}
	if q.Put([]*eve.Record{{}}); !woken(q) {
		t.Error("not woken for a quarter")
	}
	q.Take()
	q.Put([]*eve.Record{{}})
	if q.Close(); !woken(q) {
		t.Error("not woken at the end")
	}
	if list, open := q.Take(); len(list) != 1 || open {
		t.Errorf("%d at the end, open %v", len(list), open)
	}
	hurried := New(40, false)
	if hurried.Put([]*eve.Record{{}}); !woken(hurried) {
		t.Error("not woken where nobody waits for room")
	}
}
