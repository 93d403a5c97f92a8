package update

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/BurntSushi/toml"
)

// packagedEnv hands on where the program of the package is, to the program of a bundle.
const packagedEnv = "OTASUKE_PACKAGED"

// Boot is the first thing that a box does. It counts the start when something is on trial, goes
// back when it is one too many, and becomes the program of a bundle, if one is in use: then it
// does not return. config is the box's configuration file; whatever is wrong with it is for the
// program that reads it whole.
func Boot(config string, log *slog.Logger) {
	self, err := os.Executable()
	packaged := os.Getenv(packagedEnv)
	if err != nil || packaged != "" && self != packaged {
		return // this is the program of a bundle
	}
	var c struct {
		StateDir string `toml:"state_dir"`
	}
	if _, err := toml.DecodeFile(config, &c); err != nil || c.StateDir == "" {
		return
	}
	_ = os.Setenv(packagedEnv, self)
	path, why := begin(Folder(c.StateDir), mark(self))
	for _, w := range why {
		log.Warn("bundles", "why", w)
	}
	if path == "" {
		return
	}
	err = syscall.Exec(path, os.Args, os.Environ())
	// It cannot even be started.
	log.Error("the program of a bundle cannot be started", "path", path, "err", err)
	s, _ := load(Folder(c.StateDir))
	if k := s.Kinds["program"]; k != nil {
		drop(k, fmt.Sprintf("it cannot be started: %v", err))
		_ = s.save(Folder(c.StateDir))
	}
}

// drop goes back to the program before, or to the one of the package.
func drop(k *Kind, reason string) {
	if k.Trial == nil {
		k.Trial = &Trial{}
	}
	k.back(reason)
}

// begin counts a start and says which program to become, "" for this one.
func begin(folder, packaged string) (path string, why []string) {
	s, err := load(folder)
	if err != nil {
		return "", []string{err.Error()}
	}
	changed := false
	for name, k := range s.Kinds {
		if k.Trial == nil {
			continue
		}
		changed = true
		if k.Trial.Starts++; k.Trial.Starts > maxStarts {
			k.back(fmt.Sprintf("the box was started %d times within the trial", k.Trial.Starts))
			why = append(why, name+": "+k.Reason)
		}
	}
	k := s.Kinds["program"]
	if k != nil && k.Active > 0 && k.Packaged != packaged {
		drop(k, "another program was installed")
		k.Active, changed = 0, true
		why = append(why, k.Reason)
	}
	if changed {
		if err := s.save(folder); err != nil {
			// A start that cannot be counted is not risked with what is on trial.
			return "", append(why, err.Error())
		}
	}
	if k == nil || k.Active == 0 {
		return "", why
	}
	path = filepath.Join(dir(folder, "program", k.Active), Program)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		drop(k, "it is not there")
		return "", append(why, k.Reason, fmt.Sprint(s.save(folder)))
	}
	return path, why
}

// Relaunch becomes the program of the package anew, which then looks what is in use.
func Relaunch() error {
	self, err := os.Executable()
	if p := os.Getenv(packagedEnv); p != "" {
		self = p
	}
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return fmt.Errorf("update: %s: %w", self, syscall.Exec(self, os.Args, os.Environ()))
}

// packagedMark is the mark of the program that came with the package.
func packagedMark() string {
	if p := os.Getenv(packagedEnv); p != "" {
		return mark(p)
	}
	self, _ := os.Executable()
	return mark(self)
}

// mark tells one file from another that is put in its place.
func mark(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
}

// programTime is how long a program may take to say its version.
const programTime = 10 * time.Second

// CheckProgram tries whether a program runs here at all.
func CheckProgram(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), programTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(dir, Program), "version")
	cmd.WaitDelay = time.Second // what it has started does not hold us up
	out, err := cmd.CombinedOutput()
	if err == nil && !strings.HasPrefix(string(out), "otasuke ") {
		err = fmt.Errorf("it says %.80q", out)
	}
	if err != nil {
		return fmt.Errorf("update: program: %w", err)
	}
	return nil
}
