package sample

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

// bills makes the invoices of a month, where the centre makes invoices; all but the newest are paid.
func (m *maker) bills(ctx context.Context, month string) error {
	if m.Provider.Number == "" {
		return nil
	}
	books := billing.New(billing.Config{Store: m.Store, Contracts: m.contracts, Provider: m.Provider, Clock: m.clock})
	if err := books.HandleMonth(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"month":%q}`, month))); err != nil {
		return err
	}
	for i, c := range m.all {
		if !c.lively || i%7 == 6 { // every seventh is late
			continue
		}
		all, err := books.Of(ctx, c.id)
		if err != nil {
			return err
		}
		for _, inv := range all[min(1, len(all)):] {
			if inv.Open() {
				if err := books.PayByHand(ctx, who, inv.Number, min(inv.Due, m.clock.Now().In(ja.Zone).Format(time.DateOnly)), "見本の入金"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// asked is what customers asked the desk: some have an answer, one is closed and was found good, one waits.
var asked = []struct {
	topic, subject, text, answer string
	ago                          time.Duration
	face                         int
}{
	{"alert", "お知らせのメールについて", "★★のお知らせが届きました。何をすればよいですか。", "そのパソコンで開いたメールを消していただければ大丈夫です。箱が止めましたので、外には何も出ていません。", 12 * 24 * time.Hour, 3},
	{"use", "新しいパソコンを入れました", "パソコンを1台入れ替えました。何か設定は要りますか。", "設定は要りません。つないだ日から見守ります。名前は「機器」の画面で付けられます。", 5 * 24 * time.Hour, 0},
	{"use", "怪しい電話", "パソコンの会社を名乗る電話がありました。遠隔操作をさせてほしいと言われましたが、切りました。", "", 30 * time.Minute, 0},
}

// consult leaves tickets at the desk.
func (m *maker) consult(ctx context.Context) error {
	defer m.clock.Set(m.Now)
	svc := desk.New(desk.Config{Store: m.Store, People: m.tenants, Book: m.Book, Texts: m.Texts, Clock: m.clock, Domain: "sample.example"})
	answerer := tenant.Person{TenantID: tenant.House, ID: who, Name: "見本 窓口", Role: tenant.RoleDesk}
	for i, q := range asked {
		if i >= m.Lively || i >= len(m.all) {
			break
		}
		c := m.all[i]
		people, err := m.tenants.People(ctx, c.id)
		if err != nil || len(people) == 0 {
			return err
		}
		t := desk.Ticket{Channel: desk.Portal, Topic: q.topic, Subject: q.subject, Name: people[0].Name, Email: people[0].Email, PersonID: people[0].ID, Lang: ja.Japanese}
		if open, err := m.alerts.List(ctx, c.id, alert.Filter{Limit: 1}); err != nil {
			return err
		} else if q.topic == "alert" && len(open) > 0 {
			t.AlertID = open[0].ID
		}
		m.clock.Set(m.Now.Add(-q.ago))
		if t, err = svc.Open(ctx, c.id, people[0].ID, t, desk.Said{Text: q.text}); err != nil {
			return err
		}
		if q.answer == "" {
			continue
		}
		m.clock.Advance(25 * time.Minute)
		if err := svc.Answer(ctx, c.id, t.ID, answerer, q.answer, false); err != nil {
			return err
		}
		if q.face > 0 {
			if err := errors.Join(svc.Close(ctx, c.id, t.ID, who, "解決"), svc.Rate(ctx, c.id, t.ID, people[0].ID, q.face, "すぐに返事がもらえて安心しました。")); err != nil {
				return err
			}
		}
	}
	return nil
}

// family has some companies let the first one look, and answer its questionnaire, all but the last.
func (m *maker) family(ctx context.Context) error {
	if m.Lively < 3 {
		return nil
	}
	defer m.clock.Set(m.Now)
	parent, members := m.all[0], m.all[1:min(m.Lively, 7)]
	m.clock.Set(m.Now.AddDate(0, 0, -20))
	for i, c := range members {
		kinds := tenant.ShareKinds
		if i%3 == 2 {
			kinds = kinds[:1]
		}
		if _, err := m.tenants.NewShare(ctx, who, c.id, parent.id, kinds, m.Now.AddDate(0, 6, 0)); err != nil {
			return err
		}
	}
	svc := survey.New(survey.Config{Store: m.Store, Shares: m.tenants, Clock: m.clock})
	id := fmt.Sprintf("samplesurvey%014d", m.Seed)
	q := survey.Survey{ID: id, Title: "情報セキュリティの基本 10問", Lead: "グループの全社に、年に一度お聞きしています（見本）。", Due: m.Now.AddDate(0, 0, 10)}
	for n := range 10 {
		key := fmt.Sprint("survey.basic_", n+1)
		q.Questions = append(q.Questions, survey.Question{Kind: survey.Check, JA: m.Texts.In(ja.Japanese).T(key), EN: m.Texts.In(ja.English).T(key)})
	}
	raw := json.RawMessage(fmt.Sprintf(`{"id":%q}`, id))
	if err := errors.Join(svc.Send(ctx, parent.id, who, q), svc.HandleSpread(ctx, parent.id, raw)); err != nil {
		return err
	}
	for i, c := range members[:len(members)-1] {
		people, err := m.tenants.People(ctx, c.id)
		if err != nil || len(people) == 0 {
			return err
		}
		m.clock.Advance(26 * time.Hour)
		answers := make([]survey.Answer, len(q.Questions))
		for n := range answers {
			answers[n].Mark = survey.Marks[[]int{0, 0, 0, 1, 2, 0, 0, 3}[(n*3+i*5)%8]]
		}
		if err := errors.Join(svc.Write(ctx, c.id, people[0].ID, id, answers, true), svc.HandleDeliver(ctx, c.id, raw)); err != nil {
			return err
		}
	}
	return nil
}
