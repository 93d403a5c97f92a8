package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
	"otasuke/e2e/mailsink"
)

// A box at the mirror port of a switch is connected like any other, stops nothing, and what it sees
// becomes a mail to the owner that says so.
func TestTapToMail(t *testing.T) {
	needLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	internet, err := l.Serve(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { internet.Close() })
	if err := l.JoinBox(); err != nil { // the cable that goes past the box
		t.Fatal(err)
	}
	for port, last := range map[string]byte{"mon0": 0x78, "mgmt0": 0x79} {
		if err := lab.Cable(l.Office, "to-"+port, l.Box, port, last); err != nil {
			t.Fatal(err)
		}
	}
	if out, code, err := l.Office.Run(t.Context(), "ip", "link", "set", "to-mgmt0", "master", "sw0"); err != nil || code != 0 {
		t.Fatalf("%s %v", out, err)
	}
	if err := l.Office.Mirror("to-mon0", "uplink", "port16"); err != nil {
		t.Skipf("no mirror port here: %v", err)
	}
	smtp, err := l.Internet.Listen("127.0.0.1:25")
	if err != nil {
		t.Fatal(err)
	}
	sink := &mailsink.Sink{}
	go func() { _ = sink.Serve(smtp) }()
	t.Cleanup(func() { sink.Close() })
	if err := l.OpenInternet(centreAddr); err != nil {
		t.Fatal(err)
	}
	fingerprint := centreProcess(t, l, "wait_high = \"1s\"\nwait_medium = \"1s\"\ncalm_new_box = \"0s\"\n")
	log := tapBox(t, l, fingerprint)

	pc, front := at(t, l.PC1), "http://"+boxAddr+"/?lang=ja"
	code := codeShown.FindStringSubmatch(pc.until(front, `class="code-text"`))
	if code == nil {
		t.Fatal("no code on the page")
	}
	pairs(pc, code[1]+code[2])
	pc.until(front, "佐藤製作所 のお助けボックス")
	pc.until("http://"+centreAddr+":8080/", "見張っています")

	called := time.Now()
	out, status, err := l.PC1.Run(t.Context(), "curl", "-s", "-f", "-m", "10", "-A", "Mozilla/4.0 (compatible; MSIE 6.1; Windows NT)", "http://"+lab.C2+"/news?id=7")
	if err != nil || status != 0 {
		t.Fatalf("a box that only listens stops something: %s %v", out, err)
	}
	var mail *mailsink.Mail
	until(t, "a mail to the owner", time.Minute, func() bool {
		for _, m := range sink.Mails() {
			if strings.Contains(m.To, ownerEmail) && strings.Contains(m.Subject, "★★★") {
				mail = &m
			}
		}
		return mail != nil
	})
	t.Logf("from the packet at the mirror port to the mail %.1f s: %s", time.Since(called).Seconds(), mail.Subject)
	if !strings.Contains(mail.Text, lab.PC1) || !strings.Contains(mail.Text, "通り抜けました") {
		t.Errorf("the mail does not say whose it is, or that nothing was stopped:\n%s\n%s", mail.Text, log.all())
	}
}

// tapBox starts one with an address of its own in the office.
func tapBox(t *testing.T, l *lab.Lab, fingerprint string) *said {
	t.Helper()
	dir := t.TempDir()
	conf, log := filepath.Join(dir, "box.toml"), new(said)
	text := fmt.Sprintf("centre_url = \"https://%s:8443\"\ncentre_fingerprint = %q\nstate_dir = %q\nhome = [\"192.168.0.0/16\"]\nheartbeat = \"1s\"\nmode = \"tap\"\nports = [\"mon0\"]\n"+
		"management = \"%s/24\"\nmanagement_port = \"mgmt0\"\nmanagement_gateway = %q\n", centreAddr, fingerprint, filepath.Join(dir, "state"), boxAddr, lab.Router)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	box := exec.Command(build(t), "gateway", "-config", conf)
	box.Stderr = log
	if err := l.Box.Start(box); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = box.Process.Signal(syscall.SIGTERM)
		_ = box.Wait()
		if t.Failed() {
			t.Log("box:", log.all())
		}
	})
	log.await(t, "the engine is inspecting", 1)
	return log
}
