package option

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"regexp"
	"strconv"
	"strings"
)

// Transform reads the value of a transform.
func Transform(kind rule.TransformKind, v string) (rule.Transform, error) {
	t := rule.Transform{Kind: kind}
	var err error
	switch kind {
	case rule.XOR:
		err = xorKey(&t, v)
	case rule.FromBase64:
		err = base64Options(&t, v)
	case rule.Gunzip, rule.Inflate:
		err = sizeOption(&t, v)
	case rule.Rewrite:
		t.Key = value.Unquote(strings.TrimSpace(v))
		if _, e := regexp.Compile(t.Key); e != nil || t.Key == "" {
			err = errors.New("the expression is not readable")
		}
	default:
		if v != "" {
			err = fmt.Errorf("the transform takes no value, but has %q; remove it", v)
		}
	}
	return t, err
}

// xorKey reads "0d0ac8ff" or "offset 4,extract 4 0".
func xorKey(t *rule.Transform, v string) error {
	v = strings.TrimSpace(v)
	if key, err := value.Hex(value.Unquote(v)); err == nil && len(key) > 0 && v != "" && !strings.HasPrefix(v, "offset") {
		t.Key = string(key)
		return nil
	}
	return errors.New("the key must be hexadecimal digits in quotation marks, for example \"0d0ac8ff\"")
}

// base64Options reads "bytes 12, offset 13, mode strict".
func base64Options(t *rule.Transform, v string) error {
	t.Mode = "rfc4648"
	for _, word := range value.Fields(v) {
		key, arg, _ := strings.Cut(word, " ")
		arg = strings.TrimSpace(arg)
		n, err := strconv.Atoi(arg)
		switch {
		case word == "":
		case key == "bytes" && err == nil && n > 0:
			t.Bytes = n
		case key == "offset" && err == nil && n >= 0:
			t.Offset = n
		case key == "mode" && (arg == "strict" || arg == "rfc4648" || arg == "rfc2045"):
			t.Mode = arg
		default:
			return value.Unknown(word)
		}
	}
	return nil
}

// sizeOption reads "max-size 1024".
func sizeOption(t *rule.Transform, v string) error {
	for _, word := range value.Fields(v) {
		key, size, _ := strings.Cut(word, " ")
		switch {
		case word == "":
		case key == "max-size":
			n, err := value.Size(size)
			if err != nil || n < 1 {
				return value.Unknown(word)
			}
			t.Bytes = int(n)
		default:
			return value.Unknown(word)
		}
	}
	return nil
}
