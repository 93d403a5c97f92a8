package letter

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // ISO-2022-JP, Shift_JIS: what mails in Japan are written in
	"github.com/emersion/go-message/textproto"
)

// Limits.
const (
	// MaxSize of a mail in bytes: a photo of 20 MB in base64, and what is around it.
	MaxSize = 30 << 20
	// maxHeader bounds all header fields of a part; real ones have under 20 KiB.
	maxHeader = 128 << 10
	// maxParts and maxDepth bound what is looked at: a forwarded thread has about ten parts in three levels.
	maxParts = 100
	maxDepth = 10
	// MaxText in characters: thirty pages.
	MaxText = 50_000
	// maxPart in bytes of one text, before it is text.
	maxPart = 1 << 20
	// MaxFiles of a mail.
	MaxFiles = 20
	// maxFile in bytes; attach has the same limit.
	maxFile = 20 << 20
	// maxSubject, maxName and maxFileName in characters.
	maxSubject, maxName, maxFileName = 200, 100, 200
	// maxID in bytes of one Message-ID, and maxRefs of a thread.
	maxID, maxRefs = 250, 50
	// maxAddress in bytes (RFC 5321 §4.5.3.1.3).
	maxAddress = 254
)

// Letter is what is in a mail.
type Letter struct {
	Name, Address string // of From, "" when there is none that can be answered
	Subject       string
	ID            string   // Message-ID without brackets
	Refs          []string // References and In-Reply-To, the oldest first
	Numbers       []string // of tickets, as they stand in the subject
	Text          string
	Files         []File
	// Auto: nobody wrote this by hand, or nobody would read an answer (RFC 3834 §2): bounces, notices of absence, lists.
	Auto bool
	// Bounce: a mail server says that something did not arrive.
	Bounce bool
	// Cut: more was there than is taken.
	Cut bool
}

// File is one that was attached.
type File struct {
	Name string
	Data []byte
}

// Read takes a mail apart.
func Read(raw []byte) *Letter {
	l := &Letter{}
	if len(raw) > MaxSize {
		raw, l.Cut = raw[:MaxSize], true
	}
	raw = trimFrom(raw)
	e, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		l.Text, l.Auto = l.text(raw), true // no answer to what cannot be read
		return l
	}
	l.head(&e.Header)
	r := reader{l: l}
	r.part(e, 0)
	l.Text = r.whole()
	return l
}

// trimFrom takes away the line that mailboxes and some pipes put before a mail.
func trimFrom(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte("From ")) {
		if _, rest, ok := bytes.Cut(raw, []byte("\n")); ok {
			return rest
		}
	}
	return raw
}

// number as we write it in subjects: [相談 1234567].
var number = regexp.MustCompile(`\[[^\[\]0-9]{0,20}([0-9]{7})\]`)

func (l *Letter) head(h *message.Header) {
	value := func(name string) string {
		s, err := h.Text(name)
		if err != nil {
			s = h.Get(name)
		}
		return s
	}
	l.Subject = Line(value("Subject"), maxSubject)
	for _, m := range number.FindAllStringSubmatch(l.Subject, 3) {
		l.Numbers = append(l.Numbers, m[1])
	}
	l.Name, l.Address = address(value("From"))
	if _, reply := address(value("Reply-To")); reply != "" && l.Address == "" {
		l.Address = reply
	}
	if all := ids(h.Get("Message-Id")); len(all) > 0 {
		l.ID = all[0]
	}
	l.Refs = ids(h.Get("References"))
	for _, id := range ids(h.Get("In-Reply-To")) {
		if !slices.Contains(l.Refs, id) {
			l.Refs = append(l.Refs, id)
		}
	}
	l.Refs = l.Refs[max(0, len(l.Refs)-maxRefs):]
	l.auto(h)
}

// auto looks for the signs of RFC 3834 §2 and of what is in use besides.
func (l *Letter) auto(h *message.Header) {
	kind, params, _ := h.ContentType()
	local, _, _ := strings.Cut(strings.ToLower(l.Address), "@")
	l.Bounce = strings.EqualFold(kind, "multipart/report") && strings.EqualFold(params["report-type"], "delivery-status") ||
		local == "mailer-daemon" || local == "postmaster" || h.Has("Return-Path") && strings.TrimSpace(h.Get("Return-Path")) == "<>"
	said := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted")))
	precedence := strings.ToLower(strings.TrimSpace(h.Get("Precedence")))
	l.Auto = l.Bounce || said != "" && said != "no" || slices.Contains([]string{"bulk", "junk", "list", "auto_reply"}, precedence) || l.Address == "" ||
		h.Has("List-Id") || h.Has("List-Unsubscribe") || h.Has("X-Autoreply") || h.Has("X-Autorespond") || h.Has("X-Auto-Response-Suppress") ||
		strings.HasPrefix(local, "noreply") || strings.HasPrefix(local, "no-reply")
}

// address is the first of a header that mail can go to.
func address(header string) (name, email string) {
	all, err := (&mail.AddressParser{}).ParseList(header)
	if err != nil {
		one, err := mail.ParseAddress(header)
		if err != nil {
			return Line(header, maxName), ""
		}
		all = []*mail.Address{one}
	}
	if len(all) == 0 {
		return "", ""
	}
	name, email = Line(all[0].Name, maxName), all[0].Address
	if len(email) > maxAddress || strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r > '~' }) || strings.ContainsAny(email, `"<>(),;:\`) {
		return name, "" // ASCII only, as our own mails go no further; no quoted ones
	}
	return name, email
}

var bracketed = regexp.MustCompile(`<([^<>\s]+)>`)

// ids are those of a header (RFC 5322 §3.6.4) that can stand in one of ours.
func ids(header string) (all []string) {
	for _, m := range bracketed.FindAllStringSubmatch(header, maxRefs*2) {
		if id := m[1]; len(id) <= maxID && strings.Contains(id, "@") && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// Line is a text of a header: on one line, nothing that cannot be seen or turns the direction of writing, at most max characters.
func Line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit-1]) + "…"
	}
	return s
}

// text is what can be shown of bytes: lines stay, other control characters go.
func (l *Letter) text(raw []byte) string {
	s, cut := Text(string(raw[:min(len(raw), maxPart)]), MaxText)
	l.Cut = l.Cut || cut || len(raw) > maxPart
	return s
}

// Text is a text of several lines of at most limit characters, without what cannot be seen or turns the direction of writing.
func Text(s string, limit int) (_ string, cut bool) {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsGraphic(r) {
			return r
		}
		return -1
	}, s)
	s = strings.TrimRight(strings.Trim(s, "\n"), " \t\n")
	if utf8.RuneCountInString(s) > limit {
		return string([]rune(s)[:limit]), true
	}
	return s, false
}

// reader walks through the parts.
type reader struct {
	l            *Letter
	parts        int
	plain, other []string // texts, and texts of HTML that had no plain twin
}

func (r *reader) whole() string {
	all := r.plain
	if len(all) == 0 {
		all = r.other
	}
	s, cut := Text(strings.Join(all, "\n\n"), MaxText)
	r.l.Cut = r.l.Cut || cut
	return s
}

// part takes one part, and those inside.
func (r *reader) part(e *message.Entity, depth int) {
	if r.parts++; r.parts > maxParts || depth > maxDepth {
		r.l.Cut = true
		return
	}
	kind, _, err := e.Header.ContentType()
	if err != nil {
		kind = "text/plain"
		if e.Header.Has("Content-Type") {
			kind = "application/octet-stream"
		}
	}
	if m := e.MultipartReader(); m != nil {
		r.multipart(m, depth)
		return
	}
	disposition, _, _ := e.Header.ContentDisposition()
	name := fileName(&e.Header)
	switch kind = strings.ToLower(kind); {
	case strings.EqualFold(disposition, "attachment"), name != "" && !strings.HasPrefix(kind, "text/"), kind == "message/rfc822":
		r.file(e, kind, name)
	case kind == "text/html":
		r.other = append(r.other, plain(r.bytes(e, maxPart)))
	case strings.HasPrefix(kind, "text/"), kind == "message/delivery-status":
		r.plain = append(r.plain, r.l.text(r.bytes(e, maxPart)))
	default:
		r.file(e, kind, name)
	}
}

func (r *reader) multipart(m message.MultipartReader, depth int) {
	defer m.Close()
	for r.parts <= maxParts {
		e, err := m.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return
		case e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err):
			r.l.Cut = true // the rest cannot be told apart
			return
		}
		r.part(e, depth+1)
	}
	r.l.Cut = true
}

// bytes of a part, decoded; what a wrong encoding gives up to its error is taken.
func (r *reader) bytes(e *message.Entity, limit int) []byte {
	data, err := io.ReadAll(io.LimitReader(e.Body, int64(limit)+1))
	if len(data) > limit {
		data, r.l.Cut = data[:limit], true
	}
	if err != nil {
		r.l.Cut = true
	}
	return data
}

func (r *reader) file(e *message.Entity, kind, name string) {
	if len(r.l.Files) >= MaxFiles {
		r.l.Cut = true
		return
	}
	data, err := io.ReadAll(io.LimitReader(e.Body, maxFile+1))
	if len(data) > maxFile || len(data) == 0 || err != nil && len(data) == 0 {
		r.l.Cut = true // half a file is none
		return
	}
	r.l.Cut = r.l.Cut || err != nil
	if name == "" {
		name = "mail.eml"
		if kind != "message/rfc822" {
			name = "file"
		}
	}
	r.l.Files = append(r.l.Files, File{Name: name, Data: data})
}

// fileName of a part, decoded also where it stands as an encoded word in a parameter, which many mail programs in Japan still do
// although RFC 2047 §5 forbids it.
func fileName(h *message.Header) string {
	name := ""
	if _, params, err := h.ContentDisposition(); err == nil {
		name = params["filename"]
	}
	if name == "" {
		if _, params, err := h.ContentType(); err == nil {
			name = params["name"]
		}
	}
	if strings.Contains(name, "=?") {
		var raw textproto.Header
		raw.Set("Subject", name)
		if decoded, err := (&message.Header{Header: raw}).Text("Subject"); err == nil {
			name = decoded
		}
	}
	return Line(name, maxFileName)
}
