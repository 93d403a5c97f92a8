package device

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

const (
	// visitorLife is how long a device that made its address up is listed without a name: a
	// guest's telephone does not come back with it.
	visitorLife = 30 * 24 * time.Hour
	// maxLabel of a name that a device gives itself: what DNS allows is 63, what people choose
	// is shorter.
	maxLabel = 32
	// maxChanges of one device are shown.
	maxChanges = 20
	// maxUntold devices are told of at once; a mail with more is read by nobody.
	maxUntold = 100
	// KindLooked is the job of whoever wants to know that a device is another one, or runs another version.
	KindLooked = "device.looked"
)

// Known is a device inside with what boxes found out about it.
type Known struct {
	Endpoint
	About    wire.Inside // zero when no box has told of it
	Random   bool        // it made its hardware address up
	Approved time.Time   // zero until the owner said that it belongs here
	Held     time.Time   // zero while it may speak
}

// Label is what to call the device: the owner's name for it, else its own, else an address.
// Labels stand in subjects of mails, and a device chooses its name: only one that is plainly
// the name of a host counts, no sentence.
func (k *Known) Label() string {
	if k.Name == "" {
		for _, n := range k.About.Names {
			if n.Text != "" && len(n.Text) <= maxLabel && strings.Trim(n.Text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == "" {
				return n.Text
			}
		}
	}
	return k.Endpoint.Label()
}

// Waits tells that the owner has not said yet whether it belongs here: it came after the box's
// first days.
func (k *Known) Waits() bool {
	return k.Approved.IsZero() && !k.Random && !k.About.First.IsZero() && !k.About.Early
}

// Change is something that became of a device.
type Change struct {
	Known  // whose
	BoxID  string
	At     time.Time
	What   string // as in wire.DeviceChange
	Detail string
}

// ForgetVisitors deletes devices that made their address up, that nobody named, and that were
// not seen for long.
func (s *Service) ForgetVisitors(tx *store.Tx) error {
	return forgetVisitors(tx, s.cfg.Clock.Now().Add(-visitorLife))
}

// Inside takes what a box at siteID tells of a device, which must have been checked; the ID is
// "" when there is no room for it. fresh are changes that people should hear of.
func (s *Service) Inside(tx *store.Tx, box *Box, d wire.Device, in *wire.Inside, at time.Time) (k Known, fresh []Change, err error) {
	now := s.cfg.Clock.Now()
	last := in.Last
	if last.After(now) {
		last = now // a box whose clock is wrong
	}
	e, err := s.Seen(tx, box.SiteID, d, last)
	if err != nil || e.ID == "" {
		return Known{Endpoint: e}, nil, err
	}
	if in.First.Before(e.First) && in.First.After(now.AddDate(-10, 0, 0)) {
		if e, err = touchEndpoint(tx, e, "", in.First); err != nil {
			return k, nil, err
		}
	}
	about := tidy(*in)
	before, err := selectKnown(tx, e.ID)
	if err != nil {
		return k, nil, err
	}
	if ran(&before.About) != ran(&about) {
		if err := job.Enqueue(tx, job.Job{Kind: KindLooked, Args: struct{}{}, Unique: "looked"}); err != nil {
			return k, nil, err
		}
	}
	if err := upsertAbout(tx, e.ID, &about, at); err != nil {
		return k, nil, err
	}
	if k, err = selectKnown(tx, e.ID); err != nil {
		return k, nil, err
	}
	for _, c := range in.Changes {
		if !c.Known() {
			continue
		}
		if c.At.After(now) || c.At.IsZero() {
			c.At = now
		}
		one := Change{Known: k, BoxID: box.ID, At: c.At, What: c.What, Detail: selfText(c.Detail)}
		told := c.What == wire.ChangeGone || c.What == wire.ChangeNew && !k.Approved.IsZero()
		n, err := insertChange(tx, &one, told)
		if err != nil {
			return k, nil, err
		}
		if n > 0 && !told {
			fresh = append(fresh, one)
		}
	}
	return k, fresh, nil
}

// ran is what a device is and runs, to tell whether that has changed.
func ran(in *wire.Inside) string {
	s := in.Maker + "\x00" + in.Model.ID + "\x00" + in.Kind.ID
	programs := make([]string, 0, len(in.Software))
	for _, p := range in.Software {
		programs = append(programs, p.Name+" "+p.Version)
	}
	slices.Sort(programs)
	return s + "\x00" + strings.Join(programs, "\x00")
}

// tidy leaves what can be shown: devices choose their names.
func tidy(in wire.Inside) wire.Inside {
	in.Changes, in.Names = nil, slices.Clone(in.Names)
	for i := range in.Names {
		in.Names[i].Text = selfText(in.Names[i].Text)
	}
	in.Names = slices.DeleteFunc(in.Names, func(n wire.SaidName) bool { return n.Text == "" })
	in.Maker = selfText(in.Maker)
	for _, g := range []*wire.Guess{&in.Kind, &in.OS, &in.Model} {
		g.ID, g.By = selfText(g.ID), selfText(g.By)
	}
	in.Software = slices.Clone(in.Software)
	for i := range in.Software {
		p := &in.Software[i]
		p.Name, p.Version, p.By = selfText(p.Name), selfText(p.Version), selfText(p.By)
	}
	in.Addrs = slices.Clone(in.Addrs)
	for i, a := range in.Addrs {
		in.Addrs[i] = a.Unmap()
	}
	in.Addrs = slices.DeleteFunc(in.Addrs, func(a netip.Addr) bool { return !a.IsValid() })
	return in
}

// Known lists the devices of a company with what is known of them, the newest seen first.
func (s *Service) Known(ctx context.Context, tenantID string) (all []Known, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectAllKnown(tx)
		return err
	})
	return all, err
}

// Changes lists what became of a device, the newest first.
func (s *Service) Changes(ctx context.Context, tenantID, endpointID string) (all []wire.DeviceChange, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectChanges(tx, endpointID, maxChanges)
		return err
	})
	return all, err
}

// Approve notes that the owner knows a device.
func (s *Service) Approve(ctx context.Context, tenantID, endpointID, who string) error {
	return s.edit(ctx, tenantID, tenant.Entry{Who: who, Action: "device.approve", Object: endpointID}, func(tx *store.Tx) (int64, error) {
		if _, err := selectEndpoint(tx, endpointID); err != nil {
			return 0, err
		}
		return approve(tx, endpointID, who, s.cfg.Clock.Now())
	})
}

// ErrRouter tells that a device is the way out for all others.
var ErrRouter = errors.New("device: it is the router: all others would be cut off")

// Hold says that a device may not speak through the boxes, or that it may again. The office's
// own router cannot be held; one that somebody plugged in beside it can.
func (s *Service) Hold(ctx context.Context, tenantID, endpointID, who string, on bool) error {
	e := tenant.Entry{Who: who, Action: "device.release", Object: endpointID}
	if on {
		e.Action = "device.hold"
	}
	return s.edit(ctx, tenantID, e, func(tx *store.Tx) (int64, error) {
		k, err := selectKnown(tx, endpointID)
		if err != nil {
			return 0, err
		}
		if !on {
			return hold(tx, k.ID, time.Time{})
		}
		if k.MAC == "" {
			return 0, ErrInvalid
		}
		if k.About.Kind.ID == "router" {
			second, err := hasGate(tx, k.ID)
			if err != nil {
				return 0, err
			}
			if !second {
				return 0, ErrRouter
			}
		}
		return hold(tx, k.ID, s.cfg.Clock.Now())
	})
}

// Held lists the hardware addresses at a site that may not speak.
func (s *Service) Held(tx *store.Tx, siteID string) ([]string, error) {
	return selectHeld(tx, siteID, wire.MaxHeld)
}

// Untold are changes that people have not heard of and that still wait for an answer: what the
// owner approved meanwhile is left out. They count as told from now on.
func (s *Service) Untold(tx *store.Tx) (all []Change, err error) {
	rows, err := selectUntold(tx, maxUntold)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		c := &rows[i]
		if c.What != wire.ChangeNew || c.Approved.IsZero() {
			all = append(all, *c)
		}
	}
	return all, setTold(tx)
}

// Told marks changes of which people were told at once.
func (s *Service) Told(tx *store.Tx, c *Change) error { return told(tx, c) }
