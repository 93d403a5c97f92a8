package reply

import (
	_ "embed"
	"html"
	"strconv"
	"strings"

	"otasuke/content/text"
	"otasuke/gateway/internal/appeal"
	"otasuke/wire"
)

// pageHTML is the page in place of a blocked one. It must load nothing from anywhere:
// whoever reads it may be cut off from everything else.
//
//go:embed blockpage.html
var pageHTML string

// headers of all pages. No other page may show them in a frame, where a click could be
// stolen.
const headers = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close\r\n" +
	"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n" +
	"X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"

// texts of the page; they do not change.
var texts = func() *text.Catalogue {
	c, err := text.Load()
	if err != nil {
		return new(text.Catalogue) // shows keys; tests rule it out
	}
	return c
}()

// reasons are the keys of the sentences that say why and that calm, by category; others
// are known to be dangerous.
var reasons = map[string][2]string{
	"phishing": {"block.why_phishing", "block.calm_danger"}, "scam": {"block.why_phishing", "block.calm_danger"},
	"virus":   {"block.why_virus", "block.calm_danger"},
	"company": {"block.why_company", "block.calm_company"}, "encrypted-dns": {"block.why_company", "block.calm_company"},
}

// outcomes are the sentences that answer a request.
var outcomes = map[appeal.Outcome]string{
	appeal.Sent: "block.said_sent", appeal.Again: "block.said_again", appeal.TooMany: "block.said_many", appeal.Old: "block.said_old",
}

// Blocked is the page for something of a category; its buttons post to ticket, and are left
// out without one. The list may tell that it was found at another company: at which is nobody's business.
func Blocked(what, category, list, ticket string) []byte {
	keys, ok := reasons[category]
	elsewhere := list == wire.ListStops || list == wire.FileStopped
	switch {
	case elsewhere && category != "virus":
		keys = [2]string{"block.why_elsewhere", "block.calm_danger"}
	case elsewhere:
		keys = [2]string{"block.why_file_elsewhere", "block.calm_danger"}
	case !ok:
		keys = [2]string{"block.why_danger", "block.calm_danger"}
	}
	what = "<b>" + html.EscapeString(what) + "</b>"
	return page("403 Forbidden", "block.title", func(t text.Texts) string {
		s := "<p>" + t.T(keys[0], "what", what) + "</p><p>" + t.T(keys[1]) + "</p><p>" + t.T("block.work") + "</p>"
		if ticket == "" {
			return s
		}
		s += `<form method="post" action="` + html.EscapeString(ticket+appeal.Known) + `"><p>` + t.T("block.wrong") + "</p>"
		for _, reason := range []string{appeal.Known, appeal.Work} {
			s += `<button formaction="` + html.EscapeString(ticket+reason) + `">` + t.T("block.wrong_"+reason) + "</button>"
		}
		return s + "</form>"
	})
}

// Said is the page that answers a request.
func Said(out appeal.Outcome) []byte {
	title := "block.said_title"
	if out == appeal.TooMany || out == appeal.Old {
		title = "block.said_not"
	}
	return page("200 OK", title, func(t text.Texts) string { return "<p>" + t.T(outcomes[out]) + "</p>" })
}

// page is a whole response.
func page(status, title string, say func(text.Texts) string) []byte {
	var holes []string
	for _, lang := range []string{"ja", "en"} {
		t, prefix := texts.In(lang), ""
		if lang == "en" {
			prefix = "en."
		}
		holes = append(holes, "{{"+prefix+"title}}", t.T(title), "{{"+prefix+"text}}", say(t))
	}
	body := strings.NewReplacer(holes...).Replace(pageHTML)
	return []byte("HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}
