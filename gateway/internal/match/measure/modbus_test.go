package measure

import (
	"encoding/binary"
	"math"
	"testing"

	"otasuke/rule"
	"otasuke/rule/option"
)

// message writes the buffer of a message as package modbusmsg does.
func message(data string, numbers ...uint64) (b []byte) {
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return append(b, data...)
}

func TestModbus(t *testing.T) {
	t.Parallel()
	const none = math.MaxUint64
	read := message("", 10, 3, none, 1, 4, 107, 3)                     // three holding registers from 107 on
	coil := message("\xff\x00", 17, 5, none, 2, 2, 172, 1)             // one coil on
	registers := message("\x00\x0a\x01\x02", 17, 16, none, 2, 4, 1, 2) // two registers: 10 and 258
	diagnostic := message("", 1, 8, 4, none, none, none, none)         // listen only
	for options, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"function 3":                                       {read, true},
		"function 4":                                       {read, false},
		"function !public":                                 {read, false},
		"function assigned":                                {read, true},
		"function reserved":                                {read, false},
		"unit 10, function 3":                              {read, true},
		"unit >10":                                         {read, false},
		"access read holding, address 109":                 {read, true},
		"access read holding, address 110":                 {read, false},
		"access read input":                                {read, false},
		"access write":                                     {read, false},
		"access write coils, address 172, value 1":         {coil, true},
		"access write coils, address 172, value 0":         {coil, false},
		"access write holding, address 2, value 258":       {registers, true},
		"access write holding, address 1, value >200":      {registers, false},
		"access write holding, address <3, value 200<>300": {registers, true},
		"function 8, subfunction 4":                        {diagnostic, true},
		"function 8, subfunction 5":                        {diagnostic, false},
		"access read, address 1":                           {diagnostic, false},
	} {
		_, m, err := option.Modbus(options)
		if err != nil {
			t.Errorf("%s: %v", options, err)
			continue
		}
		if got := Modbus(c.b, m.(*rule.ModbusTest)); got != c.want {
			t.Errorf("%s: %t", options, got)
		}
	}
	for _, bad := range []string{"function x", "access both", "access write input", "access read holding, value 1", "table 3", "unit"} {
		if _, _, err := option.Modbus(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if Modbus(read[:8], &rule.ModbusTest{}) {
		t.Error("a cut message matches")
	}
}

func TestEntropy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		m    rule.Entropy
		want float64
	}{
		{"aaaa", rule.Entropy{}, 0},
		{"aabb", rule.Entropy{}, 1},
		{"xxabcd", rule.Entropy{Offset: 2}, 2},
		{"abcdaaaa", rule.Entropy{Bytes: 4}, 2},
	} {
		if h, ok := Entropy([]byte(c.text), &c.m); !ok || math.Abs(h-c.want) > 1e-9 {
			t.Errorf("%q: %v", c.text, h)
		}
	}
	if _, ok := Entropy([]byte("a"), &rule.Entropy{Offset: 2}); ok {
		t.Error("what is not there has an entropy")
	}
	between := rule.Entropy{Op: rule.OpBetween, Value: 1, Between: 3}
	if !EntropyFits(2, &between) || EntropyFits(3, &between) {
		t.Error("between")
	}
}
