package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

const (
	// newBank is a false bank that no list has yet.
	newBank = "login.new-bank.example"
	// secondEmail is another of the staff, who confirms what the first has proposed.
	secondEmail = "second@chamber.example"
	// neighbourEmail is the owner of the company where it is found, who is told of it as of any alert.
	neighbourEmail = "tonari@tonari-kogyo.example"
)

// neighbour is another member, whose box carries the alerts of a sensor of its own.
type neighbour struct {
	CompanyID   string `json:"company_id"`
	ClaimCode   string `json:"claim_code"`
	Fingerprint string `json:"centre_fingerprint"`
	box         *process
}

// openNeighbour adds the company, starts its box, and has its sensor see somebody open the false bank.
func (d *demo) openNeighbour(ctx context.Context) (*neighbour, error) {
	n := new(neighbour)
	if err := d.admin(ctx, "add-company", map[string]string{"Name": "株式会社となり工業", "Lang": "ja", "OwnerName": "隣 次郎", "OwnerEmail": neighbourEmail}, n); err != nil {
		return nil, err
	}
	if err := d.admin(ctx, "add-operator", map[string]string{"Name": "相談窓口 原", "Email": secondEmail, "Password": d.password}, nil); err != nil {
		return nil, err
	}
	conf := fmt.Sprintf("centre_url = \"https://%s\"\ncentre_fingerprint = %q\nclaim_code = %q\nstate_dir = %q\nhome = [\"192.168.0.0/16\"]\nheartbeat = \"2s\"\neve_input = %q\n",
		d.addr(portBoxes), n.Fingerprint, n.ClaimCode, d.path("neighbour"), d.path("neighbour.json"))
	line, err := json.Marshal(map[string]any{"timestamp": time.Now().Format("2006-01-02T15:04:05.000000-0700"), "event_type": "alert", "src_ip": "192.168.5.20", "src_port": 50123, "dest_ip": lab.Good, "dest_port": 80, "proto": "TCP", "app_proto": "http",
		"alert": map[string]any{"action": "allowed", "gid": 1, "signature_id": 2900001, "rev": 1, "signature": "ET PHISHING Credentials sent to a false bank", "category": "Possible Social Engineering Attempted", "severity": 1},
		"http":  map[string]any{"hostname": newBank, "url": "/login"}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(d.path("neighbour.json"), append(line, '\n'), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(d.path("neighbour.toml"), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if n.box, err = d.start(exec.Command(exe, "gateway", "-config", d.path("neighbour.toml")), nil); err == nil {
		d.undo = append(d.undo, n.box.stop)
	}
	return n, err
}

// tells says whether a text gives away where the false bank was found.
func tells(text string) bool {
	return strings.Contains(text, "となり工業") || strings.Contains(text, "192.168.5.20")
}

// discovered is step 15: what an operator confirms at one company, the box of another stops; taken back, it lets it through.
func (d *demo) discovered(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "15", Expected: "blocked at this company within a minute, its owner is told, then open again"}
	s.Seen, s.Note = d.discover(ctx, &s)
	if s.OK = s.Seen == ""; s.OK {
		s.Seen = s.Expected
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "A false bank is found at another member, and stopped for all")
}

// foundFile is step 16: a file that was stopped at one company, and that the scanner here knows nothing of, is stopped here
// too when an operator has confirmed it.
func (d *demo) foundFile(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "16", Expected: "the same file is stopped at this company within a minute, and passes again"}
	if d.clamd == "" {
		s.Seen = "clamd is not installed: no box looks into files"
	} else {
		s.Seen, s.Note = d.file(ctx)
	}
	if s.OK = s.Seen == ""; s.OK {
		s.Seen = s.Expected
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "A file is found at another member, and stopped for all")
}

// file gives what went wrong, "" for nothing. The neighbour's sensor is not ours, and files are none of what it tells: the
// operator types what the laboratory said.
func (d *demo) file(ctx context.Context) (wrong, note string) {
	digest := sha256.Sum256(lab.Unknown())
	sum := hex.EncodeToString(digest[:])
	whole := func() bool {
		to := d.path("viewer")
		d.curl(ctx, d.lab.PC1, "-m", "3", "-o", to, "--resolve", lab.MalwareName+":80:"+lab.Malware, "http://"+lab.MalwareName+"/viewer.exe")
		got, _ := os.ReadFile(to)
		_ = os.Remove(to)
		return bytes.Equal(got, lab.Unknown())
	}
	if !whole() {
		return "it did not pass before", ""
	}
	ask := d.face(ctx, portConsole, operatorEmail)
	var found Alert
	for _, a := range d.alerts(ctx) {
		if a.CompanyID != d.added.CompanyID {
			found = a
		}
	}
	if found.ID == "" {
		return "the neighbour has no case", ""
	}
	poster(ask)("/cases/"+found.CompanyID+"/"+found.ID+"/discovery", url.Values{"what": {"other"}, "kind": {"file"}, "value": {sum}, "category": {"malware"}, "days": {"30"}, "why": {"解析で危険と確かめた"}})
	if !strings.Contains(ask(http.MethodGet, "/discoveries", nil), sum[:8]) {
		return "it is not in the list of what was found", ""
	}
	_, rest, _ := strings.Cut(ask(http.MethodGet, "/discoveries", nil), `href="/discoveries/`)
	id, _, _ := strings.Cut(rest, `"`)
	at := "/discoveries/" + id
	if !whole() {
		return "it is stopped before anybody has confirmed it", ""
	}
	second := poster(d.face(ctx, portConsole, secondEmail))
	clicked := time.Now()
	second(at, url.Values{"do": {"confirm"}, "why": {"二人で確かめた"}})
	if !eventually(ctx, time.Minute, func() bool { return !whole() }) {
		return "it still passes a minute later: " + at, ""
	}
	took := time.Since(clicked)
	owner := d.portal(ctx)
	if !eventually(ctx, 20*time.Second, func() bool {
		for _, a := range d.alerts(ctx) {
			if a.CompanyID == d.added.CompanyID && strings.Contains(owner(http.MethodGet, "/alerts/"+a.ID, nil), "viewer.exe") {
				return !tells(owner(http.MethodGet, "/alerts/"+a.ID, nil))
			}
		}
		return false
	}) {
		return "the owner does not read of it, or reads where it was found", ""
	}
	clicked = time.Now()
	second(at, url.Values{"do": {"withdraw"}, "why": {"見本はここまで"}})
	if !eventually(ctx, time.Minute, whole) {
		return "it stays stopped although it was taken back", ""
	}
	return "", fmt.Sprintf("stopped %d ms after the second operator's click, through %d ms after it was taken back", took.Milliseconds(), time.Since(clicked).Milliseconds())
}

// discover gives what went wrong, "" for nothing.
func (d *demo) discover(ctx context.Context, s *Step) (wrong, note string) {
	n, err := d.openNeighbour(ctx)
	if err != nil {
		return err.Error(), ""
	}
	page := func() string {
		_, text := d.curl(ctx, d.lab.PC1, "-m", "2", "--resolve", newBank+":80:"+lab.Good, "http://"+newBank+"/page/1")
		return text
	}
	const told = "ほかの会員企業で危険なもの"
	if text := page(); strings.Contains(text, told) || text == "" {
		return "it did not open before", ""
	}
	var found Alert
	if !eventually(ctx, 20*time.Second, func() bool {
		for _, a := range d.alerts(ctx) {
			if a.CompanyID == n.CompanyID {
				found = a
			}
		}
		return found.ID != ""
	}) {
		return "the neighbour's alert does not arrive", ""
	}
	ask := d.face(ctx, portConsole, operatorEmail)
	post := poster(ask)
	propose := "/cases/" + n.CompanyID + "/" + found.ID + "/discovery"
	if !strings.Contains(ask(http.MethodGet, propose, nil), "name "+newBank) {
		return "the case does not offer the name", ""
	}
	post(propose, url.Values{"what": {"name " + newBank}, "kind": {"name"}, "category": {"phishing"}, "days": {"30"}, "why": {"本物の銀行に電話で確かめた"}})
	_, rest, _ := strings.Cut(ask(http.MethodGet, "/discoveries", nil), `href="/discoveries/`)
	id, _, _ := strings.Cut(rest, `"`)
	at := "/discoveries/" + id
	if !eventually(ctx, 20*time.Second, func() bool { return strings.Contains(ask(http.MethodGet, at, nil), "1 社が答えました") }) {
		return "the box here does not answer who uses it", ""
	}
	return d.confirmed(ctx, s, at, page, told)
}

// poster sends forms with the token of the page that they are on.
func poster(ask func(method, path string, form url.Values) string) func(at string, form url.Values) {
	return func(at string, form url.Values) {
		if m := csrf.FindStringSubmatch(ask(http.MethodGet, at, nil)); m != nil {
			form.Set("csrf", m[1])
		}
		ask(http.MethodPost, at, form)
	}
}

// confirmed has another of the staff stop it, as an office that has just been there asks for, and take it back.
func (d *demo) confirmed(ctx context.Context, s *Step, at string, page func() string, told string) (wrong, note string) {
	ask := d.face(ctx, portConsole, secondEmail)
	post := poster(ask)
	before, clicked := len(d.sink.Mails()), time.Now()
	post(at, url.Values{"do": {"confirm"}, "why": {"二人で確かめた"}})
	if !eventually(ctx, time.Minute, func() bool { return strings.Contains(page(), told) }) {
		return "it still opens a minute later", ""
	}
	took := time.Since(clicked)
	out, _, _ := d.lab.PC1.Run(ctx, "dig", "+time=1", "+tries=1", "@"+lab.DNSHost, "www."+newBank)
	if !strings.Contains(string(out), "NXDOMAIN") {
		return "a name below it is found", ""
	}
	owner := d.portal(ctx)
	var mine Alert
	if !eventually(ctx, 20*time.Second, func() bool {
		for _, a := range d.alerts(ctx) {
			if a.CompanyID == d.added.CompanyID && a.Family == "phishing" && strings.Contains(owner(http.MethodGet, "/alerts/"+a.ID, nil), "ほかの会員企業で危険と確認") {
				mine = a
			}
		}
		return mine.ID != ""
	}) {
		return "the owner does not read why", ""
	}
	if tells(owner(http.MethodGet, "/alerts/"+mine.ID, nil)) {
		return "the portal of another company says where it was found", ""
	}
	for _, m := range d.sink.Mails()[before:] {
		if !strings.Contains(m.To, neighbourEmail) && tells(m.Text+m.HTML) {
			return fmt.Sprintf("a mail to %s says where it was found: %s", m.To, m.Subject), ""
		}
	}
	s.Alert, s.Stars = mine.ID, mine.Stars
	if !eventually(ctx, 20*time.Second, func() bool {
		text := ask(http.MethodGet, at, nil)
		return strings.Contains(text, "2 台のうち 1 台のボックスに届いています") && strings.Contains(text, "これまでに 1 社で")
	}) {
		return "the console does not say how far it has come", ""
	}
	clicked = time.Now()
	post(at, url.Values{"do": {"withdraw"}, "why": {"見本はここまで"}})
	if !eventually(ctx, time.Minute, func() bool { return !strings.Contains(page(), told) }) {
		return "it stays blocked although it was taken back", ""
	}
	return "", fmt.Sprintf("blocked %d ms after the second operator's click, open %d ms after it was taken back; look at %s", took.Milliseconds(), time.Since(clicked).Milliseconds(), strings.TrimSuffix(d.url(portConsole), "/")+at)
}
