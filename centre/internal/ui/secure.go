package ui

import (
	"context"
	"crypto/subtle"
	"io"
	"net/http"
	"net/url"
	"strings"

	"otasuke/centre/internal/attach"
	"otasuke/internal/ja"
)

// policy of every page: only our own style, script and forms; nothing may frame us.
const policy = "default-src 'none'; object-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// MaxForm bounds a form: the longest text is a note of 2,000 characters.
const MaxForm = 64 << 10

// Secure puts the security headers on every answer, refuses POSTs that another
// site's page makes, and bounds bodies. refused answers the former.
func Secure(next http.Handler, base *url.URL, refused http.HandlerFunc) http.Handler {
	origins := http.NewCrossOriginProtection()
	_ = origins.AddTrustedOrigin(base.Scheme + "://" + base.Host) // an unusual base only means no extra trust
	origins.SetDenyHandler(refused)
	checked := origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if base.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		whole := r.Body
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, whole))
		r.Body = http.MaxBytesReader(w, whole, MaxForm)
		checked.ServeHTTP(w, r)
	})
}

// bodyKey finds a request's body as it came.
type bodyKey struct{}

// Large lets a form with a file through that is larger than [MaxForm]: size bytes of file, and a form around it, also over
// a poor line. It must be called before anything is read of the form.
func Large(w http.ResponseWriter, r *http.Request, size int64) {
	attach.Patient(w)
	if whole, ok := r.Context().Value(bodyKey{}).(io.ReadCloser); ok {
		r.Body = http.MaxBytesReader(w, whole, size+MaxForm)
	}
}

// SameToken compares the form token of a POST with the session's.
func SameToken(r *http.Request, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(want)) == 1
}

// LocalPath makes a way back safe: a path of our own, or fallback.
func LocalPath(path, fallback string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return fallback
	}
	return path
}

// langCookie remembers the choice of the language switch; it is no secret.
const langCookie = "lang"

// hostOnly is the prefix of cookies that no other host under the same domain can set (RFC 6265bis 4.1.3.2). They need https.
const hostOnly = "__Host-"

// Language of a request: the switch, else the person's, else the browser's.
func Language(r *http.Request, person string) string {
	for _, name := range []string{hostOnly + langCookie, langCookie} {
		if c, err := r.Cookie(name); err == nil && (c.Value == ja.Japanese || c.Value == ja.English) {
			return c.Value
		}
	}
	if person != "" {
		return ja.Lang(person)
	}
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		switch code, _, _ := strings.Cut(strings.TrimSpace(part), ";"); {
		case strings.HasPrefix(code, ja.Japanese):
			return ja.Japanese
		case strings.HasPrefix(code, ja.English):
			return ja.English
		}
	}
	return ja.Japanese
}

// switchLanguage answers the language switch and goes back.
func (g *Gate) switchLanguage(w http.ResponseWriter, r *http.Request) {
	name := langCookie
	if g.secure {
		name = hostOnly + langCookie
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: ja.Lang(r.FormValue("to")), Path: "/", MaxAge: 365 * 24 * 3600, Secure: g.secure, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	http.Redirect(w, r, LocalPath(r.FormValue("back"), g.cfg.Root+"/"), http.StatusSeeOther)
}
