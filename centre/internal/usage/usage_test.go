package usage_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// start is Saturday 21 November 2026, 14:05 in Japan.
var start = time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)

type office struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *usage.Service
	own, decoy string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// suite runs fn on both engines, beside a company that uses the same with the same ids.
func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(start)}
		o.svc = usage.New(s, o.clock)
		companies := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			id, err := companies.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
			*to = id
		}
		o.record(o.decoy, "d1", start, wire.AppUse{App: "zoom", Category: "meeting", Name: "Decoy", Up: 1 << 40, Down: 1 << 40, Minutes: 60, Flows: 9})
		fn(o)
	}, tenant.Schema(), usage.Schema())
}

func (o *office) record(tenantID, endpoint string, since time.Time, apps ...wire.AppUse) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) error {
		return errors.Join(o.svc.Tidy(tx), o.svc.Record(tx, endpoint, &wire.Usage{Since: since, Period: 60, Apps: apps}))
	}))
}

func (o *office) apps(endpoint string, days int) []usage.Row {
	o.Helper()
	rows, err := o.svc.Apps(o.Context(), o.own, endpoint, ja.Midnight(start).AddDate(0, 0, 1-days), start.Add(time.Hour))
	must(o.T, err)
	return rows
}

func TestSums(t *testing.T) {
	suite(t, func(o *office) {
		zoom := wire.AppUse{App: "zoom", Category: "meeting", Name: "Zoom", Up: 10, Down: 20, Minutes: 5, Flows: 1}
		gpt := wire.AppUse{App: "chatgpt", Category: "ai", Name: "ChatGPT", Up: 1000, Down: 1, Minutes: 1, Flows: 2, Blocked: 1}
		o.record(o.own, "d1", start, zoom, gpt)
		o.record(o.own, "d1", start.Add(time.Hour), zoom)
		o.record(o.own, "d2", start, zoom)
		o.record(o.own, "", start, wire.AppUse{Up: 3})
		o.record(o.own, "d1", start.AddDate(0, 0, -1), zoom)
		rows := o.apps("", 1)
		if len(rows) != 3 || rows[0].App != "chatgpt" || rows[0].Blocked != 1 || rows[1].App != "zoom" || rows[1].Up != 30 || rows[1].Minutes != 15 || rows[1].Devices != 2 || rows[1].Flows != 3 || rows[2].App != "" {
			o.Errorf("%+v", rows)
		}
		if rows := o.apps("d2", 1); len(rows) != 1 || rows[0].Down != 20 {
			o.Errorf("of one device: %+v", rows)
		}
		if rows := o.apps("d1", 7); len(rows) != 2 || rows[1].Up != 30 {
			o.Errorf("of a week: %+v", rows)
		}
		devices, err := o.svc.Devices(o.Context(), o.own, start, start.Add(time.Hour), []string{"ai", "storage"})
		must(o.T, err)
		if len(devices) != 3 || devices[0].EndpointID != "d1" || devices[0].Shared != 1000 || devices[0].Up != 1020 || devices[1].Shared != 0 {
			o.Errorf("%+v", devices)
		}
		if devices, err = o.svc.Devices(o.Context(), o.own, start, start.Add(time.Hour), nil); err != nil || devices[0].Shared != 0 {
			o.Errorf("%+v %v", devices, err)
		}
	})
}

// Old days go, days before them are not taken, and a clock that runs ahead counts today.
func TestDays(t *testing.T) {
	suite(t, func(o *office) {
		zoom := wire.AppUse{App: "zoom", Up: 1}
		o.record(o.own, "d1", start.Add(-usage.Keep-48*time.Hour), zoom)
		o.record(o.own, "d1", start.AddDate(1, 0, 0), zoom)
		o.record(o.own, "d1", time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC), zoom) // midnight in Japan
		o.record(o.own, "d1", time.Date(2026, 11, 20, 14, 59, 0, 0, time.UTC), zoom)
		if rows := o.apps("", 1); len(rows) != 1 || rows[0].Up != 2 {
			o.Errorf("today: %+v", rows)
		}
		if rows := o.apps("", 300); rows[0].Up != 3 {
			o.Errorf("all: %+v", rows)
		}
		o.clock.Advance(usage.Keep + 48*time.Hour)
		o.record(o.own, "d1", o.clock.Now(), zoom)
		rows, err := o.svc.Apps(o.Context(), o.own, "", start.AddDate(-1, 0, 0), o.clock.Now())
		if err != nil || len(rows) != 1 || rows[0].Up != 1 {
			o.Errorf("after a quarter: %+v %v", rows, err)
		}
	})
}

// Whatever a box says, it is kept within bounds and can be shown.
func TestHostile(t *testing.T) {
	suite(t, func(o *office) {
		for range 3 {
			o.record(o.own, "d1", start, wire.AppUse{App: "zoom", Category: "<b>", Name: "a\u202eb\x00\xff" + strings.Repeat("長", 100), Up: math.MaxUint64, Down: 1 << 50, Minutes: 60, Flows: 1 << 50})
			o.record(o.own, "d1", start, wire.AppUse{App: "'; DROP TABLE app_use; --", Up: 1})
		}
		rows := o.apps("", 1)
		if len(rows) != 2 || rows[0].Up <= 0 || rows[0].Up > 1<<44 || rows[0].Category != "" || !strings.HasPrefix(rows[0].Name, "ab長") || len([]rune(rows[0].Name)) > 60 || rows[1].App != "" {
			o.Errorf("%+v", rows)
		}
		var many []wire.AppUse
		for i := range 1500 {
			many = append(many, wire.AppUse{App: fmt.Sprintf("x%d", i), Up: 1})
		}
		o.record(o.own, "d9", start, many...)
		o.record(o.own, "d9", start, many...)
		if rows := o.apps("d9", 1); len(rows) > 1000 {
			o.Errorf("%d rows of one device", len(rows))
		}
	})
}

// Another company's use is never in an answer.
func TestCompaniesApart(t *testing.T) {
	suite(t, func(o *office) {
		if rows := o.apps("", 1); len(rows) != 0 {
			o.Errorf("%+v", rows)
		}
		if rows := o.apps("d1", 1); len(rows) != 0 {
			o.Errorf("%+v", rows)
		}
		rows, err := o.svc.Devices(o.Context(), o.own, start, start.Add(time.Hour), []string{"meeting"})
		if err != nil || len(rows) != 0 {
			o.Errorf("%+v %v", rows, err)
		}
	})
}
