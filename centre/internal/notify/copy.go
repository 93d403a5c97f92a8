package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"otasuke/centre/internal/store"
)

// Copy is a ★★★ mail as it was sent: insurers pay for what was mailed, so they get the mail itself.
type Copy struct {
	MessageID string
	Text      string // its plain part
	Raw       []byte // RFC 5322, with its signatures
	Sum       string // SHA-256 of Raw
}

// maxCopy in bytes: a mail has at most two parts of mail.MaxPart, which base64 makes a third longer, and its headers. What is
// larger is none of ours; its row says so by having no copy.
const maxCopy = 1 << 20

// keep keeps what the server took; a repeat after a death replaces it, for the later one is what surely arrived.
func keep(tx *store.Tx, d *Delivery) error {
	if d.copy == nil || len(d.copy.Raw) > maxCopy {
		return nil
	}
	sum := sha256.Sum256(d.copy.Raw)
	_, err := tx.Exec(`INSERT INTO delivery_copy (tenant_id, alert_id, person_id, step, body, eml, sum) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, alert_id, person_id, step) DO UPDATE SET body = excluded.body, eml = excluded.eml, sum = excluded.sum`,
		d.AlertID, d.PersonID, d.Step, d.copy.Text, d.copy.Raw, hex.EncodeToString(sum[:]))
	return err
}

// Copies are the mails about an alert as they were sent, by Message-ID; those of before this was kept, and lesser ones, are not among them.
func (n *Notifier) Copies(ctx context.Context, tenantID, alertID string) (all map[string]Copy, err error) {
	all = map[string]Copy{}
	err = n.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		list, err := store.Collect[Copy](tx.Query(`SELECT d.message_id, c.body, c.eml, c.sum FROM delivery_copy c
			JOIN delivery d ON d.tenant_id = c.tenant_id AND d.alert_id = c.alert_id AND d.person_id = c.person_id AND d.step = c.step WHERE c.tenant_id = $1 AND c.alert_id = $2`, alertID))(
			func(scan func(...any) error) (c Copy, err error) {
				err = scan(&c.MessageID, &c.Text, &c.Raw, &c.Sum)
				return c, err
			})
		for _, c := range list {
			all[c.MessageID] = c
		}
		return err
	})
	return all, err
}
