package route

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"

	"otasuke/gateway/internal/manage/mdns"
	"otasuke/internal/atomicfile"
)

const (
	// restartFirst and restartMax bound the wait before dnsmasq is started again.
	restartFirst = time.Second
	restartMax   = time.Minute
	// goodRun is how long it must live for the wait to start over.
	goodRun = time.Minute
	// stopTime is how long it may take to end by itself.
	stopTime = 3 * time.Second
	stopLook = 10 * time.Millisecond
	// keptLog bytes of what it said last are told when it ends.
	keptLog = 2 << 10
	// lookEvery is how often it is asked whether the servers of names are others.
	lookEvery = time.Second
	// pidFile of its folder is where it says which process it is.
	pidFile = "dnsmasq.pid"
	// debianUser is whom Debian's package makes for it.
	debianUser = "dnsmasq"
)

// Up gives the inside its address, puts the rules in place and lets the kernel forward, in
// the network namespace of the calling thread. It may be repeated.
func Up(c *Config) error {
	in, err := netlink.LinkByName(c.Inside)
	if err != nil {
		return fmt.Errorf("route: port %s: %w (network interfaces are listed by 'ip link')", c.Inside, err)
	}
	if err := feed(Rules(c)); err != nil {
		return err
	}
	addr := &netlink.Addr{IPNet: &net.IPNet{IP: c.Address.Addr().AsSlice(), Mask: net.CIDRMask(c.Address.Bits(), 32)}}
	err = errors.Join(netlink.AddrReplace(in, addr), netlink.LinkSetUp(in), os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1\n"), 0o644))
	if err != nil {
		return fmt.Errorf("route: %s: %w", c.Inside, err)
	}
	return up6(c, in)
}

// Serve gives the office addresses and names until ctx ends: it keeps dnsmasq running, which is
// started anew when the servers of names are others, and a network of IPv6. dir is a folder of its
// own, name what the box is called.
func Serve(ctx context.Context, c *Config, dir, name string, names func() []netip.Addr, log *slog.Logger) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		log.Error("the office gets no addresses and names", "err", err)
		return
	}
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() {
		if err := mdns.Run(ctx, c.Inside, name); err != nil {
			log.Warn("the box is not found by name", "err", err)
		}
	})
	others.Go(func() { (&six{c: c, path: filepath.Join(dir, "prefix.json"), log: log}).run(ctx) })
	if err := masq(ctx, c, dir, names, log); err != nil {
		log.Error("the office gets no addresses and names", "err", err)
	}
}

// masq keeps dnsmasq running.
func masq(ctx context.Context, c *Config, dir string, names func() []netip.Addr, log *slog.Logger) error {
	who := debianUser
	if _, err := user.Lookup(who); err != nil {
		who = "root"
	}
	conf := filepath.Join(dir, "dnsmasq.conf")
	orphan(filepath.Join(dir, pidFile), conf)
	for wait := restartFirst; ctx.Err() == nil; {
		started, now := time.Now(), names()
		unwritten := atomicfile.Write(conf, []byte(c.conf(dir, who, now, old(c.Inside))), 0o644)
		if unwritten != nil { // as on a full disk: that of before is better than none
			log.Error("dnsmasq's configuration cannot be written: that of before is in use until it can", "err", unwritten)
		}
		same, over := context.WithCancel(ctx)
		go until(same, over, func() bool {
			return !slices.Equal(names(), now) || unwritten != nil && time.Since(started) > restartMax
		})
		said, err := once(same, conf)
		other := same.Err() != nil
		over()
		switch {
		case ctx.Err() != nil:
			return nil
		case other:
			continue
		case errors.Is(err, exec.ErrNotFound):
			return fmt.Errorf("route: install dnsmasq-base: %w", err)
		}
		log.Error("dnsmasq ended: the office gets no addresses and names until it is back", "err", err, "said", said)
		if time.Since(started) > goodRun {
			wait = restartFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, restartMax)
	}
	return nil
}

// orphan ends a dnsmasq of a program before this one that was killed: the kernel's promise to end it
// then was lost when it became another user (prctl(2), PR_SET_PDEATHSIG). It has our ports.
func orphan(path, conf string) {
	b, err := os.ReadFile(path)
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 1 {
		return
	}
	p, err := os.FindProcess(pid) // holds on to it, should the number become another's
	if err != nil {
		return
	}
	defer func() { _ = p.Release() }()
	if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err != nil || !strings.Contains(string(line), "--conf-file="+conf+"\x00") {
		return
	}
	if p.Kill() != nil {
		return
	}
	for end := time.Now().Add(stopTime); time.Now().Before(end) && p.Signal(syscall.Signal(0)) == nil; {
		time.Sleep(stopLook)
	}
}

// until ends a context when yes.
func until(ctx context.Context, end func(), yes func() bool) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if yes() {
				end()
				return
			}
		}
	}
}

// once runs dnsmasq to its end and returns what it said last.
func once(ctx context.Context, conf string) (said string, err error) {
	// The kernel ends the child when the thread that started it goes: it must be ours alone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out last
	cmd := exec.CommandContext(ctx, "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file="+conf)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	err = cmd.Run()
	return string(out), err
}

// last keeps the end of what is written to it.
type last []byte

func (l *last) Write(b []byte) (int, error) {
	*l = append(*l, b...)
	if n := len(*l) - keptLog; n > 0 {
		*l = append((*l)[:0], (*l)[n:]...)
	}
	return len(b), nil
}

func feed(text string) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("route: nft: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
