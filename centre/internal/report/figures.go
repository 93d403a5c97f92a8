package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/usage"
	"otasuke/internal/ja"
)

// monthLayout of a month's name.
const monthLayout = "2006-01"

// Span is a month in Japan: its first moment and that of the next.
func Span(month string) (from, to time.Time, err error) {
	from, err = time.ParseInLocation(monthLayout, month, ja.Zone)
	return from, from.AddDate(0, 1, 0), err
}

// before is the last whole month at a moment.
func before(now time.Time) string {
	return ja.Midnight(now).AddDate(0, 0, -now.In(ja.Zone).Day()).In(ja.Zone).Format(monthLayout)
}

// sources are what the month is figured from.
type sources struct {
	joined     time.Time // when the company came
	counts     alert.Counts
	alerts     []alert.Alert // the newest
	open       []alert.Alert // not closed, ★★☆ and more
	days       []usage.Day
	apps       []usage.Row
	named      func(id string) (nameJA, nameEN string, known bool)
	users      []usage.Row
	known      []device.Known
	boxes      []device.Box
	gaps       []device.Gap
	comparison Comparison
}

// figure adds the month up.
func figure(month string, from, to time.Time, s *sources) *Figures {
	f := &Figures{Month: month, From: from, To: to, Compare: s.comparison}
	if joined := ja.Midnight(s.joined); joined.After(from) {
		f.Joined, f.From = true, joined
	}
	f.Days = int(to.Sub(f.From).Hours()) / 24
	f.attacks(s)
	f.Tasks = s.counts.Alerts[alert.Medium] + s.counts.Alerts[alert.High]
	f.choose(s.open)
	f.kinds(s.alerts)
	f.network(s)
	f.Silent = max(f.Days-len(s.days), 0)
	for _, d := range s.days {
		f.Flows += d.Flows
	}
	for i := range s.boxes {
		b := &s.boxes[i]
		if !b.Claimed.Before(to) || !b.Returned.IsZero() && b.Returned.Before(from) {
			continue
		}
		f.Box = true
		if len(f.Boxes) < maxBoxes {
			f.Boxes = append(f.Boxes, Box{b.Label(), b.Model, b.Software})
		}
	}
	names := map[string]string{}
	for i := range s.boxes {
		names[s.boxes[i].ID] = s.boxes[i].Label()
	}
	for _, g := range s.gaps {
		if g.Since.Before(to) && (g.Until.IsZero() || g.Until.After(from)) && len(f.Gaps) < maxGaps {
			f.Gaps = append(f.Gaps, Gap{names[g.BoxID], g.Since, g.Until})
		}
	}
	return f
}

func (f *Figures) attacks(s *sources) {
	c := &s.counts
	f.Outside, f.Inside = c.Inbound, c.Outbound
	f.Attacks, f.Stopped = c.Inbound+c.Outbound, c.InboundBlocked+c.OutboundBlocked
	for _, d := range c.Days {
		f.Daily = append(f.Daily, d.Inbound+d.Outbound)
	}
}

// choose finds the one thing to do: the most important, and of these the oldest.
func (f *Figures) choose(open []alert.Alert) {
	for i := range open {
		a := &open[i]
		if !a.First.Before(f.To) {
			continue
		}
		if f.Todo == nil || a.Stars >= f.Todo.Stars { // the list is newest first
			f.Todo = &Todo{Alert: a.ID, Case: a.Case, Family: a.Family, Device: a.DeviceName, Stars: a.Stars}
		}
	}
}

func (f *Figures) kinds(all []alert.Alert) {
	kinds := map[string]*Kind{}
	for i := range all {
		a := &all[i]
		if !a.First.Before(f.To) || a.First.Before(f.From) {
			continue
		}
		k := kinds[a.Family]
		if k == nil {
			k = &Kind{Family: a.Family}
			kinds[a.Family] = k
		}
		k.Alerts, k.Events = k.Alerts+1, k.Events+a.Count
	}
	for _, k := range slices.SortedFunc(maps.Values(kinds), func(a, b *Kind) int {
		return cmp.Or(b.Events-a.Events, cmp.Compare(a.Family, b.Family))
	}) {
		if len(f.Kinds) < maxKinds {
			f.Kinds = append(f.Kinds, *k)
		}
	}
}

// network is devices and applications.
func (f *Figures) network(s *sources) {
	names := map[string]string{}
	for i := range s.known {
		k := &s.known[i]
		names[k.ID] = k.Label()
		if k.Last.Before(f.From) || !k.First.Before(f.To) {
			continue
		}
		f.Devices++
		if !k.First.Before(f.From) {
			f.New++
		}
		if k.Waits() {
			f.Unknown++
		}
	}
	for _, r := range s.users[:min(len(s.users), maxUses)] {
		f.Users = append(f.Users, Use{Name: names[r.EndpointID], Up: r.Up, Down: r.Down})
	}
	for _, r := range s.apps[:min(len(s.apps), maxUses)] {
		u := Use{Name: cmp.Or(r.Name, r.App), Up: r.Up, Down: r.Down}
		if s.named != nil {
			if nameJA, nameEN, known := s.named(r.App); known {
				u.Name, u.EN = nameJA, nameEN
			}
		}
		f.Apps = append(f.Apps, u)
	}
}
