package centre

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// Forms of pages as browsers read them; our own templates are all there is to read.
var (
	formTag  = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	fieldTag = regexp.MustCompile(`(?s)<(input|textarea|select|button)([^>]*)>([^<]*)`)
	option   = regexp.MustCompile(`<option value="([^"]*)"`)
	attr     = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

func attrs(tag string) map[string]string {
	all := map[string]string{}
	for _, m := range attr.FindAllStringSubmatch(tag, -1) {
		all[m[1]] = html.UnescapeString(m[2])
	}
	return all
}

// filled is a form: what it sends when nothing is typed, and the fields into which something can be.
type filled struct {
	values url.Values
	typed  []string
	files  bool
	file   string // the field for one
}

// formsOf finds the forms of a page by where they lead.
func formsOf(page string) map[string]filled {
	all := map[string]filled{}
	for _, m := range formTag.FindAllStringSubmatch(page, -1) {
		head := attrs(m[1])
		if head["method"] != "post" {
			continue
		}
		f := filled{values: url.Values{}, files: strings.Contains(head["enctype"], "multipart")}
		to := []string{head["action"]}
		for _, x := range fieldTag.FindAllStringSubmatch(m[2], -1) {
			a := attrs(x[2])
			switch name := a["name"]; {
			case a["formaction"] != "":
				to = append(to, a["formaction"])
			case name == "" || name == "csrf":
			case x[1] == "textarea":
				f.typed = append(f.typed, name)
			case x[1] == "select":
				if o := option.FindStringSubmatch(m[2][strings.Index(m[2], `name="`+name):]); o != nil {
					f.values.Set(name, html.UnescapeString(o[1]))
				}
			case x[1] == "button", a["type"] == "hidden", a["type"] == "radio":
				f.values.Set(name, a["value"])
			case a["type"] == "checkbox":
				f.values.Add(name, a["value"])
			case a["type"] == "file":
				f.file = name
			default:
				f.typed = append(f.typed, name)
			}
		}
		for _, one := range to {
			path, _, _ := strings.Cut(one, "?")
			all[path] = f
		}
	}
	return all
}

// usual are what forms of other pages call their fields, for routes to which no page of this test leads.
var usual = []string{"name", "email", "note", "why", "reason", "text", "answer", "company", "person", "phone", "amount", "day", "from", "until", "q", "code", "old", "password", "subject", "title", "member", "deny", "allow"}

// spoiling are routes after which this test has nobody to ask as.
var spoiling = []string{"/logout", "/people/{person}/remove", "/companies/{tenant}/erase", "/account/password", "/people/{person}", "/people/{person}/release"}

// uploads are routes with a file to which no page of this test leads: they take more.
var uploads = []string{"/cover/{tenant}/{claim}/decide"}

// hostile is what nobody should type.
var hostile = map[string]string{
	"markup": `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`, "formula": `=cmd|' /C calc'!A0`, "nul": "a\x00b", "not text": "caf\xff\xfe", "header": "x\r\nBcc: evil@evil.example\r\n\r\nbody", "turned": "\u202eevil\u200b", "long": strings.Repeat("長い", 5000),
}

// TestHostileForms fills every form of both faces with what nobody should type: the answer is a page that says what is wrong,
// with what was typed still there, or that it was taken as text. Never a fault of ours, nor a script, nor a header.
func TestHostileForms(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		do := func(face *ui.Face, who, method, path, kind string, body io.Reader) *http.Response {
			cookie, site := "portal", e.c.cfg.Portal.URL
			if face == e.console {
				cookie, site = "console", e.c.cfg.Console.URL
			}
			q := httptest.NewRequestWithContext(e.Context(), method, site+path, body)
			q.Header.Set("Content-Type", kind)
			q.AddCookie(&http.Cookie{Name: cookie, Value: e.people[who]})
			w := httptest.NewRecorder()
			face.ServeHTTP(w, q)
			return w.Result()
		}
		read := func(res *http.Response) string {
			t.Helper()
			b, err := io.ReadAll(res.Body)
			ok(t, err)
			return string(b)
		}
		big := strings.Repeat("x", 10<<20)
		for name, face := range map[string]*ui.Face{"portal": e.portal, "console": e.console} {
			who := "owner"
			if face == e.console {
				who = "operator"
			}
			forms := map[string]filled{}
			for _, r := range face.Routes {
				if r.Method == http.MethodGet && r.Scope != ui.Holder && r.Path != "/lang" {
					for to, f := range formsOf(read(do(face, who, http.MethodGet, e.address(face, r), "", nil))) {
						if known, ok := forms[to]; !ok || len(f.typed) > len(known.typed) {
							forms[to] = f
						}
					}
				}
			}
			m := token.FindStringSubmatch(read(do(face, who, http.MethodGet, "/account", "", nil)))
			if m == nil {
				t.Fatalf("%s: %s is not inside", name, who)
			}
			met, asked := 0, 0
			for _, r := range face.Routes {
				if r.Method != http.MethodPost || slices.Contains(spoiling, r.Path) || r.Scope == ui.Holder || r.Scope == ui.Insurer || strings.HasPrefix(r.Path, "/login") {
					continue
				}
				asked++
				path := e.address(face, r)
				f, found := forms[path]
				if found {
					met++
				} else {
					f = filled{values: url.Values{}, typed: usual}
				}
				for what, text := range hostile {
					values := url.Values{"csrf": {m[1]}}
					for k, v := range f.values {
						values[k] = v
					}
					for _, k := range f.typed {
						values.Set(k, text)
					}
					res := do(face, who, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
					body := read(res)
					at := fmt.Sprintf("%s: POST %s, %s: %d %s", name, r.Path, what, res.StatusCode, res.Header.Get("Location"))
					e.unharmed(at, res, body)
					if _, still := formsOf(body)[path]; still && found && len(f.typed) > 0 && res.StatusCode == http.StatusUnprocessableEntity && (what == "markup" || what == "formula") {
						e.keeps(at, text, body, f.typed)
					}
					// Refused by way of another page, nothing is lost either.
					if to := res.Header.Get("Location"); what == "markup" && found && len(f.typed) > 0 && res.StatusCode == http.StatusSeeOther {
						if next := read(do(face, who, http.MethodGet, to, "", nil)); strings.Contains(next, "flash-bad") && !strings.Contains(next, "data-passkey-fault") && !strings.Contains(to, "said=already") && !strings.Contains(to, "said=state") { // somebody was faster: the form is not there any more
							e.keeps(at+", which refuses", text, next, f.typed)
						}
					}
				}
				if res := do(face, who, http.MethodPost, path, "application/x-www-form-urlencoded", io.MultiReader(strings.NewReader("csrf="+url.QueryEscape(m[1])+"&note="), strings.NewReader(big))); res.StatusCode != http.StatusRequestEntityTooLarge && res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusForbidden && !f.files && !slices.Contains(uploads, r.Path) {
					t.Errorf("%s: POST %s with 10 MB: %d", name, r.Path, res.StatusCode)
				}
			}
			t.Logf("%s: %d of %d forms as pages have them", name, met, asked)
			if met*2 < asked {
				t.Errorf("%s: only %d of %d forms were found on pages: does the test still read them?", name, met, asked)
			}
			// What was taken as text stands on pages as text.
			for _, r := range face.Routes {
				if r.Method != http.MethodGet || r.Scope == ui.Holder {
					continue
				}
				res := do(face, who, http.MethodGet, e.address(face, r), "", nil)
				e.unharmed(fmt.Sprintf("%s: GET %s afterwards: %d", name, r.Path, res.StatusCode), res, read(res))
			}
			if _, err := e.c.tenants.SessionByToken(e.Context(), e.people[who]); err != nil {
				t.Errorf("%s: the session ended on the way: %v", name, err)
			}
		}
		if _, _, err := e.c.tenants.VerifyAudit(e.Context(), e.canary.CompanyID); err != nil {
			t.Error(err)
		}
		if _, _, err := e.c.tenants.VerifyAudit(e.Context(), tenant.House); err != nil {
			t.Error(err)
		}
	})
}

// unharmed fails for an answer that is a fault of ours, or in which what was typed is more than text.
func (e *edge) unharmed(at string, res *http.Response, body string) {
	e.Helper()
	if res.StatusCode >= http.StatusInternalServerError {
		e.Error(at)
	}
	page := strings.HasPrefix(res.Header.Get("Content-Type"), "text/html")
	if page && (strings.Contains(body, "<script>alert(") || strings.Contains(body, "<img src=x")) {
		e.Errorf("%s: a script of theirs", at)
	}
	if page && strings.ContainsRune(body, 0) {
		e.Errorf("%s: a null byte", at)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/csv") && regexp.MustCompile(`(?m)(^|,)"?=cmd`).MatchString(body) {
		e.Errorf("%s: a formula", at)
	}
	if res.Header.Get("Bcc") != "" {
		e.Errorf("%s: a header of theirs", at)
	}
}

// keeps fails for a page that says that something is wrong and has lost what was typed, or does not lead to it.
func (e *edge) keeps(at, text, body string, typed []string) {
	e.Helper()
	if !strings.Contains(html.UnescapeString(body), text) && !slices.ContainsFunc(typed, func(k string) bool {
		return strings.Contains(k, "password") || strings.Contains(k, "secret") || strings.Contains(k, "code") || k == "old"
	}) {
		e.Errorf("%s: what was typed is lost", at)
	}
	if !strings.Contains(body, `href="#`) && !strings.Contains(body, `role="alert"`) {
		e.Errorf("%s: nothing leads to what is wrong", at)
	}
}
