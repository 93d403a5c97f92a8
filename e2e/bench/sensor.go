package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"otasuke/e2e/lab"
	"otasuke/gateway"
)

// peerProgram is measured beside us where it is installed; peerConfig is how its package
// configures it, which is what an office would run.
const (
	peerProgram = "suricata"
	peerConfig  = "/etc/suricata/suricata.yaml"
)

// sensor puts the field's sensor in the box's place: the same queues in front of the same
// bridge, the same rule file, one queue for each core, its own defaults otherwise.
func (b *bench) sensor(ctx context.Context, l *lab.Lab, m mode) (*inline, error) {
	if err := l.JoinBox(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, "peer-")
	if err != nil {
		return nil, err
	}
	queues := max(runtime.NumCPU(), 2) // the tools want a range of queues
	if err := queueRules(l.Box, queues); err != nil {
		return nil, err
	}
	args := []string{"-c", peerConfig, "-S", b.rules[0], "-l", dir, "--runmode", "workers", "--set", "nfq.fail-open=yes"}
	for q := range queues {
		args = append(args, "-q", fmt.Sprint(q))
	}
	cmd := exec.Command(b.peer, args...)
	cmd.Stdout, cmd.Stderr = b.Log, b.Log
	if err := l.Box.Start(cmd); err != nil {
		return nil, err
	}
	in := &inline{name: m.name, log: filepath.Join(dir, "eve.json")}
	return in, b.ready(ctx, in, cmd, func(pid int) int { return pid })
}

// passer puts queues in the box's place whose packets pass unseen: what no box behind queues
// can be faster than.
func passer(ctx context.Context, l *lab.Lab, m mode) (*inline, error) {
	if err := l.JoinBox(); err != nil {
		return nil, err
	}
	queues := max(runtime.NumCPU(), 2)
	if err := queueRules(l.Box, queues); err != nil {
		return nil, err
	}
	var run func(context.Context) error
	if err := l.Box.Do(func() (err error) {
		run, err = gateway.NewPasser(queues)
		return err
	}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return &inline{name: m.name, stop: func() {
		cancel()
		<-done
	}}, nil
}

// queueRules sends what the bridge forwards to queues, by the mechanism that the box would
// take: the bridge's own, or where the kernel has none that of routed packets.
func queueRules(box *lab.Namespace, queues int) error {
	err := feed(box, fmt.Sprintf(`table bridge bench {
	chain forward {
		type filter hook forward priority 0; policy accept;
		meta protocol { ip, ip6 } queue num 0-%d bypass
	}
}
`, queues-1), "nft", "-f", "-")
	if err == nil {
		return nil
	}
	err = box.Do(func() error {
		return os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("1\n"), 0o644)
	})
	return errors.Join(err, feed(box, fmt.Sprintf("*filter\n-A FORWARD -m physdev --physdev-is-bridged -j NFQUEUE --queue-balance 0:%d --queue-bypass\nCOMMIT\n", queues-1),
		"iptables-restore", "--noflush"))
}

// feed runs a tool on a host with text on its standard input.
func feed(host *lab.Namespace, text, tool string, args ...string) error {
	cmd := exec.Command(tool, args...)
	cmd.Stdin = strings.NewReader(text)
	err := host.Start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", tool, err)
	}
	return nil
}
