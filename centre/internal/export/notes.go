package export

import (
	"bytes"
	"context"
	"fmt"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/atomicfile"
	"otasuke/internal/sheet"
)

// Notes writes what the staff noted for themselves about a company's consultations to a file of its own, and notes that in the
// company's record. It is no part of [Service.Write]: the notes are the provider's, and what they say of a person is that
// person's to ask for (個人情報保護法 33条), not the company's owner's. Somebody looks at them before they are handed out.
func (s *Service) Notes(ctx context.Context, tenantID, who, path string) (n int, err error) {
	if err := s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: who, Action: "export.notes", Object: tenantID})
	}); err != nil {
		return 0, err
	}
	var out bytes.Buffer
	err = s.cfg.Store.Steady(ctx, tenantID, func(tx *store.Tx) error {
		lang, err := language(tx)
		if err != nil {
			return err
		}
		a := &archive{texts: s.cfg.Texts.In(lang)}
		w := sheet.New(&out, a.heads("ticket", "subject", "time", "who", "note")...)
		all, err := notes(tx)
		for _, r := range all {
			w.Row(r.text("number"), r.text("subject"), r.when("at"), r.text("name"), r.text("body"))
		}
		n = len(all)
		if err == nil {
			err = w.Close()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	return n, atomicfile.Write(path, out.Bytes(), 0o600)
}
