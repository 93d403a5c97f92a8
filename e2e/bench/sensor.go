package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"otasuke/e2e/lab"
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
	if len(b.rules) == 0 {
		return nil, fmt.Errorf("%s is compared with public rules only: set OTASUKE_DATA", peerProgram)
	}
	if err := l.JoinBox(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, "peer-")
	if err != nil {
		return nil, err
	}
	queues := runtime.NumCPU()
	rules := exec.Command("nft", "-f", "-")
	rules.Stdin = strings.NewReader(fmt.Sprintf(`table bridge bench {
	chain forward {
		type filter hook forward priority 0; policy accept;
		meta protocol { ip, ip6 } queue num 0-%d bypass
	}
}
`, queues-1))
	err = l.Box.Start(rules)
	if err == nil {
		err = rules.Wait()
	}
	if err != nil {
		return nil, fmt.Errorf("nft: %w", err)
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
