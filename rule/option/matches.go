package option

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"otasuke/rule"
	"otasuke/rule/value"
)

// modbusTables are numbered as the reader numbers them, with the access that they allow.
var modbusTables = map[string]int64{"discretes": 1, "coils": 2, "input": 3, "holding": 4}

// modbusFunctions are the kinds of function codes (Modbus application protocol V1.1b3,
// section 5).
var modbusFunctions = map[string][][2]int64{
	"assigned":   {{1, 8}, {11, 12}, {15, 17}, {20, 24}, {43, 43}},
	"unassigned": {{18, 19}, {25, 40}, {44, 64}, {73, 89}, {92, 99}, {111, 124}},
	"user":       {{65, 72}, {100, 110}},
	"reserved":   {{9, 10}, {13, 14}, {41, 42}, {90, 91}, {125, 127}},
	"public":     {{1, 8}, {11, 12}, {15, 40}, {43, 64}, {73, 89}, {92, 99}, {111, 124}},
	"all":        {{0, 255}},
}

// Modbus reads "unit 10, function 8, subfunction 4" and "access write coils, address <500,
// value 1".
func Modbus(v string) (rule.Buffer, rule.Match, error) {
	m := &rule.ModbusTest{}
	for _, word := range value.Fields(v) {
		key, arg, _ := strings.Cut(word, " ")
		arg = strings.TrimSpace(arg)
		var err error
		switch key {
		case "unit":
			m.Unit, err = compared(arg)
		case "subfunction":
			m.Sub, err = compared(arg)
		case "address":
			m.Address, err = compared(arg)
		case "value":
			m.Value, err = compared(arg)
		case "function":
			m.Functions, err = functions(arg)
		case "access":
			err = access(m, arg)
		default:
			err = value.Unknown(word)
		}
		if err != nil {
			return 0, nil, err
		}
	}
	if m.Value != nil && (m.Address == nil || m.Access != 2) {
		return 0, nil, errors.New("a value needs access write and an address before it")
	}
	return rule.Modbus, m, nil
}

func compared(v string) (*rule.Compare, error) {
	c, err := value.Compare(v)
	return &c, err
}

// functions reads a number or a kind, with ! before it for the others.
func functions(v string) ([][2]int64, error) {
	bare, not := strings.CutPrefix(strings.ToLower(v), "!")
	ranges, ok := modbusFunctions[strings.TrimSpace(bare)]
	if !ok {
		n, err := strconv.ParseInt(bare, 10, 16)
		if err != nil || n < 0 || n > 255 {
			return nil, fmt.Errorf("function %q is not known; use a number, assigned, unassigned, public, user, reserved or all", bare)
		}
		ranges = [][2]int64{{n, n}}
	}
	if !not {
		return ranges, nil
	}
	var rest [][2]int64
	from := int64(0)
	for _, r := range ranges {
		if from < r[0] {
			rest = append(rest, [2]int64{from, r[0] - 1})
		}
		from = r[1] + 1
	}
	if from <= 255 {
		rest = append(rest, [2]int64{from, 255})
	}
	return rest, nil
}

// access reads "read", "write" and a table behind it.
func access(m *rule.ModbusTest, v string) error {
	f := strings.Fields(strings.ToLower(v))
	if len(f) == 0 || len(f) > 2 {
		return errors.New("write for example access read holding")
	}
	n, ok := map[string]int64{"read": 1, "write": 2}[f[0]]
	if !ok {
		return fmt.Errorf("access %q is not known; use read or write", f[0])
	}
	m.Access = n
	if len(f) == 1 {
		return nil
	}
	if m.Table, ok = modbusTables[f[1]]; !ok || n == 2 && m.Table%2 == 1 {
		return fmt.Errorf("table %q cannot be meant; read discretes, coils, input or holding, write coils or holding", f[1])
	}
	return nil
}

// maxDNP3 is the highest group and variation of an object.
const maxDNP3 = 255

// DNP3Object reads "group,variation", or the two as one number.
func DNP3Object(v string) (rule.Buffer, rule.Match, error) {
	f := value.Fields(v)
	if len(f) != 2 {
		c, err := value.Compare(v)
		return rule.DNP3Obj, &rule.Number{Compare: c}, err
	}
	group, err1 := strconv.ParseInt(f[0], 0, 32)
	variation, err2 := strconv.ParseInt(f[1], 0, 32)
	if err := errors.Join(err1, err2); err != nil || group < 0 || group > maxDNP3 || variation < 0 || variation > maxDNP3 {
		return 0, nil, errors.New("write group,variation, for example 99,99")
	}
	return rule.DNP3Obj, &rule.Number{Compare: rule.Compare{A: group<<8 | variation}}, nil
}

// dnp3Indications are the bits of IEEE 1815 section 4.2.2.1.7: the first octet is the higher one.
var dnp3Indications = map[string]int64{"all_stations": 0x100, "class_1_events": 0x200, "class_2_events": 0x400, "class_3_events": 0x800, "need_time": 0x1000,
	"local_control": 0x2000, "device_trouble": 0x4000, "device_restart": 0x8000, "no_func_code_support": 1, "object_unknown": 2, "parameter_error": 4,
	"event_buffer_overflow": 8, "already_executing": 0x10, "config_corrupt": 0x20, "reserved_2": 0x40, "reserved_1": 0x80}

// DNP3Indications reads bits by name, of which one must be set, or a number of them.
func DNP3Indications(v string) (rule.Buffer, rule.Match, error) {
	var bits int64
	for _, word := range value.Fields(v) {
		n, ok := dnp3Indications[strings.ToLower(word)]
		if !ok {
			var err error
			if n, err = strconv.ParseInt(word, 0, 32); err != nil {
				return 0, nil, fmt.Errorf("indication %q is not known; use for example device_restart, or a number", word)
			}
		}
		bits |= n
	}
	return rule.DNP3Ind, &rule.Number{Compare: rule.Compare{Op: rule.OpAnd, A: bits}}, nil
}

// SSHVersion compares the version of the protocol; 2_compat are those that speak version 2.
func SSHVersion(v string) (rule.Buffer, rule.Match, error) {
	text, negated, err := value.Quoted(v)
	if err != nil {
		text, negated, err = strings.TrimSpace(v), false, nil
	}
	if text == "2_compat" {
		return rule.SSHProto, &rule.PCRE{Pattern: `^(2|1\.99)`, Negated: negated}, nil
	}
	if text == "" {
		return 0, nil, errors.New("the version is empty; write for example \"2.0\" or 2_compat")
	}
	return rule.SSHProto, &rule.Content{Pattern: []byte(text), Negated: negated}, nil
}

// ASN1 reads "double_overflow, bitstring_overflow, oversize_length 1024, relative_offset 27".
func ASN1(v string) (*rule.ASN1, error) {
	m := &rule.ASN1{}
	for _, word := range value.Fields(strings.ReplaceAll(v, " ,", ",")) {
		key, arg, has := strings.Cut(word, " ")
		n, err := strconv.Atoi(strings.TrimSpace(arg))
		switch key {
		case "bitstring_overflow":
			m.Bits = true
		case "double_overflow":
			m.Double = true
		case "oversize_length":
			m.Oversize = n
		case "absolute_offset":
			m.Offset = n
		case "relative_offset":
			m.Offset, m.FromLast = n, true
		default:
			return nil, value.Unknown(word)
		}
		if has && (err != nil || n < -maxASN1 || n > maxASN1 || key == "oversize_length" && n <= 0) {
			return nil, fmt.Errorf("%q has no number that can be meant", word)
		}
	}
	if !m.Bits && !m.Double && m.Oversize == 0 {
		return nil, errors.New("name what is to be found: bitstring_overflow, double_overflow or oversize_length with a number")
	}
	return m, nil
}

// maxASN1 bounds numbers of the asn1 keyword: no message is longer.
const maxASN1 = 1 << 16

// RPC reads "program,version,procedure" with * for any of the last two: the fields of a
// call (RFC 5531 section 9), which over TCP stand behind the length of a record.
func RPC(v string, stream bool) (list []rule.Match, err error) {
	f := value.Fields(v)
	if len(f) == 0 || len(f) > 3 {
		return nil, errors.New("write program,version,procedure; * stands for any")
	}
	at := int64(0)
	if stream {
		at = 4
	}
	field := func(offset, n int64) {
		list = append(list, &rule.ByteTest{ByteRead: rule.ByteRead{Bytes: rule.Num{Value: 4}, Offset: rule.Num{Value: at + offset}}, Value: rule.Num{Value: n}})
	}
	field(4, 0) // a call
	field(8, 2) // of version 2
	for i, word := range f {
		if word == "*" && i > 0 {
			continue
		}
		n, err := strconv.ParseUint(word, 0, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number; write for example 100000,2,*", word)
		}
		field(12+4*int64(i), int64(n))
	}
	return list, nil
}

// Interface reads "uuid", "uuid,>1" and the option any_frag.
func Interface(v string) (rule.Buffer, rule.Match, error) {
	f := value.Fields(v)
	hex := strings.ReplaceAll(f[0], "-", "")
	id, err := value.Hex(hex)
	if err != nil || len(id) != 16 || len(f[0]) != 36 {
		return 0, nil, fmt.Errorf("%q is not an interface; write for example 367abb81-9844-35f1-ad32-98f038001003", f[0])
	}
	m := &rule.Interface{UUID: [16]byte(id)}
	for _, word := range f[1:] {
		if word == "any_frag" {
			m.AnyFrag = true
			continue
		}
		c, err := value.Compare(word)
		if err != nil {
			return 0, nil, err
		}
		m.Version = &c
	}
	return rule.DCEInterface, m, nil
}

// CIPService reads "service", "service,class" or "service,class,attribute".
func CIPService(v string) (rule.Buffer, rule.Match, error) {
	t := &rule.Tuple{}
	for _, word := range value.Fields(v) {
		c, err := value.Compare(word)
		if err != nil {
			return 0, nil, err
		}
		t.Tests = append(t.Tests, &c)
	}
	if len(t.Tests) > 3 {
		return 0, nil, errors.New("write service,class,attribute")
	}
	return rule.CIPService, t, nil
}

// http2Settings are the parameters of RFC 9113 section 6.5.2.
var http2Settings = map[string]int64{"SETTINGS_HEADER_TABLE_SIZE": 1, "SETTINGS_ENABLE_PUSH": 2, "SETTINGS_MAX_CONCURRENT_STREAMS": 3,
	"SETTINGS_INITIAL_WINDOW_SIZE": 4, "SETTINGS_MAX_FRAME_SIZE": 5, "SETTINGS_MAX_HEADER_LIST_SIZE": 6}

// HTTP2Setting reads "SETTINGS_ENABLE_PUSH=0" or the name alone.
func HTTP2Setting(v string) (rule.Buffer, rule.Match, error) {
	v = strings.TrimSpace(v)
	end := strings.IndexAny(v, "<>=! ")
	name, rest := v, ""
	if end >= 0 {
		name, rest = v[:end], strings.TrimSpace(v[end:])
	}
	n, ok := http2Settings[name]
	if !ok {
		return 0, nil, fmt.Errorf("setting %q is not known", name)
	}
	t := &rule.Tuple{Tests: []*rule.Compare{{A: n}}}
	if rest != "" {
		c, err := value.Compare(rest)
		if err != nil {
			return 0, nil, err
		}
		t.Tests = append(t.Tests, &c)
	}
	return rule.HTTP2Settings, t, nil
}

// ikeAttributes are the transform and attribute kinds of a chosen proposal (RFC 2409 appendix A,
// RFC 7296 section 3.3.2); the reader numbers them so.
var ikeAttributes = value.Enum("alg_enc", "alg_hash", "alg_auth", "alg_dh", "sa_life_type", "sa_life_duration", "sa_key_length", "alg_prf", "alg_esn")

// IKEAttribute reads "alg_enc=7".
func IKEAttribute(v string) (rule.Buffer, rule.Match, error) {
	name, text, ok := strings.Cut(v, "=")
	n, known := ikeAttributes[strings.TrimSpace(name)]
	c, err := value.Compare(text)
	if !ok || !known || err != nil {
		return 0, nil, fmt.Errorf("%q is not an attribute; write for example alg_enc=7", v)
	}
	return rule.IKESAAttribute, &rule.Tuple{Tests: []*rule.Compare{{A: n}, &c}}, nil
}
