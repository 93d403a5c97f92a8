package demo

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var boxField = regexp.MustCompile(`name="box" value="([^"]+)"`)

// selftest is step 17: the owner has the box test itself, and it answers over its own connection, once a minute at most.
func (d *demo) selftest(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "17", Expected: "the box says within seconds that all works, and is not tested twice in a minute"}
	ask := d.portal(ctx)
	press := func() string {
		form := url.Values{}
		page := ask(http.MethodGet, "/selftest", nil)
		for name, field := range map[string]*regexp.Regexp{"csrf": csrf, "box": boxField} {
			if m := field.FindStringSubmatch(page); m != nil {
				form.Set(name, m[1])
			}
		}
		return ask(http.MethodPost, "/selftest", form)
	}
	page := press()
	took := time.Since(start)
	soon := press()
	missing := ""
	for _, word := range []string{"項目すべて、正しく動いています", "会社を出入りする通信を、いま調べています", "試し用のあて先を、正しく止めました", "ルーターとつながっています", "社内のハブとつながっています", "書いて読み返せました"} {
		if missing == "" && !strings.Contains(page, word) {
			missing = word
		}
	}
	switch {
	case missing != "":
		s.Seen = "the result does not say: " + missing
	case took > 8*time.Second:
		s.Seen = "it took " + took.Round(time.Millisecond).String()
	case !strings.Contains(soon, "いま診断したばかりです"):
		s.Seen = "it is tested again at once"
	default:
		s.Seen, s.OK = s.Expected, true
		s.Note = "look at 「ボックスの自己診断」 in the portal"
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "The owner has the box test itself")
}
