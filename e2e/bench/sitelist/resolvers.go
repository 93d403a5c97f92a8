package sitelist

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"otasuke/e2e/lab"
)

// Run says how the measurements are made.
type Run struct {
	Dir  string        // for files
	Each time.Duration // length of one measurement
	Log  io.Writer     // of the programs
	Out  io.Writer     // for people
	// Box starts a box with a list of names, with records or without, and returns its
	// engine's process.
	Box func(ctx context.Context, l *lab.Lab, list string, records bool) (pid int, stop func(), err error)
	// Memory of a process in MiB.
	Memory func(pid int) (float64, error)
	// Rows counts what boxes that have ended wrote into the traffic log of that time.
	Rows func(ctx context.Context, from, to time.Time) (int, error)
	Add  func(name string, v float64)
}

// resolver is a program that offices block names with.
type resolver struct {
	program string
	form    func(w *bufio.Writer, name []byte) // of its list
	args    func(conf, list string) []string
	conf    func(list, addr string) string
}

var resolvers = []resolver{
	{"dnsmasq", func(w *bufio.Writer, name []byte) { fmt.Fprintf(w, "address=/%s/\n", name) },
		func(conf, _ string) []string { return []string{"--keep-in-foreground", "--conf-file=" + conf} },
		func(list, addr string) string {
			return fmt.Sprintf("listen-address=%s\nbind-interfaces\nno-resolv\nno-hosts\nuser=root\npid-file=\nconf-file=%s\n", addr, list)
		}},
	{"unbound", func(w *bufio.Writer, name []byte) { fmt.Fprintf(w, "local-zone: %q always_nxdomain\n", name) },
		func(conf, _ string) []string { return []string{"-d", "-c", conf} },
		func(list, addr string) string {
			return fmt.Sprintf("server:\n interface: %s\n num-threads: %d\n access-control: 0.0.0.0/0 allow\n do-daemonize: no\n use-syslog: no\n logfile: \"\"\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n directory: %q\n so-reuseport: yes\n include: %q\n", addr, runtime.NumCPU(), filepath.Dir(list), list)
		}},
}

// DNS measures answers to questions for blocked names: of the box, for a server that it does
// not let them come to, and of resolvers that have the same list.
func (r *Run) DNS(ctx context.Context) error {
	list := filepath.Join(r.Dir, "blocked.txt")
	if err := write(list, blocked, plain); err != nil {
		return err
	}
	for who, records := range map[string]bool{"sites": false, "sites.logged": true} {
		began := time.Now()
		if err := r.behind(ctx, who, func(l *lab.Lab) (int, func(), error) { return r.Box(ctx, l, list, records) }); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		rows, err := r.Rows(ctx, began, time.Now())
		if err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		r.Add(who+".dns.rows", float64(rows)/(warmUp+r.Each).Seconds())
	}
	for _, p := range resolvers {
		path, err := exec.LookPath(p.program)
		if err != nil {
			fmt.Fprintf(r.Out, "\n%s is not installed: its rows are left out\n", p.program)
			continue
		}
		if err := r.behind(ctx, p.program, func(l *lab.Lab) (int, func(), error) { return r.start(l, &p, path) }); err != nil {
			return fmt.Errorf("%s: %w", p.program, err)
		}
	}
	return nil
}

// behind measures what start puts behind the bridge or in its place.
func (r *Run) behind(ctx context.Context, who string, start func(*lab.Lab) (pid int, stop func(), err error)) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := errors.Join(l.OpenInternet(lab.Good), l.PC1.AddAddresses(pcs...)); err != nil {
		return err
	}
	pid, stop, err := start(l)
	if err != nil {
		return err
	}
	defer stop()
	to := netip.AddrPortFrom(netip.MustParseAddr(lab.Good), 53)
	if err := ready(ctx, l.PC1, to); err != nil {
		return err
	}
	rate, lost, err := ask(ctx, l.PC1, to, r.Each)
	if err != nil {
		return err
	}
	memory, err := r.Memory(pid)
	r.Add(who+".dns.blocked", rate)
	r.Add(who+".dns.lost", lost)
	r.Add(who+".dns.memory", memory)
	return err
}

// start starts a resolver on the internet, behind a bridge with nothing in the way.
func (r *Run) start(l *lab.Lab, p *resolver, path string) (pid int, stop func(), err error) {
	list, conf := filepath.Join(r.Dir, p.program+".list"), filepath.Join(r.Dir, p.program+".conf")
	line := func(w *bufio.Writer, _ []byte) { _, _ = w.WriteString(p.conf(list, lab.Good)) }
	if err := errors.Join(write(list, blocked, p.form), write(conf, 1, line), l.JoinBox()); err != nil {
		return 0, nil, err
	}
	cmd := exec.Command(path, p.args(conf, list)...)
	cmd.Stdout, cmd.Stderr = r.Log, r.Log
	if err := l.Internet.Start(cmd); err != nil {
		return 0, nil, err
	}
	return cmd.Process.Pid, func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}, nil
}
