// Package place tells what is known about the addresses of a conversation, and whether a rule
// wants them: reputations, countries, and ends about which a rule is to be silent.
//
// Pure functions of a rule and two addresses. Package match calls it; the configuration
// says what is known.
package place

import (
	"net/netip"

	"otasuke/rule"
)

// Known tells what is known about addresses. Its functions must be safe for concurrent
// use; nil means that nothing is known.
type Known struct {
	// Reputation returns the reputation of an address in a category, 0 to 127.
	Reputation func(a netip.Addr, category string) (int64, bool)
	// Country returns the ISO 3166 code of an address, "" when it is not known.
	Country func(a netip.Addr) string
}

// Fits checks iprep and geoip for what goes from src to dst.
func (k *Known) Fits(r *rule.Rule, src, dst netip.Addr) bool {
	for i := range r.Reputations {
		if !k.reputationFits(&r.Reputations[i], src, dst) {
			return false
		}
	}
	for i := range r.Countries {
		if !k.countryFits(&r.Countries[i], src, dst) {
			return false
		}
	}
	return true
}

// each asks about the ends that a keyword names.
func each(end rule.End, src, dst netip.Addr, fits func(netip.Addr) bool) bool {
	switch end {
	case rule.SourceEnd:
		return fits(src)
	case rule.DestinationEnd:
		return fits(dst)
	case rule.BothEnds:
		return fits(src) && fits(dst)
	}
	return fits(src) || fits(dst)
}

func (k *Known) reputationFits(r *rule.Reputation, src, dst netip.Addr) bool {
	return each(r.End, src, dst, func(a netip.Addr) bool {
		if k.Reputation == nil {
			return r.Present < 0
		}
		v, ok := k.Reputation(a, r.Category)
		switch {
		case r.Present != 0:
			return ok == (r.Present > 0)
		case !ok:
			return false
		}
		return r.Match(v)
	})
}

func (k *Known) countryFits(c *rule.Country, src, dst netip.Addr) bool {
	return each(c.End, src, dst, func(a netip.Addr) bool {
		if k.Country == nil {
			return false
		}
		code := k.Country(a)
		for _, want := range c.Codes {
			if code == want {
				return !c.Negated
			}
		}
		return c.Negated && code != ""
	})
}

// Suppressed tells that a rule is to be silent about these ends.
func Suppressed(r *rule.Rule, src, dst netip.Addr) bool {
	for _, s := range r.Suppress {
		switch s.Track {
		case rule.TrackSrc:
			if s.Addrs.Contains(src) {
				return true
			}
		case rule.TrackDst:
			if s.Addrs.Contains(dst) {
				return true
			}
		case rule.TrackPair:
			if s.Addrs.Contains(src) || s.Addrs.Contains(dst) {
				return true
			}
		default:
			return true
		}
	}
	return false
}
