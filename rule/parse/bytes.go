package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strconv"
	"strings"
)

// readCount reads how many bytes make the number and checks it at the end.
func (b *builder) readCount(r *rule.ByteRead, text string) (err error) {
	r.Bytes, err = b.num(text)
	return err
}

func checkRead(r *rule.ByteRead) error {
	n := r.Bytes
	switch {
	case n.Var != 0:
	case r.Text && (n.Value < 0 || n.Value > 23):
		return fmt.Errorf("%d digits are too many; use at most 23", n.Value)
	case !r.Text && (n.Value < 1 || n.Value > 8):
		return fmt.Errorf("%d bytes make no number; use 1 to 8", n.Value)
	}
	if r.Text && r.Base == 0 {
		r.Base = 10
	}
	return nil
}

// readOption understands the options that all byte keywords share.
func readOption(r *rule.ByteRead, word string) (bool, error) {
	switch word {
	case "relative":
		r.FromLast = true
	case "big":
		r.Endian = rule.BigEndian
	case "little":
		r.Endian = rule.LittleEndian
	case "dce":
		r.Endian = rule.DCEEndian
	case "string":
		r.Text = true
	case "hex":
		r.Base = 16
	case "dec":
		r.Base = 10
	case "oct":
		r.Base = 8
	case "":
	default:
		mask, ok := strings.CutPrefix(word, "bitmask ")
		if !ok {
			return false, nil
		}
		m, err := strconv.ParseUint(strings.TrimSpace(mask), 0, 32)
		if err != nil || m == 0 {
			return false, fmt.Errorf("bitmask %q is not readable; write for example 0x0ff0", mask)
		}
		r.Bitmask = m
	}
	return true, nil
}

func setByteTest(b *builder, v string) error {
	f := value.Fields(v)
	if len(f) < 4 {
		return errors.New("write bytes,operator,value,offset and options")
	}
	t := &rule.ByteTest{}
	if err := b.readCount(&t.ByteRead, f[0]); err != nil {
		return err
	}
	op := f[1]
	if rest, ok := strings.CutPrefix(op, "!"); ok && rest != "" && rest != "=" {
		t.Negated, op = true, strings.TrimSpace(rest)
	}
	var ok bool
	if t.Op, ok = value.Ops[op]; !ok {
		return fmt.Errorf("operator %q is not known; use < > = & ^ with or without !", f[1])
	}
	var err error
	if t.Value, err = b.num(f[2]); err != nil {
		return err
	}
	if t.Offset, err = b.num(f[3]); err != nil {
		return err
	}
	for _, word := range f[4:] {
		if ok, err := readOption(&t.ByteRead, word); err != nil {
			return err
		} else if !ok {
			return value.Unknown(word)
		}
	}
	if err := checkRead(&t.ByteRead); err != nil {
		return err
	}
	return b.add(t)
}

func setByteJump(b *builder, v string) error {
	f := value.Fields(v)
	if len(f) < 2 {
		return errors.New("write bytes,offset and options")
	}
	j := &rule.ByteJump{Multiplier: 1}
	if err := b.readCount(&j.ByteRead, f[0]); err != nil {
		return err
	}
	var err error
	if j.Offset, err = b.num(f[1]); err != nil {
		return err
	}
	for _, word := range f[2:] {
		if err := b.jumpOption(j, word); err != nil {
			return err
		}
	}
	if j.Bytes.Var == 0 && j.Bytes.Value == 0 { // jumps to a constant place
		return b.add(j)
	}
	if err := checkRead(&j.ByteRead); err != nil {
		return err
	}
	return b.add(j)
}

func (b *builder) jumpOption(j *rule.ByteJump, word string) (err error) {
	if ok, err := readOption(&j.ByteRead, word); ok || err != nil {
		return err
	}
	key, arg, _ := strings.Cut(word, " ")
	switch key {
	case "align":
		j.Align = true
	case "from_beginning":
		j.FromBeginning = true
	case "from_end":
		j.FromEnd = true
	case "multiplier":
		j.Multiplier, err = multiplier(arg)
	case "post_offset":
		j.PostOffset, err = b.num(arg)
	default:
		err = value.Unknown(word)
	}
	return err
}

func multiplier(v string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("multiplier %q is not a number from 1 to 65535", v)
	}
	return n, nil
}

// variable makes room for a named value.
func (b *builder) variable(name string) (int, error) {
	if name == "" || !isLetter(name[0]) {
		return 0, fmt.Errorf("%q is not a name for a value; begin with a letter", name)
	}
	if i := b.vars[name]; i > 0 {
		return i, nil
	}
	if b.r.Vars == maxVars {
		return 0, fmt.Errorf("the rule extracts more than %d values; split it", maxVars)
	}
	if b.vars == nil {
		b.vars = map[string]int{}
	}
	b.r.Vars++
	b.vars[name] = b.r.Vars
	return b.r.Vars, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func setByteExtract(b *builder, v string) error {
	f := value.Fields(v)
	if len(f) < 3 {
		return errors.New("write bytes,offset,name and options")
	}
	e := &rule.ByteExtract{Multiplier: 1}
	if err := b.readCount(&e.ByteRead, f[0]); err != nil {
		return err
	}
	var err error
	if e.Offset, err = b.num(f[1]); err != nil {
		return err
	}
	for _, word := range f[3:] {
		ok, err := readOption(&e.ByteRead, word)
		if err != nil {
			return err
		}
		key, arg, _ := strings.Cut(word, " ")
		switch {
		case ok:
		case key == "multiplier":
			if e.Multiplier, err = multiplier(arg); err != nil {
				return err
			}
		case key == "align" && (arg == "2" || arg == "4"):
			e.Align = int64(arg[0] - '0')
		default:
			return value.Unknown(word)
		}
	}
	if err := checkRead(&e.ByteRead); err != nil {
		return err
	}
	if e.Into, err = b.variable(f[2]); err != nil {
		return err
	}
	return b.add(e)
}

// setByteMath reads "bytes 4, offset 0, oper +, rvalue 3, result name, …".
func setByteMath(b *builder, v string) error {
	m := &rule.ByteMath{}
	result := ""
	for _, word := range value.Fields(v) {
		key, arg, _ := strings.Cut(word, " ")
		arg = strings.TrimSpace(arg)
		var err error
		switch key {
		case "bytes":
			m.Bytes, err = b.num(arg)
		case "offset":
			m.Offset, err = b.num(arg)
		case "oper":
			m.Oper, err = mathOper(arg)
		case "rvalue":
			m.Value, err = b.num(arg)
		case "result":
			result = arg
		case "endian", "string":
			if key == "string" {
				m.Text = true
			}
			_, err = readOption(&m.ByteRead, arg)
		default:
			var ok bool
			if ok, err = readOption(&m.ByteRead, word); !ok && err == nil {
				err = value.Unknown(word)
			}
		}
		if err != nil {
			return err
		}
	}
	if m.Oper == 0 || result == "" {
		return errors.New("write bytes, offset, oper, rvalue and result")
	}
	if err := checkRead(&m.ByteRead); err != nil {
		return err
	}
	var err error
	if m.Into, err = b.variable(result); err != nil {
		return err
	}
	return b.add(m)
}

func mathOper(v string) (byte, error) {
	switch v {
	case "+", "-", "*", "/":
		return v[0], nil
	case "<<", ">>":
		return v[0], nil
	}
	return 0, fmt.Errorf("operation %q is not known; use + - * / << or >>", v)
}

func setIsDataAt(b *builder, v string) error {
	m := &rule.IsDataAt{}
	v, m.Negated = strings.CutPrefix(v, "!")
	f := value.Fields(v)
	var err error
	if m.At, err = b.num(f[0]); err != nil {
		return err
	}
	for _, word := range f[1:] {
		switch word {
		case "relative":
			m.FromLast = true
		case "rawbytes", "":
		default:
			return value.Unknown(word)
		}
	}
	return b.add(m)
}

func setBase64Decode(b *builder, v string) error {
	m := &rule.Base64Decode{}
	for _, word := range value.Fields(v) {
		key, arg, _ := strings.Cut(word, " ")
		n, err := strconv.Atoi(strings.TrimSpace(arg))
		switch {
		case word == "":
		case word == "relative":
			m.FromLast = true
		case key == "bytes" && err == nil && n > 0:
			m.Bytes = n
		case key == "offset" && err == nil && n >= 0:
			m.Offset = n
		default:
			return value.Unknown(word)
		}
	}
	return b.add(m)
}

func setBSize(b *builder, v string) error {
	c, err := value.Compare(v)
	if err != nil {
		return err
	}
	return b.add(&rule.BSize{Compare: c})
}

// setURILen measures the URI, normalised unless "raw" is asked for.
func setURILen(b *builder, v string) error {
	v, kind, _ := strings.Cut(v, ",")
	c, err := value.Compare(v)
	if err != nil {
		return err
	}
	buf := rule.HTTPURI
	switch strings.TrimSpace(kind) {
	case "raw":
		buf = rule.HTTPURIRaw
	case "norm", "":
	default:
		return value.Unknown(kind)
	}
	return b.inBuffer(buf, &rule.BSize{Compare: c})
}
