package contract

import (
	"errors"
	"net/mail"
	"slices"
	"strings"

	"otasuke/content/offer"
	"otasuke/internal/entry"
)

// Form is what somebody enters who wants the service.
type Form struct {
	Company   string `json:"company"`
	Kana      string `json:"kana"`
	Corporate string `json:"corporate,omitempty"` // 法人番号, 13 digits
	Member    bool   `json:"member"`              // of a chamber
	Chamber   string `json:"chamber,omitempty"`   // which
	MemberNo  string `json:"member_no,omitempty"` // number there

	Industry string `json:"industry"` // of [Industries]
	PCs      string `json:"pcs"`      // number, as digits
	Line     string `json:"line"`     // of [Lines]
	Router   string `json:"router"`   // of [Routers]
	Visit    bool   `json:"visit"`    // somebody comes to install

	Contact     string `json:"contact"`
	ContactKana string `json:"contact_kana"`
	Email       string `json:"email"`
	Phone       string `json:"phone"`
	Postcode    string `json:"postcode"` // seven digits
	Address     string `json:"address"`
	Building    string `json:"building,omitempty"`
	Passphrase  string `json:"passphrase"` // 合言葉, by which our mails and calls are known

	Consents []string `json:"consents"` // keys of the offer's
	Agreed   bool     `json:"agreed"`   // to its terms
	Lang     string   `json:"lang"`
}

// Choices of the form.
var (
	Industries = []string{"manufacturing", "construction", "wholesale", "retail", "food", "transport", "realestate", "information", "medical", "professional", "service", "other"}
	Lines      = []string{"fibre", "cable", "mobile", "unknown"}
	Routers    = []string{"provider", "own", "unknown"}
)

// Limits in characters.
const (
	maxName    = 100
	maxAddress = 120
	maxNumber  = 40
	// maxPassphrase is what can be said on the telephone.
	maxPassphrase = 20
	maxEmail      = 254 // RFC 5321 4.5.3.1.3
)

// Fault is something in a form that does not do: the field, and why, of which the page has words.
type Fault struct{ Field, Why string }

// Why something does not do.
const (
	Missing   = "missing"
	Long      = "long"
	Malformed = "malformed"
	Digit     = "digit" // a check digit
)

// Tidy brings what was typed into its normal form, and says what does not do. The form keeps what was typed where it does not.
func (f *Form) Tidy(v *offer.Version) (faults []Fault) {
	fail := func(field, why string) { faults = append(faults, Fault{field, why}) }
	text := func(field string, at *string, needed bool, read func(string) (string, error)) {
		s, err := read(*at)
		switch {
		case err == nil:
			*at = s
		case errors.Is(err, entry.ErrEmpty):
			*at = ""
			if needed {
				fail(field, Missing)
			}
		default:
			fail(field, why(err))
		}
	}
	line := func(max int) func(string) (string, error) {
		return func(s string) (string, error) { return entry.Line(s, max) }
	}
	kana := func(s string) (string, error) { return entry.Kana(s, maxName) }
	one := func(field, value string, of []string) {
		switch {
		case value == "":
			fail(field, Missing)
		case !slices.Contains(of, value):
			fail(field, Malformed)
		}
	}
	text("company", &f.Company, true, line(maxName))
	text("kana", &f.Kana, true, kana)
	text("corporate", &f.Corporate, false, entry.CorporateNumber)
	text("chamber", &f.Chamber, f.Member, line(maxName))
	text("member_no", &f.MemberNo, false, line(maxNumber))
	one("industry", f.Industry, Industries)
	text("pcs", &f.PCs, true, func(s string) (string, error) { return number(s, v.MaxPCs) })
	one("line", f.Line, Lines)
	one("router", f.Router, Routers)
	text("contact", &f.Contact, true, line(maxName))
	text("contact_kana", &f.ContactKana, true, kana)
	text("email", &f.Email, true, email)
	text("phone", &f.Phone, true, entry.Phone)
	text("postcode", &f.Postcode, true, entry.Postcode)
	text("address", &f.Address, true, address)
	text("building", &f.Building, false, line(maxAddress))
	text("passphrase", &f.Passphrase, true, line(maxPassphrase))
	f.Consents = slices.DeleteFunc(f.Consents, func(key string) bool {
		return !slices.ContainsFunc(v.Consents, func(c offer.Consent) bool { return c.Key == key })
	})
	for _, c := range v.Consents {
		if c.Required && !slices.Contains(f.Consents, c.Key) {
			fail("consents", Missing)
			break
		}
	}
	if !f.Agreed {
		fail("agreed", Missing)
	}
	return faults
}

func why(err error) string {
	switch {
	case errors.Is(err, entry.ErrLong):
		return Long
	case errors.Is(err, entry.ErrCheck):
		return Digit
	}
	return Malformed
}

// number is one from 1 to max.
func number(s string, max int) (string, error) {
	s, err := entry.Line(s, maxNumber)
	if err != nil {
		return "", err
	}
	s = strings.TrimLeft(strings.TrimSuffix(s, "台"), "0")
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' || n > max {
			return "", entry.ErrMalformed
		}
		n = n*10 + int(r-'0')
	}
	if n < 1 {
		return "", entry.ErrMalformed
	}
	if n > max {
		return "", entry.ErrLong
	}
	return s, nil
}

// email is an address of ASCII letters, as package tenant takes it.
func email(s string) (string, error) {
	s, err := entry.Line(s, maxEmail)
	if err != nil {
		return "", err
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", entry.ErrMalformed
	}
	return s, nil
}

// address begins with its prefecture, so that the parcel arrives.
func address(s string) (string, error) {
	s, err := entry.Line(s, maxAddress)
	if err == nil && entry.Prefecture(s) == "" {
		err = entry.ErrMalformed
	}
	return s, err
}

// digits of a telephone number.
func (f *Form) digits() string { return strings.ReplaceAll(f.Phone, "-", "") }
