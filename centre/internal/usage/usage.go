// Package usage keeps what applications each company's devices used, by day in Japan: sums
// that boxes report, never names of pages or contents.
//
// Everything is bound to a company. Level 3: intake writes, the faces read.
package usage

import (
	"context"
	"embed"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/store"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this domain; they point to those of tenant.
func Schema() store.Schema { return store.Sub("usage", migrations) }

const (
	// Keep is how long days are kept: a quarter, to compare months.
	Keep = 92 * 24 * time.Hour
	// maxApps of a device on one day have rows of their own; real devices have under 200.
	maxApps = 1000
	// maxSum keeps sums of all rows in range, whatever a box says: 16 TiB a row.
	maxSum = 1 << 44
	// maxRows bounds what is listed.
	maxRows = 1000
	// maxName of an application, in characters.
	maxName = 60
)

// Service is the way to what is used. It is safe for concurrent use.
type Service struct {
	store *store.Store
	clock clock.Clock
}

// New makes the service. Its tables must have been migrated. A nil clock is the machine's.
func New(s *store.Store, c clock.Clock) *Service {
	if c == nil {
		c = clock.System{}
	}
	return &Service{store: s, clock: c}
}

// Row is the use of one application, or by one device.
type Row struct {
	App, Category, Name     string // of rows by application
	EndpointID              string // of rows by device
	Up, Down                int64
	Minutes, Flows, Blocked int64
	Devices                 int64 // that used the application
	Shared                  int64 // bytes that the device sent to categories asked for
}

// Tidy lets go of what is older than is kept.
func (s *Service) Tidy(tx *store.Tx) error { return forget(tx, ja.Midnight(s.clock.Now().Add(-Keep))) }

// Record adds what a box reports of one device; endpointID is "" for devices that it
// cannot tell apart. The report must have been checked.
func (s *Service) Record(tx *store.Tx, endpointID string, u *wire.Usage) error {
	now := s.clock.Now()
	since := u.Since
	if since.After(now) {
		since = now // a box whose clock is wrong
	}
	oldest := ja.Midnight(now.Add(-Keep))
	if since.Before(oldest) {
		return nil
	}
	day := ja.Midnight(since)
	n, err := countApps(tx, day, endpointID)
	if err != nil {
		return err
	}
	var all []wire.AppUse
	at := map[string]int{}
	for i := range u.Apps {
		a := u.Apps[i]
		if n++; n > maxApps {
			a.App, a.Category, a.Name = "", "", ""
		}
		a.App, a.Category, a.Name = word(a.App), word(a.Category), clean(a.Name)
		a.Up, a.Down, a.Flows, a.Blocked = min(a.Up, maxSum), min(a.Down, maxSum), min(a.Flows, maxSum), min(a.Blocked, maxSum)
		if k, ok := at[a.App]; ok {
			add(&all[k], &a)
			continue
		}
		at[a.App] = len(all)
		all = append(all, a)
	}
	return addUse(tx, day, endpointID, all)
}

// add adds what is of one application.
func add(to, a *wire.AppUse) {
	to.Category, to.Name, to.Minutes = a.Category, a.Name, to.Minutes+a.Minutes
	to.Up, to.Down = min(to.Up+a.Up, maxSum), min(to.Down+a.Down, maxSum)
	to.Flows, to.Blocked = min(to.Flows+a.Flows, maxSum), min(to.Blocked+a.Blocked, maxSum)
}

// word is an id, or nothing.
func word(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return s
}

// clean keeps what can be shown of a name.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > maxName {
		s = string([]rune(s)[:maxName])
	}
	return s
}

// Apps lists what was used from one day to before another, the largest first; endpointID
// is "" for all devices.
func (s *Service) Apps(ctx context.Context, tenantID, endpointID string, from, to time.Time) (rows []Row, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		rows, err = selectApps(tx, endpointID, ja.Midnight(from), to)
		return err
	})
	return rows, err
}

// Devices lists who used how much, the largest first. Shared counts what went to
// applications of categories.
func (s *Service) Devices(ctx context.Context, tenantID string, from, to time.Time, categories []string) (rows []Row, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		rows, err = selectDevices(tx, ja.Midnight(from), to, categories)
		return err
	})
	return rows, err
}

// Day is the use of one day.
type Day struct {
	Date           time.Time // midnight in Japan
	Flows, Blocked int64
}

// Days lists the days from one to before another on which a box told anything, oldest first.
func (s *Service) Days(ctx context.Context, tenantID string, from, to time.Time) (days []Day, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		days, err = selectUsedDays(tx, ja.Midnight(from), to)
		return err
	})
	return days, err
}
