package modbusmsg

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

func reader(s app.Sink) app.Reader { return New(s) }

func msg(id uint64, pdu string) string {
	return told.BE(2, id) + "\x00\x00" + told.BE(2, uint64(len(pdu)+1)) + "\x11" + pdu
}

var plant = told.Talk{
	{Dir: client, B: msg(1, "\x03\x00\x6b\x00\x02")}, {Dir: server, B: msg(1, "\x03\x04\x00\x01\x00\x02")},
	{Dir: client, B: msg(2, "\x05\x00\xac\xff\x00")}, {Dir: server, B: msg(2, "\x05\x00\xac\xff\x00")},
	{Dir: client, B: msg(3, "\x10\x00\x01\x00\x01\x02\x00\x0a")}, {Dir: server, B: msg(3, "\x10\x00\x01\x00\x01")},
	{Dir: client, B: msg(4, "\x17\x00\x03\x00\x01\x00\x0e\x00\x01\x02\x00\xff")}, {Dir: server, B: msg(4, "\x17\x02\x00\xfe")},
	{Dir: client, B: msg(5, "\x08\x00\x00hi")}, {Dir: server, B: msg(5, "\x08\x00\x00hi")},
	{Dir: client, B: msg(6, "\x01\x00\x00\x00\x09")}, {Dir: server, B: msg(6, "\x81\x02")},
}

func tuple(n ...uint64) string {
	var all string
	for _, v := range n {
		all += told.BE(8, v)
	}
	return all
}

func TestPlant(t *testing.T) {
	log := told.Of(plant, 0, reader)
	for _, s := range []string{
		`log modbus tx0 modbus={"id":1,"request":{"transaction_id":1,"protocol_id":0,"unit_id":17,"function_raw":3,"function_code":"RdHoldRegs","access_type":"READ | HOLDING",` +
			`"category":"PUBLIC_ASSIGNED","error_flags":"NONE","read":{"address":107,"quantity":2}},"response":{"transaction_id":1,"protocol_id":0,"unit_id":17,"function_raw":3,` +
			`"function_code":"RdHoldRegs","access_type":"READ | HOLDING","category":"PUBLIC_ASSIGNED","error_flags":"NONE","read":{"data":"\u0000\u0001\u0000\u0002"}}}`,
		`"function_code":"WrSingleCoil","access_type":"WRITE | COILS","category":"PUBLIC_ASSIGNED","error_flags":"NONE","write":{"address":172,"data":65280}`,
		`"function_code":"RdWrMultRegs","access_type":"READ | WRITE | HOLDING","category":"PUBLIC_ASSIGNED","error_flags":"NONE","read":{"address":3,"quantity":1},"write":{"address":14,"data":255}`,
		`"diagnostic":{"raw":0,"code":"0","data":"\u0000\u0000`[:30], `"exception":{"raw":2,"code":"IllegalDataAddr"}`,
	} {
		if !log.Has(s) {
			t.Error("no", s, "in", log)
		}
	}
	if log.Has("event") {
		t.Error(log)
	}
	for _, n := range told.Cuts {
		if d := cmp.Diff(log.Lines, told.Of(plant, n, reader).Lines); d != "" {
			t.Error(n, d)
		}
	}
	var got []string
	for _, b := range []string{plant[0].B, plant[6].B} {
		m := read([]byte(b), false)
		var s app.Side
		m.put(&s)
		for _, v := range s.Values {
			got = append(got, string(v.Data))
		}
	}
	want := []string{tuple(17, 3, None, Read, Holding, 107, 2), tuple(17, 23, None, Read, Holding, 3, 1), tuple(17, 23, None, Write, Holding, 14, 1) + "\x00\xff"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestEvents(t *testing.T) {
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"another protocol":        {told.Talk{{Dir: client, B: "\x00\x01\x00\x09\x00\x06\x11\x03\x00\x00\x00\x01"}}, "0 app-layer-event=\"modbus.invalid_protocol_id\""},
		"no function":             {told.Talk{{Dir: client, B: msg(1, "\x00")}}, "invalid_function_code"},
		"function too high":       {told.Talk{{Dir: client, B: msg(1, "\x83\x01")}}, "invalid_function_code"},
		"message too short":       {told.Talk{{Dir: client, B: "\x00\x01\x00\x00\x00\x01\x11"}}, "invalid_length"},
		"message too long":        {told.Talk{{Dir: client, B: "\x00\x01\x00\x00\x01\x00\x11"}}, "invalid_length"},
		"arguments cut":           {told.Talk{{Dir: client, B: msg(1, "\x03\x00")}}, "invalid_length"},
		"too many registers":      {told.Talk{{Dir: client, B: msg(1, "\x03\x00\x00\x00\x7e")}}, "invalid_value"},
		"no registers":            {told.Talk{{Dir: client, B: msg(1, "\x03\x00\x00\x00\x00")}}, "invalid_value"},
		"coil half on":            {told.Talk{{Dir: client, B: msg(1, "\x05\x00\x00\x80\x00")}}, "invalid_value"},
		"bytes unlike registers":  {told.Talk{{Dir: client, B: msg(1, "\x10\x00\x01\x00\x02\x02\x00\x0a")}}, "invalid_value"},
		"exception that is none":  {append(plant[:1:1], told.Part{Dir: server, B: msg(1, "\x83\x09")}), "1 app-layer-event=\"modbus.invalid_exception_code\""},
		"answer to nothing":       {plant[1:2], "unsolicited_response"},
		"fewer values than asked": {append(plant[:1:1], told.Part{Dir: server, B: msg(1, "\x03\x02\x00\x01")}), "1 app-layer-event=\"modbus.value_mismatch\""},
		"another coil":            {append(plant[2:3:3], told.Part{Dir: server, B: msg(2, "\x05\x00\xad\xff\x00")}), "value_mismatch"},
		"flood":                   {told.Talk{{Dir: client, B: strings.Repeat(plant[0].B, MaxTx+1)}}, "modbus.flooded"},
	} {
		log := told.Of(c.talk, 0, reader)
		if !log.Has(c.want) {
			t.Error(name, log)
		}
		if d := cmp.Diff(log.Lines, told.Of(c.talk, 5, reader).Lines); d != "" {
			t.Error(name, d)
		}
	}
	var first, second told.Log
	c := New(&first)
	c.Gap(client, 1)
	c.Push(client, []byte(plant[0].B))
	if len(first.Lines) > 0 {
		t.Error(&first)
	}
	c.Reset(&second)
	plant.Cut(c, 0)
	if d := cmp.Diff(told.Of(plant, 0, reader).Lines, second.Lines); d != "" {
		t.Error(d)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range plant {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}
		if d := cmp.Diff(told.Of(talk, 0, reader).Lines, told.Of(talk, int(cut), reader).Lines); d != "" {
			t.Error(d)
		}
	})
}
