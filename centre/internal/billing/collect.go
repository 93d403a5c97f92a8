package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
	"otasuke/internal/zengin"
)

// Account is from which a company pays.
type Account struct {
	zengin.Account
	Holder string
	// Symbol and PostNumber are 記号 and 番号 of a passbook of Japan Post Bank, in place of what is in Account; they are not kept.
	Symbol, PostNumber string
	CompanyID          string
	Customer           int // number by which the bank's answer is known
	Fresh              bool
	Who                string
	At                 time.Time
}

// FieldError names the field of an account that does not do.
type FieldError struct{ Field string }

// Error is for logs.
func (e *FieldError) Error() string { return "billing: account: " + e.Field }

// Unwrap is [ErrAccount].
func (e *FieldError) Unwrap() error { return ErrAccount }

// tidy brings what was typed into the form of the bank.
func (a *Account) tidy() error {
	plain := func(s string) string { return strings.Join(strings.Fields(ja.Halfwidth(s)), "") }
	if symbol, number := plain(a.Symbol), plain(a.PostNumber); symbol+number != "" {
		post, err := zengin.JapanPost(symbol, number)
		if errors.Is(err, zengin.ErrSymbol) {
			return &FieldError{"symbol"}
		}
		if err != nil {
			return &FieldError{"post_number"}
		}
		a.Account, a.Symbol, a.PostNumber = post, "", ""
	}
	for _, f := range []struct {
		name  string
		value *string
		size  int
	}{{"bank", &a.Bank, 4}, {"branch", &a.Branch, 3}, {"number", &a.Number, 7}} {
		s := strings.ReplaceAll(strings.TrimSpace(ja.Halfwidth(*f.value)), "-", "")
		if f.name == "number" && s != "" && len(s) < f.size {
			s = strings.Repeat("0", f.size-len(s)) + s // banks print them without leading zeros
		}
		if len(s) != f.size || strings.Trim(s, "0123456789") != "" {
			return &FieldError{f.name}
		}
		*f.value = s
	}
	if !slices.Contains(Kinds, a.Kind) {
		return &FieldError{"kind"}
	}
	for _, f := range []struct {
		name  string
		value *string
		size  int
		need  bool
	}{{"bank_name", &a.BankName, zengin.BankName, false}, {"branch_name", &a.BranchName, zengin.BranchName, false}, {"holder", &a.Holder, zengin.HolderName, true}} {
		if *f.value = strings.TrimSpace(*f.value); *f.value == "" && !f.need {
			continue
		}
		s, err := zengin.Kana(*f.value, f.size)
		if err != nil {
			return &FieldError{f.name}
		}
		*f.value = s
	}
	return nil
}

// Kinds of accounts that can be collected from.
var Kinds = []string{zengin.Ordinary, zengin.Current, zengin.Tax, zengin.Other}

// SetAccount keeps from which account a company pays, as its form for the bank says it. Its number at the bank stays the same.
func (s *Service) SetAccount(ctx context.Context, who string, a Account) error {
	if err := a.tidy(); err != nil {
		return err
	}
	return s.house(ctx, func(tx *store.Tx) error {
		old, err := selectAccount(tx, a.CompanyID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			if a.Customer, err = nextCustomer(tx); err != nil {
				return err
			}
			a.Fresh = true
		case err != nil:
			return err
		default:
			a.Customer, a.Fresh = old.Customer, old.Fresh || old.Account != a.Account
		}
		a.Who, a.At = who, s.Clock.Now()
		return errors.Join(putAccount(tx, &a), audit(tx, a.At, who, "account", a.CompanyID, ""))
	})
}

// DropAccount forgets it: the company pays by itself from now on.
func (s *Service) DropAccount(ctx context.Context, who, companyID string) error {
	return s.house(ctx, func(tx *store.Tx) error {
		if _, err := selectAccount(tx, companyID); err != nil {
			return err
		}
		return errors.Join(deleteAccount(tx, companyID), audit(tx, s.Clock.Now(), who, "account-off", companyID, ""))
	})
}

// AccountOf is that of a company.
func (s *Service) AccountOf(ctx context.Context, companyID string) (a Account, err error) {
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		a, err = selectAccount(tx, companyID)
		return err
	})
	return a, err
}

// Collection is one day on which a bank collects.
type Collection struct {
	Day   string
	Who   string
	At    time.Time
	Back  time.Time // zero until the result is there
	Lines []Line
}

// Line is what is collected from one company.
type Line struct {
	Customer, CompanyID string
	Yen                 int
	Numbers             []string // invoices
	Record              zengin.Data
	Result              zengin.Result // "" until it is known
}

// Sum is how many lines there are and what they are together; of those with a result, if one is given.
func (c *Collection) Sum(results ...zengin.Result) (n, yen int) {
	for i := range c.Lines {
		if len(results) == 0 || slices.Contains(results, c.Lines[i].Result) {
			n, yen = n+1, yen+c.Lines[i].Yen
		}
	}
	return n, yen
}

// Collections are all, the newest first.
func (s *Service) Collections(ctx context.Context) (all []Collection, err error) {
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		if all, err = selectCollections(tx); err != nil {
			return err
		}
		for i := range all {
			if all[i].Lines, err = selectLines(tx, all[i].Day); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// CollectionOn is that of a day.
func (s *Service) CollectionOn(ctx context.Context, day string) (c Collection, err error) {
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		c, err = s.collection(tx, day)
		return err
	})
	return c, err
}

func (s *Service) collection(tx *store.Tx, day string) (c Collection, err error) {
	all, err := selectCollections(tx)
	if err != nil {
		return c, err
	}
	at := slices.IndexFunc(all, func(c Collection) bool { return c.Day == day })
	if at < 0 {
		return c, store.ErrNotFound
	}
	c = all[at]
	c.Lines, err = selectLines(tx, day)
	return c, err
}

// Collect gathers, for a day that is to come, what companies with an account owe by then: one line for each. What waits for the answer of another day is
// left out. No bank collects on a day on which it is closed: [ErrBankDay].
func (s *Service) Collect(ctx context.Context, who, day string) error {
	if s.Collector.Consignor == "" {
		return ErrNoProvider
	}
	at, err := aDay(day)
	if err != nil || day <= s.today() {
		return fmt.Errorf("%w: %q", ErrDay, day)
	}
	if open := s.BankDay(at).Format(time.DateOnly); open != day {
		return fmt.Errorf("%w: %q, they open on %s", ErrBankDay, day, open)
	}
	return s.house(ctx, func(tx *store.Tx) error {
		if _, err := s.collection(tx, day); !errors.Is(err, store.ErrNotFound) {
			return errors.Join(err, ErrBusy)
		}
		accounts, err := selectAccounts(tx)
		if err != nil {
			return err
		}
		c := Collection{Day: day, Who: who, At: s.Clock.Now()}
		for i := range accounts {
			line, err := s.lineFor(tx, &accounts[i], day)
			if err != nil {
				return err
			}
			if line.Yen > 0 {
				c.Lines = append(c.Lines, line)
			}
		}
		if len(c.Lines) == 0 {
			return ErrNothing
		}
		if _, err := s.encode(&c, false); err != nil { // a file that cannot be made is no collection
			return err
		}
		return errors.Join(insertCollection(tx, &c), audit(tx, c.At, who, "collect", day, fmt.Sprint(len(c.Lines))))
	})
}

func (s *Service) lineFor(tx *store.Tx, a *Account, day string) (l Line, err error) {
	open, err := selectOpen(tx, a.CompanyID, day)
	if err != nil {
		return l, err
	}
	for i := range open {
		busy, err := waits(tx, &open[i])
		if err != nil {
			return l, err
		}
		if !busy {
			l.Yen, l.Numbers = l.Yen+open[i].Total, append(l.Numbers, open[i].Number)
		}
	}
	l.CompanyID, l.Customer = a.CompanyID, fmt.Sprintf("%020d", a.Customer)
	l.Record = zengin.Data{Account: a.Account, Holder: a.Holder, Yen: l.Yen, First: a.Fresh, Customer: l.Customer, Result: zengin.Asked}
	return l, nil
}

// encode makes the file of a collection.
func (s *Service) encode(c *Collection, lines bool) ([]byte, error) {
	f := zengin.File{Header: s.Collector}
	f.Header.Day = mmdd(c.Day)
	for i := range c.Lines {
		f.Data = append(f.Data, c.Lines[i].Record)
	}
	return zengin.Encode(&f, lines)
}

// mmdd is month and day of 2026-12-27: 1227.
func mmdd(day string) string { return day[5:7] + day[8:10] }

// File is what goes to the bank; with line ends, which most banks take.
func (s *Service) File(ctx context.Context, who, day string) (raw []byte, err error) {
	err = s.house(ctx, func(tx *store.Tx) error {
		c, err := s.collection(tx, day)
		if err != nil {
			return err
		}
		if raw, err = s.encode(&c, true); err != nil {
			return err
		}
		return audit(tx, s.Clock.Now(), who, "collect-file", day, "")
	})
	return raw, err
}

// Cancel takes a collection back of which the bank knows nothing: the file was not sent, or the bank refused it as a whole.
func (s *Service) Cancel(ctx context.Context, who, day string) error {
	return s.house(ctx, func(tx *store.Tx) error {
		c, err := s.collection(tx, day)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(c.Lines, func(l Line) bool { return l.Result != "" }) {
			return ErrPaid
		}
		return errors.Join(deleteCollection(tx, day), audit(tx, s.Clock.Now(), who, "collect-cancel", day, ""))
	})
}

// Told is what became of a file that came back.
type Told struct {
	Booked, Failed, Known int      // now; now; and before
	Unknown               []string // lines that no collection of that day has, or with another amount or result
}

// TakeResult books what a bank says about a day. A file that does not fit as a whole is refused as a whole: by zengin's errors, or [ErrForeign]. Each of its lines is
// booked, or told as unknown. The same file again changes nothing.
func (s *Service) TakeResult(ctx context.Context, who, day string, raw []byte) (told Told, err error) {
	f, err := zengin.Decode(raw)
	if err != nil {
		return told, err
	}
	if f.Header.Consignor != s.Collector.Consignor || len(day) != len(time.DateOnly) || f.Header.Day != mmdd(day) {
		return told, fmt.Errorf("%w: consignor %s, day %s", ErrForeign, f.Header.Consignor, f.Header.Day)
	}
	if !f.Back {
		return told, fmt.Errorf("%w: nothing in it says what became of the lines: is it the file that goes out?", zengin.ErrSums)
	}
	err = s.house(ctx, func(tx *store.Tx) error {
		told = Told{}
		c, err := s.collection(tx, day)
		if err != nil {
			return err
		}
		byCustomer := map[string]*Line{}
		for i := range c.Lines {
			byCustomer[c.Lines[i].Customer] = &c.Lines[i]
		}
		for i := range f.Data {
			d := &f.Data[i]
			l := byCustomer[d.Customer]
			switch {
			case l == nil || l.Yen != d.Yen || l.Result != "" && l.Result != d.Result:
				told.Unknown = append(told.Unknown, fmt.Sprintf("%s %s %d (%s)", d.Customer, d.Holder, d.Yen, d.Result))
			case l.Result == d.Result:
				told.Known++
			default:
				if err := s.book(tx, &c, l, d.Result, who); err != nil {
					return err
				}
				if l.Result = d.Result; d.Result == zengin.Done {
					told.Booked++
				} else {
					told.Failed++
				}
			}
		}
		if told.Booked+told.Failed == 0 {
			return nil
		}
		return errors.Join(setBack(tx, day, s.Clock.Now()), audit(tx, s.Clock.Now(), who, "collect-result", day, fmt.Sprintf("%d %d %d", told.Booked, told.Failed, len(told.Unknown))))
	})
	return told, err
}

// book writes down what became of a line.
func (s *Service) book(tx *store.Tx, c *Collection, l *Line, r zengin.Result, who string) error {
	if err := setResult(tx, c.Day, l.Customer, r); err != nil {
		return err
	}
	var all []Invoice
	for _, number := range l.Numbers {
		inv, err := selectInvoice(tx, number)
		if err != nil {
			return err
		}
		all = append(all, inv)
	}
	if r == zengin.Done {
		return errors.Join(s.settle(tx, all, c.Day, ByTransfer, who), setUsed(tx, l.CompanyID))
	}
	for i := range all {
		if err := event(tx, all[i].Number, Event{s.Clock.Now(), Refused, who, string(r)}); err != nil {
			return err
		}
	}
	return nil
}
