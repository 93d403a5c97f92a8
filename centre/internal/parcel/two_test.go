package parcel_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/parcel"
)

// Two of the desk pack for the same customer at the same moment, with different boxes and with the same: one box goes out.
func TestTwoPackAtOnce(t *testing.T) {
	suite(t, func(h *shelf) {
		errs := make([]error, 6)
		var wait sync.WaitGroup
		for i := range errs {
			wait.Go(func() { errs[i] = h.ship(fmt.Sprintf("OT-000%d", 1+i%3), "") })
		}
		wait.Wait()
		sent := 0
		for _, err := range errs {
			switch {
			case err == nil:
				sent++
			case !errors.Is(err, parcel.ErrBusy) && !errors.Is(err, parcel.ErrState):
				t.Error(err)
			}
		}
		all, err := h.svc.Items(h.Context())
		must(t, err)
		out := ""
		for i := range all {
			if all[i].State == parcel.Sent {
				out += all[i].Serial
			}
		}
		if sent != 1 || len(out) != len("OT-0001") {
			t.Errorf("%d went through, on the way: %s", sent, out)
		}
		h.follow(out)
		h.at(out, parcel.Sent, contract.Shipped)
	})
}
