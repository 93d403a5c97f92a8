package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway"
)

// schema is a JSON schema, as far as that of EVE records uses it. The few words that it
// needs are checked here: a library of the whole language would be used for this alone.
type schema struct {
	Ref        string             `json:"$ref"`
	Defs       map[string]*schema `json:"$defs"`
	Type       any                `json:"type"` // a name or several
	Properties map[string]*schema `json:"properties"`
	RawMore    json.RawMessage    `json:"additionalProperties"`
	Patterns   map[string]*schema `json:"patternProperties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
	MinItems   int                `json:"minItems"`
	Enum       []any              `json:"enum"`
	OneOf      []*schema          `json:"oneOf"`
	AnyOf      []*schema          `json:"anyOf"`
}

// check tells what is wrong with v, by its place.
func (s *schema) check(root *schema, v any, at string, tell func(string)) {
	if s == nil {
		return
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		root.Defs[name].check(root, v, at, tell)
		return
	}
	if s.Type != nil && !slices.ContainsFunc(texts(types(s.Type)), func(t string) bool { return is(v, t) }) {
		tell(fmt.Sprintf("%s: %T is no %v", at, v, s.Type))
		return
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		tell(fmt.Sprintf("%s: %v is none of %v", at, v, s.Enum))
	}
	switch v := v.(type) {
	case map[string]any:
		s.object(root, v, at, tell)
	case []any:
		if len(v) < s.MinItems {
			tell(at + ": too few")
		}
		for _, e := range v {
			s.Items.check(root, e, at+"[]", tell)
		}
	}
	s.alternatives(root, v, at, tell)
}

func (s *schema) object(root *schema, v map[string]any, at string, tell func(string)) {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			tell(at + "." + name + ": missing")
		}
	}
	for name, e := range v {
		switch sub, ok := s.Properties[name]; {
		case ok:
			sub.check(root, e, at+"."+name, tell)
		case string(s.RawMore) == "false" && s.Patterns == nil:
			tell(at + "." + name + ": not known")
		}
	}
}

// alternatives: one of several must fit.
func (s *schema) alternatives(root *schema, v any, at string, tell func(string)) {
	for _, list := range [][]*schema{s.OneOf, s.AnyOf} {
		if len(list) == 0 {
			continue
		}
		if !slices.ContainsFunc(list, func(o *schema) bool {
			good := true
			o.check(root, v, at, func(string) { good = false })
			return good
		}) {
			tell(at + ": fits no alternative")
		}
	}
}

func types(t any) any {
	if name, ok := t.(string); ok {
		return []any{name}
	}
	return t
}

func is(v any, name string) bool {
	switch v := v.(type) {
	case map[string]any:
		return name == "object"
	case []any:
		return name == "array"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case nil:
		return name == "null"
	}
	return false
}

// TestSchema: consumers of the field's records can rely on their schema with ours; only
// the member "otasuke" is our own.
func TestSchema(t *testing.T) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	text, err := os.ReadFile(filepath.Join(data, "rules/suricata-8.0.6-etc/schema.json"))
	if err != nil {
		t.Skipf("the schema is not there: %v", err)
	}
	var root schema
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	root.Properties["otasuke"] = &schema{}
	dir := cases(t, data)
	out := t.TempDir()
	var warnings bytes.Buffer
	rules := []string{filepath.Join(data, "rules/suricata-8.0.6-events/*.rules")}
	if _, err := gateway.Inspect(context.Background(), gateway.InspectConfig{Capture: dir, Each: true, Rules: rules, Dir: out, Warn: &warnings}); err != nil {
		t.Fatal(err)
	}
	wrong, records := map[string]int{}, 0
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return eachRecord(path, func(e map[string]any) {
			records++
			root.check(&root, e, "", func(what string) { wrong[fmt.Sprint(e["event_type"], " ", what)]++ })
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range wrong {
		t.Errorf("%s (%d times)", what, n)
	}
	t.Logf("%d records", records)
	if records < 10_000 {
		t.Error("too few records to say anything")
	}
}

func eachRecord(path string, f func(map[string]any)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e map[string]any
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return err
		}
		f(e)
	}
	return lines.Err()
}
