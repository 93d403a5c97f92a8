package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"otasuke/e2e/lab"
)

// An office without a router, with the box as its router: the box's page opens in the browser of a PC
// that got its address from the box, shows the code, and the company is protected, as with any other
// box. Outside nobody sees that page.
func TestRouterFirstDay(t *testing.T) {
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
	if err := l.OpenInternet(centreAddr); err != nil {
		t.Fatal(err)
	}
	dir, fingerprint := t.TempDir(), centreProcess(t, l)
	conf, log := filepath.Join(dir, "box.toml"), new(said)
	text := fmt.Sprintf("centre_url = \"https://%s:8443\"\ncentre_fingerprint = %q\nstate_dir = %q\nports = [%q, %q]\nhome = [\"192.168.77.0/24\"]\nheartbeat = \"1s\"\nmode = \"router\"\n"+
		"management = \"192.168.1.9/24\"\nmanagement_gateway = %q\nmanagement_dns = [%q]\n", centreAddr, fingerprint, filepath.Join(dir, "state"), lab.OutsidePort, lab.InsidePort, lab.Router, lab.DNSHost)
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
	addr := leased(t, l.PC1)
	for _, args := range [][]string{{"addr", "flush", "dev", "eth0"}, {"addr", "add", addr + "/24", "dev", "eth0"}, {"route", "add", "default", "via", "192.168.77.1"}} {
		if out, code, err := l.PC1.Run(t.Context(), "ip", args...); err != nil || code != 0 {
			t.Fatalf("ip %v: %s %v", args, out, err)
		}
	}
	if a := named(t, l.PC1); a.String() != "192.168.77.1" {
		t.Errorf("otasuke.local is %s", a)
	}
	pc, front := at(t, l.PC1), "http://192.168.77.1/?lang=ja"
	code := codeShown.FindStringSubmatch(pc.until(front, `class="code-text"`))
	if code == nil {
		t.Fatal("no code on the page")
	}
	pairs(pc, code[1]+code[2])
	pc.until(front, "佐藤製作所 のお助けボックス")
	pc.until("http://"+centreAddr+":8080/", "見守り中")
	tried(t, pc, front, addr)
	for _, at := range []string{"192.168.1.9:80", "192.168.77.1:80"} {
		if opens(t, l.Internet, at, patience/10) {
			t.Errorf("the page is open from outside at %s", at)
		}
	}
}
