package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/tenant"
)

var _ Misfires = (*misfire.Service)(nil)

// wrong plays rules that may be wrong.
type wrong struct{ *centre }

func (w wrong) List(context.Context) ([]misfire.Rule, error) {
	return []misfire.Rule{
		{RuleKey: alert.RuleKey{GID: 1, SID: 2045001}, Msg: "ET MALWARE a beacon<b>", State: misfire.Held, Why: misfire.Spread, Companies: 42, At: now.Add(-time.Minute)},
		{RuleKey: alert.RuleKey{GID: 1, SID: 2030001}, Msg: "ET POLICY something", State: misfire.Withdrawn, Why: misfire.Marked, Companies: 2, At: now.Add(-26 * time.Hour)},
	}, nil
}

func (w wrong) Mark(_ context.Context, tenantID, alertID string) error {
	w.did = append(w.did, "mark|"+tenantID+"|"+alertID)
	return nil
}

func (w wrong) Release(_ context.Context, k alert.RuleKey, who string) error {
	if k.SID != 2045001 {
		return misfire.ErrNone
	}
	w.did = append(w.did, "release|"+who)
	return nil
}

func (w wrong) Withdraw(_ context.Context, _ alert.RuleKey, who, reason string) error {
	w.did = append(w.did, "withdraw|"+who+"|"+reason)
	return nil
}

// A rule on hold is released, or withdrawn with a reason that customers read; only operators decide.
func TestHeldRules(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	page := b.page("/held")
	for _, want := range []string{"a beacon&lt;b&gt;", "1時間に 42 社で反応しました", "2 社で「誤り」とされました", "取り消し"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(page, `value="withdraw"`); n != 1 {
		t.Errorf("%d rules can be decided", n)
	}
	post := func(path, do, reason string) (int, string) {
		return b.post(path, url.Values{"csrf": {"form-token"}, "do": {do}, "reason": {reason}})
	}
	if _, page := post("/held/1/2045001", "withdraw", " "); !strings.Contains(page, "理由を書いてください") || len(c.did) != 0 {
		t.Errorf("withdrawn without a reason: %v", c.did)
	}
	if _, page := post("/held/1/2045001", "withdraw", "更新でした。"); !strings.Contains(page, "取り消しました") {
		t.Error("no word that it is withdrawn")
	}
	if _, page := post("/held/1/2045001", "release", ""); !strings.Contains(page, "保留を解きました") {
		t.Error("no word that it is released")
	}
	if _, page := post("/held/1/7", "release", ""); !strings.Contains(page, "すでにそうなっています") {
		t.Error("no word that it is so already")
	}
	if want := []string{"withdraw|op|更新でした。", "release|op"}; !slices.Equal(c.did, want) {
		t.Errorf("%q", c.did)
	}
	for _, path := range []string{"/held/x/1", "/held/1/4294967296"} {
		if status, _ := post(path, "release", ""); status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, status)
		}
	}
	c.role = tenant.RoleDesk
	if status, _ := post("/held/1/2045001", "release", ""); status != http.StatusForbidden {
		t.Errorf("the desk decides: %d", status)
	}
}
