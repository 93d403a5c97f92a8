package dsn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func report(status, original string) string {
	return strings.ReplaceAll("From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nsorry\n--b\nContent-Type: message/delivery-status\n\n"+status+"\n--b\nContent-Type: message/rfc822\n\n"+original+"\n--b--\n", "\n", "\r\n")
}

const mine = "From: news@a.example\nMessage-ID: <news.1@a.example>\nSubject: x\n\nbody\n"

func TestReports(t *testing.T) {
	t.Parallel()
	f := func(name, raw string, want Report, ok bool) {
		t.Helper()
		got, is := Read([]byte(raw))
		if d := cmp.Diff(want, got); is != ok || ok && d != "" {
			t.Errorf("%s: %v %s", name, is, d)
		}
	}
	one := func(r Recipient) Report { return Report{MessageID: "news.1@a.example", Recipients: []Recipient{r}} }
	f("no such user", report("Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.1.1 (bad mailbox)\nDiagnostic-Code: smtp; 550 5.1.1\n no such user\n", mine), one(Recipient{"b@x.example", true, "5.1.1", "550 5.1.1 no such user"}), true)
	f("late", report("Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; b@x.example\nAction: delayed\nStatus: 4.4.1\n", mine), one(Recipient{"b@x.example", false, "4.4.1", ""}), true)
	f("two", report("Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.2.2\n\nFinal-Recipient: rfc822;c@x.example\nAction: relayed\nStatus: 2.0.0\n", mine),
		Report{"news.1@a.example", []Recipient{{"b@x.example", true, "5.2.2", ""}, {"c@x.example", false, "2.0.0", ""}}}, true)
	f("status that is none", report("a: b\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: hacked\n", mine), one(Recipient{"b@x.example", true, "", ""}), true)
	f("without the mail", report("a: b\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.1.1\n", "Subject: x\n\n"), Report{Recipients: []Recipient{{"b@x.example", true, "5.1.1", ""}}}, true)
	f("a mail", "From: a@b\r\n\r\nhi", Report{}, false)
	f("nothing", "", Report{}, false)
	f("read receipt", strings.Replace(report("Final-Recipient: rfc822; b@x.example\nAction: failed\n", mine), "delivery-status; b", "disposition-notification; b", 1), Report{}, false)
	f("no recipient", report("Reporting-MTA: dns; mx\n", mine), Report{}, false)
	f("cut", report("a: b\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\n", mine)[:150], Report{}, false)
	many := strings.Repeat("\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.1.1\n", 1000)
	if r, ok := Read([]byte(report("a: b\n"+many, mine))); !ok || len(r.Recipients) > maxRecipients {
		t.Errorf("%d recipients", len(r.Recipients))
	}
	deep := "Content-Type: multipart/report; report-type=delivery-status; boundary=b0\r\n\r\n"
	for i := range 50 {
		deep += strings.ReplaceAll("--bI\r\nContent-Type: multipart/mixed; boundary=bJ\r\n\r\n", "I", string(rune('0'+i)))
	}
	if _, ok := Read([]byte(deep)); ok {
		t.Error("a report of boxes in boxes")
	}
}

func TestHard(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{"5.1.1": true, "5.1.10": true, "5.2.1": true, "5.2.2": false, "5.7.1": false, "4.1.1": false, "": false, "5.3.4": false} {
		if got := (&Recipient{Status: status}).Hard(); got != want {
			t.Errorf("%q: %v", status, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(report("Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.1.1\n", mine)))
	f.Add([]byte("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, ok := Read(raw)
		if ok != (len(r.Recipients) > 0) && ok {
			t.Fatal("a report about nobody")
		}
		for _, one := range r.Recipients {
			if one.Status != "" && !status.MatchString(one.Status) || len(one.Said) > maxLine {
				t.Fatalf("%+v", one)
			}
		}
		if strings.ContainsAny(r.MessageID, " \r\n<>") {
			t.Fatalf("%q", r.MessageID)
		}
	})
}
