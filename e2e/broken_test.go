package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/fault"
	"otasuke/e2e/lab"
)

const (
	listedSite = "listed.example"
	// squeezed is what the engine may have on top of what it has, in the row about memory: less
	// than a reload takes.
	squeezed = 2 << 20
	// year is how wrong a clock is.
	year = 365 * 24 * time.Hour
	// errorPage is what a download leaves that failed.
	errorPage = "<!DOCTYPE html>\n<html><head><title>503</title></head>\n<body>Service Unavailable</body></html>\n"
)

// listBox has a list in a file, beside the file of rules.
func listBox(t *testing.T, more string) *boxRun {
	file := filepath.Join(t.TempDir(), "feed.txt")
	if err := os.WriteFile(file, []byte(listedSite+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := plainBox(t, fmt.Sprintf("[[list]]\nname = \"feed\"\ncategory = \"phishing\"\nfile = %q\n%s", file, more))
	b.list = file
	return b
}

// breaks puts an error's page in the place of list and rules, as a download that failed may.
func breaks(t *testing.T, b *boxRun) {
	t.Helper()
	for _, f := range []string{b.list, b.rules} {
		if err := os.WriteFile(f, []byte(errorPage), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	b.log.await(t, "the copy from when it was good", 2)
}

// listed wants the listed site to be stopped, and no other.
func listed(t *testing.T, b *boxRun) {
	t.Helper()
	client := http.Client{Timeout: fault.Patience, Transport: &http.Transport{DisableKeepAlives: true, DialContext: b.lab.PC1.Dial}}
	for host, want := range map[string]int{listedSite: http.StatusForbidden, "other.example": http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+net.JoinHostPort(lab.Good, fault.WebPort)+"/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, resp.StatusCode, want)
		}
	}
}

// listFaults are those of files that come from elsewhere.
func listFaults() []faultCase {
	return []faultCase{
		{name: "lists and rules broken", stall: shortStall, start: listBox, do: breaks, after: listed},
		{name: "lists and rules broken, engine killed", stall: shortStall, start: listBox, do: func(t *testing.T, b *boxRun) {
			breaks(t, b)
			engineGets(t, b, syscall.SIGKILL)
			b.log.await(t, "the engine is inspecting", 2)
		}, after: listed},
		{name: "lists and rules gone, engine killed", stall: shortStall, start: listBox, do: func(t *testing.T, b *boxRun) {
			if err := errors.Join(os.Remove(b.list), os.Remove(b.rules)); err != nil {
				t.Fatal(err)
			}
			engineGets(t, b, syscall.SIGKILL)
			b.log.await(t, "the engine is inspecting", 2)
		}, after: listed},
	}
}

// squeeze gives the engine no more memory than it has, as on a machine where none is left: the kernel
// ends it when it asks for more.
func squeeze(t *testing.T, b *boxRun) {
	t.Helper()
	pid := childOf(b.cmd.Process.Pid, "engine")
	if pid == 0 {
		t.Fatal("the box has no engine")
	}
	dir, limit := "", ""
	for _, c := range []struct{ root, limit string }{{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, {"/sys/fs/cgroup", "memory.max"}} {
		try := filepath.Join(c.root, "otasuke-"+strconv.Itoa(pid))
		if os.Mkdir(try, 0o755) != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(try, c.limit)); err == nil {
			dir, limit = try, c.limit
			break
		}
		_ = os.Remove(try)
	}
	if dir == "" {
		t.Skip("no control group for memory can be made here")
	}
	t.Cleanup(func() { _ = os.Remove(dir) }) // the engine in it is gone
	for _, w := range [][2]string{{limit, strconv.Itoa(squeezed)}, {"memory.swap.max", "0"}, {"cgroup.procs", strconv.Itoa(pid)}} {
		if err := os.WriteFile(filepath.Join(dir, w[0]), []byte(w[1]), 0o644); err != nil && w[0] != "memory.swap.max" {
			t.Fatal(err)
		}
	}
	if err := b.cmd.Process.Signal(syscall.SIGUSR2); err != nil { // a reload wants more
		t.Fatal(err)
	}
	b.log.await(t, "the engine ended", 1)
	b.log.await(t, "the engine is inspecting", 2)
}

func memoryFaults() []faultCase {
	return []faultCase{
		{name: "out of memory", stall: shortStall, do: squeeze},
		{name: "out of memory, lists and rules broken", stall: shortStall, start: listBox, do: func(t *testing.T, b *boxRun) {
			for _, f := range []string{b.list, b.rules} {
				if err := os.WriteFile(f, []byte(errorPage), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			squeeze(t, b)
		}, after: listed},
	}
}

// clockFaults are those of a clock that is wrong by a year; the box must not believe that all its
// conversations are a year old.
func clockFaults(t *testing.T) []faultCase {
	build := sync.OnceValues(func() (string, error) { return fault.Shifted(t.TempDir(), "..") })
	var clock *fault.Clock
	set := func(t *testing.T, ahead time.Duration) {
		t.Helper()
		if err := clock.Set(ahead); err != nil {
			t.Fatal(err)
		}
	}
	start := func(ahead time.Duration) func(*testing.T, string) *boxRun {
		return func(t *testing.T, more string) *boxRun {
			exe, err := build()
			if err == nil {
				clock, err = fault.NewClock(t.TempDir())
			}
			if err != nil {
				t.Fatal(err)
			}
			set(t, ahead)
			return startBox(t, "", "flow_budget = -1\n"+more, func(string) []string {
				return []string{"env", clock.Env(), "sh", "-c", `shift; exec "$0" "$@"`, exe}
			})
		}
	}
	killed := func(t *testing.T, b *boxRun) {
		engineGets(t, b, syscall.SIGKILL)
		b.log.await(t, "the engine is inspecting", 2)
	}
	return []faultCase{
		{name: "clock jumps a year ahead", stall: shortStall, start: start(0), do: func(t *testing.T, _ *boxRun) { set(t, year) }},
		{name: "clock set right by a year", stall: shortStall, start: start(-year), do: func(t *testing.T, _ *boxRun) { set(t, 0) }},
		{name: "clock jumps a year back", stall: shortStall, start: start(0), do: func(t *testing.T, _ *boxRun) { set(t, -year) }},
		{name: "clock jumps a year, engine killed", stall: shortStall, start: start(0), do: func(t *testing.T, b *boxRun) {
			set(t, year)
			killed(t, b)
		}},
	}
}
