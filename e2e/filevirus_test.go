package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

// share is a file server: a folder with what it gives out, and one for what it takes.
type share struct{ out, in string }

// newShare makes files of the same size: one that is clean, one whose last bytes are a virus.
func newShare(t *testing.T) share {
	t.Helper()
	dir, err := os.MkdirTemp("", "otasuke-share-") // a path that every user may go into
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := share{filepath.Join(dir, "out"), filepath.Join(dir, "out", "in")}
	if err := errors.Join(os.Chmod(dir, 0o755), os.MkdirAll(s.in, 0o755), os.Chmod(s.in, 0o777)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"clean.bin", "virus.bin"} {
		if err := os.WriteFile(filepath.Join(s.out, name), content(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// content of a file: no scanner has seen it before.
func content(name string) []byte {
	b := make([]byte, 600<<10)
	r := rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32s", name))))
	_, _ = r.Read(b)
	if strings.Contains(name, "virus") {
		copy(b[len(b)-len(clamVirus):], clamVirus)
	}
	return b
}

// daemon runs a server in the foreground until the test ends.
func daemon(t *testing.T, ns *lab.Namespace, port, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	cmd := exec.Command(path, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its sessions are processes, too
	if err := ns.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if _ = cmd.Wait(); t.Failed() {
			t.Logf("%s: %s", name, said.String())
		}
	})
	for end := time.Now().Add(patience); ; {
		c, err := ns.Dial(t.Context(), "tcp", net.JoinHostPort(lab.Good, port))
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not listen: %v", name, err)
		}
	}
}

// carrier carries files through the box in one way of the field.
type carrier struct {
	name  string
	start func(*testing.T, *lab.Namespace, share)
	// get and put carry the file of a name to and from a local path; an error is that it
	// did not come through.
	get, put func(ctx context.Context, from *lab.Namespace, name, path string) error
}

func run(ctx context.Context, ns *lab.Namespace, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, code, err := ns.Run(ctx, name, args...)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s ended with %d: %s", name, code, out)
	}
	return err
}

func ftp() carrier {
	url := "ftp://" + lab.Good + "/"
	return carrier{name: "ftp",
		start: func(t *testing.T, ns *lab.Namespace, s share) {
			conf := filepath.Join(t.TempDir(), "vsftpd.conf")
			text := fmt.Sprintf("listen=YES\nbackground=NO\nanonymous_enable=YES\nlocal_enable=NO\nwrite_enable=YES\nanon_upload_enable=YES\nanon_umask=022\nanon_root=%s\nno_anon_password=YES\nseccomp_sandbox=NO\nxferlog_enable=NO\npasv_enable=YES\nsecure_chroot_dir=%s\n", s.out, s.out)
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			daemon(t, ns, "21", "vsftpd", conf)
		},
		get: func(ctx context.Context, ns *lab.Namespace, name, path string) error {
			return run(ctx, ns, "curl", "-sS", "-o", path, url+name)
		},
		put: func(ctx context.Context, ns *lab.Namespace, name, path string) error {
			return run(ctx, ns, "curl", "-sS", "-T", path, url+"in/"+name)
		},
	}
}

func smb() carrier {
	client := func(ctx context.Context, ns *lab.Namespace, what string) error {
		return run(ctx, ns, "smbclient", "//"+lab.Good+"/files", "-N", "-t", "20", "-c", what)
	}
	return carrier{name: "smb",
		start: func(t *testing.T, ns *lab.Namespace, s share) {
			dir := t.TempDir()
			conf := filepath.Join(dir, "smb.conf")
			var b strings.Builder
			b.WriteString("[global]\nserver role = standalone server\nmap to guest = Bad User\nguest account = nobody\ndisable netbios = yes\nsmb ports = 445\nload printers = no\nprinting = bsd\nlog level = 0\n")
			for _, what := range []string{"lock directory", "state directory", "cache directory", "pid directory", "private dir", "ncalrpc dir"} {
				own := filepath.Join(dir, strings.Fields(what)[0])
				if err := os.Mkdir(own, 0o755); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "%s = %s\n", what, own)
			}
			fmt.Fprintf(&b, "[files]\npath = %s\nguest ok = yes\nread only = no\nforce user = nobody\n", s.out)
			if err := os.WriteFile(conf, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			daemon(t, ns, "445", "smbd", "-F", "--no-process-group", "-s", conf, "-l", dir)
		},
		get: func(ctx context.Context, ns *lab.Namespace, name, path string) error {
			return client(ctx, ns, fmt.Sprintf("get %s %s", name, path))
		},
		put: func(ctx context.Context, ns *lab.Namespace, name, path string) error {
			return client(ctx, ns, fmt.Sprintf("put %s in/%s", path, name))
		},
	}
}

// web is HTTP/1 and, with two, HTTP/2 without encryption.
func web(name string, two bool) carrier {
	port := map[bool]string{false: "8081", true: "8082"}[two]
	client := func(ns *lab.Namespace) *http.Client {
		p := new(http.Protocols)
		p.SetHTTP1(!two)
		p.SetUnencryptedHTTP2(two)
		return &http.Client{Timeout: patience, Transport: &http.Transport{Protocols: p, DisableKeepAlives: !two, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return ns.Dial(ctx, network, addr)
		}}}
	}
	do := func(ctx context.Context, c *http.Client, method, name string, body io.Reader) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, method, "http://"+net.JoinHostPort(lab.Good, port)+"/"+name, body)
		if err != nil {
			return nil, err
		}
		return c.Do(req)
	}
	return carrier{name: name,
		start: func(t *testing.T, ns *lab.Namespace, s share) {
			l, err := ns.Listen(net.JoinHostPort(lab.Good, port))
			if err != nil {
				t.Fatal(err)
			}
			p := new(http.Protocols)
			p.SetHTTP1(!two)
			p.SetUnencryptedHTTP2(two)
			srv := &http.Server{Protocols: p, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPut {
					http.ServeFile(w, r, filepath.Join(s.out, filepath.Base(r.URL.Path)))
					return
				}
				b, err := io.ReadAll(r.Body)
				if err == nil {
					err = os.WriteFile(filepath.Join(s.in, filepath.Base(r.URL.Path)), b, 0o600)
				}
				if err != nil {
					w.WriteHeader(http.StatusInternalServerError)
				}
			})}
			go func() { _ = srv.Serve(l) }()
			t.Cleanup(func() { srv.Close() })
		},
		get: func(ctx context.Context, ns *lab.Namespace, name, path string) error {
			resp, err := do(ctx, client(ns), http.MethodGet, name, nil)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			return errors.Join(err, os.WriteFile(path, b, 0o600))
		},
		put: func(ctx context.Context, ns *lab.Namespace, name, path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			c := client(ns)
			if two { // a client that has heard from the server sends frames as long as that takes them
				resp, err := do(ctx, c, http.MethodHead, "clean.bin", nil)
				if err != nil {
					return err
				}
				resp.Body.Close()
			}
			resp, err := do(ctx, c, http.MethodPut, name, bytes.NewReader(b))
			if err != nil {
				return err
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return errors.New(resp.Status)
			}
			return nil
		},
	}
}

// Files with a virus do not get through in either direction, over the real servers and
// clients of the field; clean ones do, byte for byte.
func TestInfectedFiles(t *testing.T) {
	b := startBox(t, "", fmt.Sprintf("clamd_socket = %q\n", startClamd(t)), nil)
	for _, c := range []carrier{ftp(), smb(), web("http", false), web("http2", true)} {
		t.Run(c.name, func(t *testing.T) {
			s := newShare(t)
			c.start(t, b.lab.Internet, s)
			dir := t.TempDir()
			for _, name := range []string{"clean.bin", "virus.bin"} {
				sent := content(name)
				clean := name == "clean.bin"
				path := filepath.Join(dir, "got-"+name)
				err := c.get(t.Context(), b.lab.PC1, name, path)
				got, _ := os.ReadFile(path)
				if whole := bytes.Equal(got, sent); whole != clean || clean && err != nil {
					t.Errorf("%s down: %d of %d bytes, whole: %v, %v", name, len(got), len(sent), whole, err)
				}
				// Upwards it is another file: what is known of the first does not help.
				up := filepath.Join(dir, "up-"+name)
				sent = content(fmt.Sprint("up-", c.name, name))
				if err := os.WriteFile(up, sent, 0o600); err != nil {
					t.Fatal(err)
				}
				err = c.put(t.Context(), b.lab.PC2, name, up)
				if got, _ = os.ReadFile(filepath.Join(s.in, name)); bytes.Equal(got, sent) != clean || clean && err != nil {
					t.Errorf("%s up: %d of %d bytes, %v", name, len(got), len(sent), err)
				}
			}
		})
	}
	b.stop()
	if t.Failed() {
		t.Logf("the box counted %v", lastCounts(t, b.eve).Otasuke.Counts)
	}
	eve, err := os.ReadFile(b.eve)
	if err != nil {
		t.Fatal(err)
	}
	for _, proto := range []string{"ftp-data", "smb", "http", "http2"} {
		files := 0
		for line := range bytes.Lines(eve) {
			if bytes.Contains(line, []byte(`"event_type":"fileinfo"`)) && bytes.Contains(line, []byte(`"virus":"Test.Pattern.UNOFFICIAL"`)) && bytes.Contains(line, []byte(`"app_proto":"`+proto+`"`)) {
				files++
			}
		}
		if files < 2 {
			t.Errorf("%d files with a virus over %s are told of", files, proto)
		}
	}
	if n := bytes.Count(eve, []byte(`"action":"blocked"`)); n < 4 {
		t.Errorf("%d alerts", n)
	}
}
