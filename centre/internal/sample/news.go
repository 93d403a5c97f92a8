package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"otasuke/centre/internal/bulletin"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// nobody takes mails and gives them to nobody.
type nobody struct{}

func (nobody) Send(context.Context, mail.Message) error { return nil }

// announced are the three that everybody got, the oldest first.
var announced = []news.Piece{
	{Kind: news.Notice, Title: map[string]string{"ja": "年末年始の相談窓口について", "en": "The desk at the turn of the year"},
		Body: map[string]string{"ja": "12月29日から1月3日まで、相談窓口はお休みです。\n\n見守りと、重要度 高（★★★）のお知らせは、休みのあいだも続きます。", "en": "The desk is closed from 29 December to 3 January.\n\nThe watch goes on, and so do alerts of high importance (★★★)."}},
	{Kind: news.Warning, Title: map[string]string{"ja": "「サポートに電話を」と出る画面にご注意ください", "en": "Beware of screens that tell you to ring a support number"},
		Body: map[string]string{"ja": "パソコンの画面に、大きな音とともに「ウイルスに感染しました。電話してください」と出る詐欺が増えています。\n\n## していただくこと\n- 表示された番号に電話をかけない\n- 画面が消えないときは、Escキーを長く押す\n- 困ったら、このサービスの窓口へ\n\n電話をかけてしまっても、あなたのせいではありません。すぐにご相談ください。", "en": "Screens that shout “You have a virus, ring this number” are fraud.\n\n## What to do\n- Do not ring the number\n- If the screen stays, hold the Esc key\n- Ring our desk instead\n\nIf you have rung already it is not your fault: tell us at once."}},
	{Kind: news.Seminar, Title: map[string]string{"ja": "30分でわかる、あやしいメールの見分け方", "en": "Suspicious mails in 30 minutes"},
		Body: map[string]string{"ja": "本物のメールと偽物のメールを見比べながら、見分けるこつをお話しします。\n\n- 実際に届いたメールの例\n- 開いてしまったときの、最初の5分\n- 質問の時間\n\nどなたでもご参加いただけます。", "en": "We compare real mails and false ones.\n\n- Mails that really came\n- The first five minutes after opening one\n- Your questions"}},
}

// announcements sends three pieces of news, one of them a seminar with people in it, and leaves two drafts from a source.
func (m *maker) announcements(ctx context.Context) error {
	texts, err := text.Load()
	if err != nil {
		return err
	}
	s := news.New(news.Config{Store: m.Store, Companies: m.tenants, Contracts: m.contracts, Texts: texts, Sender: nobody{}, Domain: "news.sample.example", Provider: "みほん商工会議所", Phone: "050-0000-0000", Portal: "https://portal.sample.example", Clock: m.clock})
	var last news.Piece
	for i, p := range announced {
		m.clock.Set(m.Now.AddDate(0, 0, 7*(i-len(announced))))
		p.Title, p.Body = maps.Clone(p.Title), maps.Clone(p.Body)
		if p.Kind == news.Seminar {
			start := ja.Midnight(m.Now).AddDate(0, 0, 12).Add(14 * time.Hour)
			p.Meeting = &news.Meeting{Starts: start, Ends: start.Add(30 * time.Minute), Place: "みほん会館 3階 会議室", Online: "https://meet.sample.example/mail", Seats: 4}
		}
		if last, err = s.Write(ctx, "system:sample", p); err != nil {
			return err
		}
		if err := s.Send(ctx, "system:sample", last.ID, last.Revision); err != nil {
			return err
		}
		if err := s.HandleSpread(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"news":%q}`, last.ID))); err != nil {
			return err
		}
		if err := m.mailed(ctx, s, last.ID); err != nil {
			return err
		}
	}
	for i, c := range m.all[:min(len(m.all), 6)] {
		if _, err := s.Take(ctx, c.id, last.ID, news.Guest{Name: names[i%len(names)], Email: fmt.Sprintf("guest%d@sample.example", i+1), Lang: ja.Japanese}); err != nil {
			return err
		}
	}
	m.clock.Set(m.Now)
	return s.Hear(ctx, "mihon-agency", []bulletin.Item{
		{Key: "sample-1", Title: "みほん電機の無線LANルーターに、外から操作できる問題", URL: "https://agency.sample.example/1", Text: "WR-100 の Ver.2.95 以前が対象。新しい版が出ている。\nCVSS 9.8 Critical", At: m.Now.AddDate(0, 0, -1)},
		{Key: "sample-2", Title: "宅配便の不在通知を装ったショートメッセージ", URL: "https://agency.sample.example/2", Text: "リンクから偽のアプリを入れさせる手口。", At: m.Now.AddDate(0, 0, -2)},
	})
}

// mailed writes down that everybody's mail went out.
func (m *maker) mailed(ctx context.Context, s *news.Service, id string) error {
	for _, c := range m.all {
		people, err := m.tenants.People(ctx, c.id)
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := s.HandleMail(ctx, c.id, json.RawMessage(fmt.Sprintf(`{"news":%q,"what":"news","to":%q}`, id, p.ID))); err != nil {
				return err
			}
		}
	}
	return nil
}
