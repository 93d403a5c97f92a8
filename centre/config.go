package centre

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"otasuke/centre/internal/bulletin"
	"otasuke/centre/internal/feed"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/retention"
	"otasuke/centre/internal/tenant"
	"otasuke/content/offer"
	"otasuke/internal/conffile"
	"otasuke/internal/paper"
)

// ErrConfig tells what is wrong with a configuration.
var ErrConfig = errors.New("centre: configuration")

// Config of a centre, read from one TOML file.
type Config struct {
	// Name of the provider, as customers know it.
	Name string `toml:"name"`
	// Database is "sqlite:///var/lib/otasuke/centre.db" or "postgres://…".
	Database string `toml:"database"`
	// StateDir keeps the authority that signs boxes' certificates.
	StateDir string `toml:"state_dir"`
	// Portal serves customers and Console the staff; both listen for plain HTTP on
	// an address behind the provider's own TLS, or on loopback.
	Portal  WebConfig `toml:"portal"`
	Console WebConfig `toml:"console"`
	// OIDC is the identity provider by which the staff log in.
	OIDC OIDCConfig `toml:"oidc"`
	// Boxes is the listener for boxes; it speaks TLS by itself.
	Boxes   BoxConfig    `toml:"boxes"`
	Mail    MailConfig   `toml:"mail"`
	Bundles BundleConfig `toml:"bundles"`
	// Ops is the listener for those who run the centre: is it well, its figures, its profiles. It is for this
	// machine or a network of yours; nobody logs in there.
	Ops OpsConfig `toml:"ops"`
	// Backup is where copies of everything are put each night.
	Backup BackupConfig `toml:"backup"`
	// Service is what is offered to strangers.
	Service ServiceConfig `toml:"service"`
	// Desk is the consultation desk: its mailbox, hours and scanner.
	Desk DeskConfig `toml:"desk"`
	// News is warnings, announcements and seminars to all customers.
	News NewsConfig `toml:"news"`
	// Advisories is where signed bundles of makers' warnings come from.
	Advisories AdvisoryConfig `toml:"advisories"`
	// Paper names the fonts of what is printed; empty ones are Debian's.
	Paper paper.Fonts `toml:"paper"`
	// Retention is for how many days each kind of data is kept; what is not named is kept as long as usual.
	Retention retention.Days `toml:"retention"`
	// Phone of the desk, as it is read.
	Phone string `toml:"phone"`
	// Hours of the desk by language, as they are read; empty says its opening hours.
	Hours map[string]string `toml:"hours"`
	// WaitHigh and WaitMedium gather events before somebody is told.
	WaitHigh   time.Duration `toml:"wait_high"`
	WaitMedium time.Duration `toml:"wait_medium"`
	// CalmNewBox is how long after its claim a box's ★★☆ are kept from mails. Default: two days; "0s" is none.
	CalmNewBox time.Duration `toml:"calm_new_box"`

	// Software is the version of this build.
	Software string `toml:"-"`
	// Log of all parts.
	Log *slog.Logger `toml:"-"`
	// Cost of password hashes; tests take a cheap one.
	Cost tenant.Cost `toml:"-"`
}

// WebConfig is one site.
type WebConfig struct {
	Listen string `toml:"listen"`
	URL    string `toml:"url"` // as browsers see it
	// TrustedProxies are addresses of our own proxies: who they say that the
	// browser is, is believed. Without it a proxy's address stands for everybody's.
	TrustedProxies []netip.Prefix `toml:"trusted_proxies"`
	// SecondFactor of the console: "required" (default), a week after somebody's first
	// login, or "optional". In the portal it is always optional.
	SecondFactor string `toml:"second_factor"`
	// EmbedBy are origins of sites that may show the portal's page of statistics inside theirs.
	EmbedBy []string `toml:"embed_by"`
}

const factorRequired, factorOptional = "required", "optional"

// BoxConfig is the listener for boxes.
type BoxConfig struct {
	Listen string `toml:"listen"`
	// Names that boxes call it by: host names or addresses.
	Names []string `toml:"names"`
}

// OpsConfig is the listener for operations.
type OpsConfig struct {
	Listen string `toml:"listen"` // empty: none
}

// BackupConfig says where backups are put.
type BackupConfig struct {
	Dir  string `toml:"dir"`  // empty: none are made by themselves
	Keep int    `toml:"keep"` // so many; 14 when 0
}

// MailConfig is how mails go out.
type MailConfig struct {
	Server string `toml:"server"` // host:port
	// TLS is "required", "opportunistic", "implicit" or "none".
	TLS          string `toml:"tls"`
	Username     string `toml:"username"`
	PasswordFile string `toml:"password_file"`
	From         string `toml:"from"` // address
	FromName     string `toml:"from_name"`
	ReplyTo      string `toml:"reply_to"`
	DKIMSelector string `toml:"dkim_selector"`
	DKIMKeyFile  string `toml:"dkim_key_file"`
	// SMIMECertificateFile and SMIMEKeyFile sign mails for those who read them; PEM, the authority's certificate behind the own.
	SMIMECertificateFile string `toml:"smime_certificate_file"`
	SMIMEKeyFile         string `toml:"smime_key_file"`
}

// ServiceConfig is what is offered to strangers.
type ServiceConfig struct {
	// Offers is a folder with prices, terms and consents in dated versions; empty is what is built in.
	Offers string `toml:"offers"`
	// Covers is a folder with what the insurance of visits pays, in dated versions, each with its insurer; empty is what is built in.
	Covers string `toml:"covers"`
	// Postcodes is the table of Japan Post (utf_ken_all.zip); empty: people type their address.
	Postcodes string `toml:"postcodes"`
	// PrivateHooks lets customers' addresses for alerts lead into private networks: only for a centre of one's own company.
	PrivateHooks bool `toml:"private_hooks"`
	// InvoiceNumber is the registration number of the provider as an issuer of qualified invoices: T and 13 digits. Without it no
	// invoices are made. The digits of a SoleProprietor have no check digit.
	InvoiceNumber  string `toml:"invoice_number"`
	SoleProprietor bool   `toml:"sole_proprietor"`
	// Issuer is the name on invoices, when it is not the service's; Address and BankAccount are what stands there besides.
	Issuer      string `toml:"issuer"`
	Address     string `toml:"address"`
	BankAccount string `toml:"bank_account"`
	// Transfer is who collects from customers' accounts.
	Transfer TransferConfig `toml:"transfer"`
}

// DeskConfig is the consultation desk.
type DeskConfig struct {
	// Address is where customers write to; empty is mail.reply_to, or mail.from.
	Address string `toml:"address"`
	// Hours is a file with opening hours of yours; empty is what is built in: weekdays from 9:00 to 17:30.
	Hours string `toml:"hours"`
	// Clamd is the socket of the scanner for attachments; empty: they are said to be unscanned.
	Clamd string `toml:"clamd"`
	// Patience is how long a vendor has to answer when somebody is to be sent; 0 is half an hour.
	Patience time.Duration `toml:"patience"`
	IMAP     IMAPConfig    `toml:"imap"`
}

// IMAPConfig is the mailbox from which the desk's mails are fetched; without a server they come by 'otasuke centre desk-mail'.
type IMAPConfig struct {
	Server string `toml:"server"` // host:port
	// TLS is "implicit", "starttls" or "none".
	TLS          string        `toml:"tls"`
	Username     string        `toml:"username"`
	PasswordFile string        `toml:"password_file"`
	Folder       string        `toml:"folder"` // empty is INBOX
	Done         string        `toml:"done"`   // folder for what was taken; empty is Otasuke
	Every        time.Duration `toml:"every"`  // 30 s when 0: where the server does not tell of mails (IDLE), and after trouble
	Poll         bool          `toml:"poll"`   // never wait for its word: for servers that only say that they can
}

// deskAddress is where customers write to.
func (c *Config) deskAddress() string { return cmp.Or(c.Desk.Address, c.Mail.ReplyTo, c.Mail.From) }

// offers reads what is offered.
func (c *Config) offers() (*offer.Book, error) {
	book, err := offer.Load()
	if c.Service.Offers != "" {
		book, err = offer.Read(os.DirFS(c.Service.Offers))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: service.offers: %w", ErrConfig, err)
	}
	return book, nil
}

// BundleConfig is how what keeps boxes current goes out.
type BundleConfig struct {
	// Wave is how long a wave lasts at least, ProgramWave one of a program; an hour and a day
	// when they are 0.
	Wave        time.Duration `toml:"wave"`
	ProgramWave time.Duration `toml:"program_wave"`
	// Feeds are public rule sets, lists and signatures that are fetched and let out by themselves.
	Feeds []feed.Source `toml:"feed"`
	// Trial is a folder with captures of harmless traffic: rules of which one would block some of it are
	// not let out.
	Trial string `toml:"trial"`
}

// waits are those of the configuration, and the usual ones.
func (b *BundleConfig) waits() release.Waits {
	return release.Waits{Content: cmp.Or(b.Wave, release.Usual.Content), Program: cmp.Or(b.ProgramWave, release.Usual.Program)}
}

// calmNewBox is the time that those take who watch for others: until then what an office does as always has been seen.
const calmNewBox = 48 * time.Hour

// LoadConfig reads a file.
func LoadConfig(path string) (Config, error) {
	c := Config{CalmNewBox: calmNewBox}
	if err := conffile.Read(path, &c); err != nil {
		return c, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return c, c.check()
}

func (c *Config) check() error {
	for _, need := range []struct{ name, value string }{
		{"name", c.Name}, {"database", c.Database}, {"state_dir", c.StateDir}, {"phone", c.Phone},
		{"portal.listen", c.Portal.Listen}, {"portal.url", c.Portal.URL}, {"console.listen", c.Console.Listen}, {"console.url", c.Console.URL},
		{"boxes.listen", c.Boxes.Listen}, {"mail.server", c.Mail.Server}, {"mail.from", c.Mail.From},
	} {
		if need.value == "" {
			return fmt.Errorf("%w: %s is missing", ErrConfig, need.name)
		}
	}
	if len(c.Boxes.Names) == 0 {
		return fmt.Errorf("%w: boxes.names is missing: the host names or addresses that boxes call", ErrConfig)
	}
	if f := c.Console.SecondFactor; f != "" && f != factorRequired && f != factorOptional {
		return fmt.Errorf("%w: console.second_factor is %q, not %q or %q", ErrConfig, f, factorRequired, factorOptional)
	}
	for _, site := range c.Portal.EmbedBy {
		if u, err := url.Parse(site); err != nil || u.Host == "" || u.Path != "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(site, " ;,'") {
			return fmt.Errorf("%w: portal.embed_by: %q is not the origin of a site, like https://www.chamber.example", ErrConfig, site)
		}
	}
	if c.Portal.SecondFactor != "" {
		return fmt.Errorf("%w: portal.second_factor: customers choose by themselves", ErrConfig)
	}
	if err := feed.Check(c.Bundles.Feeds); err != nil {
		return fmt.Errorf("%w: bundles: %w", ErrConfig, err)
	}
	if err := bulletin.Check(c.News.Sources); err != nil {
		return fmt.Errorf("%w: news: %w", ErrConfig, err)
	}
	if err := c.Advisories.check(); err != nil {
		return err
	}
	if err := c.Retention.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := c.OIDC.check(c); err != nil {
		return err
	}
	if _, err := c.provider(); err != nil {
		return err
	}
	if _, err := c.collector(); err != nil {
		return err
	}
	c.Portal.URL, c.Console.URL = strings.TrimSuffix(c.Portal.URL, "/"), strings.TrimSuffix(c.Console.URL, "/")
	return nil
}

// sender reads keys and passwords and says how mails go out.
func (c *Config) sender() (mail.Config, error) {
	m := c.Mail
	out := mail.Config{
		Addr: m.Server, TLS: m.TLS, Username: m.Username, Log: c.Log,
		From: mail.Address{Name: m.FromName, Email: m.From}, ReplyTo: mail.Address{Name: m.FromName, Email: m.ReplyTo},
	}
	if m.ReplyTo == "" {
		out.ReplyTo = mail.Address{}
	}
	if m.PasswordFile != "" {
		b, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return out, fmt.Errorf("%w: mail.password_file: %w", ErrConfig, err)
		}
		out.Password = strings.TrimSpace(string(b))
	}
	var err error
	if out.SMIME, err = m.smime(); err != nil || m.DKIMKeyFile == "" {
		return out, err
	}
	b, err := os.ReadFile(m.DKIMKeyFile)
	if err != nil {
		return out, fmt.Errorf("%w: mail.dkim_key_file: %w", ErrConfig, err)
	}
	key, err := mail.ParseKey(b)
	if err != nil {
		return out, fmt.Errorf("%w: mail.dkim_key_file: %w", ErrConfig, err)
	}
	out.DKIM = &mail.DKIM{Domain: mail.Domain(m.From), Selector: m.DKIMSelector, Key: key}
	return out, nil
}

func (c *Config) bundlesDir() string { return filepath.Join(c.StateDir, "bundles") }

func (c *Config) feedsDir() string { return filepath.Join(c.StateDir, "feeds") }

func (c *Config) authorityDir() string { return filepath.Join(c.StateDir, "authority") }
