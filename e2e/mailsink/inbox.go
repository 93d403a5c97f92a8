package mailsink

import (
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"mime/quotedprintable"
	"net/http"
	"strconv"
	"strings"
)

//go:embed inbox.html
var inboxHTML string

var inbox = template.Must(template.New("inbox").Parse(inboxHTML))

func decode(coding string, r io.Reader) io.Reader {
	switch strings.ToLower(coding) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	}
	return r
}

// page of the inbox; Open is nil for the list.
type page struct {
	Mails  []Mail
	Open   *Mail
	Number int
}

// Handler is the mailbox page: a list at "/", one mail at "/N", its HTML part at "/N/html".
func (s *Sink) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		secure(w, "'none'")
		_ = inbox.Execute(w, page{Mails: s.Mails()})
	})
	mux.HandleFunc("GET /{n}", func(w http.ResponseWriter, r *http.Request) {
		if m := s.one(w, r); m != nil {
			secure(w, "'self'")
			_ = inbox.Execute(w, page{Open: m, Number: m.Number})
		}
	})
	mux.HandleFunc("GET /{n}/html", func(w http.ResponseWriter, r *http.Request) {
		if m := s.one(w, r); m != nil {
			secure(w, "'none'")
			_, _ = io.WriteString(w, m.HTML)
		}
	})
	return mux
}

// one finds the mail that a path names; it answers 404 itself.
func (s *Sink) one(w http.ResponseWriter, r *http.Request) *Mail {
	mails := s.Mails()
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(mails) {
		http.NotFound(w, r)
		return nil
	}
	return &mails[n-1]
}

// secure: a mail is somebody else's text and runs nothing here.
func secure(w http.ResponseWriter, frames string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src "+frames+"; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
