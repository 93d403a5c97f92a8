package billing

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"otasuke/centre/internal/billing/rule"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/offer"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/zengin"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of the books; they point to those of tenant.
func Schema() store.Schema { return store.Sub("billing", migrations) }

// Kinds of jobs; all are the centre's own.
const (
	KindMonth  = "billing.month"  // invoices of a month are made
	KindTell   = "billing.tell"   // a company is told of an invoice
	KindRemind = "billing.remind" // was it paid?
)

// Notes of [TellArgs]: what is told.
const (
	NoteMade      = "made"
	NoteCorrected = "corrected"
	NoteReissued  = "reissued"
	NoteRemind    = "remind" // the first time
	NoteAgain     = "again"  // and the second
)

// TellArgs are those of [KindTell].
type TellArgs struct {
	Number string `json:"number"`
	Note   string `json:"note"`
	Person string `json:"person,omitempty"`
}

// What becomes of an invoice, as its log says it.
const (
	Made      = "made"
	Corrected = "corrected" // another corrects it; why is its number
	Reissued  = "reissued"
	Reminded  = "reminded"
	Task      = "task" // the desk should call
	PaidEvent = "paid"
	Refused   = "refused" // the bank could not collect; why is the result
)

// Ways to be paid.
const (
	ByTransfer = "transfer"
	ByHand     = "hand"
	ByOffset   = "offset" // a correction and what it corrects are nothing together
)

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	ErrPaid       = errors.New("billing: it is paid already")
	ErrNothing    = errors.New("billing: nothing to do")
	ErrChanged    = errors.New("billing: it was corrected meanwhile")
	ErrChange     = errors.New("billing: such a correction does not fit the invoice")
	ErrDay        = errors.New("billing: not a day for that")
	ErrBankDay    = errors.New("billing: banks are closed on that day")
	ErrBusy       = errors.New("billing: a collection of that day is there already")
	ErrBank       = errors.New("billing: the bank's answer is waited for")
	ErrAccount    = errors.New("billing: not an account")
	ErrNoProvider = errors.New("billing: the provider's own details are not configured")
	ErrForeign    = errors.New("billing: a file of another consignor or day")
)

const (
	// maxList bounds what is listed: more than a month of ten thousand companies.
	maxList = 20_000
	// MaxYen of a line; more is a slip of the finger.
	MaxYen = 10_000_000
	maxWhy = 500
	system = "system"
)

// Provider is who issues invoices, as it stands on them.
type Provider struct {
	Name    string `json:"name"`
	Number  string `json:"number"` // T and 13 digits; "" makes no invoices
	Address string `json:"address"`
	Phone   string `json:"phone"`
	Bank    string `json:"bank"` // account for payments, as text
}

// Party is whom an invoice is for.
type Party struct {
	Company  string `json:"company"`
	Postcode string `json:"postcode,omitempty"`
	Address  string `json:"address,omitempty"`
	Contact  string `json:"contact,omitempty"`
	Email    string `json:"email,omitempty"`
	Lang     string `json:"lang,omitempty"`
}

// Invoice as it was issued.
type Invoice struct {
	Number    string      `json:"number"`
	CompanyID string      `json:"company_id"`
	Month     string      `json:"month"`
	Corrects  string      `json:"corrects,omitempty"` // the first of its chain
	Why       string      `json:"why,omitempty"`      // of a correction
	Day       string      `json:"day"`
	Due       string      `json:"due"`
	Offer     string      `json:"offer"`
	From      Provider    `json:"from"`
	To        Party       `json:"to"`
	Lines     []rule.Line `json:"lines"`
	Sums      []rule.Sum  `json:"sums"`
	Total     int         `json:"total"`
	Issued    time.Time   `json:"-"`
	// Paid is what has become of it since; zero while it is open.
	Paid Paid `json:"-"`
}

// Paid says when and how.
type Paid struct {
	Day, How, Who string
	At            time.Time
}

// Open says that nothing settled it yet.
func (i *Invoice) Open() bool { return i.Paid.Day == "" }

// Late says that it is open and its day is over.
func (i *Invoice) Late(now time.Time) bool {
	return i.Open() && i.Total > 0 && i.Due < now.In(ja.Zone).Format(time.DateOnly)
}

// Event is one of an invoice's log.
type Event struct {
	At             time.Time
	What, Who, Why string
}

// Contracts knows what was signed; contract.Service is one.
type Contracts interface {
	All(ctx context.Context, who, why string, states ...contract.State) ([]contract.Contract, error)
	Contracts(ctx context.Context, tenantID string) ([]contract.Contract, error)
	Contract(ctx context.Context, tenantID, id string) (contract.Contract, []contract.Step, []contract.Member, error)
	Version(id string) (*offer.Version, error)
}

// Config says what the service works with.
type Config struct {
	Store     *store.Store
	Contracts Contracts
	Provider  Provider
	// Collector is who collects from accounts; without a consignor's code nothing is.
	Collector zengin.Header
	// Banks gives the day itself when banks are open on it, else the first after it; nil leaves days as they are.
	Banks func(time.Time) time.Time
	Clock clock.Clock  // default: the machine's
	Log   *slog.Logger // default: discarded
}

// Service is the way to the books. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg}
}

// BankDay is a day when banks are open on it, else the first after it on which they are.
func (s *Service) BankDay(day time.Time) time.Time {
	if s.Banks == nil {
		return day
	}
	return s.Banks(day)
}

func (s *Service) house(ctx context.Context, fn func(tx *store.Tx) error) error {
	return s.Store.Write(ctx, tenant.House, fn)
}

func (s *Service) read(ctx context.Context, fn func(tx *store.Tx) error) error {
	return s.Store.Read(ctx, tenant.House, fn)
}

// Of are the invoices of a company, the newest first.
func (s *Service) Of(ctx context.Context, companyID string) (all []Invoice, err error) {
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		all, err = selectCompany(tx, companyID)
		return err
	})
	return all, err
}

// Search finds invoices.
type Search struct {
	From, To string // days of issue; "" is any
	Min, Max int    // total; Max 0 is any
	Name     string // part of the company's name, or a number
	Open     bool   // only what is not paid
}

// Find lists invoices by date, amount and counterparty (電子帳簿保存法), the newest first. Nothing is ever
// taken out of the books, so seven years are there and more.
func (s *Service) Find(ctx context.Context, q Search) (all []Invoice, err error) {
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		all, err = search(tx, q)
		return err
	})
	return all, err
}

// Get is an invoice with its log and the others of its chain: the first, then its corrections.
func (s *Service) Get(ctx context.Context, number string) (inv Invoice, log []Event, chain []Invoice, err error) {
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		if inv, err = selectInvoice(tx, number); err != nil {
			return err
		}
		if log, err = selectEvents(tx, number); err != nil {
			return err
		}
		chain, err = selectChain(tx, inv.first())
		return err
	})
	return inv, log, chain, err
}

// first is the number of the first of its chain.
func (i *Invoice) first() string {
	if i.Corrects != "" {
		return i.Corrects
	}
	return i.Number
}

// OfCompany is [Service.Get] for a company's own; another's is not found.
func (s *Service) OfCompany(ctx context.Context, companyID, number string) (Invoice, []Event, []Invoice, error) {
	inv, log, chain, err := s.Get(ctx, number)
	if err == nil && inv.CompanyID != companyID {
		return Invoice{}, nil, nil, store.ErrNotFound
	}
	return inv, log, chain, err
}

// owed is what is open of a chain.
func owed(chain []Invoice) (yen int) {
	for i := range chain {
		if chain[i].Open() {
			yen += chain[i].Total
		}
	}
	return yen
}

func audit(tx *store.Tx, at time.Time, who, action, object, why string) error {
	return tenant.Audit(tx, at, tenant.Entry{Who: who, Action: "invoice." + action, Object: object, Why: why})
}

func tell(tx *store.Tx, number, note string) error {
	return job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{Number: number, Note: note}})
}

// today in Japan.
func (s *Service) today() string { return s.Clock.Now().In(ja.Zone).Format(time.DateOnly) }

// aDay checks a day that somebody entered.
func aDay(day string) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateOnly, day, ja.Zone)
	if err != nil {
		return at, fmt.Errorf("%w: %q", ErrDay, day)
	}
	return at, nil
}
