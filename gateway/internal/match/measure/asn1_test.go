package measure

import (
	"strings"
	"testing"

	"otasuke/rule"
)

func TestOverflows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bytes string
		at    int
		m     rule.ASN1
		want  bool
	}{
		"an honest bit string":           {"\x30\x04\x03\x02\x07\x80", 0, rule.ASN1{Bits: true}, false},
		"more unused bits than an octet": {"\x30\x04\x03\x02\x08\x80", 0, rule.ASN1{Bits: true}, true},
		"unused bits of nothing":         {"\x03\x01\x01", 0, rule.ASN1{Bits: true}, true},
		"not asked for":                  {"\x03\x01\x01", 0, rule.ASN1{Double: true}, false},
		"a long number":                  {"\x09\x82\x01\x01\x01" + strings.Repeat("1", 256), 0, rule.ASN1{Double: true}, true},
		"a long binary number":           {"\x09\x82\x01\x01\x80" + strings.Repeat("1", 256), 0, rule.ASN1{Double: true}, false},
		"a length above the bound":       {"\x30\x82\x04\x01", 0, rule.ASN1{Oversize: 1024}, true},
		"a length at the bound":          {"\x30\x82\x04\x00", 0, rule.ASN1{Oversize: 1024}, false},
		"a length of five octets":        {"\x30\x85\x01\x00\x00\x00\x00", 0, rule.ASN1{Oversize: 1024}, true},
		"behind other bytes":             {"xx\x03\x01\x01", 2, rule.ASN1{Bits: true}, true},
		"before the buffer":              {"\x03\x01\x01", -1, rule.ASN1{Bits: true}, false},
		"behind the buffer":              {"\x03\x01\x01", 9, rule.ASN1{Bits: true}, false},
		"cut in the tag":                 {"\x1f\x80", 0, rule.ASN1{Oversize: 1}, false},
	} {
		if got := Overflows([]byte(c.bytes), c.at, &c.m); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func FuzzOverflows(f *testing.F) {
	f.Add([]byte("\x30\x82\x04\x01\x03\x01\x01"), 0)
	f.Fuzz(func(_ *testing.T, b []byte, at int) {
		Overflows(b, at, &rule.ASN1{Bits: true, Double: true, Oversize: 1 << 20})
	})
}
