package group

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

const (
	// span is what is counted: a month, whichever day it is.
	span = 30 * 24 * time.Hour
	// silent is when a box counts as away: three heartbeats.
	silent = 15 * time.Minute
	// maxAlerts of a company that are listed.
	maxAlerts = 50
	// onceEvery is how long one look is one look: reloading a page is not a new one.
	onceEvery = 10 * time.Minute
	// maxSeen bounds the memory of looks.
	maxSeen = 10_000
)

// Shares is tenant.Service.
type Shares interface {
	SharedWith(ctx context.Context, viewer string) ([]tenant.Share, error)
	Shares(ctx context.Context, tenantID string) ([]tenant.Share, error)
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	Audit(ctx context.Context, tenantID, who, action, object, why string) error
}

// Alerts is alert.Service.
type Alerts interface {
	Counts(ctx context.Context, tenantID string, from, to time.Time) (alert.Counts, error)
	List(ctx context.Context, tenantID string, f alert.Filter) ([]alert.Alert, error)
}

// Boxes is device.Service.
type Boxes interface {
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
}

// Config says what the service works with.
type Config struct {
	Shares Shares
	Alerts Alerts
	Boxes  Boxes
	Clock  clock.Clock // default: the machine's
}

// Service is the way to other companies' data that their people let be seen. It is safe for concurrent use.
type Service struct {
	Config
	mu   sync.Mutex
	seen map[string]time.Time
}

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{Config: cfg, seen: map[string]time.Time{}}
}

// Member is one company as its share shows it; what it does not show is nil.
type Member struct {
	tenant.Share
	Name    string
	Figures *Figures
	Alerts  *Requests
	Boxes   *Health
}

// Figures are attacks of the last 30 days.
type Figures struct{ Attacks, Stopped, Outside, Inside int }

// Requests are alerts that wait for somebody, and the newest of all.
type Requests struct {
	High, Medium int // open
	All          []alert.Alert
}

// Health is how the boxes are.
type Health struct{ All, Watching, Silent int }

// weakness orders members: who needs help first. What is not shown says nothing.
func (m *Member) weakness() (n int) {
	if m.Alerts != nil {
		n += 1_000_000*min(m.Alerts.High, 99) + 100*min(m.Alerts.Medium, 99)
	}
	if m.Boxes != nil && m.Boxes.Watching < m.Boxes.All {
		n += 10_000 * min(m.Boxes.All-m.Boxes.Watching, 99)
	}
	return n
}

// Members are the companies that let viewer look, the weakest first. Who looks is a person of viewer.
func (s *Service) Members(ctx context.Context, viewer, who string) (all []Member, err error) {
	shares, err := s.Shares.SharedWith(ctx, viewer)
	if err != nil {
		return nil, err
	}
	own, err := s.Shares.CompanyByID(ctx, viewer)
	if err != nil {
		return nil, err
	}
	for _, one := range merged(shares) {
		if err := s.look(ctx, one.TenantID, own.Name, who); err != nil {
			return nil, err
		}
		m, err := s.read(ctx, one)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b Member) int {
		return cmp.Or(cmp.Compare(b.weakness(), a.weakness()), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// merged makes one share of several of the same company: what any of them shows, and the earliest end.
func merged(shares []tenant.Share) (all []tenant.Share) {
	at := map[string]int{}
	for _, one := range shares {
		i, known := at[one.TenantID]
		if !known {
			at[one.TenantID] = len(all)
			one.Kinds = slices.Clone(one.Kinds)
			all = append(all, one)
			continue
		}
		for _, k := range one.Kinds {
			if !slices.Contains(all[i].Kinds, k) {
				all[i].Kinds = append(all[i].Kinds, k)
			}
		}
		if one.Expires.Before(all[i].Expires) {
			all[i].Expires = one.Expires
		}
	}
	return all
}

// Member is one of them, or [store.ErrNotFound].
func (s *Service) Member(ctx context.Context, viewer, who, tenantID string) (Member, error) {
	shares, err := s.Shares.SharedWith(ctx, viewer)
	if err != nil {
		return Member{}, err
	}
	for _, one := range merged(shares) {
		if one.TenantID != tenantID {
			continue
		}
		own, err := s.Shares.CompanyByID(ctx, viewer)
		if err != nil {
			return Member{}, err
		}
		if err := s.look(ctx, tenantID, own.Name, who); err != nil {
			return Member{}, err
		}
		return s.read(ctx, one)
	}
	return Member{}, store.ErrNotFound
}

// Preview is what the viewer of one of a company's own shares sees.
func (s *Service) Preview(ctx context.Context, tenantID, shareID string) (Member, error) {
	shares, err := s.Shares.Shares(ctx, tenantID)
	if err != nil {
		return Member{}, err
	}
	own, err := s.Shares.CompanyByID(ctx, tenantID)
	if err != nil {
		return Member{}, err
	}
	for _, one := range shares {
		if one.ID == shareID {
			m, err := s.read(ctx, one)
			m.Name = own.Name
			return m, err
		}
	}
	return Member{}, store.ErrNotFound
}

// read reads what a share shows, each kind in a transaction of the company that it is of.
func (s *Service) read(ctx context.Context, x tenant.Share) (m Member, err error) {
	m = Member{Share: x, Name: x.Other}
	now := s.Clock.Now()
	if slices.Contains(x.Kinds, tenant.ShareFigures) {
		c, err := s.Alerts.Counts(ctx, x.TenantID, now.Add(-span), now)
		if err != nil {
			return m, fmt.Errorf("group: figures: %w", err)
		}
		m.Figures = &Figures{Attacks: c.Inbound + c.Outbound, Stopped: c.InboundBlocked + c.OutboundBlocked, Outside: c.Inbound, Inside: c.Outbound}
	}
	if slices.Contains(x.Kinds, tenant.ShareAlerts) {
		m.Alerts = &Requests{}
		if m.Alerts.All, err = s.Alerts.List(ctx, x.TenantID, alert.Filter{Stars: alert.Medium, Limit: maxAlerts}); err != nil {
			return m, fmt.Errorf("group: alerts: %w", err)
		}
		for i := range m.Alerts.All {
			switch a := &m.Alerts.All[i]; {
			case a.State == alert.Closed:
			case a.Stars == alert.High:
				m.Alerts.High++
			default:
				m.Alerts.Medium++
			}
		}
	}
	if slices.Contains(x.Kinds, tenant.ShareBoxes) {
		boxes, err := s.Boxes.Boxes(ctx, x.TenantID)
		if err != nil {
			return m, fmt.Errorf("group: boxes: %w", err)
		}
		m.Boxes = &Health{}
		for i := range boxes {
			if !boxes[i].Returned.IsZero() {
				continue
			}
			m.Boxes.All++
			switch away := now.Sub(boxes[i].LastSeen) > silent; {
			case away:
				m.Boxes.Silent++
			case boxes[i].Protecting:
				m.Boxes.Watching++
			}
		}
	}
	return m, nil
}

// look writes down that somebody of another company looks, before anything is shown.
func (s *Service) look(ctx context.Context, tenantID, viewerName, who string) error {
	key, now := tenantID+" "+who, s.Clock.Now()
	s.mu.Lock()
	at, known := s.seen[key]
	s.mu.Unlock()
	if known && now.Sub(at) < onceEvery {
		return nil
	}
	if err := s.Shares.Audit(ctx, tenantID, who, "view.group", viewerName, ""); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) >= maxSeen {
		clear(s.seen)
	}
	s.seen[key] = now
	return nil
}
