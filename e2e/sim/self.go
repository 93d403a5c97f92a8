package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"otasuke/centre"
)

// readyTime is how long a process of the centre may take until it listens.
const readyTime = 30 * time.Second

// Centre is the centre that was started: some processes on one database behind one address.
type Centre struct {
	dir     string
	post    *post
	smtp    *smtp.Server
	front   net.Listener
	wait    sync.WaitGroup
	say     io.Writer
	sqlite  string
	program string
	fronts  []string // addresses of the processes for boxes
	ops     []string // addresses
	console []string // addresses
	took    *atomic.Int64

	table string // of the kernel's, between boxes and processes

	mu    sync.Mutex
	procs []*exec.Cmd
	ended time.Duration // of the CPU, of processes that are gone
}

// start makes the companies and starts the processes.
func start(ctx context.Context, o *Options) (c *Centre, err error) {
	c = &Centre{post: newPost(), say: o.Say, program: o.Program}
	defer func() {
		if err != nil {
			c.close()
			c = nil
		}
	}()
	if c.dir, err = os.MkdirTemp("", "otasuke-sim-"); err != nil {
		return c, err
	}
	database := o.Database
	if database == "" {
		c.sqlite = filepath.Join(c.dir, "centre.db")
		database = "sqlite://" + c.sqlite
	}
	sink, err := c.mailbox()
	if err != nil {
		return c, err
	}
	n := max(1, o.Processes)
	for i := range n {
		addr, err := free()
		if err != nil {
			return c, err
		}
		c.fronts = append(c.fronts, addr)
		ops, err := free()
		if err != nil {
			return c, err
		}
		c.ops = append(c.ops, ops)
		console, err := free()
		if err != nil {
			return c, err
		}
		c.console = append(c.console, console)
		if err := os.WriteFile(c.conf(i), []byte(config(database, filepath.Join(c.dir, "state"), addr, ops, console, sink)), 0o600); err != nil {
			return c, err
		}
	}
	if o.Fingerprint, o.Codes, err = companies(ctx, c.conf(0), o.Boxes, o.Operator); err != nil {
		return c, err
	}
	fmt.Fprintf(o.Say, "%d companies are made\n", o.Boxes)
	for i := range n {
		c.procs = append(c.procs, nil)
		if err := c.Start(i); err != nil {
			return c, err
		}
	}
	o.URL, err = c.address(o.CutFor > 0)
	return c, err
}

func (c *Centre) conf(i int) string { return filepath.Join(c.dir, fmt.Sprintf("centre%d.toml", i)) }

// free is an address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func config(database, state, boxes, ops, console, smtp string) string {
	return fmt.Sprintf(`name = "sim"
database = %[1]q
state_dir = %[2]q
phone = "050-0000-0000"
wait_high = "1s"
calm_new_box = "0s"
[portal]
listen = "127.0.0.1:0"
url = "http://portal.example"
[console]
listen = %[5]q
url = "http://%[5]s"
[boxes]
listen = %[3]q
names = ["127.0.0.1"]
[ops]
listen = %[4]q
[mail]
server = %[6]q
tls = "none"
from = "otasuke@alert.example"
`, database, state, boxes, ops, console, smtp)
}

// companies makes one for each box, with an owner who gets mails and has no password yet.
func companies(ctx context.Context, conf string, n int, operator string) (fingerprint string, codes []string, err error) {
	cfg, err := centre.LoadConfig(conf)
	if err != nil {
		return "", nil, err
	}
	own, err := centre.New(ctx, cfg)
	if err != nil {
		return "", nil, err
	}
	defer own.Close()
	if operator != "" {
		if _, err := own.AddOperator(ctx, "運用", "operator@centre.example", operator); err != nil {
			return "", nil, err
		}
	}
	for i := range n {
		added, err := own.AddCompany(ctx, centre.NewCompany{Name: fmt.Sprintf("会社%d", i), OwnerName: "社長", OwnerEmail: owner(i), Lang: "ja"})
		if err != nil {
			return "", nil, err
		}
		fingerprint, codes = added.Fingerprint, append(codes, added.ClaimCode)
	}
	return fingerprint, codes, nil
}

// profile writes profiles of the first process into a folder: of its CPU for so long, and of its memory.
func (c *Centre) profile(dir string, d time.Duration) error {
	for name, path := range map[string]string{"cpu": fmt.Sprintf("profile?seconds=%.0f", max(1, d.Seconds())), "heap": "heap", "memory": "heap?debug=1", "goroutines": "goroutine"} {
		resp, err := http.Get("http://" + c.ops[0] + "/debug/pprof/" + path)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".pprof"), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Console is the address of a process's console.
func (c *Centre) Console(i int) string { return "http://" + c.console[i] }

// Took is how many policies boxes have taken.
func (c *Centre) Took() int64 { return c.took.Load() }

// Start starts a process of the centre and waits until it listens.
func (c *Centre) Start(i int) error {
	exe, err := c.program, error(nil)
	if exe == "" {
		exe, err = os.Executable()
	}
	if err != nil {
		return err
	}
	cmd := exec.Command(exe, "centre", "-config", c.conf(i))
	cmd.Stderr = c.say
	if err := cmd.Start(); err != nil {
		return err
	}
	c.mu.Lock()
	c.procs[i] = cmd
	c.mu.Unlock()
	for end := time.Now().Add(readyTime); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", c.fronts[i])
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("sim: the centre does not listen: %w", err)
		}
	}
}

// Kill ends a process as a power cut would.
func (c *Centre) Kill(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cmd := c.procs[i]
	if cmd == nil {
		return
	}
	_, cpu := stat(cmd.Process.Pid)
	c.ended += cpu
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	c.procs[i] = nil
}

// Cut cuts the line between boxes and centre, or mends it: what boxes send is refused by the kernel.
func (c *Centre) Cut(cut bool) error {
	text := "flush chain ip " + c.table + " cut\n"
	if cut {
		text += fmt.Sprintf("add rule ip %s cut ip saddr 127.1.0.0/16 tcp dport { %s } reject with tcp reset\n", c.table, strings.Join(ports(c.fronts), ", "))
	}
	return feed(text)
}

// address is the one that boxes know. The kernel gives new connections to the processes in turn, and cuts the line: a proxy in this
// process would want three open files for each box.
func (c *Centre) address(between bool) (string, error) {
	if len(c.fronts) == 1 && !between {
		return "https://" + c.fronts[0], nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // so that the port is nobody else's; nothing comes here
	if err != nil {
		return "", err
	}
	c.front = l
	port := ports([]string{l.Addr().String()})[0]
	table := "otasuke_sim_" + port
	var turns []string
	for i, p := range ports(c.fronts) {
		turns = append(turns, fmt.Sprintf("%d : %s", i, p))
	}
	if err := feed(fmt.Sprintf(`table ip %s {
	chain turn {
		type nat hook output priority -100
		ip daddr 127.0.0.1 tcp dport %s dnat to 127.0.0.1 : numgen inc mod %d map { %s }
	}
	chain cut {
		type filter hook output priority 0
	}
}
`, table, port, len(turns), strings.Join(turns, ", "))); err != nil {
		return "", fmt.Errorf("sim: several processes, or a line that is cut, need root and nftables: %w", err)
	}
	c.table = table
	return "https://" + l.Addr().String(), nil
}

// ports of addresses.
func ports(addresses []string) (all []string) {
	for _, a := range addresses {
		_, port, _ := net.SplitHostPort(a)
		all = append(all, port)
	}
	return all
}

func feed(text string) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// close ends everything.
func (c *Centre) close() {
	if c.front != nil {
		c.front.Close()
	}
	for i := range c.procs {
		c.Kill(i)
	}
	if c.smtp != nil {
		c.smtp.Close()
	}
	if c.table != "" {
		_ = feed("delete table ip " + c.table + "\n")
	}
	c.wait.Wait()
	_ = os.RemoveAll(c.dir)
}

// usage is what the processes have taken up to now.
type usage struct {
	resident, disk int64
	cpu            time.Duration
}

func (c *Centre) usage() (u usage) {
	if c == nil {
		return u
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	u.cpu = c.ended
	for _, p := range c.procs {
		if p == nil {
			continue
		}
		resident, cpu := stat(p.Process.Pid)
		u.resident, u.cpu = max(u.resident, resident), u.cpu+cpu
	}
	if c.sqlite != "" {
		for _, name := range []string{c.sqlite, c.sqlite + "-wal"} {
			if info, err := os.Stat(name); err == nil {
				u.disk += info.Size()
			}
		}
	}
	return u
}

// stat reads the largest resident memory of a process, and its CPU time.
func stat(pid int) (resident int64, cpu time.Duration) {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			resident = n << 10
		}
	}
	b, _ = os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if i := bytes.LastIndexByte(b, ')'); i > 0 {
		f := strings.Fields(string(b[i+1:]))
		user, _ := strconv.ParseInt(f[11], 10, 64)
		system, _ := strconv.ParseInt(f[12], 10, 64)
		cpu = time.Duration(user+system) * 10 * time.Millisecond // USER_HZ
	}
	return resident, cpu
}

// mailbox is the provider's SMTP server.
func (c *Centre) mailbox() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	c.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &letters{post: c.post}, nil }))
	c.smtp.Domain, c.smtp.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	c.wait.Go(func() { _ = c.smtp.Serve(l) })
	return l.Addr().String(), nil
}

// letters is one SMTP session.
type letters struct {
	post *post
	to   string
}

func (s *letters) Reset()                               {}
func (s *letters) Logout() error                        { return nil }
func (s *letters) Mail(string, *smtp.MailOptions) error { return nil }
func (s *letters) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *letters) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, m.Body); err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	s.post.take(s.to, subject, m.Header.Get("Message-ID"))
	return errors.Join(err)
}
