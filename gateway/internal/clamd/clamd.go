// Package clamd runs the virus scanner as a child of the box: it writes its configuration,
// starts it, and starts it again when it ends. It is spoken to by package scan.
//
// While the scanner is away files pass unscanned and are counted; health says so. Called by
// the supervisor, because the scanner must outlive an engine.
package clamd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"otasuke/gateway/internal/scan"
	"otasuke/internal/atomicfile"
)

// Where Debian's packages put the program, its signatures and its user.
const (
	DefaultProgram  = "/usr/sbin/clamd"
	DefaultDatabase = "/var/lib/clamav"
	DefaultUser     = "clamav"
)

const (
	// restartFirst and restartMax bound the wait before clamd is started again: soon after
	// one crash, rarely when it cannot stay up, as without any signatures.
	restartFirst = time.Second
	restartMax   = time.Minute
	// goodRun is how long it must live for the wait to start over.
	goodRun = time.Minute
	// stopTime is how long it may take to end by itself.
	stopTime = 3 * time.Second
	// patience is how long a scanner that has answered may then be silent. What says who it
	// is does not wait for files that are being scanned, nor for new signatures.
	patience = 15 * time.Second
	// lookEvery is how often it is looked whether signatures have come.
	lookEvery = 2 * time.Second
	// askEvery is how often it is asked.
	askEvery = time.Second
	// keptLog bytes of what it said last are told when it ends.
	keptLog = 2 << 10
)

// Limits of one file, for clamd's configuration. Past them the file is told to be not
// scanned: what is packed deeper is made to wear scanners out.
const (
	// maxUnpacked bytes of all that is in a file: eight times what a file may have.
	maxUnpacked = 8 * scan.MaxFile
	// maxDepth of archives in archives; people use two.
	maxDepth = 12
	// maxFiles in an archive.
	maxFiles = 10_000
	// maxTime for a file, below what the box waits for.
	maxTime = scan.Timeout - 2*time.Second
	// threads scan at a time, maxQueue connections may be open: those of all files, and those of questions to the scanner
	// itself. One more and it answers nobody, and would be taken for one that hangs.
	threads  = 8
	maxQueue = scan.MaxOpen + 64
	// pauseTime is how long nothing may come of a file: who pauses a download goes on later, and then it must not have
	// become one that was not wholly seen. A waiting file costs clamd a descriptor; its connection's end ends it.
	pauseTime = time.Hour
)

// Config of a clamd of ours.
type Config struct {
	// Dir is a folder of its own, for its configuration, socket and temporary files.
	Dir string
	// Program, Database are replaced by the defaults when they are empty.
	Program, Database string
	// User is whom it runs as; empty for the user of this process.
	User string
	Log  *slog.Logger

	// wait replaces restartFirst, because tests cannot wait; started is told the process.
	wait    time.Duration
	look    time.Duration // replaces lookEvery
	silence time.Duration // replaces patience
	seen    func()        // is told each answer to watch
	started func(pid int)
}

// Socket is where a clamd with that folder listens.
func Socket(dir string) string { return filepath.Join(dir, "socket") }

func (c *Config) complete() {
	if c.Program == "" {
		c.Program = DefaultProgram
	}
	if c.Database == "" {
		c.Database = DefaultDatabase
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.silence == 0 {
		c.silence = patience
	}
	if c.wait == 0 {
		c.wait = restartFirst
	}
	if c.look == 0 {
		c.look = lookEvery
	}
}

// Run keeps clamd running until ctx ends. An error tells that it cannot be started at all.
func Run(ctx context.Context, c Config) error {
	c.complete()
	wait := c.wait
	who, err := c.prepare()
	for ; errors.Is(err, syscall.ENOSPC) && ctx.Err() == nil; who, err = c.prepare() {
		c.Log.Error("the virus scanner waits for room on the disk: files pass without a scan until then", "err", err)
		rest(ctx, wait)
		wait = min(2*wait, restartMax)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("clamd: %w", err)
	}
	wait = c.wait
	for ctx.Err() == nil {
		if !c.await(ctx) {
			return nil
		}
		started := time.Now()
		said, err := c.once(ctx, who)
		if ctx.Err() != nil {
			return nil
		}
		c.Log.Error("the virus scanner ended: files pass without a scan until it is back", "err", err, "said", said)
		if time.Since(started) > goodRun {
			wait = c.wait
		}
		rest(ctx, wait)
		wait = min(2*wait, restartMax)
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// await waits for signatures: without any clamd ends at once, and a box that is new, or has no
// line yet, would fill its log with that. False when ctx ended first.
func (c *Config) await(ctx context.Context) bool {
	if Signed(c.Database) {
		return true
	}
	c.Log.Warn("no signatures of viruses yet: files pass without a scan until they come", "folder", c.Database)
	tick := time.NewTicker(c.look)
	defer tick.Stop()
	for !Signed(c.Database) {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// prepare makes the folder and the configuration, for the user that clamd runs as.
func (c *Config) prepare() (*syscall.Credential, error) {
	tmp := filepath.Join(c.Dir, "tmp")
	conf := filepath.Join(c.Dir, "clamd.conf")
	if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(tmp, 0o700), atomicfile.Write(conf, []byte(c.text()), 0o644)); err != nil {
		return nil, err
	}
	if c.User == "" {
		return nil, nil
	}
	u, err := user.Lookup(c.User)
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	// The folder above may be ours alone: it must be passed through, not read.
	up := filepath.Dir(c.Dir)
	info, err := os.Stat(up)
	if err != nil {
		return nil, err
	}
	err = errors.Join(os.Chmod(up, info.Mode().Perm()|0o011), os.Chown(c.Dir, int(uid), int(gid)), os.Chown(tmp, int(uid), int(gid)))
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// text is the configuration. What cannot be looked into, may act by itself or is past the
// limits is told by a name of its own.
func (c *Config) text() string {
	lines := []string{
		"Foreground yes", "LocalSocket " + Socket(c.Dir), "LocalSocketMode 600", "FixStaleSocket yes",
		"DatabaseDirectory " + c.Database, "TemporaryDirectory " + filepath.Join(c.Dir, "tmp"),
		fmt.Sprintf("SelfCheck %d", int(scan.SelfCheck.Seconds())), "ConcurrentDatabaseReload yes", "ExitOnOOM yes",
		"AlertEncrypted yes", "AlertOLE2Macros yes", "AlertExceedsMax yes", "HeuristicScanPrecedence no",
		fmt.Sprintf("StreamMaxLength %d", scan.MaxFile+1), fmt.Sprintf("MaxFileSize %d", maxUnpacked), fmt.Sprintf("MaxScanSize %d", maxUnpacked),
		fmt.Sprintf("MaxRecursion %d", maxDepth), fmt.Sprintf("MaxFiles %d", maxFiles), fmt.Sprintf("MaxScanTime %d", maxTime.Milliseconds()),
		fmt.Sprintf("MaxThreads %d", threads), fmt.Sprintf("MaxQueue %d", maxQueue), fmt.Sprintf("ReadTimeout %d", int(pauseTime.Seconds())), "CommandReadTimeout 30",
	}
	return strings.Join(lines, "\n") + "\n"
}

// once runs clamd to its end and returns what it said last.
func (c *Config) once(ctx context.Context, who *syscall.Credential) (said string, err error) {
	// The kernel ends the child when the thread that started it goes: it must be ours alone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out last
	cmd := exec.CommandContext(ctx, c.Program, "--config-file="+filepath.Join(c.Dir, "clamd.conf"))
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &out, c.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: who}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	if err := errors.Join(c.tidy(), descriptors()); err != nil {
		c.Log.Warn("the virus scanner may have too little room", "err", err)
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	c.Log.Info("the virus scanner is starting", "pid", cmd.Process.Pid)
	if c.started != nil {
		c.started(cmd.Process.Pid)
	}
	ended, watched := context.WithCancel(ctx)
	go c.watch(ended, cmd.Process)
	err = cmd.Wait()
	watched()
	return string(out), err
}

// watch ends a scanner that has answered and does not any more, until ctx ends. Files would
// wait for it for nothing, one after the other.
func (c *Config) watch(ctx context.Context, p *os.Process) {
	s := scan.Scanner{Socket: Socket(c.Dir)}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	var last time.Time // of an answer
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.Ping(ctx)
		switch {
		case err == nil:
			last = time.Now()
			if c.seen != nil {
				c.seen()
			}
		case ctx.Err() == nil && !last.IsZero() && time.Since(last) > c.silence:
			c.Log.Error("the virus scanner hangs: it is ended", "err", err)
			_ = p.Kill()
			return
		}
	}
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

// tidy takes away what a scanner has left that was killed: files that it was given, and what it had unpacked of them.
func (c *Config) tidy() error {
	left, err := filepath.Glob(filepath.Join(c.Dir, "tmp", "*"))
	for _, path := range left {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// descriptors lets the scanner have as many as this process: of each file it has two. Go gives children the few that
// it began with itself, until its own limit is set.
func descriptors() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
}
