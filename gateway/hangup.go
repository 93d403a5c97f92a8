package gateway

import (
	"os"
	"os/signal"
	"syscall"
)

// hangups gives a channel that tells of SIGHUP, which asks to open the EVE log anew and
// does not end the process any more. stop ends it.
func hangups() (c chan os.Signal, stop func()) {
	signal.Ignore(syscall.SIGHUP) // whoever took it for an end before
	c = make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
