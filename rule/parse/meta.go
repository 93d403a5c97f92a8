package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strconv"
	"strings"
	"unique"
)

func ignore(*builder, string) error { return nil }

func setMsg(b *builder, v string) error {
	b.r.Msg = value.Unescape(value.Unquote(v))
	return nil
}

func number32(v string) (uint32, error) {
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number from 0 to 4294967295", v)
	}
	return uint32(n), nil
}

func setSID(b *builder, v string) (err error) {
	if b.r.SID, err = number32(v); err == nil && b.r.SID == 0 {
		err = errors.New("sid 0 is not allowed; give the rule a number of its own")
	}
	return err
}

func setRev(b *builder, v string) (err error) {
	b.r.Rev, err = number32(v)
	return err
}

func setGID(b *builder, v string) (err error) {
	b.r.GID, err = number32(v)
	return err
}

// setPriority beats the priority of the class, wherever it stands.
func setPriority(b *builder, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 255 {
		return fmt.Errorf("%q is not a priority from 1 to 255", v)
	}
	b.r.Priority = n

	b.priorityGiven = true
	return nil
}

func setClass(b *builder, v string) error {
	v = unique.Make(value.Unquote(v)).Value()
	b.r.Class = v
	if c, ok := b.p.opt.Classes[v]; ok {
		b.r.ClassText = c.Text
		if !b.priorityGiven {
			b.r.Priority = c.Priority
		}
	}
	return nil
}

func setBypass(b *builder, _ string) error {
	b.r.Bypass = true
	return nil
}

func setNoAlert(b *builder, _ string) error {
	b.r.NoAlert = true
	return nil
}

func setReference(b *builder, v string) error {
	kind, id, ok := strings.Cut(value.Unquote(v), ",")
	if !ok {
		return errors.New("write type and identifier, for example: cve,2021-44228")
	}
	kind = unique.Make(strings.ToLower(strings.TrimSpace(kind))).Value()
	b.r.References = append(b.r.References, rule.Reference{
		Type: kind, ID: value.Unescape(strings.TrimSpace(id)), Prefix: b.p.opt.ReferenceURLs[kind]})
	return nil
}

func setMetadata(b *builder, v string) error {
	for item := range strings.SplitSeq(value.Unquote(v), ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		key, value, _ := strings.Cut(item, " ")
		entry := unique.Make(rule.KeyValue{Key: strings.TrimSuffix(key, ":"), Value: strings.TrimSpace(value)})
		b.r.Metadata = append(b.r.Metadata, entry)
		switch kv := entry.Value(); kv.Key {
		case "otasuke_family":
			b.r.Family = kv.Value
		case "mitre_technique_id":
			b.r.Mitre = append(b.r.Mitre, kv.Value)
		}
	}
	return nil
}

func setTarget(b *builder, v string) error {
	if v != "src_ip" && v != "dest_ip" {
		return fmt.Errorf("%q is not an end; use src_ip or dest_ip", v)
	}
	b.r.Target = v
	return nil
}

// languageVersion is the version of the rule language that requires is
// compared with.
var languageVersion = [3]int{8, 0, 6}

// setRequires reads "version >= 7.0.3, keyword foo, feature bar".
func setRequires(_ *builder, v string) error {
	for item := range strings.SplitSeq(v, ",") {
		f := strings.Fields(item)
		switch {
		case len(f) == 2 && f[0] == "keyword":
			if !known(f[1]) {
				return fmt.Errorf("the rule requires the keyword %s, which is not supported", f[1])
			}
		case len(f) == 2 && f[0] == "feature" && (f[1] == "ja3" || f[1] == "ja4"):
		case len(f) == 2 && f[0] == "feature":
			return fmt.Errorf("the rule requires the feature %s, which is not supported", f[1])
		case len(f) >= 2 && f[0] == "version":
			if ok, err := versionFits(strings.Join(f[1:], " ")); err != nil || !ok {
				return fmt.Errorf("the rule requires %s; the language here is version %d.%d.%d",
					strings.TrimSpace(item), languageVersion[0], languageVersion[1], languageVersion[2])
			}
		default:
			return fmt.Errorf("requirement %q is not understood", strings.TrimSpace(item))
		}
	}
	return nil
}

func known(name string) bool {
	_, sticky := stickyByName[name]
	_, transform := transformByName[name]
	_, plain := keywords[name]
	_, number := numberKeywords[name]
	return sticky || transform || plain || number
}

// versionFits reads alternatives of conditions: ">= 7.0.3 < 8 | >= 8.0.1".
func versionFits(text string) (bool, error) {
	for alternative := range strings.SplitSeq(text, "|") {
		fits := true
		f := strings.Fields(strings.NewReplacer(">=", " >= ", "<=", " <= ", "> ", " > ", "< ", " < ").Replace(alternative))
		for len(f) >= 2 {
			c, err := compareVersion(f[1])
			if err != nil {
				return false, err
			}
			op, ok := value.Ops[f[0]]
			if !ok {
				return false, errBadNumber
			}
			fits = fits && op.Match(int64(c), 0)
			f = f[2:]
		}
		if fits && len(f) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// compareVersion compares the language version with text: -1, 0 or 1.
func compareVersion(text string) (int, error) {
	parts := strings.Split(text, ".")
	for i, have := range languageVersion {
		want := 0
		if i < len(parts) {
			n, err := strconv.Atoi(parts[i])
			if err != nil {
				return 0, errBadNumber
			}
			want = n
		}
		if have != want {
			if have < want {
				return -1, nil
			}
			return 1, nil
		}
	}
	return 0, nil
}
