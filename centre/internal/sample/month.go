package sample

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

// Events a company and month: what 112 companies saw in the trial of 2019 (seed 003).
const (
	outside = 56
	within  = 4
)

// kinds of attacks with their threat family, as rules name them.
var (
	fromOutside = []string{"scan", "rdp-probe", "smb-probe", "bruteforce", "exploit", "vpn-breakin", "webshell"}
	fromInside  = []string{"phishing", "c2", "pup", "coinminer", "site-malware", "old-software", "dns-tunnel"}
	used        = []wire.AppUse{
		{App: "teams", Category: "meeting", Up: 90_000_000, Down: 240_000_000, Minutes: 55, Flows: 20}, {App: "chatgpt", Category: "ai", Up: 9_000_000, Down: 14_000_000, Minutes: 25, Flows: 30},
		{App: "youtube", Category: "media", Up: 3_000_000, Down: 700_000_000, Minutes: 40, Flows: 60}, {App: "dropbox", Category: "storage", Up: 400_000_000, Down: 120_000_000, Minutes: 30, Flows: 15},
		{App: "line", Category: "chat", Up: 4_000_000, Down: 9_000_000, Minutes: 45, Flows: 50}, {Up: 40_000_000, Down: 300_000_000, Minutes: 60, Flows: 400},
	}
)

// month makes what happened in one, as far as it is over, and its reports when it is.
func (m *maker) month(ctx context.Context, first time.Time) error {
	end := first.AddDate(0, 1, 0)
	whole := !end.After(m.Now)
	if !whole {
		end = m.Now
	}
	if !end.After(first) {
		return nil
	}
	part := end.Sub(first).Hours() / (30 * 24)
	m.clock.Set(end)
	for n, c := range m.all {
		if err := m.attacks(ctx, c, first, end, part); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
		if err := m.settle(ctx, c, whole || !c.lively, n); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
		if !c.lively {
			continue
		}
		if err := errors.Join(m.use(ctx, c, first, end), m.Store.Write(ctx, c.id, func(tx *store.Tx) error { return m.stand(tx, c, end) })); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
	}
	if !whole {
		return nil
	}
	if err := m.report(ctx, first); err != nil {
		return fmt.Errorf("sample: reports: %w", err)
	}
	m.Log("%s", first.Format("2006-01"))
	return nil
}

// visitLength is how long one who tries doors stays at one, and visitTries how often he tries: the box tells each try,
// and the centre makes one alert of them.
const (
	visitLength = 20 * time.Minute
	visitTries  = 8
)

// attacks records what a company's box saw, in one transaction.
func (m *maker) attacks(ctx context.Context, c *company, first, end time.Time, part float64) error {
	var all []alert.Incoming
	span := end.Sub(first) - visitLength
	visit := func(family string, direction wire.Direction, blocked bool, tries int) {
		pc, at := m.rnd.IntN(max(len(c.devices), 1)), first.Add(time.Duration(m.rnd.Int64N(int64(max(span, 1)))))
		in := alert.Incoming{BoxID: c.box, DeviceAddr: addr(pc).String(), DeviceName: addr(pc).String()}
		if len(c.devices) > 0 {
			in.DeviceID, in.DeviceName = c.devices[pc].ID, c.devices[pc].Name
		}
		peer := netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + m.rnd.IntN(250))})
		flow := wire.Flow{Proto: "TCP", Src: addr(pc), SrcPort: 50000, Dst: peer, DstPort: 443}
		if direction == wire.Inbound {
			flow = wire.Flow{Proto: "TCP", Src: peer, SrcPort: 40000, Dst: addr(pc), DstPort: 3389}
		}
		verdict := wire.VerdictBlocked
		if !blocked {
			verdict = wire.VerdictPassed
		}
		for range tries {
			m.events++
			in.Event = &wire.Event{ID: fmt.Sprintf("%026d", m.events), Time: at.Add(time.Duration(m.rnd.Int64N(int64(visitLength)))), Kind: wire.KindIPS, Verdict: verdict, Direction: direction, Flow: flow,
				Rule: &wire.Rule{GID: 1, SID: 9_000_000 + uint32(len(family)), Rev: 1, Msg: "SAMPLE " + family, Family: family}}
			all = append(all, in)
		}
	}
	for left := int(outside * c.activity * part * (0.7 + 0.6*m.rnd.Float64())); left > 0; {
		tries := min(left, 1+m.rnd.IntN(2*visitTries-1))
		visit(fromOutside[m.rnd.IntN(len(fromOutside))], wire.Inbound, true, tries)
		left -= tries
	}
	for range int(within * part * 2 * m.rnd.Float64()) {
		visit(fromInside[m.rnd.IntN(len(fromInside))], wire.Outbound, m.rnd.IntN(5) > 0, 1)
	}
	m.made.Events += len(all)
	return m.Store.Write(ctx, c.id, func(tx *store.Tx) error { return m.alerts.Record(tx, all) })
}

// use records two months of applications, day by day.
func (m *maker) use(ctx context.Context, c *company, first, end time.Time) error {
	if m.Now.Sub(end) > 62*24*time.Hour {
		return nil
	}
	return m.Store.Write(ctx, c.id, func(tx *store.Tx) error {
		for day := first; day.Before(end); day = day.AddDate(0, 0, 1) {
			if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
				continue
			}
			for i := range min(len(c.devices), 5) {
				apps := make([]wire.AppUse, 0, 3)
				for range 3 {
					apps = append(apps, used[m.rnd.IntN(len(used))])
				}
				if err := m.usage.Record(tx, c.devices[i].ID, &wire.Usage{Since: day, Period: 60, Apps: merge(apps)}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// merge keeps each application once.
func merge(all []wire.AppUse) (once []wire.AppUse) {
	seen := map[string]bool{}
	for _, one := range all {
		if !seen[one.App] {
			once = append(once, one)
		}
		seen[one.App] = true
	}
	return once
}

// settle closes what is old; of the last weeks every third company has something left to do.
func (m *maker) settle(ctx context.Context, c *company, whole bool, n int) error {
	open, err := m.alerts.List(ctx, c.id, alert.Filter{NotClosed: true, Stars: alert.Medium, Limit: 500})
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return nil
	}
	return m.Store.Write(ctx, c.id, func(tx *store.Tx) error {
		kept := 0
		for i := range open {
			a := &open[i]
			if !whole && n%3 == 0 && a.Stars >= alert.Medium && kept < 2 {
				kept++
				continue
			}
			if err := m.work(tx, a, m.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// report makes a month's reports and statistics as the jobs do.
func (m *maker) report(ctx context.Context, first time.Time) error {
	month := first.Format("2006-01")
	raw, err := json.Marshal(report.Args{Month: month})
	if err != nil {
		return err
	}
	m.clock.Set(first.AddDate(0, 1, 0).Add(time.Hour))
	if err := m.reports.HandleMonth(ctx, tenant.House, raw); err != nil {
		return err
	}
	args := map[string]string{}
	if err := m.Store.GlobalRead(ctx, func(tx *store.GlobalTx) error {
		_, err := store.Collect[struct{}](tx.Query(`SELECT owner, args FROM job WHERE kind = $1 AND state = 'waiting'`, report.KindMake))(func(scan func(...any) error) (none struct{}, err error) {
			var owner, one string
			if err = scan(&owner, &one); err == nil {
				args[owner] = one
			}
			return none, err
		})
		return err
	}); err != nil {
		return err
	}
	for _, c := range m.all {
		if err := m.reports.HandleMake(ctx, c.id, json.RawMessage(args[c.id])); err != nil {
			return err
		}
		m.made.Reports++
	}
	if err := m.statistics.Handle(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"month":%q}`, month))); err != nil {
		return err
	}
	if err := m.bills(ctx, month); err != nil {
		return err
	}
	return m.quiet(ctx)
}
