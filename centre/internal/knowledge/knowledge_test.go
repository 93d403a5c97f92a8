package knowledge

import (
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/content/families"
	"otasuke/internal/ja"
	"otasuke/wire"
)

func load(t *testing.T) *Knowledge {
	t.Helper()
	k, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// at is a time of day in Japan on Saturday 21 November 2026.
func at(hour, minute int) time.Time { return time.Date(2026, 11, 21, hour, minute, 21, 0, ja.Zone) }

func c2() *alert.Alert {
	return &alert.Alert{
		ID: "1795237521-1652", Case: "482913", DeviceName: "経理のパソコン", DeviceAddr: "192.168.1.23", Family: "c2",
		Stars: alert.High, Blocked: true, State: alert.Open, First: at(14, 5), Last: at(14, 5), Count: 1, BoxID: "bx1",
		Evidence: []alert.Evidence{{EventID: "e1", Time: at(14, 5), What: "ET MALWARE X CnC (sid 2045001)", Verdict: "blocked",
			Proto: "TCP", Src: "192.168.1.23", SrcPort: 50512, Dst: "203.0.113.9", DstPort: 443, App: "tls", Mitre: []string{"T1071"}}},
	}
}

func TestStoppedControlledDevice(t *testing.T) {
	t.Parallel()
	x := load(t).Explain(c2(), "ja", at(14, 6))
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(x.What, "「経理のパソコン」がウイルスに操作された疑い")
	f(x.Done, "外への通信は止めました")
	f(x.Deadline, "本日中にお願いします")
	f(x.DueText, "11月21日(土) 18:00 まで")
	f(x.Stopped, "はい。お助けボックスが 11月21日(土) 14:05 に、この通信を止めました。")
	f(x.StarsWords, "重要度 高（★★★）")
	f(x.Case, "482 913")
	if strings.Contains(x.Danger, "ほかの機器") {
		t.Errorf("claims something about other devices without having looked: %q", x.Danger)
	}
	if len(x.Steps) != 4 || x.NothingToDo {
		t.Errorf("steps %d, nothing to do %v", len(x.Steps), x.NothingToDo)
	}
	if e := load(t).Explain(c2(), "en", at(14, 6)); e.Lang != "en" || e.Deadline != "Please act today" {
		t.Errorf("English: %q %q", e.Lang, e.Deadline)
	}
}

func TestStoppedOutsideAttackAsksForNothing(t *testing.T) {
	t.Parallel()
	a := c2()
	a.Family, a.Stars = "exploit", alert.Low
	x := load(t).Explain(a, "ja", at(14, 6))
	if !x.NothingToDo || len(x.Steps) != 0 || x.Dont != "" || !x.Due.IsZero() || x.DueText != "" || x.Boss != "" || x.Board != "" {
		t.Errorf("a stopped attack asks for work: %+v", x)
	}
	a.Blocked, a.Stars = false, alert.High
	x = load(t).Explain(a, "ja", at(14, 6))
	if x.NothingToDo || len(x.Steps) == 0 || !strings.Contains(x.Do, "LAN ケーブル") || !strings.HasPrefix(x.Stopped, "いいえ") {
		t.Errorf("an attack that got through must say so and ask for help: %+v", x)
	}
}

func TestDeadlineIsTrueWhenItIsRead(t *testing.T) {
	t.Parallel()
	k := load(t)
	f := func(first, now time.Time, family, want string) {
		t.Helper()
		a := c2()
		a.First, a.Last, a.Family = first, first, family
		if got := k.Explain(a, "ja", now).Deadline; got != want {
			t.Errorf("first %v, now %v: %q, want %q", first, now, got, want)
		}
	}
	f(at(9, 0), at(9, 1), "c2", "本日中にお願いします")
	f(at(15, 59), at(16, 5), "c2", "本日中にお願いします")
	f(at(17, 30), at(17, 31), "c2", "明日の昼までにお願いします")
	f(at(23, 59), at(24, 1), "c2", "本日中にお願いします") // read after midnight, due that noon
	f(at(9, 0), at(19, 0), "c2", "いますぐお願いします")
	f(at(9, 0), at(9, 1), "ransomware", "いますぐお願いします")
	f(at(9, 0), at(9, 1), "site-malware", "11月28日(土)中にお願いします")
}

func TestSpreadIsSaidOnlyAfterALook(t *testing.T) {
	t.Parallel()
	k := load(t)
	f := func(want string, others ...alert.Alert) {
		t.Helper()
		a := c2()
		x := k.Explain(a, "ja", at(14, 6))
		k.Spread(&x, a, append(others, *a))
		if !strings.HasSuffix(x.Danger, want) {
			t.Errorf("%q, want …%q", x.Danger, want)
		}
	}
	f("ほかの機器への広がりは見つかっていません。")
	f("ほかの機器への広がりは見つかっていません。", alert.Alert{ID: "2", Family: "exploit", DeviceAddr: "192.168.1.9"},
		alert.Alert{ID: "3", Family: "c2", DeviceAddr: "192.168.1.9", State: alert.Closed}, alert.Alert{ID: "4", Family: "coinminer", DeviceAddr: "192.168.1.23"})
	f("ほかに 1 台あります。", alert.Alert{ID: "2", Family: "c2", DeviceAddr: "192.168.1.9"})
	f("ほかに 1 台あります。", alert.Alert{ID: "2", Family: "lateral", DeviceAddr: "192.168.1.23"})
	a := c2()
	a.Family = "phishing"
	x := k.Explain(a, "ja", at(14, 6))
	before := x.Danger
	if k.Spread(&x, a, nil); x.Danger != before {
		t.Errorf("a false login page does not spread: %q", x.Danger)
	}
}

func TestTechnicalBlockHasEveryField(t *testing.T) {
	t.Parallel()
	x := load(t).Explain(c2(), "ja", at(14, 6))
	var labels []string
	for _, f := range x.Technical {
		labels = append(labels, f.Label)
	}
	for _, want := range []string{"アラート種別", "アラートID", "検知日時", "判定", "送信元IPアドレス", "送信元ポート", "送信先IPアドレス", "送信先ポート", "MITRE ATT&CK"} {
		if !slices.Contains(labels, want) {
			t.Errorf("no %s", want)
		}
	}
	if len(x.Records) != 1 || x.Records[0].Dst != "203.0.113.9:443" || x.Records[0].Verdict != "遮断" {
		t.Errorf("records: %+v", x.Records)
	}
	a := c2()
	a.Evidence, a.DeviceName, a.DeviceAddr = nil, "", ""
	if x := load(t).Explain(a, "ja", at(14, 6)); x.Device != "名前のない機器" || len(x.Technical) == 0 {
		t.Errorf("an alert without evidence: %+v", x)
	}
}

// Who was kept from something that was found at another company reads that, in both languages; others do not.
func TestFoundElsewhere(t *testing.T) {
	t.Parallel()
	k := load(t)
	for what, want := range map[string]bool{"evil.example (phishing, stops)": true, wire.FileStopped + " (invoice.pdf)": true, "evil.example (phishing, urlhaus)": false, "stops.example (stops, mine)": false, "ET MALWARE x, stops) [1:2:3]": false} {
		a := c2()
		a.Evidence[0].Kind, a.Evidence[0].What = string(wire.KindSite), what
		for lang, text := range map[string]string{"ja": "ほかの会員企業で危険と確認", "en": "at another member"} {
			if got := strings.Contains(k.Explain(a, lang, at(14, 6)).Happened, text); got != want {
				t.Errorf("%s in %s: %v", what, lang, got)
			}
		}
	}
}

func TestNoHoleIsLeft(t *testing.T) {
	t.Parallel()
	k := load(t)
	for _, key := range k.families.Keys() {
		for _, blocked := range []bool{true, false} {
			for _, lang := range []string{"ja", "en"} {
				a := c2()
				a.Family, a.Blocked, a.Count = key, blocked, 3
				x := k.Explain(a, lang, at(14, 6))
				for _, s := range append([]string{x.What, x.Done, x.Happened, x.Stopped, x.Danger, x.Do, x.Deadline, x.Count, x.Risk}, x.Steps...) {
					if s == "" || strings.ContainsAny(s, "{}") {
						t.Errorf("%s %s blocked=%v: %q", key, lang, blocked, s)
					}
				}
			}
		}
	}
}

func TestClassifier(t *testing.T) {
	t.Parallel()
	k := load(t)
	e := &wire.Event{Kind: wire.KindIPS, Direction: wire.Outbound, Rule: &wire.Rule{Msg: "ET MALWARE X", Class: "trojan-activity"}}
	if got := k.Family(e); got != "c2" || !k.Controlled(got) || k.Outside(got) {
		t.Errorf("got %q", got)
	}
	if got := k.Family(&wire.Event{Kind: wire.KindSite, Site: &wire.Site{Category: "phishing"}}); got != "phishing" || k.Controlled(got) {
		t.Errorf("got %q", got)
	}
	if k.MaxStars("policy") != alert.Medium || k.MaxStars("c2") != alert.High {
		t.Error("only what is no attack is capped")
	}
	if k.Controlled("from-the-future") || k.Title("from-the-future", "ja") == "" {
		t.Error("an unknown family must be shown as the fallback")
	}
	if Due(families.Today, at(9, 0)).Before(at(9, 0)) {
		t.Error("due before it began")
	}
}
