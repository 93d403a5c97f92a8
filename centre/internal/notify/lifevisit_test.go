package notify

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/dispatch"
	"otasuke/internal/ja"
)

// vendorOf is whom the desk sends, in their language.
func (l *life) vendorOf(name, email, postcode string) {
	l.t.Helper()
	_, err := l.visits.PutVendor(l.t.Context(), "noda", dispatch.Vendor{Name: name, Phone: "06-1234-5678", Email: email, Postcode: postcode, Areas: []string{"大阪府"}, Skills: []string{"first"}, Days: "1234567", Opens: "00:00", Shuts: "00:00", From: "2026-10-01", Yen: 16500, Lang: l.lang})
	l.ok(err)
}

// TestLettersOfAVisit has one vendor who says nothing and a second who goes: what each of them, the customer and the desk read on the way, until the
// cause is known; and a visit that nobody takes, and one that is called off.
func TestLettersOfAVisit(t *testing.T) {
	lives(t, func(l *life) {
		t, ctx := l.t, l.t.Context()
		const silent, goes = "silent@vendor.example", "goes@vendor.example"
		customer := map[string]string{ja.Japanese: "hanako@sato.example.jp", ja.English: "maria@sato.example.jp"}[l.lang]
		l.vendorOf("となりシステム", silent, "5400029")
		l.vendorOf("本町システム", goes, "5500001")
		brief := dispatch.Brief{Company: "佐藤製作所", Contact: "佐藤", Phone: "06-1234-5678", Postcode: "540-0029", Address: "大阪府大阪市中央区本町橋2-8", Skill: "first", Urgent: true, Seen: "攻撃者のサーバーへの通信", Device: "経理のパソコン", First: "写真を撮る", Keep: "電源を切らない", Lang: l.lang}
		ask := func() (id string) {
			t.Helper()
			l.next()
			id, err := l.visits.Ask(ctx, l.id, "noda", dispatch.Wish{AlertID: "1-1", Brief: brief})
			l.ok(err)
			l.work()
			return id
		}
		id := ask()
		if m := l.got("visit-offer", silent); strings.Contains(m.Subject+m.Text, brief.Company) || strings.Contains(m.Text, "本町橋") {
			t.Errorf("whose office it is: %s\n%s", m.Subject, m.Text)
		}
		l.next()
		l.later(dispatch.DefaultPatience + time.Minute)
		token := regexp.MustCompile(`/visit/(\S+)`).FindStringSubmatch(l.got("visit-offer", goes).Text)[1]
		l.next()
		l.ok(l.visits.Accept(ctx, token, "13時ごろ"))
		l.work()
		l.got("visit-accepted", customer, "本町システム", "13時ごろ", "06-1234-5678")
		l.next()
		l.ok(l.visits.Step(ctx, token, dispatch.Travelling))
		l.work()
		l.got("visit-travelling", customer)
		l.next()
		l.ok(l.visits.Step(ctx, token, dispatch.Arrived))
		l.ok(l.visits.Step(ctx, token, dispatch.Working))
		l.work()
		l.none("somebody is in the room")
		drawn, err := attach.Check("sign.png", strings.NewReader("\x89PNG\r\n\x1a\n"), attach.PNG)
		l.ok(err)
		l.ok(l.visits.Finish(ctx, token, dispatch.Report{Found: "偽の更新プログラム", Did: "隔離し、写真を残した", Costs: []dispatch.Cost{{What: "出張", Yen: 16500}}, Signer: "佐藤 花子"}, &drawn))
		l.work()
		l.got("visit-done", customer)
		l.got("visit-staff-unknown", deskMail, "佐藤製作所")
		l.next()
		l.ok(l.visits.Follow(ctx, l.id, id, "noda", "メーカーの回答待ち"))
		l.work()
		l.got("visit-followup", customer)
		l.next()
		l.ok(l.visits.Close(ctx, l.id, id, "noda", "メーカーと初期化で合意"))
		l.work()
		l.got("visit-closed", customer)

		id = ask()
		l.ok(l.visits.Cancel(ctx, l.id, id, "noda", "電話で解決した"))
		l.work()
		l.got("visit-cancelled", customer, "電話で解決した")

		ask()
		l.next()
		l.later(dispatch.DefaultPatience + time.Minute)
		l.later(dispatch.DefaultPatience + time.Minute)
		l.got("visit-staff-nobody", deskMail, "佐藤製作所")
	})
}
