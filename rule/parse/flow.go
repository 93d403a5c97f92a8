package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"slices"
	"strconv"
	"strings"
)

func setFlow(b *builder, v string) error {
	f := &b.r.Flow
	for _, word := range fields(v) {
		switch word {
		case "established":
			f.Established = true
		case "not_established":
			f.NotEstablished = true
		case "stateless":
			f.Stateless = true
		case "to_server", "from_client":
			b.toServer = true
		case "to_client", "from_server":
			b.toClient = true
		case "no_stream":
			f.NoStream = true
		case "only_stream":
			f.OnlyStream = true
		case "no_frag":
			f.NoFrag = true
		case "only_frag":
			f.OnlyFrag = true
		default:
			return errOption(word)
		}
	}
	switch {
	case b.toServer && b.toClient:
		return errors.New("it names both directions; keep one")
	case f.Established && f.NotEstablished, f.Established && f.Stateless:
		return errors.New("established contradicts not_established and stateless; keep one")
	}
	return nil
}

func setFlowbits(b *builder, v string) error {
	word, names, _ := strings.Cut(v, ",")
	word = strings.TrimSpace(word)
	if word == "noalert" {
		b.r.NoAlert = true
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
	b.r.Flowbits = append(b.r.Flowbits, rule.Flowbit{Op: op, Names: list})
	return nil
}

func setFlowint(b *builder, v string) error {
	f := fields(v)
	if len(f) < 2 || f[0] == "" {
		return errors.New("write name,operation,value")
	}
	x := rule.Flowint{Name: f[0], Op: f[1]}
	switch x.Op {
	case "isset", "notset", "isnotset":
		if x.Op == "isnotset" {
			x.Op = "notset"
		}
		b.r.Flowints = append(b.r.Flowints, x)
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
	b.r.Flowints = append(b.r.Flowints, x)
	return nil
}

// defaultXbitExpire is how long an xbit lives when the rule does not say, in
// seconds (rule language, chapter xbits).
const defaultXbitExpire = 30

func setXbits(b *builder, v string) error {
	f := fields(v)
	if f[0] == "noalert" {
		b.r.NoAlert = true
		return nil
	}
	op, ok := bitOps[f[0]]
	if !ok || len(f) < 3 || f[1] == "" {
		return errors.New("write set,name,track ip_src,expire 60")
	}
	x := rule.Xbit{Op: op, Name: f[1], Expire: defaultXbitExpire}
	for _, word := range f[2:] {
		key, value, _ := strings.Cut(word, " ")
		value = strings.TrimSpace(value)
		switch key {
		case "track":
			track, ok := map[string]rule.Track{"ip_src": rule.TrackSrc, "ip_dst": rule.TrackDst, "ip_pair": rule.TrackPair}[value]
			if !ok {
				return fmt.Errorf("track %q is not known; use ip_src, ip_dst or ip_pair", value)
			}
			x.Track = track
		case "expire":
			n, err := strconv.ParseInt(value, 10, 32)
			if err != nil || n < 1 {
				return fmt.Errorf("expire %q is not a number of seconds", value)
			}
			x.Expire = n
		default:
			return errOption(word)
		}
	}
	b.r.Xbits = append(b.r.Xbits, x)
	return nil
}

// setHostbits reads "set,name,src", the older form of xbits on one address.
func setHostbits(b *builder, v string) error {
	f := fields(v)
	op, ok := bitOps[f[0]]
	if !ok || len(f) < 2 || f[1] == "" {
		return errors.New("write set,name,src")
	}
	x := rule.Xbit{Op: op, Name: f[1], Expire: 300}
	if len(f) > 2 && f[2] == "dst" {
		x.Track = rule.TrackDst
	}
	b.r.Xbits = append(b.r.Xbits, x)
	return nil
}

var tracks = map[string]rule.Track{
	"by_src": rule.TrackSrc, "by_dst": rule.TrackDst, "by_both": rule.TrackPair, "by_rule": rule.TrackRule, "by_flow": rule.TrackFlow,
}

func fillThreshold(t *rule.Threshold, words []string) error {
	seen := map[string]bool{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, " ")
		value = strings.TrimSpace(value)
		var err error
		switch key {
		case "type":
			types := map[string]rule.ThresholdType{"limit": rule.ThresholdLimit, "threshold": rule.ThresholdEvery, "both": rule.ThresholdBoth}
			var ok bool
			if t.Type, ok = types[value]; !ok {
				err = fmt.Errorf("type %q is not supported; use limit, threshold or both", value)
			}
		case "track":
			var ok bool
			if t.Track, ok = tracks[value]; !ok {
				err = fmt.Errorf("track %q is not supported; use by_src, by_dst, by_both, by_rule or by_flow", value)
			}
		case "count", "seconds":
			n, e := strconv.ParseInt(value, 10, 32)
			if e != nil || n < 1 {
				err = fmt.Errorf("%s %q is not a positive number", key, value)
			}
			if key == "count" {
				t.Count = n
			} else {
				t.Seconds = n
			}
		case "":
			continue
		default:
			err = errOption(word)
		}
		if err != nil {
			return err
		}
		seen[key] = true
	}
	if !seen["track"] || !seen["count"] || !seen["seconds"] {
		return errors.New("track, count and seconds are all needed; add the missing one")
	}
	return nil
}

func setThreshold(b *builder, v string) error {
	words := fields(v)
	if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "type ") }) {
		return errors.New("the type is missing; write type limit, threshold or both")
	}
	b.r.Threshold = &rule.Threshold{}
	return fillThreshold(b.r.Threshold, words)
}

func setDetectionFilter(b *builder, v string) error {
	b.r.DetectionFilter = &rule.Threshold{}
	err := fillThreshold(b.r.DetectionFilter, fields(v))
	b.r.DetectionFilter.Type = rule.ThresholdFilter
	return err
}

func setStreamSize(b *builder, v string) error {
	f := fields(v)
	if len(f) < 3 {
		return errors.New("write side,operator,bytes, for example server,<,5")
	}
	op, ok := opByText[f[1]]
	n, err := strconv.ParseInt(f[2], 10, 64)
	if !ok || err != nil || op == rule.OpAnd || op == rule.OpOr {
		return errors.New("write side,operator,bytes, for example server,<,5")
	}
	switch f[0] {
	case "server", "client", "both", "either":
	default:
		return fmt.Errorf("side %q is not known; use server, client, both or either", f[0])
	}
	b.r.StreamSizes = append(b.r.StreamSizes, rule.StreamSize{Side: f[0], Compare: rule.Compare{Op: op, A: n}})
	return nil
}

func setAppProto(b *builder, v string) error {
	name, _, _ := strings.Cut(v, ",")
	name, negated := strings.CutPrefix(strings.TrimSpace(name), "!")
	p, ok := protoByName[name]
	if name == "failed" {
		p, ok = rule.ProtoFailed, true
	}
	if !ok || p < rule.ProtoHTTP {
		return fmt.Errorf("application protocol %q is not recognised here", name)
	}
	b.r.AppProtos = append(b.r.AppProtos, rule.AppProto{Proto: p, Negated: negated})
	return nil
}
