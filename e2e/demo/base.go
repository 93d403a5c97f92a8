package demo

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"otasuke/content/cover"
	"otasuke/e2e/lab"
	"otasuke/e2e/mailsink"
)

// Ports on loopback.
const (
	portPortal = iota
	portConsole
	portInbox
	portBoxes
	portSMTP
	portChamber
	portChamberConsole
	portChamberBoxes
	numPorts
)

const (
	ownerEmail    = "sato@sato-seisakusho.example"
	operatorEmail = "desk@chamber.example"
	alertDomain   = "alert.chamber.example"
)

// demo is everything that runs.
type demo struct {
	Options
	dir      string
	password string
	ports    [numPorts]int
	sink     *mailsink.Sink
	clamd    string // socket, "" when clamd is not installed
	centre   *process
	chamber  *chamber // nil without
	added    struct {
		CompanyID   string `json:"company_id"`
		ClaimCode   string `json:"claim_code"`
		Fingerprint string `json:"centre_fingerprint"`
	}
	sum     Summary
	latency latencies
	undo    []func()

	// Of the lab.
	lab      *lab.Lab
	internet *lab.Internet
	office   *lab.Server
	box      *process
}

func (d *demo) url(port int) string { return fmt.Sprintf("http://127.0.0.1:%d/", d.ports[port]) }

func (d *demo) addr(port int) string { return fmt.Sprintf("127.0.0.1:%d", d.ports[port]) }

// close undoes everything, last first.
func (d *demo) close() {
	for i := len(d.undo) - 1; i >= 0; i-- {
		d.undo[i]()
	}
}

// wanted ports are taken when they are free, so that addresses are the same each time.
var wanted = [numPorts]int{8080, 8081, 8025, 8443, 2525, 8180, 8181, 8543}

// base starts what every mode needs: mailbox, scanner, centre.
func (d *demo) base(ctx context.Context) error {
	for i, p := range wanted {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
		}
		d.ports[i] = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	b := make([]byte, 9)
	_, _ = rand.Read(b)
	d.password = base64.RawURLEncoding.EncodeToString(b)
	if err := d.mailbox(); err != nil {
		return err
	}
	if err := d.scanner(ctx); err != nil {
		return err
	}
	if err := d.config(d.path("centre.toml"), "なにわ商工会議所", d.dir, portPortal, portConsole, portBoxes); err != nil {
		return err
	}
	if d.Customers > 0 {
		if err := d.openChamber(ctx); err != nil {
			return err
		}
	}
	if err := d.people(ctx); err != nil {
		return err
	}
	return d.startCentre(ctx)
}

// mailbox starts the SMTP sink, its page, and makes the key that signs mails.
func (d *demo) mailbox() error {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(d.path("dkim.key"), text, 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.sink = &mailsink.Sink{Keys: map[string]string{"demo._domainkey." + alertDomain: "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)}}
	smtp, err := net.Listen("tcp", d.addr(portSMTP))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	page, err := net.Listen("tcp", d.addr(portInbox))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	srv := &http.Server{Handler: d.sink.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = d.sink.Serve(smtp) }()
	go func() { _ = srv.Serve(page) }()
	d.undo = append(d.undo, func() { _ = errors.Join(d.sink.Close(), srv.Close()) })
	return nil
}

// scanner starts clamd with one signature: that of the test file.
func (d *demo) scanner(ctx context.Context) error {
	exe, err := exec.LookPath("clamd")
	if err != nil {
		if _, err = os.Stat("/usr/sbin/clamd"); err != nil {
			fmt.Fprintln(d.Out, "clamd is not installed: the virus step cannot succeed.")
			return nil
		}
		exe = "/usr/sbin/clamd"
	}
	if err := os.MkdirAll(d.path("clamdb"), 0o755); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	sig := "Demo.Test.EICAR:0:*:" + hex.EncodeToString(lab.EICAR()) + "\n"
	conf := fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nStreamMaxLength 32M\nMaxThreads 4\nFixStaleSocket yes\n",
		d.path("clamd.sock"), d.path("clamdb"), d.dir)
	err = errors.Join(os.WriteFile(d.path("clamdb/test.ndb"), []byte(sig), 0o644), os.WriteFile(d.path("clamd.conf"), []byte(conf), 0o644))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	p, err := d.start(exec.Command(exe, "--config-file="+d.path("clamd.conf")), nil)
	if err != nil {
		return err
	}
	d.undo = append(d.undo, p.stop)
	d.clamd = d.path("clamd.sock")
	up := eventually(ctx, 20*time.Second, func() bool {
		c, err := net.Dial("unix", d.clamd)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	if !up {
		return errors.New("demo: clamd did not start; its log is above")
	}
	return nil
}

// config writes the configuration of a centre that keeps its things in dir and listens at three ports.
func (d *demo) config(file, name, dir string, portal, console, boxes int) error {
	covers := filepath.Join(dir, "covers")
	if err := cover.Begin(covers, "みほん損害保険"); err != nil {
		return err
	}
	conf := fmt.Sprintf(`name = %q
database = "sqlite://%s"
state_dir = %q
phone = "050-0000-0119"
wait_high = "1s"
wait_medium = "2s"
calm_new_box = "0s"
[service]
address = "大阪府大阪市みほん区1-1"
invoice_number = "T7000012050002"
bank_account = "みほん銀行 本店 普通 0000000"
covers = %q
[portal]
listen = %q
url = %q
[console]
listen = %q
url = %q
[boxes]
listen = %q
names = ["127.0.0.1", "localhost"]
[mail]
server = %q
tls = "none"
from = "otasuke@%s"
from_name = "サイバーセキュリティお助け隊"
dkim_selector = "demo"
dkim_key_file = %q
[[bundles.feed]]
name = "today"
kind = "rules"
url = "file://%s"
`, name, filepath.Join(dir, "centre.db"), filepath.Join(dir, "centre"), covers, d.addr(portal), strings.TrimSuffix(d.url(portal), "/"), d.addr(console),
		strings.TrimSuffix(d.url(console), "/"), d.addr(boxes), d.addr(portSMTP), alertDomain, d.path("dkim.key"), d.path("today"))
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// people adds the company, its owner and an operator, as a provider would.
func (d *demo) people(ctx context.Context) error {
	company := map[string]any{
		"Name": "佐藤製作所", "Kana": "サトウセイサクショ", "Industry": "manufacturing", "Size": 6, "Lang": "ja", "Passphrase": "みかん山",
		"OwnerName": "佐藤 花子", "OwnerEmail": ownerEmail, "Password": d.password,
	}
	if err := d.admin(ctx, "add-company", company, &d.added); err != nil {
		return err
	}
	operator := map[string]any{"Name": "相談窓口 野田", "Email": operatorEmail, "Password": d.password}
	return d.admin(ctx, "add-operator", operator, nil)
}

// admin runs an administrative command of the centre, of one or two words.
func (d *demo) admin(ctx context.Context, verb string, in, out any, more ...string) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	args := append([]string{"centre"}, strings.Fields(verb)...)
	cmd := exec.CommandContext(ctx, exe, append(append(args, "-config", d.path("centre.toml")), more...)...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(body)), d.Err
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("demo: centre %s: %w", verb, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (d *demo) startCentre(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.centre, err = d.start(exec.Command(exe, "centre", "-config", d.path("centre.toml")), nil)
	if err != nil {
		return err
	}
	d.undo = append(d.undo, d.centre.stop)
	if !eventually(ctx, 20*time.Second, func() bool { return d.answers(d.addr(portPortal)) && d.answers(d.addr(portBoxes)) }) {
		return errors.New("demo: the centre did not start; its log is above")
	}
	return nil
}

func (d *demo) answers(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// process is a child that ends with us.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// start starts a command, on a host of the lab if one is given.
func (d *demo) start(cmd *exec.Cmd, on *lab.Namespace) (*process, error) {
	cmd.Stdout, cmd.Stderr = d.Err, d.Err
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel ends the child with the thread that started it: keep it.
		runtime.LockOSThread()
		var err error
		if on != nil {
			err = on.Start(cmd)
		} else {
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("demo: %s: %w", cmd.Path, err)
	}
	return p, nil
}

// stop ends it politely, then not. Stopping twice is harmless.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
