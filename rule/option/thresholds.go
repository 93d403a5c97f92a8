package option

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/group"
	"otasuke/rule/value"
	"strconv"
	"strings"
)

// Thresholds applies the lines of a threshold file to the rules: suppress, threshold and
// rate_filter, each with gen_id and sig_id. vars are the address variables. It returns what
// is wrong with single lines; the others count.
func Thresholds(text string, rules []*rule.Rule, vars map[string]string) (errs []error) {
	groups := &group.Reader{Vars: vars}
	n := 0
	joined := ""
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if body, more := strings.CutSuffix(line, `\`); more {
			joined += body + " "
			continue
		}
		line, joined = joined+line, ""
		if err := thresholdLine(line, rules, groups); err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
		}
	}
	if err := thresholdLine(joined, rules, groups); err != nil { // the file ends with a \
		errs = append(errs, fmt.Errorf("line %d: %w", n, err))
	}
	return errs
}

func thresholdLine(line string, rules []*rule.Rule, groups *group.Reader) error {
	line = strings.TrimSpace(strings.ReplaceAll(line, "\t", " "))
	if line == "" || line[0] == '#' {
		return nil
	}
	kind, rest, _ := strings.Cut(line, " ")
	words := splitOutside(rest)
	opt := map[string]string{}
	for _, w := range words {
		key, v, _ := strings.Cut(w, " ")
		opt[key] = strings.TrimSpace(v)
	}
	gid, err1 := strconv.ParseUint(opt["gen_id"], 10, 32)
	sid, err2 := strconv.ParseUint(opt["sig_id"], 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return errors.New("gen_id and sig_id are missing")
	}
	var apply func(r *rule.Rule)
	var err error
	switch kind {
	case "suppress":
		apply, err = suppressOf(opt, groups)
	case "threshold", "event_filter":
		apply, err = thresholdOf(words)
	case "rate_filter":
		apply, err = rateOf(opt)
	default:
		return fmt.Errorf("%q is not known; use suppress, threshold or rate_filter", kind)
	}
	if err != nil {
		return err
	}
	for _, r := range rules {
		// A number of 0 means all.
		if (sid == 0 || r.SID == uint32(sid)) && (gid == 0 || r.GID == uint32(gid)) {
			apply(r)
		}
	}
	return nil
}

// splitOutside splits at commas outside brackets.
func splitOutside(s string) (out []string) {
	depth, start := 0, 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == ',' && depth == 0 {
			out = append(out, strings.TrimSpace(s[start:i]))
			start = i + 1
			continue
		}
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
	}
	return out
}

func suppressOf(opt map[string]string, groups *group.Reader) (func(*rule.Rule), error) {
	track := opt["track"]
	if track == "" {
		return func(r *rule.Rule) { r.Suppress = append(r.Suppress, rule.Suppress{Track: rule.TrackRule}) }, nil
	}
	t, ok := map[string]rule.Track{"by_src": rule.TrackSrc, "by_dst": rule.TrackDst, "by_either": rule.TrackPair}[track]
	if !ok {
		return nil, fmt.Errorf("track %q is not known; use by_src, by_dst or by_either", track)
	}
	set, err := groups.Addrs(opt["ip"])
	if err != nil {
		return nil, err
	}
	return func(r *rule.Rule) { r.Suppress = append(r.Suppress, rule.Suppress{Track: t, Addrs: set}) }, nil
}

func thresholdOf(words []string) (func(*rule.Rule), error) {
	var kept []string
	for _, w := range words {
		if !strings.HasPrefix(w, "gen_id") && !strings.HasPrefix(w, "sig_id") {
			kept = append(kept, w)
		}
	}
	t := &rule.Threshold{}
	if err := fillThreshold(t, kept); err != nil {
		return nil, err
	}
	return func(r *rule.Rule) { r.Threshold = t }, nil
}

func rateOf(opt map[string]string) (func(*rule.Rule), error) {
	f := &rule.RateFilter{}
	f.Type = rule.ThresholdFilter
	var ok1, ok2 bool
	f.Track, ok1 = tracks[opt["track"]]
	f.Action, ok2 = map[string]rule.Action{"alert": rule.Alert, "drop": rule.Drop, "reject": rule.Reject, "pass": rule.Pass}[opt["new_action"]]
	if !ok1 || !ok2 {
		return nil, value.Unknown(opt["track"] + " " + opt["new_action"])
	}
	for _, field := range []struct {
		key   string
		to    *int64
		least int64
	}{{"count", &f.Count, 1}, {"seconds", &f.Seconds, 1}, {"timeout", &f.Timeout, 0}} {
		n, err := strconv.ParseInt(opt[field.key], 10, 32)
		if err != nil || n < field.least {
			return nil, fmt.Errorf("%s %q is not a number from %d", field.key, opt[field.key], field.least)
		}
		*field.to = n
	}
	return func(r *rule.Rule) { r.RateFilter = f }, nil
}
