package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stick is the FAT partition of an image, and what the script that reads it finds around it.
type stick struct {
	t           *testing.T
	fat, script string
	etc, asked  string // the settings in use; what systemctl was asked
}

// newStick has the script that the image has, with folders of its own and the box's own program.
func newStick(t *testing.T) *stick {
	t.Helper()
	text, err := os.ReadFile("../packaging/image/root/usr/lib/otasuke/settings")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &stick{t: t, fat: filepath.Join(dir, "fat"), script: filepath.Join(dir, "settings"), etc: filepath.Join(dir, "etc", "gateway.toml"), asked: filepath.Join(dir, "asked")}
	for _, d := range []string{"fat", "etc", "run", "bin"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.write(s.script, strings.NewReplacer("/boot/efi", s.fat, "/etc/otasuke", filepath.Dir(s.etc), "/run/", filepath.Join(dir, "run")+"/", "/usr/bin/otasuke", build(t),
		"systemctl ", "echo >>"+s.asked+" ").Replace(string(text)))
	s.write(s.etc, settingsFrom("60s"))
	return s
}

func settingsFrom(heartbeat string) string {
	return "state_dir = \"/var/lib/otasuke/box\"\nports = [\"eth0\", \"eth1\"]\nheartbeat = \"" + heartbeat + "\"\n"
}

func (s *stick) write(path, text string) {
	s.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// plug mounts the partition.
func (s *stick) plug() {
	s.t.Helper()
	if err := syscall.Mount("none", s.fat, "tmpfs", 0, ""); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = syscall.Unmount(s.fat, syscall.MNT_DETACH) })
}

// run has the script run as the unit does, and wants its status, the heartbeat of the settings in use then, and
// whether the box is started anew.
func (s *stick) run(code int, heartbeat string, restarts bool) {
	s.t.Helper()
	_ = os.Remove(s.asked)
	out, err := exec.CommandContext(s.t.Context(), "sh", s.script).CombinedOutput()
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(s.etc)
	if err != nil {
		s.t.Fatal(err)
	}
	asked, _ := os.ReadFile(s.asked) // nothing was asked
	if got != code || !strings.Contains(string(text), heartbeat) || strings.Contains(string(asked), "restart otasuke-gateway") != restarts {
		s.t.Errorf("ends with %d, want %d with %s; asked: %q\n%s\n%s", got, code, heartbeat, asked, text, out)
	}
}

// A partition that comes late is taken then, and the box, which has started without it, is started anew;
// one that is there in time starts nothing anew. What cannot be used changes nothing and is not tried for
// again: the unit knows that by the status.
func TestSettings(t *testing.T) {
	needLab(t)
	t.Run("late", func(t *testing.T) {
		s := newStick(t)
		s.run(1, "60s", false)
		s.run(1, "60s", false)
		s.plug()
		s.write(filepath.Join(s.fat, "otasuke.toml"), settingsFrom("61s"))
		s.run(0, "61s", true)
		s.run(0, "61s", false) // they are in use
	})
	t.Run("in time", func(t *testing.T) {
		s := newStick(t)
		s.plug()
		s.run(0, "60s", false) // without settings
		s.write(filepath.Join(s.fat, "otasuke.toml"), settingsFrom("61s"))
		s.run(0, "61s", false)
	})
	t.Run("late and broken", func(t *testing.T) {
		s := newStick(t)
		s.run(1, "60s", false)
		s.plug()
		s.write(filepath.Join(s.fat, "otasuke.toml"), "ports = [\"auto\r\n")
		s.run(2, "60s", false)
		if says, err := os.ReadFile(filepath.Join(s.fat, "otasuke-error.txt")); err != nil || !strings.Contains(string(says), "otasuke.toml") {
			t.Errorf("says %q, %v", says, err)
		}
	})
	unit, err := os.ReadFile("../packaging/image/root/etc/systemd/system/otasuke-settings.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"Restart=on-failure", "RestartSec=10", "RestartPreventExitStatus=2", "StartLimitBurst=20"} {
		if !strings.Contains(string(unit), line+"\n") {
			t.Errorf("the unit has no %s", line)
		}
	}
}
