package centre

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/centre/internal/report"
	"otasuke/centre/internal/ui"
	"otasuke/e2e/mailsink"
	"otasuke/internal/paper"
)

// postOffice is a mail server that checks signatures; cfg is set to send through it.
func postOffice(t *testing.T, cfg *Config) *mailsink.Sink {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	ok(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	ok(t, err)
	cfg.Mail.DKIMSelector, cfg.Mail.DKIMKeyFile = "s", filepath.Join(t.TempDir(), "dkim.key")
	ok(t, os.WriteFile(cfg.Mail.DKIMKeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	cfg.Mail.Server = l.Addr().String()
	sink := &mailsink.Sink{Keys: map[string]string{"s._domainkey.alert.example": "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}}
	go func() { _ = sink.Serve(l) }()
	t.Cleanup(func() { _ = sink.Close() })
	return sink
}

// From the kept figures to the person: a signed mail in two parts, the page behind its one button,
// and the PDF that says the same, for the company alone.
func TestTheReportReachesItsReader(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	sink := postOffice(t, &e.c.cfg)
	n, err := e.c.notifier()
	ok(t, err)
	args, err := json.Marshal(report.Args{Month: e.month, Person: e.canary.OwnerID})
	ok(t, err)
	for range 2 { // a job may run again
		ok(t, n.HandleReport(t.Context(), e.canary.CompanyID, args))
	}
	mails := sink.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	link := e.c.cfg.Portal.URL + "/reports/" + e.month
	if !m.Signed || !strings.Contains(m.Text, link) || !strings.Contains(m.Text, canary+"山") || !strings.Contains(m.HTML, `href="`+link+`"`) || !strings.Contains(m.HTML, canary+"山") {
		t.Errorf("signed %t\n%s\n%s", m.Signed, m.Text, m.HTML)
	}
	if bytes.Contains(m.Raw, []byte("application/pdf")) {
		t.Error("the report is attached")
	}
	if _, err := paper.Open(e.c.cfg.Paper); err != nil {
		t.Skipf("no fonts: %v", err)
	}
	status, _, pdf := e.ask(e.portal, "reader", ui.Route{Method: http.MethodGet, Path: "/reports/{month}/pdf"})
	if status != http.StatusOK || !strings.HasPrefix(pdf, "%PDF-") {
		t.Fatalf("%d", status)
	}
	words := pdfWords(t, pdf)
	for _, want := range []string{canary + "株式会社 様", "050-0000-0119"} {
		if !strings.Contains(words, want) {
			t.Errorf("the PDF lacks %q:\n%s", want, words)
		}
	}
	if status, _, _ := e.ask(e.portal, "neighbour", ui.Route{Method: http.MethodGet, Path: "/reports/{month}/pdf"}); status != http.StatusNotFound {
		t.Errorf("the neighbour gets %d", status)
	}
	if status, location, _ := e.ask(e.portal, "nobody", ui.Route{Method: http.MethodGet, Path: "/reports/{month}/board"}); !login(status, location) {
		t.Errorf("nobody gets %d %s", status, location)
	}
	if _, _, board := e.ask(e.portal, "owner", ui.Route{Method: http.MethodGet, Path: "/reports/{month}/board"}); strings.Contains(pdfWords(t, board), canary) {
		t.Error("the notice board names the company")
	}
}

func pdfWords(t *testing.T, pdf string) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed: the words of the PDF are not read")
	}
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
	cmd.Stdin = strings.NewReader(pdf)
	out, err := cmd.Output()
	ok(t, err)
	return string(out)
}

// A centre without fonts works; one whose fonts are named and not there says so.
func TestFontsThatAreNotThere(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, "sqlite://"+filepath.Join(t.TempDir(), "c.db"))
	cfg.Paper.Sans = "/nonexistent/font.ttf"
	_, err := New(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "/nonexistent/font.ttf") || !strings.Contains(err.Error(), "fonts-morisawa-bizud-gothic") {
		t.Error(err)
	}
}
