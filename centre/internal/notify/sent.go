package notify

import (
	"context"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
)

// SentByDay counts the mails about alerts that went out, by day in Japan as 2006-01-02, from the day of from to that of
// to. who of the staff looks, and why, is written down.
func (n *Notifier) SentByDay(ctx context.Context, who, why string, from, to time.Time) (days map[string]int, err error) {
	err = n.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		days, err = sentByDay(tx, ja.Midnight(from), ja.Midnight(to).AddDate(0, 0, 1))
		return err
	})
	return days, err
}
