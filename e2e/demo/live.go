package demo

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

// live builds the lab and plays the steps in it.
func (d *demo) live(ctx context.Context) error {
	var err error
	if d.lab, err = lab.New(); err != nil {
		return err
	}
	d.undo = append(d.undo, func() { _ = d.lab.Close() })
	if d.internet, err = d.lab.Serve(d.Big); err != nil {
		return err
	}
	d.undo = append(d.undo, func() { _ = d.internet.Close() })
	if d.office, err = d.lab.ServeOffice(); err != nil {
		return err
	}
	d.undo = append(d.undo, d.office.Close)
	if err := d.files(); err != nil {
		return err
	}
	if err := d.relay(ctx); err != nil {
		return err
	}
	if err := d.startBox(ctx); err != nil {
		return err
	}
	if d.Record != "" {
		if err := os.MkdirAll(d.Record, 0o755); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return d.steps(ctx)
}

// files writes what clients need: the lab's certificate, known hosts, a mail, a back door.
func (d *demo) files() error {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.internet.Root.Raw})
	return errors.Join(
		os.WriteFile(d.path("lab-ca.pem"), ca, 0o644),
		os.WriteFile(d.path("known_hosts"), []byte(d.internet.HostKey+"\n"), 0o644),
		os.WriteFile(d.path("mail.eml"), mailWithAttachment(), 0o644),
		os.WriteFile(d.path("shell.php"), []byte("<?php system($_GET['cmd']); ?>"), 0o644),
		os.WriteFile(d.path("upload"), make([]byte, upload), 0o644),
		os.WriteFile(d.path("phishing.txt"), []byte("# sites that steal passwords\n"+lab.PhishName+"\n"), 0o644),
	)
}

// relay lets the box reach the centre: on its own loopback it finds the centre's
// address, as a management line would bring it.
func (d *demo) relay(ctx context.Context) error {
	l, err := d.lab.Box.Listen(d.addr(portBoxes))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.undo = append(d.undo, func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go d.carry(ctx, c)
		}
	}()
	return nil
}

func (d *demo) carry(ctx context.Context, from net.Conn) {
	defer from.Close()
	to, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", d.addr(portBoxes))
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, from)
		to.Close()
	}()
	_, _ = io.Copy(from, to)
}

func (d *demo) boxConfig() string {
	conf := fmt.Sprintf(`centre_url = "https://%s"
centre_fingerprint = %q
claim_code = %q
state_dir = %q
ports = [%q, %q]
home = ["192.168.0.0/16"]
heartbeat = "2s"
devices_every = "2s"
eve_log = %q
[[list]]
name = "demo-phishing"
category = "phishing"
file = %q
[[list]]
name = "demo-mistake"
category = "malware"
entries = [%q]
`, d.addr(portBoxes), d.added.Fingerprint, d.added.ClaimCode, d.path("box"), lab.OutsidePort, lab.InsidePort, d.path("eve.json"), d.path("phishing.txt"), mistaken)
	if d.clamd != "" {
		conf = fmt.Sprintf("clamd_socket = %q\n", d.clamd) + conf
	}
	return conf
}

func (d *demo) startBox(ctx context.Context) error {
	if err := os.WriteFile(d.path("box.toml"), []byte(d.boxConfig()), 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if d.box, err = d.start(exec.Command(exe, "gateway", "-config", d.path("box.toml")), d.lab.Box); err != nil {
		return err
	}
	d.undo = append(d.undo, d.box.stop)
	if !eventually(ctx, 30*time.Second, func() bool { return d.inspects() && d.claimed() && d.passes(ctx) }) {
		return errors.New("demo: the box did not start protecting; its log is above")
	}
	fmt.Fprintln(d.Out, "The box is claimed, joined between router and office, and inspecting.")
	return nil
}

// inspects tells that the engine has bound all its queues: one for each core.
func (d *demo) inspects() bool {
	pid := d.enginePID()
	return pid > 0 && lab.Queues(pid) >= runtime.NumCPU()
}

func (d *demo) claimed() bool {
	_, err := os.Stat(d.path("box/identity/box.crt"))
	return err == nil
}

// passes tells that a page can be opened through the box.
func (d *demo) passes(ctx context.Context) bool {
	_, code, err := d.lab.PC1.Run(ctx, "curl", "-sf", "-m", "2", "-o", "/dev/null", "http://"+lab.Good+"/page/0")
	return err == nil && code == 0
}

// enginePID finds the box's engine process, 0 when there is none.
func (d *demo) enginePID() int {
	out, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", d.box.cmd.Process.Pid, d.box.cmd.Process.Pid))
	text := string(out)
	if err != nil || strings.TrimSpace(text) == "" {
		// The child belongs to the thread that started it: look at all threads.
		tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", d.box.cmd.Process.Pid))
		for _, t := range tasks {
			b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", d.box.cmd.Process.Pid, t.Name()))
			text += string(b) + " "
		}
	}
	for _, f := range strings.Fields(text) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			continue
		}
		if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); strings.Contains(string(line), "engine") {
			return pid
		}
	}
	return 0
}

// curl runs curl on a host and returns its exit status and output.
func (d *demo) curl(ctx context.Context, on *lab.Namespace, args ...string) (int, string) {
	base := []string{"-s", "-S", "-m", "8", "--cacert", d.path("lab-ca.pem")}
	out, code, err := on.Run(ctx, "curl", append(base, args...)...)
	if err != nil {
		return -1, err.Error()
	}
	return code, string(out)
}

// send opens a TCP connection from an address of a host, says something and
// reports whether an answer came.
func (d *demo) send(ctx context.Context, on *lab.Namespace, from, to string, say []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := on.DialFrom(ctx, from, to)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := c.Write(say); err != nil {
		return false
	}
	n, _ := c.Read(make([]byte, 64))
	return n > 0
}

func mailWithAttachment() []byte {
	return []byte(strings.ReplaceAll(`From: kato@kokyaku.example
To: sato@sato-seisakusho.example
Subject: =?utf-8?B?`+"5Zuz6Z2i44KS44GK6YCB44KK44GX44G+44GZ"+`?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8

Drawing 12-B is attached.
--b1
Content-Type: application/octet-stream; name="drawing-12B.dxf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="drawing-12B.dxf"

`+strings.Repeat("MAogIDAKU0VDVElPTgogIDIKSEVBREVSCiAgOQokQUNBRFZFUgogIDEKQUMxMDI3\n", 600)+`--b1--
`, "\n", "\r\n"))
}
