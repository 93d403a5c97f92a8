package dispatch

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// Skills that a visit can need.
var Skills = []string{"first", "network", "windows", "mac", "server", "recovery"}

// Vendor is a local IT company that goes to customers.
type Vendor struct {
	ID       string   `json:"-"`
	Name     string   `json:"name"`
	Phone    string   `json:"phone"`
	Email    string   `json:"email"`
	Postcode string   `json:"postcode"` // where they are; seven digits
	Areas    []string `json:"areas"`    // where they go: beginnings of postcodes ("54"), or of addresses ("大阪府", "大阪府堺市")
	Skills   []string `json:"skills"`
	Days     string   `json:"days"`  // of the week on which they answer, 1 is Monday: "12345"
	Opens    string   `json:"opens"` // "09:00"
	Shuts    string   `json:"shuts"` // "18:00"; not later than Opens is over midnight, the same is round the clock
	From     string   `json:"from"`  // contract, first day: 2026-10-01
	Until    string   `json:"until"` // last day, "" while it is open
	Yen      int      `json:"yen"`   // of a visit, with tax
	Lang     string   `json:"lang"`
}

// FieldError is a field that does not do.
type FieldError struct{ Field string }

// Error is for logs.
func (e *FieldError) Error() string { return "dispatch: field " + e.Field }

// Faults are all fields that an error is about, in the order in which they were found; none for other errors.
func Faults(err error) (fields []string) {
	if one, ok := err.(*FieldError); ok {
		return []string{one.Field}
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			fields = append(fields, Faults(e)...)
		}
		return fields
	}
	if e := errors.Unwrap(err); e != nil {
		return Faults(e)
	}
	return nil
}

// Tidy brings what was typed into its normal form; each field that does not do is a [FieldError].
func (v *Vendor) Tidy() error {
	var faults []error
	check := func(field string, good bool) {
		if !good {
			faults = append(faults, &FieldError{field})
		}
	}
	var err error
	v.Name, err = entry.Line(v.Name, MaxLine)
	check("name", err == nil)
	v.Phone, err = entry.Phone(v.Phone)
	check("phone", err == nil)
	a, err := mail.ParseAddress(strings.TrimSpace(v.Email))
	if good := err == nil && a.Name == "" && len(a.Address) <= 254 && !strings.ContainsAny(a.Address, "\r\n"); good {
		v.Email = a.Address
	} else {
		check("email", false)
	}
	v.Postcode, err = entry.Postcode(v.Postcode)
	check("postcode", err == nil)
	areas := v.Areas
	v.Areas = nil
	for _, one := range areas {
		if one, err = entry.Line(one, MaxLine); err == nil {
			v.Areas = append(v.Areas, strings.ReplaceAll(ja.Halfwidth(one), "-", ""))
		}
	}
	v.Skills = slices.DeleteFunc(v.Skills, func(s string) bool { return !slices.Contains(Skills, s) })
	check("areas", len(v.Areas) > 0 && len(v.Areas) <= 100)
	check("skills", len(v.Skills) > 0)
	check("days", v.Days != "" && strings.Trim(v.Days, "1234567") == "")
	check("opens", clockTime(v.Opens))
	check("shuts", clockTime(v.Shuts))
	check("from", day(v.From))
	check("until", v.Until == "" || day(v.Until) && v.Until >= v.From)
	check("yen", v.Yen >= 0 && v.Yen <= MaxYen)
	v.Lang = ja.Lang(v.Lang)
	return errors.Join(faults...)
}

func clockTime(s string) bool { _, err := time.Parse("15:04", s); return err == nil && len(s) == 5 }
func day(s string) bool       { _, err := time.Parse(time.DateOnly, s); return err == nil }

// Covers says how closely the vendor's area fits an address: 0 is not at all, more is nearer. Of two whose area fits, the one
// whose own postcode has more in common with the customer's is nearer.
func (v *Vendor) Covers(postcode, address string) int {
	fits := false
	for _, a := range v.Areas {
		if strings.Trim(a, "0123456789") == "" {
			fits = fits || strings.HasPrefix(postcode, a)
		} else {
			fits = fits || strings.HasPrefix(ja.Halfwidth(address), a)
		}
	}
	if !fits {
		return 0
	}
	n := 0
	for n < len(v.Postcode) && n < len(postcode) && v.Postcode[n] == postcode[n] {
		n++
	}
	return 1 + n
}

// Answers says whether somebody is there at a time, under contract.
func (v *Vendor) Answers(now time.Time) bool {
	now = now.In(ja.Zone)
	day, at := now.Format(time.DateOnly), now.Format("15:04")
	if day < v.From || v.Until != "" && day > v.Until {
		return false
	}
	on := func(t time.Time) bool {
		n := int(t.Weekday())
		if n == 0 {
			n = 7
		}
		return strings.ContainsRune(v.Days, rune('0'+n))
	}
	switch {
	case v.Opens == v.Shuts:
		return on(now)
	case v.Opens < v.Shuts:
		return on(now) && v.Opens <= at && at < v.Shuts
	}
	return on(now) && at >= v.Opens || on(now.AddDate(0, 0, -1)) && at < v.Shuts
}

// nearest of those who can come, without those who were asked; false when nobody is left.
func nearest(all []Vendor, b *Brief, asked []Offer, now time.Time) (Vendor, bool) {
	all = slices.DeleteFunc(slices.Clone(all), func(v Vendor) bool {
		return v.Covers(b.Postcode, b.Address) == 0 || !slices.Contains(v.Skills, b.Skill) || !v.Answers(now) ||
			slices.ContainsFunc(asked, func(o Offer) bool { return o.VendorID == v.ID })
	})
	if len(all) == 0 {
		return Vendor{}, false
	}
	return slices.MinFunc(all, func(x, y Vendor) int {
		return cmp.Or(cmp.Compare(y.Covers(b.Postcode, b.Address), x.Covers(b.Postcode, b.Address)), cmp.Compare(x.Yen, y.Yen), cmp.Compare(x.ID, y.ID))
	}), true
}

// Vendors are all, by name.
func (s *Service) Vendors(ctx context.Context) (all []Vendor, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) { all, err = selectVendors(tx); return err })
	slices.SortFunc(all, func(x, y Vendor) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
	return all, err
}

// PutVendor adds a vendor, or changes the one with its ID.
func (s *Service) PutVendor(ctx context.Context, who string, v Vendor) (string, error) {
	if err := v.Tidy(); err != nil {
		return "", err
	}
	action := "vendor.change"
	err := s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		now := s.Clock.Now()
		if v.ID == "" {
			v.ID, action = strings.ToLower(rand.Text()), "vendor.add"
		} else if n, err := hasVendor(tx, v.ID); err != nil || n == 0 {
			if err == nil {
				err = store.ErrNotFound
			}
			return err
		}
		if err := putVendor(tx, &v, now); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: action, Object: v.ID, Why: v.Name})
	})
	return v.ID, err
}
