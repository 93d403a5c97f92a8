package parse

import (
	"encoding/hex"
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strconv"
	"strings"
)

// load reads a file that a rule names.
func (b *builder) load(name string) ([]byte, error) {
	if b.p.opt.Open == nil {
		return nil, fmt.Errorf("the list %s cannot be read here; put it beside the rules", name)
	}
	text, err := b.p.opt.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the list %s cannot be read: %w", name, err)
	}
	return text, nil
}

// setDataset reads "isset,name,type string,load file".
func setDataset(b *builder, v string) error {
	f := value.Fields(v)
	if len(f) < 2 || f[1] == "" {
		return errors.New("write isset,name,type string,load file")
	}
	op, ok := map[string]rule.BitOp{"isset": rule.BitIsSet, "isnotset": rule.BitIsNotSet, "set": rule.BitSet, "unset": rule.BitUnset}[f[0]]
	if !ok {
		return fmt.Errorf("%q is not known; use isset, isnotset, set or unset", f[0])
	}
	list, err := b.list(f[1], f[2:])
	if err != nil {
		return err
	}
	d := &rule.Dataset{List: list, Op: op}
	for _, word := range f[2:] {
		if name, ok := strings.CutPrefix(word, "context_key "); ok {
			d.Context = strings.TrimSpace(name)
		}
	}
	return b.onBuffer(d)
}

// setDatarep reads "name,>,200,load file,type string".
func setDatarep(b *builder, v string) error {
	f := value.Fields(v)
	if len(f) < 3 {
		return errors.New("write name,>,200,load file,type string")
	}
	op, ok := value.Ops[f[1]]
	n, err := strconv.ParseInt(f[2], 10, 32)
	if !ok || err != nil {
		return errors.New("write name,>,200,load file,type string")
	}
	list, err := b.list(f[0], f[3:])
	if err != nil {
		return err
	}
	return b.onBuffer(&rule.Datarep{List: list, Compare: rule.Compare{Op: op, A: n}})
}

// onBuffer adds a match to the sticky buffer in use.
func (b *builder) onBuffer(m rule.Match) error {
	if !b.sticky {
		return errors.New("it needs a buffer such as dns.query before it")
	}
	return b.add(m)
}

// list finds a named list, or makes it.
func (b *builder) list(name string, words []string) (*rule.List, error) {
	opt := map[string]string{}
	for _, word := range words {
		key, arg, _ := strings.Cut(word, " ")
		opt[key] = strings.TrimSpace(arg)
	}
	if list := b.p.lists[name]; list != nil {
		if kind := opt["type"]; kind != "" && kind != list.Kind && (kind != "ipv6" || list.Kind != "ip") {
			return nil, fmt.Errorf("the list %s holds %s, not %s", name, list.Kind, kind)
		}
		return list, nil
	}
	list := &rule.List{Name: name, Kind: opt["type"]}
	switch list.Kind {
	case "ipv6":
		list.Kind = "ip" // which has both
	case "string", "md5", "sha256", "ipv4", "ip":
	default:
		return nil, fmt.Errorf("type %q is not known; use string, md5, sha256, ipv4, ipv6 or ip", list.Kind)
	}
	if n, err := strconv.Atoi(opt["hashsize"]); err == nil {
		list.Max = n
	}
	fill := func(text []byte) error { return value.Fill(list, text) }
	switch opt["format"] {
	case "", "csv":
	case "json", "ndjson", "jsonline":
		_, remove := opt["remove_key"]
		form := value.Form{Lines: opt["format"] != "json", Key: opt["value_key"], Array: opt["array_key"], Remove: remove}
		if form.Key == "" {
			return nil, errors.New("a list in JSON needs value_key, the name of the member that is listed")
		}
		fill = func(text []byte) error { return value.FillJSON(list, text, form) }
	default:
		return nil, fmt.Errorf("format %q is not known; use csv, json or ndjson", opt["format"])
	}
	list.Entries = map[string]int64{}
	for _, key := range []string{"load", "state"} {
		if opt[key] == "" {
			continue
		}
		text, err := b.load(opt[key])
		if err != nil {
			if key == "state" {
				continue // it is there after the first run
			}
			return nil, err
		}
		if err := fill(text); err != nil {
			return nil, fmt.Errorf("%s: %w", opt[key], err)
		}
	}
	if b.p.lists == nil {
		b.p.lists = map[string]*rule.List{}
	}
	b.p.lists[name] = list
	return list, nil
}

// setHashes makes filemd5, filesha1 and filesha256.
func setHashes(buf rule.Buffer, kind string) func(*builder, string) error {
	return func(b *builder, v string) error {
		name, negated := strings.CutPrefix(strings.TrimSpace(v), "!")
		name = value.Unquote(strings.TrimSpace(name))
		text, err := b.load(name)
		if err != nil {
			return err
		}
		list := &rule.List{Name: name, Kind: "string", Entries: map[string]int64{}}
		for line := range strings.Lines(string(text)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if word == "" || word[0] == '#' {
				continue
			}
			key, err := value.Entry(kind, word)
			if err != nil {
				return err
			}
			list.Entries[hex.EncodeToString([]byte(key))] = 0
		}
		op := rule.BitIsSet
		if negated {
			op = rule.BitIsNotSet
		}
		return b.inBuffer(buf, &rule.Dataset{List: list, Op: op})
	}
}

// setAbsent reads "absent" or "absent: or_else".
func setAbsent(b *builder, v string) error {
	if !b.sticky || b.section >= 0 {
		return errors.New("it must stand directly behind its buffer; move it there")
	}
	kind := rule.AbsentOnly
	switch strings.TrimSpace(v) {
	case "":
	case "or_else":
		kind = rule.AbsentOr
	default:
		return value.Unknown(v)
	}
	b.section = b.findSection(b.buf, b.transforms, true)
	b.fresh = false
	b.r.Sections[b.section].Absent = kind
	return nil
}

// setEntropy reads "bytes 100, offset 5, value >= 4.0".
func setEntropy(b *builder, v string) error {
	e := &rule.Entropy{Op: rule.OpEqual, Buffer: b.buf}
	given := false
	for _, word := range value.Fields(v) {
		key, arg, _ := strings.Cut(word, " ")
		arg = strings.TrimSpace(arg)
		n, err := strconv.Atoi(arg)
		switch key {
		case "bytes":
			e.Bytes = n
		case "offset":
			e.Offset = n
		case "value":
			given = true
			err = entropyValue(e, arg)
		default:
			return value.Unknown(word)
		}
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not readable; write for example arg >= 4.0", word)
		}
	}
	if !given {
		return errors.New("the value is missing; write for example arg >= 4.0")
	}
	return b.add(e)
}

func entropyValue(e *rule.Entropy, v string) (err error) {
	if lo, hi, ok := strings.Cut(v, "-"); ok {
		e.Op = rule.OpBetween
		if e.Value, err = strconv.ParseFloat(strings.TrimSpace(lo), 64); err == nil {
			e.Between, err = strconv.ParseFloat(strings.TrimSpace(hi), 64)
		}
		return err
	}
	for _, sign := range []string{"<=", ">=", "!=", "=", "<", ">"} {
		if rest, ok := strings.CutPrefix(v, sign); ok {
			e.Op, v = value.Ops[sign], rest
			break
		}
	}
	e.Value, err = strconv.ParseFloat(strings.TrimSpace(v), 64)
	return err
}
