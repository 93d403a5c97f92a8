package fault

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// clockEnv names the file by which a program of [Shifted] is told how wrong its clock is.
const clockEnv = "OTASUKE_WRONG_CLOCK"

// shift is what is added to Go's package time: wall clock seconds from a file of eight bytes, read in
// place, so that the clock can jump while the program runs. Measuring with one's own stopwatch
// (the monotonic clock) stays right, as on a machine whose clock is set.
const shift = `package time

import (
	"syscall"
	"unsafe"
)

var shifted = func() *int64 {
	path, ok := syscall.Getenv("` + clockEnv + `")
	if !ok {
		return new(int64)
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic("` + clockEnv + `")
	}
	b, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("` + clockEnv + `")
	}
	return (*int64)(unsafe.Pointer(&b[0]))
}()
`

// Shifted builds the program with a clock that can be set wrong, into dir: the clock of this
// machine belongs to others, too. Everything is built anew the first time.
func Shifted(dir, pkg string) (program string, err error) {
	src := filepath.Join(runtime.GOROOT(), "src", "time")
	if out, err := exec.Command("go", "env", "GOROOT").Output(); err == nil {
		src = filepath.Join(strings.TrimSpace(string(out)), "src", "time")
	}
	text, err := os.ReadFile(filepath.Join(src, "time.go"))
	if err != nil {
		return "", err
	}
	const now = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(text), now) != 1 {
		return "", fmt.Errorf("fault: this Go's time.Now is another one (%s)", runtime.Version())
	}
	changed, added, list := filepath.Join(dir, "time.go"), filepath.Join(dir, "shift.go"), filepath.Join(dir, "overlay.json")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(src, "time.go"): changed, filepath.Join(src, "shift.go"): added}})
	if err != nil {
		return "", err
	}
	for name, b := range map[string][]byte{changed: []byte(strings.Replace(string(text), now, now+"\tsec += *shifted\n", 1)), added: []byte(shift), list: overlay} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return "", err
		}
	}
	program = filepath.Join(dir, "otasuke")
	out, err := exec.Command("go", "build", "-overlay", list, "-o", program, pkg).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("fault: %w\n%s", err, out)
	}
	return program, err
}

// Clock is that of a program of [Shifted].
type Clock struct{ f *os.File }

// NewClock makes one that is right, in a file of its own.
func NewClock(dir string) (*Clock, error) {
	f, err := os.Create(filepath.Join(dir, "clock"))
	if err != nil {
		return nil, err
	}
	c := &Clock{f}
	return c, c.Set(0)
}

// Env is for the program.
func (c *Clock) Env() string { return clockEnv + "=" + c.f.Name() }

// Set puts the clock so far ahead.
func (c *Clock) Set(ahead time.Duration) error {
	b := binary.NativeEndian.AppendUint64(nil, uint64(int64(ahead/time.Second)))
	_, err := c.f.WriteAt(b, 0)
	return err
}
