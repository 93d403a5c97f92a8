package centre

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// door is a page that somebody without a session reaches, or an insurer: each time anew, for what is sent may use its link up.
type door struct {
	face *ui.Face
	who  string
	open func() string
	also []string // where scripts of the page send something
}

// doors are all of them.
func (e *edge) doors() (all []door) {
	e.Helper()
	ctx, own, n := e.Context(), e.canary.CompanyID, 0
	later := time.Now().Add(time.Hour)
	link := func(tenantID, kind, ref string) string {
		token, err := e.c.tenants.NewLoginLink(ctx, tenantID, kind, ref, later)
		ok(e.T, err)
		return token
	}
	staff, err := e.c.tenants.SessionByToken(ctx, e.people["operator"])
	ok(e.T, err)
	for face, of := range map[*ui.Face]struct{ company, role, lost string }{e.portal: {own, "member", e.spare[e.portal]}, e.console: {tenant.House, "desk", e.spare[e.console]}} {
		lost := func(kind string) string {
			r, err := e.c.tenants.StartRecovery(ctx, staff, of.company, of.lost, false, "電話で確認した")
			ok(e.T, err)
			ok(e.T, e.c.store.Write(ctx, of.company, func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE recovery SET valid_at = 1 WHERE tenant_id = $1 AND id = $2`, r.ID)
				return err
			}))
			return "/recover/" + link(of.company, kind, r.ID)
		}
		all = append(all, door{face, "", func() string { return "/login" }, []string{"/login/passkey", "/login/code", "/login/code/passkey"}},
			door{face, "", func() string {
				n++
				id, err := e.c.tenants.Invite(ctx, "test", tenant.Person{TenantID: of.company, Email: fmt.Sprintf("new%d@new.example", n), Name: "新人", Role: tenant.Role(of.role)})
				ok(e.T, err)
				return "/join/" + link(of.company, tenant.TellInvite, id)
			}, nil},
			door{face, "", func() string { return lost(tenant.TellRecovery) }, nil},
			door{face, "", func() string { return lost(tenant.LinkCancel) + "/stop" }, nil})
	}
	form := contract.Form{Company: "田中工務店", Kana: "タナカ", Industry: "retail", PCs: "6", Line: "fibre", Router: "own", Contact: "田中", ContactKana: "タナカ", Email: "tanaka@tanaka.example", Phone: "0612345678", Postcode: "5400029", Address: "大阪府大阪市", Passphrase: "橋", Consents: []string{"addresses", "names", "files", "devices", "partners"}, Agreed: true}
	draft := func() string {
		token, err := e.c.contracts.Enter(ctx, form)
		ok(e.T, err)
		return token
	}
	visit := func(to ...dispatch.State) string {
		id, err := e.c.visits.Ask(ctx, own, "test", dispatch.Wish{Brief: dispatch.Brief{Company: canary, Contact: canary, Phone: "0612345678", Postcode: "5400029", Address: "大阪府" + canary, Skill: "first", Seen: "x", First: "x", Keep: "x"}})
		ok(e.T, err)
		token, err := e.c.visits.NewToken(ctx, own, id, 1)
		ok(e.T, err)
		for i, one := range to {
			if i == 0 {
				ok(e.T, e.c.visits.Accept(ctx, token, "すぐ"))
			} else {
				ok(e.T, e.c.visits.Step(ctx, token, one))
			}
		}
		return "/visit/" + token
	}
	seat, leave := e.invited()
	return append(all,
		door{e.console, "", func() string {
			l, err := e.c.LetIn(ctx, "auditor@centre.example", "認証サービスの障害のため")
			ok(e.T, err)
			return strings.TrimPrefix(l.Link, e.c.cfg.Console.URL)
		}, nil},
		door{e.portal, "", func() string { return "/apply/form" }, nil},
		door{e.portal, "", func() string { return "/apply/" + draft() }, nil},
		door{e.portal, "", func() string { return "/apply/" + draft() + "/form" }, nil},
		door{e.portal, "", func() string {
			token := draft()
			ok(e.T, e.c.contracts.Submit(ctx, token))
			return "/apply/" + token
		}, nil},
		door{e.portal, "", func() string { return visit() }, nil},
		door{e.portal, "", func() string { return visit(dispatch.Accepted) }, nil},
		door{e.portal, "", func() string {
			return visit(dispatch.Accepted, dispatch.Travelling, dispatch.Arrived, dispatch.Working)
		}, nil},
		door{e.portal, "", func() string { return "/visit/" + e.worked() }, nil},
		door{e.portal, "", func() string { return seat }, nil},
		door{e.portal, "", func() string { return leave }, nil},
		door{e.portal, "", func() string {
			_, err := e.c.news.Take(ctx, own, e.news, news.Guest{Name: canary, Email: "guest@kanaria.example", Lang: "ja"})
			ok(e.T, err)
			link, err := e.c.news.PlaceLink(ctx, own, e.news, "guest@kanaria.example")
			ok(e.T, err)
			return "/n/place/" + link
		}, nil},
		door{e.portal, "", func() (path string) {
			ok(e.T, e.c.store.Write(ctx, own, func(tx *store.Tx) error {
				token, err := e.c.tenants.NewActionLink(tx, own, e.alert, e.canary.OwnerID)
				path = "/a/" + token + "/call"
				return err
			}))
			return path
		}, nil},
		door{e.console, "insurer", func() string { return "/claims/" + own + "/" + e.claim }, nil},
	)
}

// worked is the link to the visit that is finished, where its invoice goes.
func (e *edge) worked() string {
	e.Helper()
	token, err := e.c.visits.NewToken(e.Context(), e.canary.CompanyID, e.visit, 1)
	ok(e.T, err)
	return token
}

// invited has the mail about the seminar sent, and gives the pages to which it leads.
func (e *edge) invited() (seat, leave string) {
	e.Helper()
	sink := postOffice(e.T, &e.c.cfg)
	ok(e.T, e.c.newsSender())
	var args []string
	ok(e.T, e.c.store.Read(e.Context(), e.canary.CompanyID, func(tx *store.Tx) (err error) {
		args, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = 'news.mail'`))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
		return err
	}))
	for _, one := range args {
		ok(e.T, e.c.news.HandleMail(e.Context(), e.canary.CompanyID, []byte(one)))
	}
	for _, m := range sink.Mails() {
		if at := regexp.MustCompile(`/n/seat/\S+`).FindString(m.Text); at != "" {
			seat = at
		}
		if at := regexp.MustCompile(`/n/leave/\S+`).FindString(m.Text); at != "" {
			leave = at
		}
	}
	if seat == "" || leave == "" {
		e.Fatalf("%d jobs, %d mails, none with a seat and a way out", len(args), len(sink.Mails()))
	}
	return seat, leave
}

// body is a form as browsers send it, with a file where there is a field for one.
func (f *filled) body(values url.Values) (io.Reader, string) {
	if f.file == "" {
		return strings.NewReader(values.Encode()), "application/x-www-form-urlencoded"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, all := range values {
		for _, value := range all {
			_ = w.WriteField(name, value)
		}
	}
	part, _ := w.CreateFormFile(f.file, `../../<img src=x>"`+"\u202efdp.exe")
	_, _ = io.WriteString(part, "MZ\x00<script>alert(1)</script>")
	_ = w.Close()
	return &b, w.FormDataContentType()
}

// TestHostileStrangers fills every form that needs no session, and those of an insurer, with what nobody should type, and sends 10 MB to
// each: logins, links of mails, applications, a vendor's pages, seats, ways out. No fault of ours, nothing of theirs but text, nothing lost.
func TestHostileStrangers(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		ok(t, e.c.cover.Send(t.Context(), e.canary.CompanyID, e.claim, "test"))
		asked := map[string]bool{}
		names := map[*ui.Face]string{e.portal: "portal", e.console: "console"}
		ways := map[*ui.Face]*http.ServeMux{}
		hit := ""
		for face, name := range names {
			ways[face] = http.NewServeMux()
			for _, r := range face.Routes {
				if r.Method == http.MethodPost && (r.Scope == ui.Holder || r.Scope == ui.Everyone || r.Scope == ui.Insurer) {
					at := name + ": " + r.Path
					asked[at] = false
					ways[face].HandleFunc("POST "+r.Path, func(http.ResponseWriter, *http.Request) { hit = at })
				}
			}
		}
		n := 0
		send := func(d *door, method, path, kind string, body io.Reader) (*http.Response, string) {
			site := e.c.cfg.Portal.URL
			if d.face == e.console {
				site = e.c.cfg.Console.URL
			}
			q := httptest.NewRequestWithContext(t.Context(), method, site+path, body)
			q.Header.Set("Content-Type", kind)
			q.RemoteAddr = fmt.Sprintf("203.0.%d.%d:5000", n/250%250, n%250) // limits are for one address
			n++
			if d.who != "" {
				q.AddCookie(&http.Cookie{Name: names[d.face], Value: e.people[d.who]})
			}
			if method == http.MethodPost {
				hit = ""
				ways[d.face].ServeHTTP(httptest.NewRecorder(), q.Clone(t.Context()))
				asked[hit] = true
			}
			w := httptest.NewRecorder()
			d.face.ServeHTTP(w, q)
			text, err := io.ReadAll(w.Result().Body)
			ok(t, err)
			return w.Result(), string(text)
		}
		all := e.doors()
		for i := range all {
			d := &all[i]
			kinds := append(slices.Sorted(func(yield func(string) bool) {
				for what := range hostile {
					if !yield(what) {
						return
					}
				}
			}), "10 MB")
			for _, what := range kinds {
				if e.c.store.Engine() == store.Postgres && !slices.Contains([]string{"nul", "not text", "header"}, what) {
					continue // what one database takes and another does not
				}
				page := d.open()
				res, body := send(d, http.MethodGet, page, "", nil)
				if res.StatusCode != http.StatusOK {
					t.Fatalf("GET %s before %s: %d %s", page, what, res.StatusCode, res.Header.Get("Location"))
				}
				csrf := token.FindStringSubmatch(body)
				forms := formsOf(body)
				delete(forms, "/logout") // there would be no insurer any more
				for _, path := range d.also {
					forms[path] = filled{values: url.Values{}, typed: usual}
				}
				if len(forms) == 0 {
					t.Fatalf("%s: no form", page)
				}
				for to, f := range forms {
					text := hostile[what]
					if what == "10 MB" {
						text = strings.Repeat("x", 10<<20)
					}
					values := url.Values{}
					for k, v := range f.values {
						values[k] = v
					}
					for _, k := range f.typed {
						values.Set(k, text)
					}
					if what == "10 MB" && len(f.typed) == 0 {
						values.Set("note", text)
					}
					if csrf != nil {
						values.Set("csrf", csrf[1])
					}
					r, kind := f.body(values)
					res, body := send(d, http.MethodPost, to, kind, r)
					at := fmt.Sprintf("%s: POST %s, %s: %d %s", names[d.face], to, what, res.StatusCode, res.Header.Get("Location"))
					e.unharmed(at, res, body)
					if what == "10 MB" && !f.files && !slices.Contains([]int{http.StatusRequestEntityTooLarge, http.StatusBadRequest, http.StatusForbidden}, res.StatusCode) {
						t.Error(at)
					}
					if res.StatusCode == http.StatusUnprocessableEntity && len(f.typed) > 0 && (what == "markup" || what == "formula") {
						e.keeps(at, text, body, f.typed)
					}
				}
			}
		}
		for at, was := range asked {
			if !was && at != "" {
				t.Errorf("no door leads to %s", at)
			}
		}
		if _, _, err := e.c.tenants.VerifyAudit(t.Context(), e.canary.CompanyID); err != nil {
			t.Error(err)
		}
	})
}
