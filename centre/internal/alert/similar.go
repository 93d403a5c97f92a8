package alert

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

// Bounds of what is looked up about alerts of before.
const (
	// similarSince is how far back: what attackers did two years ago says little about today.
	similarSince = 2 * 366 * 24 * time.Hour
	// maxSimilarRules of an alert are looked up; one with more has no rule of its own.
	maxSimilarRules = 3
	// similarEach is how many alerts of the same rule, and of the same other end, are shown before those of the same
	// family, which are many.
	similarEach = 4
	// MaxCounted alerts are counted, the newest: what became of so many says enough, and the page waits for it.
	MaxCounted = 10_000
	// MaxSimilar alerts are shown.
	MaxSimilar = 10
)

// Past is an alert of before that is like another, of any company.
type Past struct {
	Company string
	Alert   Alert
	// Family, Rule and Peer are what it has in common.
	Family, Rule, Peer bool
}

// Fates counts alerts by what became of them.
type Fates struct {
	All, Open int
	// Was counts the closed ones.
	Was map[Outcome]int
}

// Harmless is how many of them were nothing to fear.
func (f *Fates) Harmless() (n int) {
	for was, more := range f.Was {
		if was.Harmless() {
			n += more
		}
	}
	return n
}

// Similar is what was seen before an alert that is like it, in all companies, newest first.
type Similar struct {
	Family, Peer Fates // of the same family, and of the same other end
	Cases        []Past
}

// peerOf is the other end in the internet of the newest event; "" for none: an address inside means another thing in
// each company.
func peerOf(a *Alert) string {
	if len(a.Evidence) == 0 {
		return ""
	}
	e := &a.Evidence[0]
	if e.Kind == string(wire.KindSite) {
		name, _, _ := strings.Cut(e.What, " (")
		return strings.ToLower(name)
	}
	end := e.Dst
	if a.Inbound {
		end = e.Src
	}
	ip, err := netip.ParseAddr(end)
	if err != nil || ip.IsPrivate() || !ip.IsGlobalUnicast() {
		return ""
	}
	return ip.String()
}

// Similar finds what was seen before a. who of the staff looks, and why, is written down.
func (s *Service) Similar(ctx context.Context, who, why string, a *Alert) (sim Similar, err error) {
	if a.Peer == "" { // of before this was kept
		known := *a
		known.Peer = peerOf(a)
		a = &known
	}
	err = s.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		names, err := tenant.Names(tx)
		if err != nil {
			return err
		}
		since := a.First.Add(-similarSince)
		if sim.Family, err = fates(tx, `family`, a.Family, since, a.First); err != nil {
			return err
		}
		if a.Peer != "" {
			if sim.Peer, err = fates(tx, `peer`, a.Peer, since, a.First); err != nil {
				return err
			}
		}
		sim.Cases, err = similar(tx, a, since)
		for i := range sim.Cases {
			sim.Cases[i].Company = names[sim.Cases[i].Alert.TenantID]
		}
		return err
	})
	return sim, err
}

// similar gathers them: first what shares most.
func similar(tx *store.AllTx, a *Alert, since time.Time) ([]Past, error) {
	rules, err := rulesOf(tx, a.TenantID, a.ID)
	if err != nil {
		return nil, err
	}
	if len(rules) > maxSimilarRules {
		rules = nil
	}
	var all []Past
	seen := map[[2]string]bool{{a.TenantID, a.ID}: true}
	add := func(found []Alert, err error) error {
		for i := range found {
			key := [2]string{found[i].TenantID, found[i].ID}
			if seen[key] || len(all) == MaxSimilar {
				continue
			}
			seen[key] = true
			all = append(all, Past{Alert: found[i], Family: found[i].Family == a.Family, Peer: a.Peer != "" && found[i].Peer == a.Peer})
		}
		return err
	}
	if a.Peer != "" {
		if err := add(selectBefore(tx, `peer`, a.Peer, since, a.First, similarEach+1)); err != nil {
			return nil, err
		}
	}
	for _, k := range rules {
		if err := add(selectOfRule(tx, k, since, a.First, similarEach+1)); err != nil {
			return nil, err
		}
	}
	if err := add(selectBefore(tx, `family`, a.Family, since, a.First, MaxSimilar+1)); err != nil {
		return nil, err
	}
	for i := range all {
		theirs, err := rulesOf(tx, all[i].Alert.TenantID, all[i].Alert.ID)
		if err != nil {
			return nil, err
		}
		all[i].Rule = slices.ContainsFunc(theirs, func(k RuleKey) bool { return slices.Contains(rules, k) })
	}
	slices.SortStableFunc(all, func(x, y Past) int { return y.Alert.First.Compare(x.Alert.First) })
	return all, nil
}
