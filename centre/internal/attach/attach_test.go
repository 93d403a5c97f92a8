package attach_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

var pdf = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("a\x00\xff"), 300_000)...)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A file comes back as it was, to its own company alone.
func TestKeptWhole(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		svc := tenant.New(tenant.Config{Store: s})
		own, err := svc.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
		must(t, err)
		other, err := svc.CreateCompany(t.Context(), "system", tenant.Company{Name: "Decoy"})
		must(t, err)
		u, err := attach.Check("申込書.PDF", bytes.NewReader(pdf), attach.Papers...)
		must(t, err)
		must(t, s.Write(t.Context(), own, func(tx *store.Tx) error { return attach.Put(tx, &u, "p1", time.Unix(5, 0)) }))
		read := func(tenantID string) (f attach.File, data []byte, err error) {
			err = s.Read(t.Context(), tenantID, func(tx *store.Tx) (err error) { f, data, err = attach.Get(tx, u.ID); return err })
			return f, data, err
		}
		f, data, err := read(own)
		must(t, err)
		if !bytes.Equal(data, pdf) || f.Name != "申込書.pdf" || f.Kind != attach.PDF || f.By != "p1" || !f.At.Equal(time.Unix(5, 0)) {
			t.Errorf("%+v, %d bytes", f, len(data))
		}
		if _, _, err := read(other); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another company reads it: %v", err)
		}
		rec := httptest.NewRecorder()
		f.Serve(rec, httptest.NewRequest("GET", "/", nil), data)
		if h := rec.Header(); !bytes.Equal(rec.Body.Bytes(), pdf) || h.Get("Content-Type") != attach.PDF || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(h.Get("Content-Disposition"), "filename*=utf-8''") {
			t.Errorf("%v", h)
		}
		must(t, s.Write(t.Context(), own, func(tx *store.Tx) error { return errors.Join(attach.Drop(tx, u.ID), attach.Drop(tx, u.ID)) }))
		if _, _, err := read(own); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted, and read: %v", err)
		}
	}, tenant.Schema(), job.Schema(), attach.Schema())
}

func TestWhatComes(t *testing.T) {
	t.Parallel()
	jpeg := "\xff\xd8\xff\xe0\x00\x10JFIF"
	for _, c := range []struct {
		name, data, want string
		err              error
	}{
		{"photo.jpg", jpeg, "photo.jpg", nil},
		{"C:\\Users\\me\\写真.JPEG", jpeg, "写真.jpg", nil},
		{"../../etc/passwd", jpeg, "passwd.jpg", nil},
		{"=cmd|calc!A0.jpg", jpeg, "cmd_calc!A0.jpg", nil},
		{"a\r\nX-Evil: 1.jpg", jpeg, "a X-Evil_ 1.jpg", nil},
		{"\u202egpj.exe", jpeg, "gpj.jpg", nil},
		{"", jpeg, "file.jpg", nil},
		{".jpg", jpeg, "file.jpg", nil},
		{strings.Repeat("長", 300), jpeg, "file.jpg", nil},
		{"form.pdf", "<html><script>", "", attach.ErrKind},
		{"form.pdf", "MZ\x90\x00", "", attach.ErrKind},
		{"form.pdf", "", "", attach.ErrEmpty},
		{"form.pdf", "%PDF-" + strings.Repeat("x", attach.MaxSize), "", attach.ErrLarge},
	} {
		u, err := attach.Check(c.name, strings.NewReader(c.data), attach.Papers...)
		if !errors.Is(err, c.err) || u.Name != c.want {
			t.Errorf("%q: %q, %v; want %q, %v", c.name, u.Name, err, c.want, c.err)
		}
	}
}

// Where any file is taken, what a browser could run is handed out and never shown.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, data, want, kind string }{
		{"見積書.xlsx", "PK\x03\x04", "見積書.xlsx", attach.Other}, {"x.html", "<html><script>", "x.html", attach.Other}, {"a.pdf", "%PDF-1.7", "a.pdf", attach.PDF},
		{"evil.pdf.exe", "MZ", "evil.pdf.exe", attach.Other}, {"a." + strings.Repeat("x", 40), "MZ", "a", attach.Other}, {"..", "x", "file.", attach.Other},
	} {
		u, err := attach.Check(c.name, strings.NewReader(c.data), append(attach.Papers, attach.Other)...)
		if err != nil || u.Name != c.want || u.Kind != c.kind {
			t.Errorf("%q: %q, %q, %v", c.name, u.Name, u.Kind, err)
		}
		rec := httptest.NewRecorder()
		u.Headers(rec.Header())
		if got := rec.Header().Get("Content-Disposition"); strings.HasPrefix(got, "attachment") != (c.kind == attach.Other) {
			t.Errorf("%q: %s", c.name, got)
		}
	}
}
