package centre

import (
	"context"
	"fmt"
	"time"

	"otasuke/centre/internal/sample"
)

// SampleSize is how much is made up by [Centre.Sample]: lively companies, others to compare with, months of the past, and the
// password with which their owners log in.
type SampleSize struct {
	Lively, Others, Months int
	Password               string
}

// Sample fills an empty centre with made-up companies and their past year, for looking round and for measuring pages. It
// refuses when there are customers.
func (c *Centre) Sample(ctx context.Context, n SampleSize) (sample.Made, error) {
	offers, err := c.cfg.offers()
	if err != nil {
		return sample.Made{}, err
	}
	book, err := c.cfg.deskBook()
	if err != nil {
		return sample.Made{}, err
	}
	return sample.Fill(ctx, sample.Config{Book: book, Covers: c.cover.Book, Texts: c.texts, Provider: c.billing.Provider, Store: c.store, Classifier: c.knowledge, Offers: offers, Lively: n.Lively, Others: n.Others, Months: n.Months, Now: time.Now(), Password: n.Password, Seed: 1,
		Log: func(format string, args ...any) { c.cfg.Log.Info(fmt.Sprintf("sample: "+format, args...)) }})
}
