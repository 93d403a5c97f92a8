package ntpmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func reader(s app.Sink) app.Reader { return New(s) }

var (
	ask = "\x23" + strings.Repeat("\x00", 47)
	say = "\x24\x01" + strings.Repeat("\x00", 10) + "GPS\x00" + strings.Repeat("\x00", 32)
)

func TestTime(t *testing.T) {
	want := []string{`tx0 0 ntp.version=4`, `tx0 0 ntp.mode=3`, `tx0 0 ntp.stratum=0`, `tx0 0 ntp.reference_id="\x00\x00\x00\x00"`,
		`tx1 1 ntp.version=4`, `tx1 1 ntp.mode=4`, `tx1 1 ntp.stratum=1`, `tx1 1 ntp.reference_id="GPS\x00"`}
	if d := cmp.Diff(want, told.Of(told.Talk{{B: ask}, {Dir: 1, B: say}}, 0, reader).Lines); d != "" {
		t.Error(d)
	}
}

func TestMalformed(t *testing.T) {
	for name, b := range map[string]string{"too short": ask[:47], "version 1": "\x0b" + ask[1:], "version 7": "\x3b" + ask[1:]} {
		if log := told.Of(told.Talk{{B: b}}, 0, reader); len(log.Lines) > 0 {
			t.Error(name, log)
		}
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte(say))
	f.Fuzz(func(t *testing.T, b []byte) { told.Of(told.Talk{{B: string(b)}}, 0, reader) })
}
