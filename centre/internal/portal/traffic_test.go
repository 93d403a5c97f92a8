package portal

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui/flows"
	"otasuke/wire"
)

var _ flows.Questions = (*question.Service)(nil)

// Ask notes what the box is asked.
func (f found) Ask(_ context.Context, id, boxID, who, _ string, q wire.Question) (string, error) {
	o := f.office
	if id != ours || boxID != "bx1" || who != "p1" {
		return "", store.ErrNotFound
	}
	if o.busy {
		return "", question.ErrTooMany
	}
	o.question = q
	return "q1", nil
}

func (o *office) Wait(ctx context.Context, id, asked string) (question.Asked, error) {
	q := question.Asked{ID: asked, BoxID: "bx1", Who: "p1", At: now, Question: o.question}
	switch {
	case id != ours:
		return q, store.ErrNotFound
	case asked == "q1":
		if q.Answer = traffic(); o.question.Spread != nil {
			q.Answer = spread()
		}
	case asked == "sums":
		q.Question.Traffic = &wire.TrafficQuery{Sum: wire.SumDevice, Name: ".updates.example", From: now, To: now}
		q.Answer = &wire.Answer{Traffic: &wire.TrafficAnswer{Since: now.AddDate(0, -1, 0), Found: 2, Sums: []wire.TrafficSum{
			{Key: "00:1b:8b:12:34:56", Device: netip.MustParseAddr("192.168.1.99"), Flows: 12, Blocked: 2, Up: 4000, Down: 9_000_000, First: now.Add(-time.Hour), Last: now}, {Key: "192.168.1.77", Device: netip.MustParseAddr("192.168.1.77"), Flows: 1}}}}
	case asked == "spread":
		q.Question = wire.Question{Spread: &wire.SpreadQuery{MAC: "00:1b:8b:12:34:56", At: now}}
		q.Answer = spread()
	case asked == "later":
		q.Question.Traffic = &wire.TrafficQuery{}
	case asked == "failed":
		q.Question.Traffic = &wire.TrafficQuery{}
		q.Answer = &wire.Answer{Failed: "answer: this box keeps no traffic log"}
	default:
		return q, store.ErrNotFound
	}
	return q, nil
}

func traffic() *wire.Answer {
	at := now.Add(-time.Hour)
	in, out := netip.MustParseAddr("192.168.1.23"), netip.MustParseAddr("203.0.113.9")
	return &wire.Answer{Traffic: &wire.TrafficAnswer{Since: now.AddDate(0, -1, 0), Found: 1204, Rows: []wire.TrafficRow{
		{Start: at, MAC: "00:1b:8b:12:34:56", Device: in, Peer: out, PeerPort: 443, Proto: 6, Name: "www.example.jp", App: "youtube", Country: "JP", Verdict: "passed", Up: 12_000, Down: 4_500_000},
		{Start: at, MAC: "00:1b:8b:12:34:56", Device: in, Peer: out, PeerPort: 443, Proto: 6, Name: "=evil<b>.example", Verdict: "blocked", Why: "site:phishing", Up: 100},
		{Start: at, MAC: "00:1b:8b:12:34:56", Device: in, Peer: netip.MustParseAddr("192.168.1.5"), PeerPort: 445, Proto: 6, Inside: true, Verdict: "passed", Up: 100, Silent: true},
	}}}
}

func spread() *wire.Answer {
	a := netip.MustParseAddr
	return &wire.Answer{Spread: &wire.SpreadAnswer{Since: now.AddDate(0, -1, 0), Devices: []wire.SpreadDevice{
		{MAC: "00:1b:8b:12:34:56", Device: a("192.168.1.23"), Signs: []string{"site:c2"}}, {MAC: "00:1b:8b:00:00:05", Device: a("192.168.1.5"), Worst: wire.Certain},
		{Device: a("192.168.1.60"), Worst: wire.Suspected}, {MAC: "00:1b:8b:aa:bb:cc", Device: a("192.168.1.40"), Worst: wire.Unseen}, {Device: a("192.168.1.61"), Worst: wire.Certain}, {Device: a("192.168.1.62"), Worst: wire.Certain},
	}, Edges: []wire.SpreadEdge{
		{From: 0, To: 1, Kind: wire.EdgeSign, Certainty: wire.Certain, What: "site:c2", First: now}, {From: 0, To: 2, Kind: wire.EdgeContact, Certainty: wire.Suspected, What: "445 SMB", First: now},
		{From: 0, To: 4, Kind: wire.EdgeScan, Certainty: wire.Certain, What: "3389 RDP", First: now.Add(time.Minute)}, {From: 0, To: 5, Kind: wire.EdgeScan, Certainty: wire.Certain, What: "3389 RDP", First: now.Add(time.Minute)},
	}}}
}

// found is the same without waiting.
type found struct{ *office }

func (f found) Get(ctx context.Context, id, asked string) (question.Asked, error) {
	return f.Wait(ctx, id, asked)
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	says(t, b.page("/traffic"), "通信の記録をさがす", "経理のパソコン (192.168.1.23)", "30日間", "止めたもの", "機器ごと")
	form := url.Values{"csrf": {"form-token"}, "device": {"d1"}, "target": {"　ＨＴＴＰＳ://www.Example.jp/a?b"}, "days": {"7"}, "kind": {"blocked"}, "sum": {"name"}}
	if status, _ := b.post("/traffic", form); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	q := o.question.Traffic
	if q == nil || q.MAC != "00:1b:8b:12:34:56" || q.Name != ".www.example.jp" || q.Verdict != "blocked" || q.Sum != "name" || now.Sub(q.From) < 6*24*time.Hour || now.Sub(q.From) > 7*24*time.Hour {
		t.Errorf("asked %+v", q)
	}
	for text, want := range map[string]string{"203.0.113.9": "203.0.113.9", "[2001:db8::1]": "2001:db8::1", "２０３．０．１１３．９": "203.0.113.9"} {
		b.post("/traffic", url.Values{"csrf": {"form-token"}, "target": {text}, "days": {"1"}})
		if got := o.question.Traffic.Peer.String(); got != want {
			t.Errorf("%q is %s", text, got)
		}
	}
	body := b.page("/traffic/q1")
	says(t, body, "1,204件見つかりました", "経理のパソコン", "www.example.jp", "YouTube", "4.5 MB", "=evil&lt;b&gt;.example", "止めたもの (接続先の一覧「phishing」)", "受付のNAS", "返事なし")
	sums := b.page("/traffic/sums")
	says(t, sums, "updates.example", "経理のパソコン", "192.168.1.77", "9.0 MB")
	if !strings.Contains(sums, `<rect width="100"`) || !strings.Contains(sums, `<rect width="0"`) {
		t.Error("sums have no bars")
	}
	says(t, b.page("/traffic/failed"), "this box keeps no traffic log")
	status, csv := b.get("/traffic/q1/csv")
	if status != http.StatusOK || !strings.Contains(csv, ",'=evil<b>.example,203.0.113.9,443,6,,,blocked,site:phishing,100,0") || !strings.HasPrefix(csv, "\ufeffstart,") {
		t.Errorf("%d %s", status, csv)
	}
	for _, path := range []string{"/traffic/nobody", "/traffic/nobody/csv", "/traffic/failed/csv", "/traffic/later/csv"} {
		if status, _ := b.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := b.post("/traffic", url.Values{"csrf": {"form-token"}, "device": {"somebody else's"}}); status != http.StatusNotFound {
		t.Errorf("a device of others: %d", status)
	}
	o.busy = true
	if _, body := b.post("/traffic", url.Values{"csrf": {"form-token"}}); !strings.Contains(body, "まだ待っています") {
		t.Error("a busy box is not told of")
	}
	o.boxes[0].LastSeen = now.Add(-time.Hour)
	says(t, b.page("/traffic/later"), "連絡がとれません")
	o.boxes = nil
	says(t, b.page("/traffic"), "使用中のボックスがありません")
}

func TestSpreadSaysWhatToDo(t *testing.T) {
	t.Parallel()
	o := sample()
	o.alerts[ours][0].DeviceID = "d1"
	b := at(t, o)
	says(t, b.page("/alerts/1795237521-1"), "どこまで広がったかを調べる")
	if status, _ := b.post("/alerts/1795237521-1/spread", url.Values{"csrf": {"form-token"}}); status != http.StatusOK || o.question.Spread == nil || o.question.Spread.MAC != "00:1b:8b:12:34:56" {
		t.Errorf("%d %+v", status, o.question)
	}
	if status, _ := b.post("/alerts/1795237521-9/spread", url.Values{"csrf": {"form-token"}}); status != http.StatusNotFound {
		t.Errorf("an alert of others: %d", status)
	}
	says(t, b.page("/traffic/spread"), "どこまで広がったか", "「経理のパソコン」から", "ほかに3台の機器で", "「受付のNAS」でも同じもの", "2台の機器を次々に探って", "「192.168.1.60」へ、それまでになかった接続", "192.168.1.40", "LANケーブルを抜き")
}
