package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

const (
	boxAddr     = "192.168.1.2"
	centreAddr  = "203.0.113.80"
	ownerEmail  = "sato@sato-seisakusho.example"
	ownerSecret = "correct horse battery staple"
	testSite    = "test.otasuke.example"
	// firstDay is how long an owner may wait from the code to protection.
	firstDay = 2 * time.Minute
)

// visitor is a person at a PC of the office, with a browser.
type visitor struct {
	t      *testing.T
	client *http.Client
}

// at sits down at a host; names are looked up at the internet's server, through the box.
func at(t *testing.T, n *lab.Namespace) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	names := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return n.Dial(ctx, network, net.JoinHostPort(lab.DNSHost, "53"))
	}}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if net.ParseIP(host) == nil {
			found, err := names.LookupHost(ctx, host)
			if err != nil {
				return nil, err
			}
			address = net.JoinHostPort(found[0], port)
		}
		return n.Dial(ctx, network, address)
	}
	tr := &http.Transport{DialContext: dial}
	t.Cleanup(tr.CloseIdleConnections)
	return &visitor{t, &http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: tr}}
}

// open opens a page; form is sent when there is one.
func (v *visitor) open(target string, form url.Values) (status int, body string, err error) {
	var resp *http.Response
	if form == nil {
		resp, err = v.client.Get(target)
	} else {
		resp, err = v.client.PostForm(target, form)
	}
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// page must be there.
func (v *visitor) page(target string, form url.Values) string {
	v.t.Helper()
	status, body, err := v.open(target, form)
	if err != nil || status != http.StatusOK {
		v.t.Fatalf("%s: %d %v\n%s", target, status, err, body)
	}
	return body
}

// until opens a page again and again until it says something.
func (v *visitor) until(target, what string) string {
	v.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		status, body, err := v.open(target, nil)
		if err == nil && status == http.StatusOK && strings.Contains(body, what) {
			return body
		}
		if time.Now().After(end) {
			v.t.Fatalf("%s does not say %q: %d %v\n%s", target, what, status, err, body)
		}
	}
}

// centreProcess runs a centre in the internet of a lab, with a company and its owner; it returns
// the fingerprint for boxes. more are lines of its configuration.
func centreProcess(t *testing.T, l *lab.Lab, more ...string) (fingerprint string) {
	t.Helper()
	exe, dir := build(t), t.TempDir()
	conf := filepath.Join(dir, "centre.toml")
	text := strings.Join(more, "") + fmt.Sprintf("name = \"なにわ商工会議所\"\ndatabase = \"sqlite://%s\"\nstate_dir = %q\nphone = \"050-0000-0119\"\n"+
		"[portal]\nlisten = \"%[3]s:8080\"\nurl = \"http://%[3]s:8080\"\n[console]\nlisten = \"%[3]s:8081\"\nurl = \"http://%[3]s:8081\"\n"+
		"[boxes]\nlisten = \"%[3]s:8443\"\nnames = [%[3]q]\n[mail]\nserver = \"127.0.0.1:25\"\ntls = \"none\"\nfrom = \"otasuke@chamber.example\"\n",
		filepath.Join(dir, "centre.db"), filepath.Join(dir, "centre"), centreAddr)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	company, err := json.Marshal(map[string]any{"Name": "佐藤製作所", "Kana": "サトウセイサクショ", "Industry": "manufacturing", "Size": 6, "Lang": "ja", "Passphrase": "みかん山",
		"OwnerName": "佐藤 花子", "OwnerEmail": ownerEmail, "Password": ownerSecret})
	if err != nil {
		t.Fatal(err)
	}
	add := exec.Command(exe, "centre", "add-company", "-config", conf)
	add.Stdin, add.Stderr = strings.NewReader(string(company)), os.Stderr
	out, err := add.Output()
	if err != nil {
		t.Fatal(err)
	}
	var added struct {
		Fingerprint string `json:"centre_fingerprint"`
	}
	if err := json.Unmarshal(out, &added); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "centre", "-config", conf)
	cmd.Stderr = new(said)
	if err := l.Internet.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log("centre:", cmd.Stderr.(*said).text.String())
		}
	})
	return added.Fingerprint
}

// pairs has the owner log in at the portal and enter the code of a box's page there, as a page of the
// portal asks for it; said is what that page says of the box before it is confirmed.
func pairs(pc *visitor, code string) (said string) {
	pc.t.Helper()
	const portal = "http://" + centreAddr + ":8080"
	pc.page(portal+"/login", url.Values{"email": {ownerEmail}, "password": {ownerSecret}})
	token := csrfToken.FindStringSubmatch(pc.page(portal+"/connect", nil))
	if token == nil {
		pc.t.Fatal("no form")
	}
	form := url.Values{"csrf": {token[1]}, "code": {code}}
	said = pc.page(portal+"/connect", form)
	pc.page(portal+"/connect/confirm", form)
	return said
}

var (
	codeShown   = regexp.MustCompile(`code-text"><span>([A-Z0-9]{4})</span><span class="code-dash" aria-hidden="true">-</span><span>([A-Z0-9]{4})</span>`)
	numberShown = regexp.MustCompile(`class="number">(\d{3} \d{3})<`)
	csrfToken   = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)

// A manager unpacks a box, reads a code off its page, enters it, and is protected: nothing is set on
// any PC, nothing is typed into the box.
func TestFirstDay(t *testing.T) {
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
	fingerprint := centreProcess(t, l)
	dir := t.TempDir()
	conf, log := filepath.Join(dir, "box.toml"), new(said)
	text := fmt.Sprintf("centre_url = \"https://%s:8443\"\ncentre_fingerprint = %q\nstate_dir = %q\nports = [%q, %q]\nhome = [\"192.168.0.0/16\"]\nheartbeat = \"1s\"\nmanagement = \"%s/24\"\nmanagement_gateway = %q\n", centreAddr, fingerprint, filepath.Join(dir, "state"), lab.OutsidePort, lab.InsidePort, boxAddr, lab.Router)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	plugged := time.Now()
	box := exec.Command(build(t), "gateway", "-config", conf)
	box.Stderr = log
	if err := l.Box.Start(box); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = box.Process.Signal(syscall.SIGTERM)
		_ = box.Wait()
		if t.Failed() {
			t.Log("box:", log.text.String())
		}
	})
	log.await(t, "the engine is inspecting", 1)
	protected := time.Since(plugged)

	pc := at(t, l.PC1)
	front := "http://" + boxAddr + "/?lang=ja"
	body := pc.until(front, `class="code-text"`)
	shown := time.Since(plugged)
	code, number := codeShown.FindStringSubmatch(body), numberShown.FindStringSubmatch(body)
	if code == nil || number == nil || !strings.Contains(body, "050-0000-0119") || !strings.Contains(body, "あとひとつで、つながります") {
		t.Fatalf("no code on the page:\n%s", body)
	}

	portal := "http://" + centreAddr + ":8080"
	pc.page(portal+"/login", url.Values{"email": {ownerEmail}, "password": {ownerSecret}})
	if home := pc.page(portal+"/", nil); !strings.Contains(home, `href="/connect"`) {
		t.Error("the portal does not lead to the page")
	}
	entered := time.Now()
	token := csrfToken.FindStringSubmatch(pc.page(portal+"/connect", nil))
	if token == nil {
		t.Fatal("no form")
	}
	typed := strings.ToLower(code[1] + " " + code[2]) // as people do
	found := pc.page(portal+"/connect", url.Values{"csrf": {token[1]}, "code": {typed}})
	if !strings.Contains(found, number[1]) || !strings.Contains(found, boxAddr) {
		t.Errorf("the number %s of the box is not on the portal's page:\n%s", number[1], found)
	}
	pc.page(portal+"/connect/confirm", url.Values{"csrf": {token[1]}, "code": {typed}})
	pc.until(front, "佐藤製作所 のお助けボックス")
	connected := time.Since(entered)
	pc.until(portal+"/", "見守り中")
	onPortal := time.Since(entered)
	t.Logf("from power to inspecting %.1f s, to the code %.1f s; from the code to connected %.1f s, to the portal's lamp %.1f s", protected.Seconds(), shown.Seconds(), connected.Seconds(), onPortal.Seconds())
	if onPortal > firstDay {
		t.Errorf("from the code to protection %v, want %v", onPortal, firstDay)
	}
	pc.until(front, "センターの時計と合っています")
	unplug(t, l, pc, front)
	trial(t, l, pc, front)
	strangers(t, l, front)
}

// unplug: a cable that is pulled out shows, and one that is back.
func unplug(t *testing.T, l *lab.Lab, pc *visitor, front string) {
	t.Helper()
	for _, c := range []struct{ state, say string }{{"down", "ルーター側のケーブルが抜けている"}, {"up", "ルーター側も社内側も、つながっています"}} {
		if out, code, err := l.Internet.Run(t.Context(), "ip", "link", "set", "eth0", c.state); err != nil || code != 0 {
			t.Fatalf("%s %v", out, err)
		}
		pc.until(front, c.say)
	}
}

// trial: the test's site ends at the box's page, and the box knows of it.
func trial(t *testing.T, l *lab.Lab, pc *visitor, front string) {
	t.Helper()
	tried(t, pc, front, lab.PC1)
	// In front of the box the name does not exist: that it ends at our page is the box's doing.
	if status, _, err := at(t, l.Internet).open("http://"+testSite+"/", nil); err == nil {
		t.Errorf("the test's site is there without a box: %d", status)
	}
}

// tried makes the test from the PC at addr.
func tried(t *testing.T, pc *visitor, front, addr string) {
	t.Helper()
	status, body, err := pc.open("http://"+testSite+"/?lang=ja", nil)
	if err != nil || status != http.StatusForbidden || !strings.Contains(body, "このページは開けませんでした") || !strings.Contains(body, "テスト成功です") {
		t.Errorf("the test: %d %v\n%s", status, err, body)
	}
	if body := pc.page(front, nil); !strings.Contains(body, addr+" のパソコンから") {
		t.Errorf("the page does not know of the test:\n%s", body)
	}
}

// strangers get nothing: another name for the box, and a host of another network.
func strangers(t *testing.T, l *lab.Lab, front string) {
	t.Helper()
	pc := at(t, l.PC2)
	req, err := http.NewRequest(http.MethodGet, front, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "attacker.example"
	resp, err := pc.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under another name: %d", resp.StatusCode)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	c, err := l.Internet.DialFrom(ctx, lab.Attacker, boxAddr+":80")
	if err != nil {
		return // no way there at all, by the guard of the box's address
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+boxAddr+"\r\n\r\n")
	if n, err := io.ReadFull(c, make([]byte, 1)); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("from the internet: %d bytes, %v", n, err)
	}
}
