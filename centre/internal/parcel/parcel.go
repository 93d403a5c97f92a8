package parcel

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of things; they point to those of tenant.
func Schema() store.Schema { return store.Sub("parcel", migrations) }

// KindFollow is the job that goes on with a parcel: the contract hears of it, and it is seen when the box is connected.
const KindFollow = "parcel.follow"

// State is where a thing is.
type State string

// States.
const (
	Here     State = "here"     // on the shelf, erased
	Sent     State = "sent"     // on its way to a customer
	Out      State = "out"      // at the customer's, connected
	Back     State = "back"     // it came back, and holds what it saw
	Scrapped State = "scrapped" // broken
	Lost     State = "lost"
)

var ways = map[State][]State{
	Here: {Sent, Scrapped, Lost},
	Sent: {Out, Back, Lost},
	Out:  {Back, Lost},
	Back: {Here, Scrapped},
	Lost: {Back},
}

// To says whether a thing can get from s to another state.
func (s State) To(to State) bool { return slices.Contains(ways[s], to) }

// Carriers that parcels go with.
var Carriers = []string{"yamato", "sagawa", "japanpost", "other"}

const (
	// followEvery is how often it is looked whether a box that was sent has been connected.
	followEvery = 10 * time.Minute
	// MaxAdd is how many are put on the shelf at once: a delivery of a maker.
	MaxAdd = 500
	// maxList bounds what is listed.
	maxList   = 20_000
	maxSerial = 40
	maxWhy    = 500
)

// Errors. What does not exist is [store.ErrNotFound].
var (
	// ErrState: it cannot get there from where it is.
	ErrState = errors.New("parcel: no such step from here")
	// ErrKnown: there is one of this number already.
	ErrKnown = errors.New("parcel: number is known")
	// ErrSerial: not the number of a sticker.
	ErrSerial = errors.New("parcel: not a number")
	// ErrTracking: not the number of a parcel.
	ErrTracking = errors.New("parcel: not a tracking number")
	// ErrBusy: something is on its way to this contract already.
	ErrBusy = errors.New("parcel: one is on its way already")
)

// Item is one thing.
type Item struct {
	Serial, Model         string
	State                 State
	CompanyID, ContractID string
	Replaces              string
	Carrier, Tracking     string
	Moved                 time.Time
}

// Step is one of its life.
type Step struct {
	At        time.Time
	State     State
	CompanyID string
	Who, Why  string
}

// Contracts is contract.Service, as far as it is needed here.
type Contracts interface {
	Contract(ctx context.Context, tenantID, id string) (contract.Contract, []contract.Step, []contract.Member, error)
	Advance(tx *store.Tx, id string, to contract.State, who, why string) error
}

// Boxes is device.Service, as far as it is needed here.
type Boxes interface {
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
	Return(ctx context.Context, tenantID, boxID, who, why string) error
	RenameBox(ctx context.Context, tenantID, boxID, who, name string) error
}

// Config says what the service works with.
type Config struct {
	Store     *store.Store
	Contracts Contracts
	Boxes     Boxes
	Clock     clock.Clock // default: the machine's
}

// Service is the way to things. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg}
}

func (s *Service) house(ctx context.Context, fn func(tx *store.Tx) error) error {
	return s.Store.Write(ctx, tenant.House, fn)
}

// Serial brings the number of a sticker into its normal form: capitals, digits and dashes.
func Serial(typed string) (string, error) {
	t, err := entry.Line(typed, maxSerial)
	if err != nil {
		return "", ErrSerial
	}
	t = strings.ToUpper(strings.ReplaceAll(t, " ", ""))
	if strings.Trim(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return "", ErrSerial
	}
	return t, nil
}

// Add puts things on the shelf; all or none.
func (s *Service) Add(ctx context.Context, who, model string, serials []string) error {
	model, err := entry.Line(model, maxSerial)
	if err != nil || len(serials) == 0 || len(serials) > MaxAdd {
		return ErrSerial
	}
	return s.house(ctx, func(tx *store.Tx) error {
		for _, typed := range serials {
			serial, err := Serial(typed)
			if err != nil {
				return fmt.Errorf("%w: %.40q", err, typed)
			}
			i := Item{Serial: serial, Model: model, State: Here, Moved: s.Clock.Now()}
			if err := insertItem(tx, &i); err != nil {
				return fmt.Errorf("%w: %s", err, serial)
			}
			if err := step(tx, &i, who, ""); err != nil {
				return err
			}
		}
		return tenant.Audit(tx, s.Clock.Now(), tenant.Entry{Who: who, Action: "stock.add", Object: model, Why: fmt.Sprint(len(serials))})
	})
}

// Items are all things.
func (s *Service) Items(ctx context.Context) (all []Item, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		all, err = selectItems(tx)
		return err
	})
	return all, err
}

// Item is one, with its life.
func (s *Service) Item(ctx context.Context, serial string) (i Item, steps []Step, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		if i, err = selectItem(tx, serial); err != nil {
			return err
		}
		steps, err = selectSteps(tx, serial)
		return err
	})
	return i, steps, err
}

// move brings a thing a step further.
func (s *Service) move(tx *store.Tx, i *Item, to State, who, why string) error {
	if !i.State.To(to) {
		return ErrState
	}
	i.State, i.Moved = to, s.Clock.Now()
	err := errors.Join(step(tx, i, who, why), tenant.Audit(tx, i.Moved, tenant.Entry{Who: who, Action: "stock." + string(to), Object: i.Serial, Why: why}))
	if to == Here {
		i.CompanyID, i.ContractID, i.Replaces, i.Carrier, i.Tracking = "", "", "", "", ""
	}
	return errors.Join(err, updateItem(tx, i))
}

// Parcel is what goes out.
type Parcel struct {
	TenantID, ContractID string
	Serial               string
	Carrier, Tracking    string
	Replaces             string // serial of the box whose place it takes; "" for a first one
}

type followArgs struct {
	Serial string `json:"serial"`
	Who    string `json:"who"`
}

// Ship sends a thing from the shelf to a customer. The contract, and with it the customer, hears of it within seconds.
func (s *Service) Ship(ctx context.Context, who string, p Parcel) error {
	serial, err := Serial(p.Serial)
	if err != nil {
		return err
	}
	tracking, err := entry.Line(p.Tracking, maxSerial)
	digits := strings.NewReplacer("-", "", " ", "").Replace(tracking)
	if err != nil || len(digits) < 10 || len(digits) > 14 || strings.Trim(digits, "0123456789") != "" || !slices.Contains(Carriers, p.Carrier) {
		return ErrTracking
	}
	c, _, _, err := s.Contracts.Contract(ctx, p.TenantID, p.ContractID)
	if err != nil {
		return err
	}
	if first := p.Replaces == ""; first != (c.State == contract.Contracted) || !first && c.State != contract.Installed && c.State != contract.Active {
		return ErrState
	}
	return s.house(ctx, func(tx *store.Tx) error {
		at, err := selectAt(tx, c.ID)
		if err != nil {
			return err
		}
		replaced := p.Replaces == ""
		for i := range at {
			if at[i].State == Sent || p.Replaces == "" {
				return ErrBusy
			}
			replaced = replaced || at[i].Serial == p.Replaces
		}
		if !replaced {
			return store.ErrNotFound
		}
		i, err := selectItem(tx, serial)
		if err != nil {
			return err
		}
		i.CompanyID, i.ContractID, i.Replaces, i.Carrier, i.Tracking = p.TenantID, c.ID, p.Replaces, p.Carrier, digits
		return errors.Join(s.move(tx, &i, Sent, who, p.Carrier+" "+digits), job.Enqueue(tx, job.Job{Kind: KindFollow, Args: followArgs{serial, who}, Unique: serial}))
	})
}

// Mark says what became of a thing: it came back, it was erased, it is broken or lost.
func (s *Service) Mark(ctx context.Context, who, serial string, to State, why string) error {
	why, err := entry.Line(why, maxWhy)
	if err != nil && (!errors.Is(err, entry.ErrEmpty) || to == Lost || to == Scrapped) {
		return err
	}
	if to != Back && to != Here && to != Scrapped && to != Lost {
		return ErrState
	}
	return s.house(ctx, func(tx *store.Tx) error {
		i, err := selectItem(tx, serial)
		if err != nil {
			return err
		}
		if i.State == Here && to == Here { // nothing happens to what lies there
			return ErrState
		}
		if err := s.move(tx, &i, to, who, why); err != nil || to != Back {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindFollow, Args: followArgs{serial, who}, Unique: serial})
	})
}

// HandleFollow goes on with a parcel, and may do so any number of times.
func (s *Service) HandleFollow(ctx context.Context, _ string, raw json.RawMessage) error {
	var args followArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: parcel: %w", job.ErrGiveUp, err)
	}
	i, _, err := s.Item(ctx, args.Serial)
	if err != nil || i.ContractID == "" {
		return err
	}
	c, _, _, err := s.Contracts.Contract(ctx, i.CompanyID, i.ContractID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the company is gone
	}
	if err != nil {
		return err
	}
	switch {
	case i.State == Back:
		return s.returned(ctx, &i, &c, args.Who)
	case i.State != Sent:
		return nil
	case i.Replaces == "" && c.State == contract.Contracted:
		err = s.advance(ctx, &c, contract.Shipped, args.Who, i.Carrier+" "+i.Tracking)
	case i.Replaces == "" && (c.State == contract.Installed || c.State == contract.Active):
		return s.arrived(ctx, &i)
	case i.Replaces != "":
		if done, err := s.replace(ctx, &i, args.Who); err != nil || done {
			return err
		}
	}
	if err != nil {
		return err
	}
	return s.house(ctx, func(tx *store.Tx) error {
		return job.Enqueue(tx, job.Job{Kind: KindFollow, Args: args, RunAt: s.Clock.Now().Add(followEvery), Unique: i.Serial})
	})
}

func (s *Service) advance(ctx context.Context, c *contract.Contract, to contract.State, who, why string) error {
	return s.Store.Write(ctx, c.TenantID, func(tx *store.Tx) error { return s.Contracts.Advance(tx, c.ID, to, who, why) })
}

// arrived says that the box was connected.
func (s *Service) arrived(ctx context.Context, i *Item) error {
	return s.house(ctx, func(tx *store.Tx) error {
		now, err := selectItem(tx, i.Serial)
		if err != nil || now.State != Sent {
			return err
		}
		return s.move(tx, &now, Out, "system", "")
	})
}

// replace gives a spare box the place of the one before it, as soon as it is connected: its name, and the end of the
// other's certificate. What a company has set counts for all its boxes and needs no carrying over.
func (s *Service) replace(ctx context.Context, i *Item, who string) (done bool, err error) {
	boxes, err := s.Boxes.Boxes(ctx, i.CompanyID)
	if err != nil {
		return false, fmt.Errorf("parcel: boxes: %w", err)
	}
	var before, after []device.Box
	for _, b := range boxes {
		switch {
		case !b.Returned.IsZero():
		case b.Claimed.After(i.Moved):
			after = append(after, b)
		default:
			before = append(before, b)
		}
	}
	if len(after) == 0 {
		return false, nil
	}
	// Of several boxes of a company nobody here knows which one it was: the desk gives it back then.
	if len(before) == 1 {
		if name := before[0].Name; name != "" {
			if err := s.Boxes.RenameBox(ctx, i.CompanyID, after[0].ID, who, name); err != nil {
				return false, fmt.Errorf("parcel: name: %w", err)
			}
		}
		if err := s.Boxes.Return(ctx, i.CompanyID, before[0].ID, who, "replaced by "+i.Serial); err != nil {
			return false, fmt.Errorf("parcel: box before: %w", err)
		}
	}
	return true, s.arrived(ctx, i)
}

// returned ends what hangs on a box that came back: the certificate, and a contract that is over.
func (s *Service) returned(ctx context.Context, i *Item, c *contract.Contract, who string) error {
	switch c.State {
	case contract.Shipped: // it was not delivered, and goes out again
		return s.advance(ctx, c, contract.Contracted, who, "")
	case contract.Ended:
		boxes, err := s.Boxes.Boxes(ctx, i.CompanyID)
		if err != nil {
			return fmt.Errorf("parcel: boxes: %w", err)
		}
		for _, b := range boxes {
			if !b.Returned.IsZero() {
				continue
			}
			if err := s.Boxes.Return(ctx, i.CompanyID, b.ID, who, i.Serial); err != nil {
				return fmt.Errorf("parcel: box: %w", err)
			}
		}
		return s.advance(ctx, c, contract.Returned, who, "")
	}
	return nil
}
