package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"otasuke/centre/internal/tenant"
)

// A request is answered with a word; a refusal without one is not sent.
func TestRequests(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	page := b.page("/requests")
	for _, want := range []string{"shop.example&lt;b&gt;", "株式会社佐藤製作所", "経理のPC · feed / phishing · 仕事で必要です", "3 回", "いつも通すサイト", "名前のあるサイトではない"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	post := func(path, answer, note string) (int, string) {
		return b.post(path, url.Values{"csrf": {"form-token"}, "answer": {answer}, "note": {note}})
	}
	if _, page := post("/requests/sato/r1", "refuse", " "); !strings.Contains(page, "ひとこと書いてください") || len(c.did) != 0 {
		t.Errorf("a refusal without a word: %v", c.did)
	}
	if _, page := post("/requests/sato/r1", "refuse", "偽のサイトです。"); !strings.Contains(page, "「止めたままにする」と答えました") {
		t.Error("no word about the refusal")
	}
	if _, page := post("/requests/sato/r1", "accept", ""); !strings.Contains(page, "方針には足せなかった") {
		t.Error("no word that no policy has it")
	}
	if _, page := post("/requests/sato/r1", "accept", "確かめました。"); !strings.Contains(page, "「いつも通すサイト」に加えました") {
		t.Error("no word that it is let through")
	}
	const why = "申し出を確かめて、通すことにしたため。"
	if want := []string{"decide|sato|r1|op|false|偽のサイトです。|" + why + " 偽のサイトです。", "decide|sato|r1|op|true||" + why, "decide|sato|r1|op|true|確かめました。|" + why + " 確かめました。"}; !slices.Equal(c.did, want) {
		t.Errorf("%q", c.did)
	}
	if _, page := post("/requests/sato/r2", "accept", ""); !strings.Contains(page, "もう答えています") {
		t.Error("answered twice")
	}
	if status, _ := post("/requests/sato/r1", "perhaps", ""); status != http.StatusBadRequest {
		t.Errorf("another answer: %d", status)
	}
	c.role = tenant.RoleReadonly
	if status, _ := post("/requests/sato/r1", "accept", ""); status != http.StatusForbidden {
		t.Errorf("who may only read: %d", status)
	}
}
