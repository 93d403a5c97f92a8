package news

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/entry"
	"otasuke/wire"
)

// Audience is to whom news goes. What is empty does not narrow it; what is not must all be so.
type Audience struct {
	Regions    []string `json:"regions,omitempty"` // prefectures by number
	Industries []string `json:"industries,omitempty"`
	Plans      []string `json:"plans,omitempty"` // versions of the offer that were signed
	// Maker and Model are words of a device that a company has: written anyhow, wide or narrow letters, within a longer name.
	Maker string `json:"maker,omitempty"`
	Model string `json:"model,omitempty"`
}

// Everybody says whether nothing narrows it.
func (a *Audience) Everybody() bool {
	return len(a.Regions)+len(a.Industries)+len(a.Plans) == 0 && a.Maker == "" && a.Model == ""
}

func (a *Audience) tidy(bad FormError) {
	for name, list := range map[string]*[]string{"regions": &a.Regions, "industries": &a.Industries, "plans": &a.Plans} {
		slices.Sort(*list)
		*list = slices.DeleteFunc(slices.Compact(*list), func(s string) bool { return s == "" || len(s) > maxWord })
		if len(*list) > maxPick {
			bad[name] = Long
		}
	}
	for name, word := range map[string]*string{"maker": &a.Maker, "model": &a.Model} {
		if s, err := entry.Line(*word, maxWord); err == nil || strings.TrimSpace(*word) == "" {
			*word = s
		} else {
			bad[name] = Long
		}
	}
}

// fold makes names of makers and models comparable.
func fold(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "", "ー", "", "‐", "", "−", "").Replace(strings.ToLower(norm.NFKC.String(s)))
}

// owns says whether a device is one of the audience's.
func (a *Audience) owns(in *wire.Inside) bool {
	is := func(word string, in ...string) bool {
		w := fold(word)
		return w == "" || slices.ContainsFunc(in, func(s string) bool { return strings.Contains(fold(s), w) })
	}
	return is(a.Maker, in.Maker, in.Model.ID) && is(a.Model, in.Model.ID)
}

// Reached is whom an audience is made of.
type Reached struct {
	Companies, Addresses int
	Names                []string // some of the companies
	ids                  []string
}

// namesShown of an audience.
const namesShown = 5

// Reach counts the companies and addresses of a piece as it would go out now. Who asks is written down.
func (s *Service) Reach(ctx context.Context, who string, p *Piece) (r Reached, err error) {
	plans, err := s.plans(ctx, who)
	if err != nil {
		return r, err
	}
	err = s.Store.AsOperator(ctx, who, "audience of news "+p.ID, func(tx *store.AllTx) error {
		companies, err := tenant.All(tx)
		if err != nil {
			return err
		}
		owners := map[string]bool{}
		if p.Audience.Maker != "" || p.Audience.Model != "" {
			if err := device.All(tx, func(company string, in *wire.Inside) {
				if !owners[company] && p.Audience.owns(in) {
					owners[company] = true
				}
			}); err != nil {
				return err
			}
		}
		people, err := selectReaders(tx)
		if err != nil {
			return err
		}
		for i := range companies {
			c := &companies[i]
			if !p.Audience.has(c, plans, owners) {
				continue
			}
			r.Companies++
			r.ids = append(r.ids, c.ID)
			if r.Addresses += len(p.readers(people[c.ID])); len(r.Names) < namesShown {
				r.Names = append(r.Names, c.Name)
			}
		}
		return nil
	})
	return r, err
}

func (a *Audience) has(c *tenant.Company, plans map[string]string, owners map[string]bool) bool {
	in := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	return in(a.Regions, c.Region) && in(a.Industries, c.Industry) && in(a.Plans, plans[c.ID]) && (a.Maker == "" && a.Model == "" || owners[c.ID])
}

// plans are the offers that companies have signed, by company; the newest counts.
func (s *Service) plans(ctx context.Context, who string) (map[string]string, error) {
	plans := map[string]string{}
	if s.Contracts == nil {
		return plans, nil
	}
	all, err := s.Contracts.All(ctx, who, "audience of news", contract.Contracted, contract.Shipped, contract.Installed, contract.Active)
	for i := range all {
		plans[all[i].TenantID] = all[i].Offer
	}
	return plans, err
}

// Plans are the offers that somebody has signed.
func (s *Service) Plans(ctx context.Context, who string) (all []string, err error) {
	plans, err := s.plans(ctx, who)
	for _, p := range plans {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all, err
}

// reader is somebody of a company with what was chosen.
type reader struct {
	ID, Name, Email, Lang string
	Role                  tenant.Role
	Mails                 bool
	Chosen                bool // there is a choice
	Warnings, Offers      bool
}

// wants says whether news of a kind is mailed to somebody.
func (r *reader) wants(k Kind) bool {
	switch {
	case !r.Chosen:
		return r.Mails
	case k.Promotion():
		return r.Offers
	}
	return r.Warnings
}

// readers are those of a company who get a piece by mail. Warnings and announcements always have one: when nobody is chosen any
// more, because people left, it is who runs the company.
func (p *Piece) readers(all []reader) (chosen []reader) {
	for i := range all {
		if all[i].wants(p.Kind) {
			chosen = append(chosen, all[i])
		}
	}
	if len(chosen) == 0 && !p.Kind.Promotion() {
		for i := range all {
			if all[i].Role == tenant.RoleOwner {
				chosen = append(chosen, all[i])
			}
		}
	}
	return chosen
}
