package dnp3msg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

const (
	client = app.ToServer
	server = app.ToClient
)

func datagrams(s app.Sink) app.Reader { return New(s, false) }
func stream(s app.Sink) app.Reader    { return New(s, true) }

func sum(s string) string {
	n := crc([]byte(s))
	return s + string([]byte{byte(n), byte(n >> 8)})
}

// link makes a frame of data.
func link(data string) string {
	out := sum(string([]byte{0x05, 0x64, byte(5 + len(data)), 0xc4, 4, 0, 3, 0}))
	for len(data) > 0 {
		n := min(blockSize, len(data))
		out += sum(data[:n])
		data = data[n:]
	}
	return out
}

const only = "\xc0" // first and last fragment

var station = told.Talk{
	{Dir: client, B: link(only + "\xc1\x01" + "\x3c\x02\x06" + "\x01\x02\x00\x00\x09")},
	{Dir: server, B: link(only + "\xc1\x81\x90\x01" + "\x01\x02\x00\x00\x02\x81\x01\x01" + "\x1e\x01\x17\x01\x05\x01\x02\x03\x04\x05")},
	{Dir: server, B: link("\x41\xf2\x82\x00") + link("\x02\x00") + link("\x83")},
}

func TestStation(t *testing.T) {
	want := []string{
		`tx0 0 dnp3.data="\xc1\x01<\x02\x06\x01\x02\x00\x00\t"`, `tx0 0 dnp3_func=1`, `tx0 0 dnp3_obj=15362`, `tx0 0 dnp3_obj=258`,
		`log dnp3 tx0 dnp3={"type":"request","control":{"dir":true,"pri":true,"fcb":false,"fcv":false,"function_code":4},"src":3,"dst":4,"application":{"control":{"fir":true,"fin":true,` +
			`"con":false,"uns":false,"sequence":1},"function_code":1,"objects":[{"group":60,"variation":2,"qualifier":6,"prefix_code":0,"range_code":6,"start":0,"stop":0,"count":0},` +
			`{"group":1,"variation":2,"qualifier":0,"prefix_code":0,"range_code":0,"start":0,"stop":9,"count":10}],"complete":true}}`,
		`tx1 1 dnp3.data="\xc1\x81\x90\x01\x01\x02\x00\x00\x02\x81\x01\x01\x1e\x01\x17\x01\x05\x01\x02\x03\x04\x05"`, `tx1 1 dnp3_func=129`, `tx1 1 dnp3_ind=36865`, `tx1 1 dnp3_obj=258`, `tx1 1 dnp3_obj=7681`,
		`log dnp3 tx1 dnp3={"type":"response","control":{"dir":true,"pri":true,"fcb":false,"fcv":false,"function_code":4},"src":3,"dst":4,"application":{"control":{"fir":true,"fin":true,` +
			`"con":false,"uns":false,"sequence":1},"function_code":129,"objects":[{"group":1,"variation":2,"qualifier":0,"prefix_code":0,"range_code":0,"start":0,"stop":2,"count":3},` +
			`{"group":30,"variation":1,"qualifier":23,"prefix_code":1,"range_code":7,"start":0,"stop":0,"count":1}],"complete":true},"iin":{"indicators":["no_func_code_support","need_time","device_restart"]}}`,
		`tx2 1 dnp3.data="\xf2\x82\x00\x00"`, `tx2 1 dnp3_func=130`, `tx2 1 dnp3_ind=0`,
		`log dnp3 tx2 dnp3={"type":"unsolicited_response","control":{"dir":true,"pri":true,"fcb":false,"fcv":false,"function_code":4},"src":3,"dst":4,"application":{"control":{"fir":true,"fin":true,` +
			`"con":true,"uns":true,"sequence":2},"function_code":130,"objects":[],"complete":true},"iin":{"indicators":[]}}`,
	}
	if d := cmp.Diff(want, told.Of(station, 0, datagrams).Lines); d != "" {
		t.Error(d)
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(want, told.Of(station, n, stream).Lines); d != "" {
			t.Error(n, d)
		}
	}
}

func TestMalformed(t *testing.T) {
	good := station[0].B
	long := strings.Repeat("x", 200)
	var endless strings.Builder
	endless.WriteString(link("\x40" + long))
	for i := range 400 {
		endless.WriteString(link(string([]byte{byte(i+1) & 0x3f}) + long))
	}
	for name, c := range map[string]struct{ b, want string }{
		"length too small":      {"\x05\x64\x04\xc4\x04\x00\x03\x00\x00\x00" + good, "dnp3.len_too_small"},
		"sum of the head":       {good[:8] + "\x00\x00" + good[10:] + good, "dnp3.bad_link_crc"},
		"sum of the data":       {good[:len(good)-1] + "\x00" + good, "dnp3.bad_transport_crc"},
		"no frame before":       {"garbage" + good, "dnp3_func=1"},
		"unknown object":        {link(only + "\xc1\x81\x00\x00\x63\x01\x07\x01x"), "dnp3.unknown_object"},
		"too many points":       {link(only + "\xc1\x81\x00\x00\x01\x02\x08\xff\xff"), "dnp3.too_many_points"},
		"too many objects":      {link(only + "\xc1\x01" + strings.Repeat("\x3c\x02\x06", 70)), "dnp3.too_many_objects"},
		"too long":              {endless.String(), "dnp3.too_long_reassembly"},
		"points cut":            {link(only + "\xc1\x81\x00\x00\x01\x02\x00\x00\x09x"), `"complete":false`},
		"range that ends early": {link(only + "\xc1\x01\x01\x02\x00\x09\x00"), `"objects":[]`},
	} {
		if log := told.Of(told.Talk{{Dir: client, B: c.b}}, 0, stream); !log.Has(c.want) {
			t.Error(name, log)
		}
	}
	for name, b := range map[string]string{"no beginning": link("\x81\xc1\x01"), "a fragment missing": link("\x40\xc1") + link("\x82\x01"), "no function": link(only + "\xc1"), "only the link": link("")} {
		if log := told.Of(told.Talk{{Dir: client, B: b}}, 0, stream); len(log.Lines) > 0 {
			t.Error(name, log)
		}
	}
	var log told.Log
	c := New(&log, true)
	c.Gap(client, 1)
	c.Push(client, []byte(good))
	if len(log.Lines) > 0 {
		t.Error(&log)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range station {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: link(string(b[:min(len(b), 250)]))}}
		if d := cmp.Diff(told.Of(talk, 0, stream).Lines, told.Of(talk, int(cut), stream).Lines); d != "" {
			t.Error(d)
		}
		told.Of(talk, 0, datagrams)
	})
}
