package e2e

import (
	"testing"

	"otasuke/e2e/lab"
)

// A network card that is reset, as those on USB are at times, is another one to the kernel: the office is connected and
// protected again by itself, without anybody who starts the box anew.
func TestPortComesAgain(t *testing.T) {
	l := newLab(t)
	serveAll(t, l.Internet)
	b := startIn(t, l, pathRules, pathLists, nil)
	inspected(t, l.PC1, lab.Router)
	if err := l.ResetInside(); err != nil {
		t.Fatal(err)
	}
	b.log.await(t, "is in the line again", 1)
	inspected(t, l.PC1, lab.Router)
}

// Also where the box is the router.
func TestRouterPortComesAgain(t *testing.T) {
	l := newLab(t)
	serveAll(t, l.Internet)
	b := startIn(t, l, pathRules, "mode = \"router\"\nmanagement = \"192.168.1.9/24\"\nmanagement_gateway = \"192.168.1.1\"\npage = \"off\"\n"+pathLists, nil)
	ran(t, l.PC2, "ip", "addr", "flush", "dev", "eth0")
	ran(t, l.PC2, "ip", "addr", "add", "192.168.77.9/24", "dev", "eth0")
	ran(t, l.PC2, "ip", "route", "add", "default", "via", "192.168.77.1")
	inspected(t, l.PC2, lab.Router)
	if err := l.ResetInside(); err != nil {
		t.Fatal(err)
	}
	b.log.await(t, "the engine is inspecting", 2)
	inspected(t, l.PC2, lab.Router)
}
