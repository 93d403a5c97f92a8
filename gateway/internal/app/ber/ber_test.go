package ber

import (
	"errors"
	"testing"
)

func TestReader(t *testing.T) {
	r := New([]byte("\x30\x81\x0a\x02\x01\xff\x04\x03abc\x05\x00\xa1\x00"))
	in := r.In(Sequence)
	if n := in.Int(Integer); n != -1 {
		t.Error(n)
	}
	if _, there := in.Optional(Boolean); there {
		t.Error("a value that is not there")
	}
	if s, there := in.Optional(OctetString); !there || string(s) != "abc" {
		t.Error(s, there)
	}
	if in.Tag() != Null || !in.More() || in.Err() != nil {
		t.Error(in.Err())
	}
	if r.In(Context(1, true)).More() || r.Err() != nil || r.More() || r.Tag() != 0 {
		t.Error(r.Err())
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		b    string
		want error
	}{
		"nothing":               {"", ErrShort},
		"tag alone":             {"\x30", ErrShort},
		"length cut":            {"\x30\x82\x01", ErrShort},
		"contents cut":          {"\x30\x05\x02\x01", ErrShort},
		"indefinite length":     {"\x30\x80\x00\x00", ErrForm},
		"length of nine bytes":  {"\x30\x89\x00\x00\x00\x00\x00\x00\x00\x00\x00", ErrForm},
		"long tag":              {"\x3f\x81\x01\x00", ErrForm},
		"another tag":           {"\x31\x00", ErrForm},
		"integer without bytes": {"\x30\x02\x02\x00", ErrForm},
		"integer too long":      {"\x30\x0b\x02\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01", ErrForm},
	} {
		r := New([]byte(c.b))
		in := r.In(Sequence)
		in.Int(Integer)
		r.Join(in)
		if !errors.Is(r.Err(), c.want) {
			t.Error(name, r.Err())
		}
		if r.More() || r.Tag() != 0 || in.Int(Integer) != 0 {
			t.Error(name, "goes on")
		}
	}
}

func TestOID(t *testing.T) {
	for in, want := range map[string]string{
		"\x2b\x06\x01\x02\x01": "1.3.6.1.2.1", "\x00": "0.0", "\x88\x37": "2.999", "\x2b\x86\xf7\x63": "1.3.113635",
		"\x2b\x80\x01": "1.3.1",
	} {
		if got, ok := AppendOID(nil, []byte(in)); !ok || string(got) != want {
			t.Errorf("%x: %s", in, got)
		}
	}
	for _, in := range []string{"", "\x2b\x86", "\x2b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		if got, ok := AppendOID(nil, []byte(in)); ok {
			t.Errorf("%x: %s", in, got)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("\x30\x0a\x02\x01\xff\x04\x03abc\x05\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for r := New(b); r.More(); {
			left := len(r.Left())
			tag, contents := r.Any()
			if r.Err() == nil && (len(r.Left()) >= left || len(contents) > left) {
				t.Fatal("no way forward")
			}
			if tag == OID {
				AppendOID(nil, contents)
			}
		}
	})
}
