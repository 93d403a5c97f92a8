package told

import "testing"

func TestBuild(t *testing.T) {
	if got := TLV(0x30, TLV(2, "\x01"), TLV(4, "ab")); got != "\x30\x07\x02\x01\x01\x04\x02ab" {
		t.Errorf("%q", got)
	}
	if got := TLV(4, string(make([]byte, 300))); len(got) != 304 || got[:4] != "\x04\x82\x01\x2c" {
		t.Errorf("%q", got[:4])
	}
	if got := BE(3, 0x10203); got != "\x01\x02\x03" {
		t.Errorf("%q", got)
	}
}
