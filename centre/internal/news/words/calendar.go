package words

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Event is a meeting.
type Event struct {
	ID, Title, Place, Text string
	Starts, Ends           time.Time
	Cancelled              bool
}

// Calendar is the event as a calendar takes it: one of its own, times in UTC.
func (e *Event) Calendar(now time.Time) string {
	at := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	var b strings.Builder
	for _, l := range []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Otasuke//News//EN", "METHOD:PUBLISH", "BEGIN:VEVENT", "UID:" + e.ID, "DTSTAMP:" + at(now), "DTSTART:" + at(e.Starts), "DTEND:" + at(e.Ends),
		"SUMMARY:" + escape(e.Title), "LOCATION:" + escape(e.Place), "DESCRIPTION:" + escape(e.Text), "STATUS:" + status, "END:VEVENT", "END:VCALENDAR"} {
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
