package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"otasuke/centre/internal/tenant"
)

// Scope says who may use a route. Every route declares one.
type Scope string

// Scopes.
const (
	Everyone Scope = "everyone" // shows nothing of any company
	Holder   Scope = "holder"   // whoever holds the one-time link of a mail
	Self     Scope = "self"     // whoever is logged in, about the own account
	Reader   Scope = "reader"   // who may read
	Writer   Scope = "writer"   // who does more than read
	Manager  Scope = "manager"  // who runs the company: its owners, operators for the centre
	Operator Scope = "operator" // staff with all rights
	Helper   Scope = "helper"   // staff who let somebody in again
	Fleet    Scope = "fleet"    // staff who care for boxes; a vendor for own customers' alone
	Insurer  Scope = "insurer"  // an insurer's people, about claims that were sent to it
)

// needs is the right that a scope asks for. Scopes that are not here have none to ask
// for; what is in no list is refused when the face is made.
var needs = map[Scope]tenant.Right{
	Reader: tenant.MayRead, Writer: tenant.MayWrite, Manager: tenant.MayManage, Operator: tenant.MayOperate, Helper: tenant.MayHelp, Fleet: tenant.MayFleet, Insurer: tenant.MayDecide,
}

// Allows says whether a role may use routes of a scope that needs a session.
func (s Scope) Allows(role tenant.Role) bool {
	right, known := needs[s]
	return s == Self || known && role.May(right)
}

// Route is one way into a face.
type Route struct {
	Method, Path string // Path holds names in braces, without the face's root
	Scope        Scope
	Size         int64 // of files that it takes; 0 for none
}

// Face is a portal or console: the handler, and the list of its ways in, for
// those who check them.
type Face struct {
	http.Handler
	Routes []Route
}

// Router puts a face together. There is no way in but the declared ones.
type Router struct {
	mux  *http.ServeMux
	gate *Gate
	root string
	all  []Route
	// Entries of the face's menu. Who may not see its home comes to the first that is open to them.
	Entries []Entry
}

// NewRouter begins a face below root with the ways in that all faces have.
func NewRouter(g *Gate, root string, static http.Handler) *Router {
	r := &Router{mux: http.NewServeMux(), gate: g, root: root}
	r.Open(Everyone, "GET /static/{name}", static.ServeHTTP)
	r.Open(Everyone, "GET /lang", g.switchLanguage)
	r.Open(Everyone, "GET /login", g.LoginPage)
	r.Open(Everyone, "POST /login", g.LoginPage)
	r.Open(Everyone, "GET /login/code", g.CodePage)
	r.Open(Everyone, "POST /login/code", g.CodePage)
	r.Open(Everyone, "GET /login/passkey", g.PasskeyPage)
	r.Open(Everyone, "POST /login/passkey", g.PasskeyPage)
	r.Open(Everyone, "GET /login/code/passkey", g.SecondPage)
	r.Open(Everyone, "POST /login/code/passkey", g.SecondPage)
	if g.cfg.Staff {
		r.Open(Everyone, "GET /login/oidc", g.ProviderPage)
		r.Open(Everyone, "GET /login/oidc/back", g.ProviderBack)
		r.Open(Everyone, "GET /login/oidc/end", g.ProviderEnd)
		r.Open(Everyone, "GET /login/oidc/ended", g.ProviderEnded)
	}
	r.Page(Self, "POST /logout", g.Logout)
	return r
}

// Open adds a route that needs no session; its scope is Everyone or Holder.
func (r *Router) Open(scope Scope, pattern string, h http.HandlerFunc) {
	if scope != Everyone && scope != Holder {
		panic(fmt.Sprintf("ui: %s: scope %q needs a session", pattern, scope))
	}
	r.handle(scope, pattern, h)
}

// Page adds a route that needs a session, and what its scope asks for besides.
func (r *Router) Page(scope Scope, pattern string, h func(http.ResponseWriter, *Visit) error) {
	if needs[scope] == "" && scope != Self {
		panic(fmt.Sprintf("ui: %s: scope %q has no session", pattern, scope))
	}
	r.handle(scope, pattern, r.gate.Require(scope == Self, func(w http.ResponseWriter, v *Visit) error {
		switch {
		case scope.Allows(v.Role):
			return h(w, v)
		case pattern == "GET /{$}": // where everybody comes first
			http.Redirect(w, v.Request, r.root+r.home(v.Role), http.StatusSeeOther)
			return nil
		}
		return ErrForbidden
	}))
}

// home is the first page of the menu for a role that may not see the home; who has none has an account.
func (r *Router) home(role tenant.Role) string {
	for _, e := range r.Entries {
		if e.Scope.Allows(role) {
			return e.Path
		}
	}
	return "/account"
}

// Upload is [Router.Page] for a form with files of at most size bytes together.
func (r *Router) Upload(scope Scope, pattern string, size int64, h func(http.ResponseWriter, *Visit) error) {
	if needs[scope] == "" && scope != Self {
		panic(fmt.Sprintf("ui: %s: scope %q has no session", pattern, scope))
	}
	page := r.gate.Require(false, func(w http.ResponseWriter, v *Visit) error {
		if !scope.Allows(v.Role) {
			return ErrForbidden
		}
		return h(w, v)
	})
	r.handle(scope, pattern, func(w http.ResponseWriter, q *http.Request) {
		Large(w, q, size)
		page(w, q)
		if q.MultipartForm != nil {
			_ = q.MultipartForm.RemoveAll() // temporary files; the server does the same once more
		}
	})
	r.all[len(r.all)-1].Size = size
}

func (r *Router) handle(scope Scope, pattern string, h http.HandlerFunc) {
	method, path, _ := strings.Cut(pattern, " ")
	r.mux.Handle(method+" "+r.root+path, h)
	r.all = append(r.all, Route{Method: method, Path: path, Scope: scope})
}

// Face is the finished face, behind [Secure].
func (r *Router) Face(base *url.URL) *Face {
	r.mux.HandleFunc("/", r.gate.NotFound)
	return &Face{Handler: Secure(r.gate.readable(r.mux), base, r.gate.Refuse), Routes: r.all}
}
