package browser

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre"
	"otasuke/e2e/lab"
	"otasuke/e2e/mailsink"
	"otasuke/gateway"
	"otasuke/wire"
)

const (
	password     = "correct horse battery staple"
	operator     = "desk@chamber.example"
	alertDomain  = "alert.chamber.example"
	newsDomain   = "news.chamber.example"
	deskPhone    = "050-0000-0119"
	startTimeout = 40 * time.Second
)

// company is one customer with its box.
type company struct {
	centre.Added
	name, owner, phrase string
	box                 *gateway.Replay
}

// world is everything that runs.
type world struct {
	dir             string
	centre          *centre.Centre
	portal, console string
	boxes           string // address of the listener for boxes
	sink            *mailsink.Sink
	sato, mori      *company
	application     string // page of one
	undo            []func()
	advise, visit   sync.Once
	paid            paid // a visit and its claim

	change func(*centre.Config)                        // of the usual configuration; may be nil
	fill   func(context.Context, *centre.Centre) error // before anybody comes; may be nil
}

// freeAddress finds an address that nothing listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// newWorld starts a centre with two companies that were attacked: 佐藤製作所,
// which reads Japanese, and Mori Trading, which reads English.
func newWorld(ctx context.Context) (w *world, err error) {
	w = &world{}
	if w.dir, err = os.MkdirTemp("", "otasuke-browser-"); err != nil {
		return nil, err
	}
	w.undo = append(w.undo, func() { _ = os.RemoveAll(w.dir) })
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	boxes, err := w.start(ctx)
	if err != nil {
		return w, err
	}
	w.sato, err = w.addCompany(ctx, boxes, centre.NewCompany{Name: "佐藤製作所", Kana: "サトウセイサクショ", Industry: "manufacturing", Size: 6,
		Lang: "ja", Passphrase: "みかん山", OwnerName: "佐藤 花子", OwnerEmail: "sato@sato-seisakusho.example"})
	if err != nil {
		return w, err
	}
	w.mori, err = w.addCompany(ctx, boxes, centre.NewCompany{Name: "Mori Trading", Kana: "モリトレーディング", Industry: "wholesale", Size: 11,
		Lang: "en", Passphrase: "paper crane", OwnerName: "Alice Mori", OwnerEmail: "alice@mori-trading.example"})
	if err != nil {
		return w, err
	}
	if _, err := w.centre.AddOperator(ctx, "相談窓口 野田", operator, password); err != nil {
		return w, err
	}
	return w, errors.Join(w.apply(ctx), w.attack(ctx))
}

// apply has somebody apply for the service, of whom the desk waits for a signed form.
func (w *world) apply(ctx context.Context) (err error) {
	w.application, err = w.applied(ctx, url.Values{"company": {"株式会社田中工務店"}, "kana": {"たなかこうむてん"}, "contact": {"田中 実"}, "contact_kana": {"たなか みのる"}, "email": {"minoru@tanaka-koumuten.example"}, "passphrase": {"うぐいす橋"}}, true)
	return err
}

// applied enters an application, with what is the same in all of them, and gives its page; it may be sent at once.
func (w *world) applied(ctx context.Context, form url.Values, send bool) (string, error) {
	same := url.Values{"industry": {"construction"}, "member": {"yes"}, "chamber": {"なにわ商工会議所"}, "member_no": {"12345"}, "pcs": {"9"}, "line": {"fibre"}, "router": {"unknown"}, "visit": {"yes"}, "phone": {"06-9876-5432"},
		"postcode": {"530-0001"}, "address": {"大阪府大阪市北区梅田1-1"}, "consent": {"addresses", "names", "files", "devices", "partners"}, "agreed": {"1"}}
	maps.Copy(form, same)
	post := func(path string, form url.Values) (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.portal+path, strings.NewReader(form.Encode()))
		if err != nil {
			return "", err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusSeeOther {
			return "", fmt.Errorf("%s: %s", path, resp.Status)
		}
		return resp.Header.Get("Location"), nil
	}
	page, err := post("/apply/form", form)
	if err != nil || !send {
		return page, err
	}
	_, err = post(page+"/send", nil)
	return page, err
}

// start runs mail server and centre, and returns the address for boxes.
func (w *world) start(ctx context.Context) (boxes string, err error) {
	sources := w.sources() // before ports are looked for: it takes one itself
	var at [4]string
	for i := range at {
		if at[i], err = freeAddress(); err != nil {
			return "", err
		}
	}
	if err := w.mailbox(at[3]); err != nil {
		return "", err
	}
	named := func(at string) string { return strings.Replace("http://"+at, "127.0.0.1", "localhost", 1) } // browsers have no passkeys at an address
	w.portal, w.console, boxes = named(at[0]), named(at[1]), at[2]
	w.boxes = boxes
	cfg := centre.Config{
		Log: warnings("centre"), Name: "なにわ商工会議所", Database: "sqlite://" + w.file("centre.db"), StateDir: w.file("centre"), Phone: deskPhone,
		WaitHigh: 200 * time.Millisecond, WaitMedium: 200 * time.Millisecond,
		Portal: centre.WebConfig{Listen: at[0], URL: w.portal}, Console: centre.WebConfig{Listen: at[1], URL: w.console},
		Boxes: centre.BoxConfig{Listen: boxes, Names: []string{"127.0.0.1"}},
		Mail: centre.MailConfig{Server: at[3], TLS: "none", From: "otasuke@" + alertDomain, FromName: "サイバーセキュリティお助け隊",
			ReplyTo: operator, DKIMSelector: "test", DKIMKeyFile: w.file("dkim.key")},
		News: centre.NewsConfig{From: "news@" + newsDomain, DKIMSelector: "test", DKIMKeyFile: w.file("dkim.key"), Address: "大阪府大阪市中央区本町橋2-8", PrivateSources: true, Sources: sources},
	}
	if w.change != nil {
		w.change(&cfg)
	}
	if w.centre, err = centre.New(ctx, cfg); err != nil {
		return "", err
	}
	if w.fill != nil {
		if err := w.fill(ctx, w.centre); err != nil {
			return "", errors.Join(err, w.centre.Close())
		}
	}
	run, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.centre.Run(run) }()
	w.undo = append(w.undo, func() {
		stop()
		if err := errors.Join(<-ended, w.centre.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "centre:", err)
		}
	})
	return boxes, until(ctx, "the centre listens", func() bool {
		for _, a := range at[:3] {
			c, err := net.DialTimeout("tcp", a, time.Second)
			if err != nil {
				return false
			}
			_ = c.Close()
		}
		return true
	})
}

// warnings of a part; 'go test' shows them when a test fails.
func warnings(part string) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})).With("part", part)
}

func (w *world) mailbox(address string) error {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.file("dkim.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)
	w.sink = &mailsink.Sink{Keys: map[string]string{"test._domainkey." + alertDomain: record, "test._domainkey." + newsDomain: record}}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() { _ = w.sink.Serve(l) }()
	w.undo = append(w.undo, func() { _ = w.sink.Close() })
	return nil
}

func (w *world) addCompany(ctx context.Context, boxes string, n centre.NewCompany) (*company, error) {
	n.Password = password
	added, err := w.centre.AddCompany(ctx, n)
	if err != nil {
		return nil, err
	}
	c := &company{Added: added, name: n.Name, owner: n.OwnerEmail, phrase: n.Passphrase}
	return c, w.plug(ctx, boxes, c)
}

// plug gives a company its box.
func (w *world) plug(ctx context.Context, boxes string, c *company) (err error) {
	added := &c.Added
	lists, conf := w.file("phishing.txt"), w.file(added.CompanyID+".toml")
	text := fmt.Sprintf("centre_url = %q\ncentre_fingerprint = %q\nclaim_code = %q\nstate_dir = %q\nports = [%q, %q]\nhome = [\"192.168.0.0/16\"]\nheartbeat = \"1s\"\n"+
		"[[list]]\nname = \"phishing\"\ncategory = \"phishing\"\nfile = %q\n",
		"https://"+boxes, added.Fingerprint, added.ClaimCode, w.file(added.CompanyID), lab.OutsidePort, lab.InsidePort, lists)
	if err := errors.Join(os.WriteFile(lists, []byte(lab.PhishName+"\n"), 0o600), os.WriteFile(conf, []byte(text), 0o600)); err != nil {
		return err
	}
	cfg, err := gateway.LoadConfig(conf)
	if err != nil {
		return err
	}
	cfg.Log = warnings("box of " + c.name)
	if c.box, err = gateway.NewReplay(context.WithoutCancel(ctx), cfg); err != nil {
		return err
	}
	w.undo = append(w.undo, func() { _ = c.box.Close() })
	return nil
}

// play replays one step of the demo at a company.
func (w *world) play(ctx context.Context, c *company, step int) error {
	_, err := c.box.Play(ctx, filepath.Join("..", "demo", "testdata", fmt.Sprintf("step%d.pcap", step)))
	return err
}

// attack plays an attack from outside (★☆☆), a controlled PC (★★★) and a false
// bank (★★☆) at both companies, and waits for the mails about the latter two.
func (w *world) attack(ctx context.Context) error {
	for i, c := range []*company{w.sato, w.mori} {
		// Ids begin with the second; in different ones no id means two things.
		second := time.Now().Unix()
		if err := until(ctx, "the next second", func() bool { return i == 0 || time.Now().Unix() > second }); err != nil {
			return err
		}
		for step := 1; step <= 3; step++ {
			if err := w.play(ctx, c, step); err != nil {
				return err
			}
		}
	}
	for _, c := range []*company{w.sato, w.mori} {
		if err := tell(c); err != nil {
			return err
		}
	}
	return until(ctx, "four mails about alerts, two to the desk, and two about an application", func() bool { return len(w.sink.Mails()) >= 8 })
}

// tell reports an hour of office work and a page that was blocked by mistake.
func tell(c *company) error {
	pc := wire.Device{MAC: "02:00:00:00:00:10", Addr: netip.MustParseAddr(lab.PC1)}
	used := wire.Event{Kind: wire.KindUsage, Device: pc, Usage: &wire.Usage{Since: time.Now().UTC(), Period: 60, Apps: []wire.AppUse{
		{App: "youtube", Category: "media", Up: 12_000_000, Down: 1_200_000_000, Minutes: 41, Flows: 90},
		{App: "chatgpt", Category: "ai", Up: 30_000_000, Down: 9_000_000, Minutes: 22, Flows: 40},
		{App: "zoom", Category: "meeting", Up: 180_000_000, Down: 310_000_000, Minutes: 58, Flows: 6},
		{App: "jra", Category: "gambling", Up: 900, Down: 400, Minutes: 1, Flows: 3, Blocked: 3},
		{Up: 50_000, Down: 70_000, Minutes: 30, Flows: 100},
	}}}
	wrong := wire.Event{Kind: wire.KindAppeal, Verdict: wire.VerdictPassed, Direction: wire.Outbound, Device: pc,
		Flow:   wire.Flow{Proto: "TCP", Src: pc.Addr, SrcPort: 50000, Dst: netip.MustParseAddr(lab.Good), DstPort: 80},
		Appeal: &wire.Appeal{What: "parts-shop.example", Category: "malware", List: "feed", Reason: "work"}}
	return errors.Join(c.box.Tell(used), c.box.Tell(wrong))
}

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

func (w *world) close() {
	for i := len(w.undo) - 1; i >= 0; i-- {
		w.undo[i]()
	}
}

// until asks again until cond holds or ctx ends.
func until(ctx context.Context, what string, cond func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting in vain: %s", what)
		case <-tick.C:
		}
	}
	return nil
}

// patience bounds what a test waits for.
const patience = 30 * time.Second

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := until(ctx, what, cond); err != nil {
		t.Fatal(err)
	}
}

// alert finds a company's alert by its stars, as scripts see it.
func (w *world) alert(t *testing.T, c *company, stars int) centre.AlertLine {
	t.Helper()
	all, err := w.centre.Alerts(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.CompanyID == c.CompanyID && a.Stars == stars {
			return a
		}
	}
	t.Fatalf("%s has no open alert of %d stars", c.name, stars)
	return centre.AlertLine{}
}

// mail finds the newest mail to a company about an alert.
func (w *world) mail(t *testing.T, c *company, alertID string) mailsink.Mail {
	t.Helper()
	var found *mailsink.Mail
	for _, m := range w.sink.Mails() {
		if strings.Contains(m.To, c.owner) && strings.Contains(m.Text, "/alerts/"+alertID) {
			found = &m
		}
	}
	if found == nil {
		t.Fatalf("no mail to %s about %s", c.owner, alertID)
	}
	return *found
}

// link finds the button of a mail: "done", "expected" or "call".
func link(t *testing.T, m mailsink.Mail, answer string) string {
	t.Helper()
	for _, word := range strings.Fields(m.Text) {
		if strings.Contains(word, "/a/") && strings.HasSuffix(word, "/"+answer) {
			return word
		}
	}
	t.Fatalf("the mail has no button %q", answer)
	return ""
}
