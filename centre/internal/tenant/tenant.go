package tenant

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// House is the id of the operator's own company, to which all staff belong.
const House = "house"

// Role is what a person may do.
type Role string

// Roles. The last two are staff of the centre and exist only in [House].
const (
	RoleOwner    Role = "owner"    // everything of the own company
	RoleMember   Role = "member"   // answers alerts, names devices
	RoleReadonly Role = "readonly" // reads
	RoleOperator Role = "operator" // staff: everything, across companies
	RoleDesk     Role = "desk"     // staff: alerts and calls, across companies
)

// Staff says whether the role works for the centre.
func (r Role) Staff() bool { return r == RoleOperator || r == RoleDesk }

func (r Role) valid() bool {
	return r == RoleOwner || r == RoleMember || r == RoleReadonly || r.Staff()
}

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

func invalid(what string) error { return fmt.Errorf("%w: %s", ErrInvalid, what) }

func checkText(what, text string, limit int, needed bool) error {
	switch {
	case needed && strings.TrimSpace(text) == "":
		return invalid("no " + what)
	case !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit:
		return invalid(what + " is too long")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }):
		return invalid(what + " has control characters")
	}
	return nil
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
	return errors.Join(checkText("company name", c.Name, maxName, true), checkText("kana", c.NameKana, maxName, false),
		checkText("industry", c.Industry, maxName, false), checkText("passphrase", c.Passphrase, maxName, false))
}

func (p *Person) check() error {
	if !p.Role.valid() || p.Role.Staff() != (p.TenantID == House) {
		return invalid("role does not fit the company")
	}
	if !p.Lang.valid() {
		return invalid("unknown language")
	}
	addr, err := mail.ParseAddress(p.Email)
	if err != nil || addr.Address != p.Email || len(p.Email) > maxEmail {
		return invalid("e-mail address")
	}
	return checkText("name", p.Name, maxName, true)
}

// emailKey is how an address is known to the directory: hashed, since the
// directory belongs to nobody, and in lower case, since no provider in use tells
// letters of different case apart.
func emailKey(email string) string {
	return hashText("email\x00" + strings.ToLower(strings.TrimSpace(email)))
}
