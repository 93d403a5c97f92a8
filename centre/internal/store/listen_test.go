package store_test

import (
	"testing"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
)

// What one process of a centre has committed wakes those who wait at another: at once, also after the database was away.
func TestProcessesWakeEachOther(t *testing.T) { // alone: it restarts the database of all tests
	url := storetest.PostgresURL(t)
	var s [2]*store.Store
	for i := range s {
		var err error
		if s[i], err = store.Open(t.Context(), store.Config{URL: url}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s[i].Close(); err != nil {
				t.Error(err)
			}
		})
	}
	say := func(from *store.Store, wake func(tx *store.GlobalTx)) {
		t.Helper()
		if err := from.Global(t.Context(), func(tx *store.GlobalTx) error { wake(tx); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	heard := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		case <-time.After(20 * time.Second):
			return false
		}
	}
	all, here := s[1].Woken("all"), s[1].Woken("here")
	say(s[0], func(tx *store.GlobalTx) { tx.Wake("here"); tx.WakeAll("all") })
	if !heard(all) {
		t.Error("another process is not heard")
	}
	select {
	case <-here:
		t.Error("what concerns one process is told to all")
	default:
	}
	own := s[0].Woken("own")
	say(s[0], func(tx *store.GlobalTx) { tx.WakeAll("own") })
	if !heard(own) {
		t.Error("a process does not wake itself")
	}
	again := s[1].Woken("after")
	storetest.RestartPostgres(t)
	if !heard(again) { // who waits looks again once it is listened to
		t.Fatal("nobody listens after a restart")
	}
	again = s[1].Woken("after")
	say(s[0], func(tx *store.GlobalTx) { tx.WakeAll("after") })
	if !heard(again) {
		t.Error("another process is not heard after a restart")
	}
}
