// Package apart gives the two sides of a measurement a core each: what a box adds is then not what
// those who ask and answer take from it, as it is when all share the cores.
//
// Only the bench's measurements of waiting call it.
package apart

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// cores are one for the ends, that of this process, and one for the box.
type cores struct{ ends, box, all unix.CPUSet }

// While runs f with this process on one core and another, the box, on the next one; pid 0 is no box.
// What this process starts meanwhile stays on its core, so the box is started before. A machine of
// one core is shared as before.
func While(pid int, f func() error) (err error) {
	c, err := find()
	if err != nil {
		return err
	}
	if c == nil {
		return f()
	}
	defer func() { err = errors.Join(err, move(os.Getpid(), &c.all)) }()
	if err := c.part(pid); err != nil {
		return err
	}
	return f()
}

// find takes the first two cores that this process may use, nil when there is one.
func find() (*cores, error) {
	c := new(cores)
	if err := unix.SchedGetaffinity(0, &c.all); err != nil {
		return nil, fmt.Errorf("apart: %w", err)
	}
	if c.all.Count() < 2 {
		return nil, nil
	}
	for i, set := 0, &c.ends; c.box.Count() == 0; i++ {
		if c.all.IsSet(i) {
			set.Set(i)
			set = &c.box
		}
	}
	return c, nil
}

func (c *cores) part(pid int) error {
	err := move(os.Getpid(), &c.ends)
	if pid != 0 {
		err = errors.Join(err, move(pid, &c.box))
	}
	return err
}

// move moves all threads of a process. One that is born meanwhile has its parent's cores: they are
// looked at until there is none that was not moved.
func move(pid int, to *unix.CPUSet) error {
	moved := map[string]bool{}
	for n := -1; n != len(moved); {
		n = len(moved)
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil || len(tasks) == 0 {
			return fmt.Errorf("apart: process %d is not there", pid)
		}
		for _, t := range tasks {
			id := filepath.Base(t)
			tid, err := strconv.Atoi(id)
			if err != nil || moved[id] {
				continue
			}
			if err := unix.SchedSetaffinity(tid, to); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("apart: thread %d: %w", tid, err)
			}
			moved[id] = true
		}
	}
	return nil
}
