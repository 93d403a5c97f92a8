package eve

import (
	"encoding/json"
	"otasuke/gateway/internal/eve/object/objecttest"
	"testing"
)

func TestAppendObeysTags(t *testing.T) {
	t.Parallel()
	objecttest.ObeysTags(t, func(r *Record) ([]byte, error) { return Append(nil, r) })
}

func TestAppendDoesNotAllocate(t *testing.T) {
	id := uint64(3)
	r := &Record{Timestamp: 1763701521000000, FlowID: 1, EventType: TypeFlow, SrcIP: addr("192.0.2.1"), DestIP: addr("192.0.2.2"), Proto: "TCP", TxID: &id,
		Flow: &Flow{FlowEnd: &FlowEnd{State: "closed", Reason: "timeout"}}, TCP: &TCP{Flags: "1b"}, Fileinfo: &Fileinfo{Filename: "/a"}}
	b, err := Append(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { b, _ = Append(b[:0], r) }); n > 1 { // the writer
		t.Errorf("%v allocations", n)
	}
}

// What rules say is written byte for byte as encoding/json has it.
func TestAlertIsAsBefore(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"plain", "", "a <tag> & \"quote\" \\", "日本語\u2028\x01\x7f", "\xff broken"} {
		r := &Record{EventType: TypeAlert,
			Alert: &Alert{Action: "allowed", GID: 1, SignatureID: 2, Rev: 3, Signature: s, Category: s, Severity: -1, Source: &End{s, 4}, XFF: s, Rule: s,
				Metadata: map[string][]string{"b": {s, s}, "a": {}, "c" + s: nil}, Context: map[string]any{"x": s}, References: []string{s}},
			Metadata: &Metadata{Flowbits: []string{s, "b"}, Flowints: map[string]int64{"n": 1}, Flowvars: []map[string]string{{"v": s}}}}
		got, err := Append(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want)+"\n" {
			t.Errorf("%s\n%s", got, want)
		}
	}
}

// A value that cannot be written is an error and leaves the buffer as it was.
func TestAppendError(t *testing.T) {
	t.Parallel()
	b, err := Append([]byte("before"), &Record{Stats: Stats{"bad": func() {}}})
	if err == nil || string(b) != "before" {
		t.Errorf("%q %v", b, err)
	}
}

func BenchmarkAppend(b *testing.B) {
	id := uint64(0)
	r := &Record{Timestamp: 1763701521000000, FlowID: 123456789012, EventType: "dns", SrcIP: addr("192.168.0.10"), SrcPort: 4000, DestIP: addr("192.0.2.53"), DestPort: 53,
		Proto: "UDP", IPVersion: 4, Source: "wire/pcap", TxID: &id, PcapCnt: 77, Flow: &Flow{FlowEnd: &FlowEnd{State: "established", Reason: "timeout"}}}
	var line []byte
	b.ReportAllocs()
	for b.Loop() {
		line, _ = Append(line[:0], r)
	}
}
