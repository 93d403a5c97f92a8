package intake

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// kindNews is the job that tells a company of its new devices, all in one.
const kindNews = "intake.devices"

// newsHour is when it runs, in Japan: who opens the office finds it, and nobody is woken.
const newsHour = 9

// Families of alerts about devices; no event raises them.
const (
	familyNew    = "new-device"
	familyRouter = "second-router"
	familyOldOS  = "old-os"
)

// maxNamed devices stand in a subject.
const maxNamed = 3

// inside takes what a box knows of a device.
func (in *Intake) inside(tx *store.Tx, box *device.Box, e *wire.Event, now time.Time) error {
	_, fresh, err := in.cfg.Devices.Inside(tx, box, e.Device, e.Inside, e.Time)
	if err != nil {
		return err
	}
	later := false
	for i := range fresh {
		c := &fresh[i]
		if c.What != wire.ChangeDHCP && c.What != wire.ChangeRouter {
			later = true
			continue
		}
		// A second way out is told at once: whoever goes by it is not protected.
		if err := in.cfg.Alerts.Raise(tx, notice(familyRouter, c.ID, []device.Change{*c})); err != nil {
			return err
		}
		if err := in.cfg.Devices.Told(tx, c); err != nil {
			return err
		}
	}
	if !later {
		return nil
	}
	at := nextNews(now)
	return job.Enqueue(tx, job.Job{Kind: kindNews, Args: struct{}{}, RunAt: at, Unique: at.Format(time.DateOnly)})
}

// nextNews is when people are told next.
func nextNews(now time.Time) time.Time {
	at := ja.Midnight(now).Add(newsHour * time.Hour)
	if !at.After(now) {
		at = ja.Midnight(now).AddDate(0, 0, 1).Add(newsHour * time.Hour)
	}
	return at
}

// newsJob tells of devices: one alert of what is new, one of systems without updates.
func (in *Intake) newsJob(ctx context.Context, tenantID string, _ json.RawMessage) error {
	return in.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := in.cfg.Devices.Untold(tx)
		if err != nil {
			return err
		}
		groups := map[string][]device.Change{}
		for _, c := range all {
			family := familyNew
			switch c.What {
			case wire.ChangeOldOS:
				family = familyOldOS
			case wire.ChangeDHCP, wire.ChangeRouter:
				family = familyRouter
			}
			groups[family] = append(groups[family], c)
		}
		day := in.cfg.Clock.Now().In(ja.Zone).Format(time.DateOnly)
		for _, family := range []string{familyRouter, familyNew, familyOldOS} {
			if len(groups[family]) == 0 {
				continue
			}
			if err := in.cfg.Alerts.Raise(tx, notice(family, day, groups[family])); err != nil {
				return err
			}
		}
		return nil
	})
}

// notice is the alert of some changes; those of one target belong together.
func notice(family, target string, list []device.Change) alert.Notice {
	n := alert.Notice{Family: family, Target: target, BoxID: list[0].BoxID}
	var names []string
	seen := map[string]bool{}
	for i := range list {
		c := &list[i]
		n.Evidence = append(n.Evidence, alert.Evidence{Time: c.At, Kind: string(wire.KindDevice), What: describe(c), Src: c.Addr})
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		if len(names) < maxNamed {
			names = append(names, c.Label())
		}
	}
	n.DeviceName = strings.Join(names, ", ")
	if len(seen) > maxNamed {
		n.DeviceName += " …"
	}
	if len(seen) == 1 {
		n.DeviceID, n.DeviceAddr = list[0].ID, list[0].Addr
	}
	return n
}

// describe puts a change into the technical block's words.
func describe(c *device.Change) string {
	parts := []string{c.What}
	for _, s := range []string{c.Label(), c.About.Maker, c.About.Kind.ID, c.About.OS.ID, c.About.Model.ID, c.MAC, c.Detail} {
		if s != "" && s != parts[len(parts)-1] {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}
