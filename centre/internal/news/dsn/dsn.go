package dsn

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/emersion/go-message"
)

// Limits of one report.
const (
	maxSize       = 1 << 20 // what is behind is the mail itself
	maxHeader     = 64 << 10
	maxParts      = 10
	maxDepth      = 4
	maxRecipients = 100
	maxLine       = 500
)

// Report is what did not arrive.
type Report struct {
	MessageID  string // of the mail, without brackets
	Recipients []Recipient
}

// Recipient is one address, with what became of it.
type Recipient struct {
	Address string
	Failed  bool   // not "delayed", "delivered", "relayed", "expanded"
	Status  string // RFC 3463: "5.1.1"
	Said    string // by the other server
}

// Hard says whether the same mail will not arrive tomorrow either: the address is wrong, or the box is closed. A full box (x.2.2), a
// mail that was too large or called unwanted is not the address's fault.
func (r *Recipient) Hard() bool {
	return strings.HasPrefix(r.Status, "5.1.") || r.Status == "5.2.1" || r.Status == "5.4.4" || r.Status == "5.0.0" || r.Status == "5.4.1"
}

var status = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)

// Read takes a mail apart; false when it is no report about delivery.
func Read(raw []byte) (Report, bool) {
	var r Report
	e, err := message.ReadWithOptions(bytes.NewReader(raw[:min(len(raw), maxSize)]), &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return r, false
	}
	kind, params, err := e.Header.ContentType()
	if err != nil || !strings.EqualFold(kind, "multipart/report") || !strings.EqualFold(params["report-type"], "delivery-status") {
		return r, false
	}
	parts := 0
	r.walk(e, 0, &parts)
	return r, len(r.Recipients) > 0
}

func (r *Report) walk(e *message.Entity, depth int, parts *int) {
	m := e.MultipartReader()
	if m == nil || depth > maxDepth {
		return
	}
	defer m.Close()
	for *parts < maxParts {
		*parts++
		part, err := m.NextPart()
		if part == nil || errors.Is(err, io.EOF) || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return
		}
		kind, _, _ := part.Header.ContentType()
		switch strings.ToLower(kind) {
		case "message/delivery-status", "message/global-delivery-status":
			r.fields(part.Body)
		case "message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global", "message/global-headers":
			if r.MessageID == "" {
				r.MessageID = messageID(part.Body)
			}
		default:
			r.walk(part, depth+1, parts)
		}
	}
}

// fields reads groups of fields (RFC 3464 §2.1): the first is about the mail, each other about one address.
func (r *Report) fields(body io.Reader) {
	b := textproto.NewReader(bufio.NewReader(io.LimitReader(body, maxHeader)))
	for len(r.Recipients) < maxRecipients {
		h, err := b.ReadMIMEHeader()
		if address := typed(h.Get("Final-Recipient")); address != "" {
			one := Recipient{Address: address, Failed: strings.EqualFold(strings.TrimSpace(h.Get("Action")), "failed"), Said: cut(typed(h.Get("Diagnostic-Code")))}
			if s, _, _ := strings.Cut(strings.TrimSpace(h.Get("Status")), " "); status.MatchString(s) {
				one.Status = s
			}
			r.Recipients = append(r.Recipients, one)
		}
		if err != nil {
			return
		}
	}
}

// typed is what stands behind the type of a field: "rfc822; a@b", "smtp; 550 no".
func typed(s string) string {
	_, value, ok := strings.Cut(s, ";")
	if !ok {
		return ""
	}
	return strings.TrimSpace(value)
}

func cut(s string) string {
	if len(s) > maxLine {
		s = s[:maxLine]
	}
	return strings.ToValidUTF8(s, "")
}

var bracketed = regexp.MustCompile(`<([^<>\s]{3,254})>`)

func messageID(body io.Reader) string {
	h, _ := textproto.NewReader(bufio.NewReader(io.LimitReader(body, maxHeader))).ReadMIMEHeader() // what was read counts
	if m := bracketed.FindStringSubmatch(h.Get("Message-Id")); m != nil {
		return m[1]
	}
	return ""
}
