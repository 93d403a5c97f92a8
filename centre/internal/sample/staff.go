package sample

import (
	"context"
	"fmt"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/playbook"
	"otasuke/internal/ja"
)

// outcomes of sample cases: most of what a box stops needs nobody.
var outcomes = []struct {
	was    alert.Outcome
	reason string
}{
	{alert.OutcomeHandled, "機器を調べ、ウイルスを取り除いていただきました（見本）"}, {alert.OutcomeHarmless, "確かめて、問題がないことがわかりました（見本）"}, {alert.OutcomeHarmless, "社内の検査だとわかりました（見本）"},
	{alert.OutcomeMisfire, "調べたところ、問題のない通信でした（見本）"}, {alert.OutcomeHandled, "パスワードを変えていただきました（見本）"}, {alert.OutcomeWithdrawn, "規則が誤っていたため、取り下げました（見本）"},
}

// people are those of the desk who take turns. They have no password and cannot log in.
func (m *maker) people(ctx context.Context) error {
	for i, name := range []string{"見本 あさこ", "見本 よるお"} {
		id, err := m.tenants.AddPerson(ctx, who, tenant.Person{TenantID: tenant.House, Email: fmt.Sprintf("desk%d@sample.example", i+1), Name: name, Role: tenant.RoleDesk})
		if err != nil {
			return err
		}
		m.staff = append(m.staff, id)
	}
	return nil
}

// work takes a case after a while and closes it some hours later, as the desk does; end is when the month ends.
func (m *maker) work(tx *store.Tx, a *alert.Alert, end time.Time) error {
	defer m.clock.Set(end)
	at := a.First.Add(time.Duration(2+m.rnd.ExpFloat64()*25) * time.Minute)
	if at.After(end) {
		at = end
	}
	m.clock.Set(at)
	who := m.staff[m.rnd.IntN(len(m.staff))]
	if err := m.alerts.TakeTx(tx, a.ID, who); err != nil {
		return err
	}
	if at = at.Add(time.Duration(1+m.rnd.IntN(40)) * time.Hour); at.After(end) {
		at = end
	}
	m.clock.Set(at)
	o := outcomes[m.rnd.IntN(len(outcomes))]
	return m.alerts.CloseTx(tx, a.ID, who, o.was, o.reason)
}

// turns are two weeks of the rota, one night of which nobody has, and what the night told the morning.
func (m *maker) turns(ctx context.Context) error {
	defer m.clock.Set(m.Now)
	svc, day := shift.New(shift.Config{Store: m.Store, Alerts: m.alerts, Clock: m.clock}), ja.Midnight(m.Now).AddDate(0, 0, -1)
	m.clock.Set(day)
	for _, r := range []struct {
		who, after, days int
	}{{0, 8, 14}, {1, 20, 5}, {1, 20 + 6*24, 8}} {
		if err := svc.Roster(ctx, who, m.staff[r.who], day.Add(time.Duration(r.after)*time.Hour), 12*time.Hour, r.days); err != nil {
			return err
		}
	}
	open, err := m.alerts.Queue(ctx, who, "sample", alert.Filter{State: alert.Open, Stars: alert.Medium, Limit: 1})
	if err != nil {
		return err
	}
	night := shift.Note{ID: "sample-2", Who: m.staff[1], Text: "夜は静かでした。★★★ が1件あり、お客様はまだお出になりません。", Points: []shift.Point{{Text: "交換品の箱が届いたか、運送会社に確かめる"}}}
	for i := range open {
		a := &open[i].Alert
		night.Points = append(night.Points, shift.Point{Text: "案件 " + ja.CaseNumber(a.Case) + " のお客様に、もう一度電話する", CompanyID: a.TenantID, AlertID: a.ID})
		book, err := playbook.Load()
		if err != nil {
			return err
		}
		if err := m.alerts.Tick(ctx, a.TenantID, a.ID, m.staff[1], book.Of(a.Family)[0].Key, true); err != nil {
			return err
		}
	}
	m.clock.Set(m.Now.Add(-14 * time.Hour))
	if err := svc.Write(ctx, shift.Note{ID: "sample-1", Who: m.staff[0], Text: "日中の相談は3件で、どれも終わりました。"}); err != nil {
		return err
	}
	m.clock.Set(m.Now.Add(-13 * time.Hour))
	if err := svc.Read(ctx, m.staff[1], "sample-1"); err != nil {
		return err
	}
	m.clock.Set(m.Now.Add(-time.Hour))
	return svc.Write(ctx, night)
}

// misfires has the desk call alerts of one rule wrong, so that the rule is held until somebody decides.
func (m *maker) misfires(ctx context.Context) error {
	svc := misfire.New(misfire.Config{Store: m.Store, Alerts: m.alerts, Clock: m.clock})
	for _, family := range fromInside {
		for _, c := range m.all {
			all, err := m.alerts.List(ctx, c.id, alert.Filter{State: alert.Open})
			if err != nil {
				return err
			}
			for i := range all {
				if all[i].Family != family {
					continue
				}
				if err := svc.Mark(ctx, c.id, all[i].ID); err != nil {
					return err
				}
				break
			}
		}
		if held, err := svc.List(ctx); err != nil || len(held) > 0 {
			return err
		}
	}
	return nil
}
