package apart

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// Every thread of both processes has its side's core alone, and this one gets all of them back.
func TestWhile(t *testing.T) {
	c, err := find()
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skip("one core cannot be shared out")
	}
	box := exec.Command("sleep", "60")
	if err := box.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = box.Process.Kill(); _ = box.Wait() }()
	var ready, done sync.WaitGroup
	stop := make(chan struct{})
	defer func() { close(stop); done.Wait() }()
	var mu sync.Mutex
	var threads []int
	for range 5 {
		ready.Add(1)
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			mu.Lock()
			threads = append(threads, unix.Gettid())
			mu.Unlock()
			ready.Done()
			<-stop
		})
	}
	ready.Wait()
	on := func(tid int) (set unix.CPUSet) {
		if err := unix.SchedGetaffinity(tid, &set); err != nil {
			t.Error(err)
		}
		return set
	}
	err = While(box.Process.Pid, func() error {
		for _, tid := range append(threads, os.Getpid()) {
			if got := on(tid); got != c.ends {
				t.Errorf("thread %d has %d cores", tid, got.Count())
			}
		}
		if got := on(box.Process.Pid); got != c.box || c.box == c.ends {
			t.Errorf("the box has %d cores, or those of the ends", got.Count())
		}
		return io.EOF
	})
	if !errors.Is(err, io.EOF) || on(threads[0]) != c.all {
		t.Errorf("not all cores are given back: %v", err)
	}
	if err := While(1<<30, func() error { t.Error("measured without a box"); return nil }); err == nil || on(threads[0]) != c.all {
		t.Errorf("a box that is not there: %v", err)
	}
}
