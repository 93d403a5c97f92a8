package pages

import (
	"context"
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
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// lively companies have a year of their own, others are there to be compared with, as in 'make demo'.
	lively, others, months = 30, 300, 12
	// rounds in which each page is asked for once.
	rounds = 20
	// readyTime is how long a centre may take until it answers.
	readyTime = time.Minute
	password  = "kappa-Ruder-7-Lampe"
	owner     = "owner1@sample.example"
	operator  = "operator@sample.example"
)

// Figure is a row of the table.
type Figure struct{ Name, Unit string }

// Figures are the rows.
func Figures() []Figure {
	return []Figure{{"pages.portal.p50", "ms"}, {"pages.portal.p99", "ms"}, {"pages.portal.slowest", "ms"}, {"pages.portal", "pages"},
		{"pages.console.p50", "ms"}, {"pages.console.p99", "ms"}, {"pages.console.slowest", "ms"}, {"pages.console", "pages"}}
}

// Measure makes a chamber up in a folder of its own, walks through all pages that an owner and an operator reach by links,
// and asks for each of them again and again, one after the other. The slowest pages are named in out.
func Measure(ctx context.Context, out, log io.Writer, add func(name string, v float64)) (err error) {
	dir, err := os.MkdirTemp("", "otasuke-pages-")
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	defer os.RemoveAll(dir)
	c := &chamber{config: filepath.Join(dir, "centre.toml"), log: log}
	if err := c.open(ctx, dir); err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for _, w := range []struct{ name, base, email string }{{"portal", c.portal, owner}, {"console", c.console, operator}} {
		v, err := enter(ctx, w.base, w.email)
		if err != nil {
			return fmt.Errorf("pages: %s: %w", w.name, err)
		}
		found, err := v.walk(ctx)
		if err != nil {
			return fmt.Errorf("pages: %s: %w", w.name, err)
		}
		all, slow, err := v.time(ctx, found)
		if err != nil {
			return fmt.Errorf("pages: %s: %w", w.name, err)
		}
		for _, s := range slow[:min(5, len(slow))] {
			fmt.Fprintf(out, "  %s %s: %.1f ms\n", w.name, s.path, s.ms)
		}
		add("pages."+w.name, float64(len(found)))
		add("pages."+w.name+".p50", percentile(all, 50))
		add("pages."+w.name+".p99", percentile(all, 99))
		add("pages."+w.name+".slowest", slow[0].ms)
	}
	return nil
}

type chamber struct {
	config          string
	portal, console string
	log             io.Writer
	centre          *exec.Cmd
}

func (c *chamber) open(ctx context.Context, dir string) error {
	at := make([]string, 4) // portal, console, boxes, mail: nobody listens at the last
	for i := range at {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		at[i] = l.Addr().String()
		if err := l.Close(); err != nil {
			return err
		}
	}
	c.portal, c.console = "http://"+at[0], "http://"+at[1]
	text := fmt.Sprintf("name = \"みほん商工会議所\"\ndatabase = \"sqlite://%s\"\nstate_dir = %q\nphone = \"050-0000-0119\"\n"+
		"[service]\naddress = \"みほん区1-1\"\ninvoice_number = \"T7000012050002\"\nbank_account = \"みほん銀行 本店 普通 0000000\"\n"+
		"[portal]\nlisten = %q\nurl = %q\n[console]\nlisten = %q\nurl = %q\nsecond_factor = \"optional\"\n[boxes]\nlisten = %q\nnames = [\"127.0.0.1\"]\n[mail]\nserver = %q\ntls = \"none\"\nfrom = \"otasuke@sample.example\"\n",
		filepath.Join(dir, "centre.db"), dir, at[0], c.portal, at[1], c.console, at[2], at[3])
	if err := os.WriteFile(c.config, []byte(text), 0o600); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	for _, do := range [][2]string{
		{"sample", fmt.Sprintf(`{"lively":%d,"others":%d,"months":%d,"password":%q}`, lively, others, months, password)},
		{"add-operator", fmt.Sprintf(`{"Name":"野田","Email":%q,"Password":%q}`, operator, password)},
	} {
		cmd := exec.CommandContext(ctx, exe, "centre", do[0], "-config", c.config)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(do[1]), c.log, c.log
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("centre %s: %w", do[0], err)
		}
	}
	c.centre = exec.Command(exe, "centre", "-config", c.config)
	c.centre.Stdout, c.centre.Stderr = c.log, c.log
	c.centre.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.centre.Start(); err != nil {
		return err
	}
	for _, base := range []string{c.portal, c.console} {
		if err := answers(ctx, base+"/login"); err != nil {
			return errors.Join(err, c.close())
		}
	}
	return nil
}

func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			return resp.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", address, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *chamber) close() error {
	if err := c.centre.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return c.centre.Wait()
}

// visitor is a person with a browser's cookies.
type visitor struct {
	base   *url.URL
	client *http.Client
}

// enter logs in.
func enter(ctx context.Context, base, email string) (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	v := &visitor{client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if v.base, err = url.Parse(base); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/login", strings.NewReader(url.Values{"email": {email}, "password": {password}}.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("the login answered %s", resp.Status)
	}
	return v, nil
}

// get asks for a page; ok tells whether it is one.
func (v *visitor) get(ctx context.Context, path string) (text []byte, took time.Duration, ok bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base.String()+path, nil)
	if err != nil {
		return nil, 0, false, err
	}
	began := time.Now()
	resp, err := v.client.Do(r)
	if err != nil {
		return nil, 0, false, err
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(resp.Body)
	return text, time.Since(began), resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"), err
}

type slow struct {
	path string
	ms   float64
}

// time asks for each page, and gives all times in milliseconds and each page's slowest but for a twentieth, the slowest first.
func (v *visitor) time(ctx context.Context, paths []string) (all []float64, each []slow, err error) {
	by := make(map[string][]float64, len(paths))
	for range rounds {
		for _, p := range paths {
			_, took, ok, err := v.get(ctx, p)
			if err != nil {
				return nil, nil, err
			}
			if !ok { // a fault is quicker than a page
				return nil, nil, fmt.Errorf("%s is a page no more", p)
			}
			ms := float64(took.Microseconds()) / 1000
			all, by[p] = append(all, ms), append(by[p], ms)
		}
	}
	for p, times := range by {
		each = append(each, slow{p, percentile(times, 95)})
	}
	slices.SortFunc(each, func(a, b slow) int {
		if a.ms > b.ms {
			return -1
		}
		return 1
	})
	return all, each, nil
}

// percentile is the value that p of 100 do not exceed.
func percentile(all []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)*p/100]
}
