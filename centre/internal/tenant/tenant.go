package tenant

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/password"
)

// House is the id of the operator's own company, to which all staff belong.
const House = "house"

// Lang is the language that a person or company reads.
type Lang string

// Languages.
const (
	Japanese Lang = "ja"
	English  Lang = "en"
)

func (l Lang) valid() bool { return l == Japanese || l == English }

// Company is a customer.
type Company struct {
	ID       string // random; "" when it is to be made
	Name     string // 株式会社さくら金属
	NameKana string // サクラキンゾク, for the desk's search
	Industry string // key, not checked here
	Region   string // prefecture as its number of JIS X 0401, "23"; not checked here
	Size     int    // people who work there
	Lang     Lang   // default Japanese
	// Passphrase (合言葉) is how caller and desk know each other on the telephone;
	// it must be readable, so it protects nothing else.
	Passphrase string
	Created    time.Time
}

// Site is a place of a company where a box stands.
type Site struct {
	TenantID string
	ID       string
	Name     string // 本社
	Address  string
}

// Person is somebody of a company.
type Person struct {
	TenantID string
	ID       string
	Email    string // as it was entered
	Name     string
	Lang     Lang // default: the company's
	Role     Role
	// Mails: alert mails go to this person.
	Mails   bool
	Created time.Time
}

// Limits of what people type in.
const (
	maxName   = 200 // runes; the longest registered company name in Japan has under 150
	maxEmail  = 254 // RFC 5321 4.5.3.1.3, as a whole address
	maxReason = 2000
)

// Errors. What does not exist, or is another company's, is [store.ErrNotFound].
var (
	// ErrInvalid: something entered is missing, too long or malformed.
	ErrInvalid = errors.New("tenant: invalid input")
	// ErrEmailTaken: the address already belongs to a person of this centre.
	ErrEmailTaken = errors.New("tenant: e-mail address is taken")
)

// maxPassword is in bytes.
const maxPassword = password.MaxBytes

func checkPassword(text string) error {
	if err := password.Check(text); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func invalid(what string) error { return fmt.Errorf("%w: %s", ErrInvalid, what) }

// checkText lets through what people type into a large field.
func checkText(what, text string, limit int) error {
	switch {
	case !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit:
		return invalid(what + " is too long")
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return invalid(what + " has control characters")
	}
	return nil
}

// checkLine is for names, which stand in the middle of sentences and in the subjects
// of mails: nothing invisible, and nothing that turns the direction of writing.
func checkLine(what, text string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(text) == "":
		return invalid("no " + what)
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return invalid(what + " has invisible characters")
	}
	return checkText(what, text, maxName)
}

func (c *Company) check() error {
	if c.Lang == "" {
		c.Lang = Japanese
	}
	if !c.Lang.valid() {
		return invalid("unknown language")
	}
	if c.Size < 0 {
		return invalid("negative size")
	}
	return errors.Join(checkLine("company name", c.Name, true), checkLine("kana", c.NameKana, false),
		checkLine("industry", c.Industry, false), checkLine("region", c.Region, false), checkLine("passphrase", c.Passphrase, false))
}

func (p *Person) check() error {
	if !p.Role.valid() || p.Role.Staff() != (p.TenantID == House) {
		return invalid("role does not fit the company")
	}
	if !p.Lang.valid() {
		return invalid("unknown language")
	}
	// ASCII only: our mails go no further (RFC 6531 is not spoken), and letters of
	// other alphabets look like these.
	other := func(r rune) bool { return r <= ' ' || r > '~' }
	addr, err := mail.ParseAddress(p.Email)
	if err != nil || addr.Address != p.Email || len(p.Email) > maxEmail || strings.ContainsFunc(p.Email, other) {
		return invalid("e-mail address")
	}
	return checkLine("name", p.Name, true)
}

// EmailKey is how an address is known to the directory: hashed, since the
// directory belongs to nobody, and in lower case, since no provider in use tells
// letters of different case apart.
func EmailKey(email string) string {
	return hashText("email\x00" + strings.ToLower(strings.TrimSpace(email)))
}
