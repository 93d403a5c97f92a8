package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"otasuke/centre/internal/billing/rule"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// makeHour of the first of a month in Japan: boxes of the last minute have been noticed by then, and people still sleep.
const makeHour = 5

// monthArgs are those of [KindMonth].
type monthArgs struct {
	Month string `json:"month"`
}

// Plan sees to it that the invoices of this month will be made on the first of the next.
func (s *Service) Plan(ctx context.Context) error {
	return s.house(ctx, func(tx *store.Tx) error {
		month := rule.Month(s.Clock.Now().Add(-makeHour * time.Hour))
		_, end, err := rule.First(month)
		if err != nil {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindMonth, Args: monthArgs{month}, RunAt: end.Add(makeHour * time.Hour), Unique: month})
	})
}

// MakeNow has the invoices of a month made that is over: those that are there stay, what is missing is added.
func (s *Service) MakeNow(ctx context.Context, who, month string) error {
	_, end, err := rule.First(month)
	if err != nil || s.Clock.Now().Before(end) {
		return fmt.Errorf("%w: month %q is not over", ErrDay, month)
	}
	if s.Provider.Number == "" {
		return ErrNoProvider
	}
	return s.house(ctx, func(tx *store.Tx) error {
		return errors.Join(audit(tx, s.Clock.Now(), who, "make", month, ""), job.Enqueue(tx, job.Job{Kind: KindMonth, Args: monthArgs{month}, Unique: month}))
	})
}

// HandleMonth makes the invoices of a month, one company after the other, each in a transaction of its own: cut off anywhere it
// goes on where it was, and no company gets a second one. One that cannot be made does not keep the others from theirs.
func (s *Service) HandleMonth(ctx context.Context, _ string, raw json.RawMessage) error {
	var args monthArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: billing: %w", job.ErrGiveUp, err)
	}
	_, end, err := rule.First(args.Month)
	if err != nil {
		return fmt.Errorf("%w: %w", job.ErrGiveUp, err)
	}
	if err := s.Plan(ctx); err != nil { // the next first: whatever becomes of this one
		return err
	}
	if s.Provider.Number == "" {
		s.Log.Warn("no invoices are made: service.invoice_number is not configured", "month", args.Month)
		return nil
	}
	if s.Clock.Now().Before(end) {
		return fmt.Errorf("%w: billing: %s is not over", job.ErrGiveUp, args.Month)
	}
	all, err := s.Contracts.All(ctx, "system:billing", "invoices of "+args.Month, contract.Installed, contract.Active, contract.Ended, contract.Returned)
	if err != nil {
		return fmt.Errorf("billing: contracts: %w", err)
	}
	byCompany := map[string][]contract.Contract{}
	var order []string
	for i := range all {
		id := all[i].TenantID
		if byCompany[id] == nil {
			order = append(order, id)
		}
		byCompany[id] = append(byCompany[id], all[i])
	}
	slices.Sort(order)
	var failed error
	for _, id := range order {
		if err := s.makeOne(ctx, id, args.Month, byCompany[id]); err != nil {
			failed = errors.Join(failed, fmt.Errorf("billing: company %s: %w", id, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return failed
}

// makeOne makes a company's invoice of a month, unless there is one or nothing to pay.
func (s *Service) makeOne(ctx context.Context, companyID, month string, all []contract.Contract) error {
	slices.SortFunc(all, func(a, b contract.Contract) int { return a.Signed.Compare(b.Signed) })
	last := &all[len(all)-1]
	_, _, members, err := s.Contracts.Contract(ctx, companyID, last.ID)
	if err != nil {
		return err
	}
	signed := make([]rule.Contract, 0, len(all))
	for i := range all {
		c := &all[i]
		v, err := s.Contracts.Version(c.Offer)
		if err != nil {
			return err
		}
		signed = append(signed, rule.Contract{Number: c.Number, Offer: v, Visit: c.Visit, Installed: c.Installed, Ends: c.Ends})
	}
	lines, err := rule.Lines(signed, contract.MemberIn(members, month), month)
	if err != nil || len(lines) == 0 {
		return err
	}
	f := &last.Form
	inv := Invoice{CompanyID: companyID, Month: month, Offer: last.Offer, Lines: lines,
		To: Party{Company: f.Company, Postcode: f.Postcode, Address: join(f.Address, f.Building), Contact: f.Contact, Email: f.Email, Lang: ja.Lang(f.Lang)}}
	return s.house(ctx, func(tx *store.Tx) error {
		there, err := hasMonth(tx, companyID, month)
		if err != nil || there {
			return err
		}
		return s.issue(tx, &inv, system, NoteMade)
	})
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + " " + b
}

// issue numbers an invoice and writes it into the books, with everything that follows from it.
func (s *Service) issue(tx *store.Tx, inv *Invoice, who, note string) error {
	now := s.Clock.Now()
	v, err := s.Contracts.Version(inv.Offer)
	if err != nil {
		return err
	}
	at := now.In(ja.Zone)
	seq, err := nextSeq(tx, at.Year())
	if err != nil {
		return err
	}
	due := s.BankDay(rule.Due(v, now))
	inv.Number, inv.From, inv.Issued = fmt.Sprintf("%d-%06d", at.Year(), seq), s.Provider, now
	inv.Day, inv.Due = at.Format(time.DateOnly), due.Format(time.DateOnly)
	inv.Sums, inv.Total = rule.Sums(inv.Lines), rule.Total(inv.Lines)
	if err := insertInvoice(tx, inv, at.Year(), seq); err != nil {
		return err
	}
	if err := errors.Join(event(tx, inv.Number, Event{now, Made, who, inv.Why}), audit(tx, now, who, Made, inv.Number, inv.Why), tell(tx, inv.Number, note)); err != nil {
		return err
	}
	return s.remindLater(tx, inv, due)
}

// Correction is what the desk says of an invoice.
type Correction struct {
	Changes []rule.Change
	// Note and Yen are a line in own words; 0 yen is none.
	Note string
	Yen  int
	Why  string
	// After is the newest invoice of the chain as whoever corrects saw it; another by now is [ErrChanged]. "" asks for nothing.
	After string
}

// pressed is how soon the same of the same person is the same press.
const pressed = time.Minute

// Correct issues an invoice that corrects another and names the first of its chain. What they are together is to be paid; when that is nothing, it
// is settled.
func (s *Service) Correct(ctx context.Context, who, number string, c Correction) (made string, err error) {
	if c.Why, err = entry.Line(c.Why, maxWhy); err != nil {
		return "", err
	}
	extra := rule.Line{Kind: rule.Free, Yen: c.Yen}
	if c.Yen != 0 {
		if extra.Note, err = entry.Line(c.Note, maxWhy); err != nil {
			return "", fmt.Errorf("%w: the line's words: %w", ErrChange, err)
		}
	}
	for _, one := range append(c.Changes, rule.Change{Yen: max(c.Yen, -c.Yen)}) {
		if one.Yen < 0 || one.Yen > MaxYen {
			return "", fmt.Errorf("%w: %d yen", ErrChange, one.Yen)
		}
	}
	err = s.house(ctx, func(tx *store.Tx) error {
		old, err := selectInvoice(tx, number)
		if err != nil {
			return err
		}
		chain, err := selectChain(tx, old.first())
		if err != nil {
			return err
		}
		if err := free(tx, chain); err != nil {
			return err
		}
		if c.After != "" && chain[len(chain)-1].Number != c.After {
			return ErrChanged
		}
		first := &chain[0]
		extra.Month, extra.Rate = first.Month, first.Sums[0].Rate
		issued := make([]rule.Issued, 0, len(chain))
		for i := range chain {
			issued = append(issued, rule.Issued{Number: chain[i].Number, Lines: chain[i].Lines})
		}
		lines, err := rule.Correct(issued, c.Changes, extra)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrChange, err)
		}
		if len(lines) == 0 {
			return ErrNothing
		}
		inv := Invoice{CompanyID: first.CompanyID, Month: first.Month, Corrects: first.Number, Why: c.Why, Offer: first.Offer, To: first.To, Lines: lines}
		if err := s.issue(tx, &inv, who, NoteCorrected); err != nil {
			return err
		}
		made = inv.Number
		if err := event(tx, first.Number, Event{s.Clock.Now(), Corrected, who, made}); err != nil {
			return err
		}
		if chain = append(chain, inv); owed(chain) != 0 {
			return nil
		}
		return s.settle(tx, chain, s.today(), ByOffset, who)
	})
	return made, err
}

// Reissue marks an invoice as issued once more and sends it again.
func (s *Service) Reissue(ctx context.Context, who, number string) error {
	return s.house(ctx, func(tx *store.Tx) error {
		if _, err := selectInvoice(tx, number); err != nil {
			return err
		}
		now := s.Clock.Now()
		log, err := selectEvents(tx, number)
		if err != nil {
			return err
		}
		for _, e := range log {
			if e.What == Reissued && e.Who == who && now.Sub(e.At) < pressed {
				return nil // one mail is enough
			}
		}
		return errors.Join(event(tx, number, Event{now, Reissued, who, ""}), audit(tx, now, who, Reissued, number, ""), tell(tx, number, NoteReissued))
	})
}

// PayByHand says that what [Service.ToPay] asks for was paid on a day, with words about how. It settles all of that.
func (s *Service) PayByHand(ctx context.Context, who, number, day, why string) error {
	if _, err := aDay(day); err != nil || day > s.today() {
		return fmt.Errorf("%w: %q", ErrDay, day)
	}
	why, err := entry.Line(why, maxWhy)
	if err != nil && !errors.Is(err, entry.ErrEmpty) {
		return err
	}
	return s.house(ctx, func(tx *store.Tx) error {
		inv, err := selectInvoice(tx, number)
		if err != nil {
			return err
		}
		chain, err := selectChain(tx, inv.first())
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(chain, func(i Invoice) bool { return i.Open() }) {
			return ErrPaid
		}
		if err := free(tx, chain); err != nil {
			return err
		}
		credit, err := credits(tx, chain)
		if err != nil {
			return err
		}
		return errors.Join(audit(tx, s.Clock.Now(), who, PaidEvent, number, why), s.settle(tx, chain, day, ByHand, who), s.settle(tx, credit, day, ByOffset, who))
	})
}

// credits are the company's own that are taken off what is to be paid of a chain: corrections of invoices that were paid before. They
// count as a whole or not at all, and never make less than nothing of it.
func credits(tx *store.Tx, chain []Invoice) (all []Invoice, err error) {
	left := owed(chain)
	if left <= 0 {
		return nil, nil
	}
	open, err := selectOpen(tx, chain[0].CompanyID, "")
	if err != nil {
		return nil, err
	}
	for i := range open {
		if open[i].first() == chain[0].Number {
			continue
		}
		whole, err := selectChain(tx, open[i].first())
		if err != nil {
			return nil, err
		}
		if busy, err := waits(tx, &open[i]); err != nil || busy {
			return nil, err
		}
		if !whole[0].Open() && left+open[i].Total >= 0 {
			left, all = left+open[i].Total, append(all, open[i])
		}
	}
	return all, nil
}

// ToPay is what is to be paid now for an invoice: what is open of it and its corrections, less what is the company's own.
func (s *Service) ToPay(ctx context.Context, number string) (yen int, err error) {
	err = s.read(ctx, func(tx *store.Tx) error {
		inv, err := selectInvoice(tx, number)
		if err != nil {
			return err
		}
		chain, err := selectChain(tx, inv.first())
		if err != nil {
			return err
		}
		credit, err := credits(tx, chain)
		yen = owed(chain) + owed(credit)
		return err
	})
	return yen, err
}

// free says that none of a chain is at the bank, where its amount is decided already.
func free(tx *store.Tx, chain []Invoice) error {
	for i := range chain {
		if busy, err := waits(tx, &chain[i]); err != nil || busy {
			return errors.Join(err, ErrBank)
		}
	}
	return nil
}

// settle marks what is open of some invoices.
func (s *Service) settle(tx *store.Tx, all []Invoice, day, how, who string) error {
	now := s.Clock.Now()
	for i := range all {
		if !all[i].Open() {
			continue
		}
		if err := errors.Join(insertPaid(tx, all[i].Number, Paid{Day: day, How: how, Who: who, At: now}), event(tx, all[i].Number, Event{now, PaidEvent, who, how})); err != nil {
			return err
		}
	}
	return nil
}

// House is where the books lie.
const House = tenant.House
