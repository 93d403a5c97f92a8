package sample

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"mime"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
)

const who = "system:sample"

// visits leaves two vendors, a visit of the first company that is closed and, where the terms name an insurer, paid by it, and one of the second that runs.
func (m *maker) visits(ctx context.Context) error {
	defer m.clock.Set(m.Now)
	svc := dispatch.New(dispatch.Config{Store: m.Store, Clock: m.clock})
	for i, name := range []string{"みほんITサポート", "見本ネットワークサービス"} {
		if _, err := svc.PutVendor(ctx, who, dispatch.Vendor{Name: name, Phone: "050-0000-0000", Email: []string{"vendor1@sample.example", "vendor2@sample.example"}[i], Postcode: []string{"0000000", "0000001"}[i], Areas: []string{"0"},
			Skills: dispatch.Skills, Days: "1234567", Opens: "00:00", Shuts: "00:00", From: m.Now.AddDate(-2, 0, 0).In(ja.Zone).Format(time.DateOnly), Yen: 16_500, Lang: ja.Japanese}); err != nil {
			return err
		}
	}
	if len(m.all) == 0 {
		return nil
	}
	if err := m.paid(ctx, svc, m.all[0]); err != nil {
		return err
	}
	if len(m.all) < 2 {
		return nil
	}
	m.clock.Set(m.Now.Add(-time.Hour))
	_, _, err := m.sendTo(ctx, svc, m.all[1], "")
	return err
}

// sendTo has a vendor on the way to a company.
func (m *maker) sendTo(ctx context.Context, svc *dispatch.Service, c *company, alertID string) (id, token string, err error) {
	all, err := m.contracts.Contracts(ctx, c.id)
	if err != nil || len(all) == 0 {
		return "", "", err
	}
	f := &all[0].Form
	if id, err = svc.Ask(ctx, c.id, who, dispatch.Wish{AlertID: alertID, Brief: dispatch.Brief{Company: f.Company, Contact: f.Contact, Phone: f.Phone, Postcode: f.Postcode, Address: f.Address, Skill: dispatch.Skills[0], Urgent: true,
		Seen: "パソコンが攻撃者のサーバーと通信しようとしました（見本）", Device: "経理のパソコン", Did: "LANケーブルを抜いた", First: "画面と配線の写真を撮る", Keep: "電源を切らない、初期化しない", Lang: ja.Japanese}}); err != nil {
		return "", "", err
	}
	if token, err = svc.NewToken(ctx, c.id, id, 1); err != nil {
		return "", "", err
	}
	if err = svc.Accept(ctx, token, "1時間ほどで着きます"); err != nil {
		return "", "", err
	}
	m.clock.Advance(20 * time.Minute)
	return id, token, svc.Step(ctx, token, dispatch.Travelling)
}

// paid is a visit after an alert of high importance, whose claim was decided; nothing where there was no such alert.
func (m *maker) paid(ctx context.Context, svc *dispatch.Service, c *company) error {
	high, err := m.alerts.List(ctx, c.id, alert.Filter{Stars: alert.High, Limit: 1})
	if err != nil || len(high) == 0 {
		return err
	}
	a := &high[0]
	people, err := m.tenants.People(ctx, c.id)
	if err != nil || len(people) == 0 {
		return err
	}
	mail := cover.Mail{At: a.First.Add(time.Minute), Email: people[0].Email, Subject: "【重要度 高（★★★）】" + a.DeviceName, MessageID: "sample@sample.example"}
	if err := m.Store.Write(ctx, c.id, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO delivery (tenant_id, alert_id, person_id, step, email, message_id, subject, state, tries, deaths, created_at, tried_at, sent_at, latency, error)
			VALUES ($1, $2, $3, 0, $4, $5, $6, 'sent', 1, 0, $7, $7, $7, 0, '')`, a.ID, people[0].ID, mail.Email, mail.MessageID, mail.Subject, store.Micros(mail.At))
		if err == nil {
			body := mail.Subject + "\r\n\r\nこれは見本のメールです。"
			raw := []byte("From: sample@sample.example\r\nTo: " + mail.Email + "\r\nDate: " + mail.At.Format(time.RFC1123Z) + "\r\nSubject: " + mime.BEncoding.Encode("utf-8", mail.Subject) + "\r\nMessage-ID: <" + mail.MessageID + ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body + "\r\n")
			sum := sha256.Sum256(raw)
			_, err = tx.Exec(`INSERT INTO delivery_copy (tenant_id, alert_id, person_id, step, body, eml, sum) VALUES ($1, $2, $3, 0, $4, $5, $6)`, a.ID, people[0].ID, body, raw, hex.EncodeToString(sum[:]))
		}
		return err
	}); err != nil {
		return err
	}
	m.clock.Set(a.First.Add(10 * time.Minute))
	id, token, err := m.sendTo(ctx, svc, c, a.ID)
	if err != nil {
		return err
	}
	for _, to := range []dispatch.State{dispatch.Arrived, dispatch.Working} {
		m.clock.Advance(25 * time.Minute)
		if err := svc.Step(ctx, token, to); err != nil {
			return err
		}
	}
	photo, err := picture()
	if err != nil {
		return err
	}
	if err := svc.Attach(ctx, token, dispatch.Photo, &photo); err != nil {
		return err
	}
	m.clock.Advance(time.Hour)
	if err := svc.Finish(ctx, token, dispatch.Report{Found: "偽の更新プログラムが動いていました（見本）", Did: "隔離し、画面とログを残してから取り除きました", Known: true, Cause: "メールの添付ファイル", Advice: "パスワードの変更", Signer: people[0].Name,
		Costs: []dispatch.Cost{{What: "出張", Yen: 16_500}, {What: "初動対応 2時間", Yen: 26_400}}}, nil); err != nil {
		return err
	}
	if err := svc.Close(ctx, c.id, id, who, ""); err != nil {
		return err
	}
	cov := cover.New(cover.Config{Store: m.Store, Contracts: m.contracts, Alerts: m.alerts, Visits: svc, Book: m.Covers, Clock: m.clock, Mails: func(context.Context, string, string) ([]cover.Mail, error) { return []cover.Mail{mail}, nil }})
	claim, err := cov.Claim(ctx, c.id, id, who)
	if err != nil {
		return err
	}
	st, err := cov.Status(ctx, c.id, a.First)
	if err != nil || st.Terms.Insurer == "" {
		return err // nobody is there to send it to
	}
	if err := cov.Send(ctx, c.id, claim, who); err != nil {
		return err
	}
	m.clock.Advance(time.Minute)
	return cov.Decide(ctx, c.id, claim, who, cover.Decision{Paid: true, Yen: 42_900, By: st.Terms.Insurer + " 査定課", On: m.clock.Now().In(ja.Zone).Format(time.DateOnly)})
}

// picture stands for a photo.
func picture() (attach.Upload, error) {
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for i := range 320 * 240 {
		img.Set(i%320, i/320, color.RGBA{uint8(60 + i%320/4), uint8(80 + i/640), 130, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		return attach.Upload{}, err
	}
	return attach.Check("画面.jpg", &b, attach.JPEG)
}
