package news

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Calendar is a seminar as a calendar takes it (RFC 5545): one event, times in UTC.
func (p *Piece) Calendar(lang, domain, url string, now time.Time) string {
	m := p.Meeting
	title, _ := p.In(lang)
	at := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	where := m.Place
	if where == "" {
		where = m.Online
	}
	status := "CONFIRMED"
	if !m.Cancelled.IsZero() {
		status = "CANCELLED"
	}
	var b strings.Builder
	for _, l := range []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Otasuke//News//EN", "METHOD:PUBLISH", "BEGIN:VEVENT", "UID:" + p.ID + "@" + domain, "DTSTAMP:" + at(now), "DTSTART:" + at(m.Starts), "DTEND:" + at(m.Ends),
		"SUMMARY:" + escape(title), "LOCATION:" + escape(where), "DESCRIPTION:" + escape(strings.TrimSpace(m.Online+"\n"+url)), "STATUS:" + status, "END:VEVENT", "END:VCALENDAR"} {
		b.WriteString(folded(l))
	}
	return b.String()
}

// escape is RFC 5545 §3.3.11.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}

// maxOctets of a line without its end (§3.1).
const maxOctets = 75

// folded breaks a line where no character is cut.
func folded(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if size := utf8.RuneLen(r); n+size > maxOctets {
			b.WriteString("\r\n ")
			n = 1
		}
		b.WriteRune(r)
		n += utf8.RuneLen(r)
	}
	return b.String() + "\r\n"
}
