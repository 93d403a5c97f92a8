package notify

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/export"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

var (
	_           Exports  = (*export.Service)(nil)
	_           Erasures = (*erase.Service)(nil)
	_           Exports  = leaving{}
	errNotFound          = store.ErrNotFound
)

// leaving has one export and one deletion.
type leaving struct {
	export  export.Export
	erasure erase.Erasure
}

func (l leaving) Get(_ context.Context, _, id string) (export.Export, error) {
	if id != l.export.ID {
		return export.Export{}, errNotFound
	}
	return l.export, nil
}

type erasures struct{ *leaving }

func (e erasures) Get(_ context.Context, id string) (erase.Erasure, error) {
	if id != e.erasure.ID {
		return erase.Erasure{}, errNotFound
	}
	return e.erasure, nil
}

// Who goes, and who takes the data along, is told in plain words, with no key to the data in the mail.
func TestMailsAboutLeaving(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		people, err := o.cfg.Companies.People(t.Context(), o.id)
		if err != nil {
			t.Fatal(err)
		}
		maria := people[slices.IndexFunc(people, func(p tenant.Person) bool { return p.Name == "Maria" })]
		l := &leaving{export: export.Export{ID: "x1", By: maria.ID, State: export.Ready, Made: start},
			erasure: erase.Erasure{ID: "e1", Company: o.id, Name: "佐藤製作所", State: erase.Waiting, Due: start.Add(erase.Wait), Certificate: "データ削除証明書\n行 1\nSHA-256: abc\n"}}
		o.cfg.Exports, o.cfg.Erasures = *l, erasures{l}
		mails := func(do error) []string {
			t.Helper()
			if do != nil {
				t.Fatal(do)
			}
			var out []string
			for _, m := range o.post.mails {
				out = append(out, m.To.Email+"\n"+m.Subject+"\n"+m.Text)
			}
			o.post.mails = nil
			return out
		}
		says := func(got []string, want ...string) {
			t.Helper()
			if len(got) != 1 {
				t.Fatalf("%d mails: %q", len(got), got)
			}
			for _, w := range want {
				if !strings.Contains(got[0], w) {
					t.Errorf("the mail lacks %q:\n%s", w, got[0])
				}
			}
		}
		says(mails(o.HandleExport(t.Context(), o.id, json.RawMessage(`{"export":"x1"}`))), "maria@sato.example.jp", "Your data are ready", "/export", "please call us", "log in")
		if got := mails(o.HandleExport(t.Context(), o.id, json.RawMessage(`{"export":"gone"}`))); len(got) > 0 {
			t.Errorf("%q", got)
		}
		args := json.RawMessage(`{"erasure":"e1"}`)
		says(mails(o.HandleErasure(t.Context(), o.id, args)), "owner@sato.example.jp", "削除の申し込み", "取り消したいときは、お電話ください", "/export", "みかん山")
		l.erasure.State = erase.Cancelled
		says(mails(o.HandleErasure(t.Context(), o.id, args)), "owner@sato.example.jp", "取り消しました")
		l.erasure.State = erase.Running
		if got := mails(o.HandleErasure(t.Context(), o.id, args)); len(got) > 0 {
			t.Errorf("%q", got)
		}
		says(mails(o.HandleCertificate(t.Context(), tenant.House, json.RawMessage(`{"erasure":"e1","person":{"Name":"佐藤","Email":"owner@sato.example.jp","Lang":"ja"}}`))),
			"owner@sato.example.jp", "証明書", "データ削除証明書\n行 1\nSHA-256: abc\n")
		for _, bad := range []string{"{", `{"erasure":"e1"}`} {
			if err := o.HandleCertificate(t.Context(), tenant.House, json.RawMessage(bad)); !errors.Is(err, job.ErrGiveUp) {
				t.Errorf("%s: %v", bad, err)
			}
		}
	}, tenant.Schema(), Schema(), job.Schema())
}
