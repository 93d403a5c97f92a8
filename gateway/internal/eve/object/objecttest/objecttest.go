// Package objecttest compares what a type writes of itself with its JSON tags. Only tests
// use it.
package objecttest

import (
	"bytes"
	"encoding"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
)

// rounds is how many values are compared.
const rounds = 2000

// ObeysTags checks that the members, their order, what is left out and the values that
// appendJSON writes are those that encoding/json writes by the tags of T.
func ObeysTags[T any](t *testing.T, appendJSON func(*T) ([]byte, error)) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		var v T
		fill(r, reflect.ValueOf(&v).Elem())
		got, err := appendJSON(&v)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(&v)
		if err != nil {
			t.Fatal(err)
		}
		if names(got) != names(want) {
			t.Fatalf("members differ:\n%s\n%s", got, want)
		}
		if !reflect.DeepEqual(decoded(t, got), decoded(t, want)) {
			t.Fatalf("values differ:\n%s\n%s", got, want)
		}
	}
}

// addresses are what a type that is written as text may hold.
var addresses = []string{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0", "fe80::1%\"<\""}

// fill sets a value at random; half of what may be left out is left out.
func fill(r *rand.Rand, v reflect.Value) {
	texts := []string{"", "plain", "日本語", "a \"quote\" and \\", "<tag> & more", "tab\tline\n\x01\x7f", "\u2028"}
	switch v.Kind() {
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Struct:
		if a, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
			if r.IntN(2) == 0 {
				_ = a.UnmarshalText([]byte(addresses[r.IntN(len(addresses))]))
			}
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				fill(r, v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		if v.Type().Name() == "Time" {
			v.SetInt(r.Int64N(4e15) - 1e15)
		} else if r.IntN(2) == 0 {
			v.SetInt(r.Int64N(1e6) - 5e5)
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if r.IntN(2) == 0 {
			v.SetUint(r.Uint64() >> (64 - v.Type().Bits()))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(texts[r.IntN(len(texts))]))
	case reflect.Map:
		if r.IntN(2) == 0 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(key, value)
		}
	}
}

func decoded(t *testing.T, line []byte) (m map[string]any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return m
}

// names lists the tokens that are names or brackets, in their order.
func names(line []byte) string {
	var out bytes.Buffer
	dec := json.NewDecoder(bytes.NewReader(line))
	for {
		tok, err := dec.Token()
		if err != nil {
			return out.String()
		}
		switch tok := tok.(type) {
		case string:
			out.WriteString(tok + " ")
		case json.Delim:
			out.WriteString(tok.String())
		}
	}
}
