package match

import (
	"net/netip"

	"otasuke/rule"
)

// Places tells what is known about addresses. Its functions must be safe for concurrent
// use; nil means that nothing is known.
type Places struct {
	// Reputation returns the reputation of an address in a category, 0 to 127.
	Reputation func(a netip.Addr, category string) (int64, bool)
	// Country returns the ISO 3166 code of an address, "" when it is not known.
	Country func(a netip.Addr) string
}

// endsKnown checks iprep and geoip.
func (s *Set) endsKnown(r *rule.Rule, in *Input) bool {
	for i := range r.Reputations {
		if !s.reputationFits(&r.Reputations[i], in) {
			return false
		}
	}
	for i := range r.Countries {
		if !s.countryFits(&r.Countries[i], in) {
			return false
		}
	}
	return true
}

// each asks about the ends that a keyword names.
func each(end rule.End, in *Input, fits func(netip.Addr) bool) bool {
	switch end {
	case rule.SourceEnd:
		return fits(in.Src)
	case rule.DestinationEnd:
		return fits(in.Dst)
	case rule.BothEnds:
		return fits(in.Src) && fits(in.Dst)
	}
	return fits(in.Src) || fits(in.Dst)
}

func (s *Set) reputationFits(r *rule.Reputation, in *Input) bool {
	return each(r.End, in, func(a netip.Addr) bool {
		if s.places.Reputation == nil {
			return r.Present < 0
		}
		v, ok := s.places.Reputation(a, r.Category)
		switch {
		case r.Present != 0:
			return ok == (r.Present > 0)
		case !ok:
			return false
		}
		return r.Match(v)
	})
}

func (s *Set) countryFits(c *rule.Country, in *Input) bool {
	return each(c.End, in, func(a netip.Addr) bool {
		if s.places.Country == nil {
			return false
		}
		code := s.places.Country(a)
		for _, want := range c.Codes {
			if code == want {
				return !c.Negated
			}
		}
		return c.Negated && code != ""
	})
}

// suppressed tells that a rule is to be silent about these ends.
func suppressed(r *rule.Rule, in *Input) bool {
	for _, s := range r.Suppress {
		switch s.Track {
		case rule.TrackSrc:
			if s.Addrs.Contains(in.Src) {
				return true
			}
		case rule.TrackDst:
			if s.Addrs.Contains(in.Dst) {
				return true
			}
		case rule.TrackPair:
			if s.Addrs.Contains(in.Src) || s.Addrs.Contains(in.Dst) {
				return true
			}
		default:
			return true
		}
	}
	return false
}
