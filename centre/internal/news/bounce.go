package news

import (
	"context"
	"errors"

	"otasuke/centre/internal/news/dsn"
	"otasuke/centre/internal/news/words"
	"otasuke/centre/internal/store"
)

// Bounced takes a mail that a mail server sent back, and says whether it is about one of ours: then nobody has to read it. What is not
// about the mail that we sent to that address changes nothing, whoever wrote it: our Message-IDs cannot be guessed.
func (s *Service) Bounced(ctx context.Context, raw []byte) (ours bool, err error) {
	r, ok := dsn.Read(raw)
	if !ok || r.MessageID == "" {
		return false, nil
	}
	owner, err := s.Store.Owner(ctx, kindMessage, messageKey(r.MessageID))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.Store.Write(ctx, owner, func(tx *store.Tx) error {
		l, err := byMessage(tx, r.MessageID)
		if err != nil {
			return err
		}
		for _, one := range r.Recipients {
			if !one.Failed || len(r.Recipients) > 1 && lower(one.Address) != lower(l.Email) {
				continue // late, or arrived after all
			}
			l.State, l.Answer, l.At = mailBounced, clip(words.Clean(one.Status+" "+one.Said), maxWhy), s.Clock.Now()
			if one.Hard() {
				if err := putBroken(tx, l.Email, l.Answer, l.At); err != nil {
					return err
				}
			}
			return updateLetter(tx, &l)
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return true, nil // the company is gone
	}
	return err == nil, err
}
