package option

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"slices"
	"strconv"
	"strings"
)

// bitOps are the words of flowbits and xbits.
var bitOps = map[string]rule.BitOp{
	"isset": rule.BitIsSet, "isnotset": rule.BitIsNotSet, "set": rule.BitSet, "unset": rule.BitUnset, "toggle": rule.BitToggle,
}

func Flowbits(r *rule.Rule, v string) error {
	word, names, _ := strings.Cut(v, ",")
	word = strings.TrimSpace(word)
	if word == "noalert" {
		r.NoAlert = true
		return nil
	}
	op, ok := bitOps[word]
	if !ok {
		return fmt.Errorf("%q is not known; use set, unset, toggle, isset, isnotset or noalert", word)
	}
	list := strings.Split(names, "|")
	for i := range list {
		if list[i] = strings.TrimSpace(list[i]); list[i] == "" {
			return errors.New("the name of the bit is missing; write for example set,name")
		}
	}
	if len(list) > 1 && !op.Condition() {
		return errors.New("only isset and isnotset take alternatives; write one flowbits for each name")
	}
	r.Flowbits = append(r.Flowbits, rule.Flowbit{Op: op, Names: list})
	return nil
}

func Flowint(r *rule.Rule, v string) error {
	f := value.Fields(v)
	if len(f) < 2 || f[0] == "" {
		return errors.New("write name,operation,value")
	}
	x := rule.Flowint{Name: f[0], Op: f[1]}
	switch x.Op {
	case "isset", "notset", "isnotset":
		if x.Op == "isnotset" {
			x.Op = "notset"
		}
		r.Flowints = append(r.Flowints, x)
		return nil
	case "=", "+", "-", "==", "!=", "<", "<=", ">", ">=":
	default:
		return fmt.Errorf("operation %q is not known; use = + - == != < <= > >= isset or notset", x.Op)
	}
	if len(f) != 3 || f[2] == "" {
		return errors.New("the value is missing; write name,operation,value")
	}
	n, err := strconv.ParseInt(f[2], 0, 64)
	if err != nil {
		x.Other = f[2]
	}
	x.Value = n
	r.Flowints = append(r.Flowints, x)
	return nil
}

// defaultXbitExpire is how long an xbit lives when the rule does not say, in
// seconds (rule language, chapter xbits).
const defaultXbitExpire = 30

// defaultHostbitExpire is the same of hostbits, in seconds.
const defaultHostbitExpire = 300

func Xbits(r *rule.Rule, v string) error {
	f := value.Fields(v)
	if f[0] == "noalert" {
		r.NoAlert = true
		return nil
	}
	op, ok := bitOps[f[0]]
	if !ok || len(f) < 3 || f[1] == "" {
		return errors.New("write set,name,track ip_src,expire 60")
	}
	x := rule.Xbit{Op: op, Name: f[1], Expire: defaultXbitExpire}
	tracked := false
	for _, word := range f[2:] {
		key, arg, _ := strings.Cut(word, " ")
		arg = strings.TrimSpace(arg)
		switch key {
		case "track":
			track, ok := map[string]rule.Track{"ip_src": rule.TrackSrc, "ip_dst": rule.TrackDst, "ip_pair": rule.TrackPair, "tx": rule.TrackTx}[arg]
			if !ok {
				return fmt.Errorf("track %q is not known; use ip_src, ip_dst or ip_pair", arg)
			}
			x.Track, tracked = track, true
		case "expire":
			n, err := strconv.ParseInt(arg, 10, 32)
			if err != nil || n < 1 {
				return fmt.Errorf("expire %q is not a number of seconds", arg)
			}
			x.Expire = n
		default:
			return value.Unknown(word)
		}
	}
	if !tracked {
		return errors.New("track is missing; write track ip_src, ip_dst or ip_pair")
	}
	r.Xbits = append(r.Xbits, x)
	return nil
}

// Hostbits reads "set,name,src", the older form of xbits on one address.
func Hostbits(r *rule.Rule, v string) error {
	f := value.Fields(v)
	if f[0] == "noalert" {
		r.NoAlert = true
		return nil
	}
	op, ok := bitOps[f[0]]
	if !ok || len(f) < 2 || f[1] == "" {
		return errors.New("write set,name,src")
	}
	x := rule.Xbit{Op: op, Name: f[1], Expire: defaultHostbitExpire}
	if len(f) > 2 {
		if x.Track, ok = map[string]rule.Track{"src": rule.TrackSrc, "dst": rule.TrackDst}[f[2]]; !ok || len(f) > 3 {
			return fmt.Errorf("%q is not known; use src or dst", strings.Join(f[2:], ","))
		}
	}
	r.Xbits = append(r.Xbits, x)
	return nil
}

var tracks = map[string]rule.Track{
	"by_src": rule.TrackSrc, "by_dst": rule.TrackDst, "by_both": rule.TrackPair, "by_rule": rule.TrackRule, "by_flow": rule.TrackFlow,
}

func fillThreshold(t *rule.Threshold, words []string) error {
	seen := map[string]bool{}
	for _, word := range words {
		key, arg, _ := strings.Cut(word, " ")
		arg = strings.TrimSpace(arg)
		var err error
		switch key {
		case "type":
			types := map[string]rule.ThresholdType{"limit": rule.ThresholdLimit, "threshold": rule.ThresholdEvery, "both": rule.ThresholdBoth,
				"backoff": rule.ThresholdBackoff}
			var ok bool
			if t.Type, ok = types[arg]; !ok {
				err = fmt.Errorf("type %q is not supported; use limit, threshold or both", arg)
			}
		case "track":
			var ok bool
			if t.Track, ok = tracks[arg]; !ok {
				err = fmt.Errorf("track %q is not supported; use by_src, by_dst, by_both, by_rule or by_flow", arg)
			}
		case "count", "seconds", "multiplier":
			n, e := strconv.ParseInt(arg, 10, 32)
			if e != nil || n < 1 {
				err = fmt.Errorf("%s %q is not a positive number", key, arg)
			}
			switch key {
			case "count":
				t.Count = n
			case "seconds":
				t.Seconds = n
			default:
				t.Multiplier = n
			}
		case "":
			continue
		default:
			err = value.Unknown(word)
		}
		if err != nil {
			return err
		}
		seen[key] = true
	}
	if t.Type == rule.ThresholdBackoff {
		if t.Track != rule.TrackFlow || !seen["count"] || t.Multiplier < 2 {
			return errors.New("backoff needs track by_flow, count and a multiplier of 2 or more")
		}
		return nil
	}
	if !seen["track"] || !seen["count"] || !seen["seconds"] {
		return errors.New("track, count and seconds are all needed; add the missing one")
	}
	return nil
}

func Threshold(r *rule.Rule, v string) error {
	words := value.Fields(v)
	if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "type ") }) {
		return errors.New("the type is missing; write type limit, threshold or both")
	}
	r.Threshold = &rule.Threshold{}
	return fillThreshold(r.Threshold, words)
}

func DetectionFilter(r *rule.Rule, v string) error {
	words := value.Fields(v)
	for _, w := range words {
		if key, _, _ := strings.Cut(w, " "); key == "type" || key == "multiplier" {
			return value.Unknown(w)
		}
	}
	r.DetectionFilter = &rule.Threshold{}
	err := fillThreshold(r.DetectionFilter, words)
	r.DetectionFilter.Type = rule.ThresholdFilter
	return err
}

func StreamSize(r *rule.Rule, v string) error {
	f := value.Fields(v)
	if len(f) < 3 {
		return errors.New("write side,operator,bytes, for example server,<,5")
	}
	op, ok := value.Ops[f[1]]
	n, err := strconv.ParseInt(f[2], 10, 64)
	if !ok || err != nil || op == rule.OpAnd || op == rule.OpOr {
		return errors.New("write side,operator,bytes, for example server,<,5")
	}
	switch f[0] {
	case "server", "client", "both", "either":
	default:
		return fmt.Errorf("side %q is not known; use server, client, both or either", f[0])
	}
	r.StreamSizes = append(r.StreamSizes, rule.StreamSize{Side: f[0], Compare: rule.Compare{Op: op, A: n}})
	return nil
}

// ends are the words for ends of a packet.
var ends = map[string]rule.End{"any": rule.EitherEnd, "src": rule.SourceEnd, "dst": rule.DestinationEnd, "both": rule.BothEnds}

// Reputation reads "src,category,>,30" or "dst,category,isset".
func Reputation(r *rule.Rule, v string) error {
	f := value.Fields(v)
	if len(f) < 3 {
		return errors.New("write src,category,>,30")
	}
	end, ok := ends[f[0]]
	if !ok {
		return fmt.Errorf("%q is not known; use src, dst, any or both", f[0])
	}
	p := rule.Reputation{End: end, Category: f[1]}
	switch {
	case f[2] == "isset":
		p.Present = 1
	case f[2] == "isnotset":
		p.Present = -1
	case len(f) == 4:
		op, ok := value.Ops[f[2]]
		n, err := strconv.ParseInt(f[3], 10, 16)
		if !ok || err != nil || n < 0 || n > 127 || op == rule.OpAnd || op == rule.OpOr {
			return errors.New("write src,category,>,30 with a reputation from 0 to 127")
		}
		p.Compare = rule.Compare{Op: op, A: n}
	default:
		return errors.New("write src,category,>,30")
	}
	r.Reputations = append(r.Reputations, p)
	return nil
}

// letters of country codes (ISO 3166).
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// Country reads "src,JP,US" or "!JP".
func Country(r *rule.Rule, v string) error {
	f := value.Fields(v)
	c := rule.Country{}
	if end, ok := ends[f[0]]; ok {
		c.End, f = end, f[1:]
	}
	for _, code := range f {
		code, negated := strings.CutPrefix(code, "!")
		if len(code) != 2 || strings.Trim(strings.ToUpper(code), letters) != "" {
			return fmt.Errorf("%q is not a country code; use two letters", code)
		}
		c.Negated = c.Negated || negated
		c.Codes = append(c.Codes, strings.ToUpper(code))
	}
	if len(c.Codes) == 0 {
		return errors.New("no country is named")
	}
	r.Countries = append(r.Countries, c)
	return nil
}

// tagDefault packets are told of when a rule names no number.
const tagDefault = 256

// Tag reads "session,10,packets" or "host,100,seconds,src".
func Tag(r *rule.Rule, v string) error {
	f := value.Fields(v)
	t := &rule.Tag{Count: tagDefault, Unit: "packets"}
	switch f[0] {
	case "session", "":
	case "host":
		t.Host = true
	default:
		return fmt.Errorf("%q is not known; use session or host", f[0])
	}
	for i, word := range f[1:] {
		switch word {
		case "packets", "bytes", "seconds":
			t.Unit = word
		case "src":
		case "dst":
			t.ByTarget = true
		default:
			n, err := strconv.ParseInt(word, 10, 32)
			if err != nil || n < 1 || i != 0 {
				return value.Unknown(word)
			}
			t.Count = n
		}
	}
	r.Tags = append(r.Tags, *t)
	return nil
}

// Config reads "logging disable, type tx, scope tx".
func Config(r *rule.Rule, v string) error {
	r.Config = map[string]string{}
	for _, word := range value.Fields(v) {
		key, arg, _ := strings.Cut(word, " ")
		r.Config[key] = strings.TrimSpace(arg)
	}
	if r.Config["type"] == "" || r.Config["scope"] == "" {
		return errors.New("write for example: logging disable, type tx, scope tx")
	}
	r.NoAlert = true
	return nil
}

// Var makes flowvar and pktvar, which read "name,content".
func Var(scope rule.VarScope) func(*rule.Rule, string) error {
	return func(r *rule.Rule, v string) error {
		name, text, ok := strings.Cut(v, ",")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return errors.New("write the variable and what it is to contain: name,text")
		}
		text, negated := strings.CutPrefix(strings.TrimSpace(text), "!")
		b, err := value.Bytes(value.Unquote(strings.TrimSpace(text)))
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return errors.New("the text is empty; write what the variable is to contain")
		}
		r.VarTests = append(r.VarTests, rule.VarTest{Scope: scope, Name: name, Text: b, Negated: negated})
		return nil
	}
}
