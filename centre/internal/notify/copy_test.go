package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/mail"
)

// signing is a post that tells what it sent, as mail.Sender does.
type signing struct{ *post }

func (s signing) Send(ctx context.Context, m mail.Message) error {
	err := s.post.Send(ctx, m)
	if err == nil && m.Took != nil {
		m.Took([]byte("Message-ID: <" + m.ID + ">\r\n\r\n" + m.Text))
	}
	return err
}

// A ★★★ mail is kept as it was sent, beside its delivery; a lesser one is not, nor one that the server refused.
func TestHighMailsAreKeptAsSent(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.cfg.Sender = signing{o.post}
		o.post.answer = func(_ int, to string) error {
			if strings.HasPrefix(to, "maria") {
				return mail.ErrPermanent
			}
			return nil
		}
		o.alerts.a.Stars = alert.Medium
		o.must("new")
		if got, err := o.Copies(t.Context(), o.id, o.alerts.a.ID); err != nil || len(got) != 0 {
			t.Fatalf("%d copies of ★★☆, %v", len(got), err)
		}
		o.alerts.a.Stars = alert.High
		o.alerts.worse()
		o.must("worse")
		o.must("worse")
		got, err := o.Copies(t.Context(), o.id, o.alerts.a.ID)
		if err != nil || len(got) != 2 {
			t.Fatalf("%d copies, %v", len(got), err)
		}
		for _, who := range []string{"owner@sato.example.jp", "hanako@sato.example.jp"} {
			all := o.post.to(who)
			m := all[len(all)-1]
			c, raw := got[m.ID], []byte("Message-ID: <"+m.ID+">\r\n\r\n"+m.Text)
			sum := sha256.Sum256(raw)
			if !bytes.Equal(c.Raw, raw) || c.Text != m.Text || c.Sum != hex.EncodeToString(sum[:]) {
				t.Errorf("%s: %+v", who, c)
			}
		}
		if other, err := o.Copies(t.Context(), "another", o.alerts.a.ID); err != nil || len(other) != 0 {
			t.Errorf("another company: %v, %v", other, err)
		}
	})
}
