package portal

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/tenant"
)

// What was blocked wrongly is said on the alert's page and answered on the requests' page.
func TestRequests(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	says(t, b.page("/requests"), "お申し出は、まだありません。")
	page := b.page("/alerts/1795237521-1")
	says(t, page, "まちがって止まったと思うとき", "確かめてもらう")
	if strings.Count(page, "<option>") != 1 {
		t.Error("the same thing is offered twice")
	}
	what := o.alerts[ours][0].Evidence[0].What
	status, body := b.post("/alerts/1795237521-1/wrong", url.Values{"csrf": {"form-token"}, "what": {what}, "note": {"検査の機械です"}})
	if status != http.StatusOK {
		t.Fatal(status)
	}
	says(t, body, "お預かりしました。", what, "佐藤 花子", "検査の機械です", "窓口が確かめています")
	if a := o.requests[0]; a.PersonID != "p1" || a.List != "案件 482913" || a.Category != "c2" {
		t.Errorf("%+v", a)
	}
	// What was not in the alert is not asked about.
	if _, _ = b.post("/alerts/1795237521-1/wrong", url.Values{"csrf": {"form-token"}, "what": {"anything.example"}}); o.requests[1].What != what {
		t.Errorf("%+v", o.requests[1])
	}
	for path, want := range map[string]int{"/alerts/1795237521-9/wrong": http.StatusNotFound, "/alerts/1795237000-2/wrong": http.StatusBadRequest} {
		if status, _ := b.post(path, url.Values{"csrf": {"form-token"}}); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := b.post("/alerts/1795237521-1/wrong", url.Values{}); status != http.StatusForbidden {
		t.Errorf("without the form's token: %d", status)
	}
}

func TestRequestStates(t *testing.T) {
	t.Parallel()
	o := sample()
	o.requests = []appeal.Appeal{
		{TenantID: ours, What: "shop.example<b>", Device: "営業ノート2", Reason: "work", State: appeal.Accepted, Answer: "仕入れ先のサイトでした。", Asked: now.Add(-time.Hour)},
		{TenantID: ours, What: "bank.example", Reason: "known", State: appeal.Refused, Answer: "偽のサイトでした。", Asked: now},
		{TenantID: theirs, What: "theirs.example", State: appeal.Open, Asked: now},
	}
	b := at(t, o)
	page := b.page("/requests")
	says(t, page, "shop.example&lt;b&gt;", "営業ノート2 · 仕事で必要です", "問題なし：開けるようにします", "窓口から: 仕入れ先のサイトでした。", "危ないおそれ：止めたままにします")
	if strings.Contains(page, "theirs.example") {
		t.Error("another company's request")
	}
	o.role = tenant.RoleReadonly
	if page := b.page("/alerts/1795237521-1"); strings.Contains(page, "/wrong") {
		t.Error("who may only read is shown the form")
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := at(t, sample())
	says(t, b.page("/limits"), "ボックスは暗号を開けません", "https のページからのダウンロード", "接続できません", "切らずに使ってください")
	for _, from := range []string{"/", "/used"} {
		if !strings.Contains(b.page(from), `href="/limits"`) {
			t.Errorf("%s does not lead there", from)
		}
	}
}
