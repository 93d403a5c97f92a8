package tftpmsg

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func reader(s app.Sink) app.Reader { return New(s) }

func TestRequests(t *testing.T) {
	talk := told.Talk{{B: "\x00\x01boot.bin\x00OCTET\x00"}, {B: "\x00\x02a\xff\x00netascii\x00blksize\x001468\x00"}, {Dir: 1, B: "\x00\x01x\x00octet\x00"}}
	want := []string{`log tftp tx0 tftp={"packet":"read","file":"boot.bin","mode":"octet"}`, `log tftp tx1 tftp={"packet":"write","file":"a\\xff","mode":"netascii"}`}
	if d := cmp.Diff(want, told.Of(talk, 0, reader).Lines); d != "" {
		t.Error(d)
	}
}

func TestMalformed(t *testing.T) {
	for name, b := range map[string]string{"nothing": "\x00", "data": "\x00\x03\x00\x01x", "no end of the name": "\x00\x01boot", "no end of the mode": "\x00\x01boot\x00octet", "another mode": "\x00\x01boot\x00x\x00"} {
		if log := told.Of(told.Talk{{B: b}}, 0, reader); len(log.Lines) > 0 {
			t.Error(name, log)
		}
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte("\x00\x01boot.bin\x00octet\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { told.Of(told.Talk{{B: string(b)}}, 0, reader) })
}
