package centre

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/desk/fetch"
	"otasuke/centre/internal/desk/letter"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	covers "otasuke/centre/internal/ui/cover"
	pages "otasuke/centre/internal/ui/desk"
	visits "otasuke/centre/internal/ui/dispatch"
	terms "otasuke/content/cover"
	content "otasuke/content/desk"
	"otasuke/internal/ja"
	"otasuke/internal/lifecycle"
)

// deskBook reads what the desk knows.
func (c *Config) deskBook() (*content.Book, error) {
	book, err := content.Load()
	if c.Desk.Hours != "" {
		book, err = content.Read(os.DirFS(filepath.Dir(c.Desk.Hours)), filepath.Base(c.Desk.Hours))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: desk.hours: %w", ErrConfig, err)
	}
	return book, nil
}

// openDesk makes the consultation desk. It answers nobody before [Centre.deskAnswers].
func (c *Centre) openDesk() error {
	book, err := c.cfg.deskBook()
	if err != nil {
		return err
	}
	if len(c.cfg.Hours) == 0 {
		c.cfg.Hours = map[string]string{ja.Japanese: book.Line(time.Now(), c.texts.In(ja.Japanese).T), ja.English: book.Line(time.Now(), c.texts.In(ja.English).T)}
	}
	c.desk = desk.New(desk.Config{Store: c.store, People: c.tenants, Book: book, Texts: c.texts, Domain: mail.Domain(c.cfg.Mail.From), Own: []string{c.cfg.Mail.From, c.cfg.deskAddress()},
		Phone: c.cfg.Phone, Portal: strings.TrimSuffix(c.cfg.Portal.URL, "/"), Clamd: c.cfg.Desk.Clamd, Log: c.cfg.Log})
	return nil
}

// deskAnswers lets the desk's mails out as other mails are, to be answered to its own address.
func (c *Centre) deskAnswers() error {
	out, err := c.cfg.sender()
	if err != nil {
		return err
	}
	out.ReplyTo = mail.Address{Name: c.cfg.Mail.FromName, Email: c.cfg.deskAddress()}
	c.desk.Sender, err = mail.New(out)
	return err
}

// deskPages are those of the desk, for both faces.
func (c *Centre) deskPages() (customers, staff ui.Guest) {
	cfg := pages.Config{Desk: c.desk, Book: c.desk.Book, Companies: c.tenants, Alerts: c.alerts, Boxes: c.devices, Contracts: c.contracts, Families: c.knowledge}
	return pages.Customers(cfg), pages.Staff(cfg)
}

// visitPages are those about vendors who go to customers, for both faces.
func (c *Centre) visitPages() (customers, staff ui.Guest) {
	cfg := visits.Config{Dispatch: c.visits, Alerts: c.alerts, Explain: c.knowledge, Contracts: c.contracts, Companies: c.tenants, Provider: c.cfg.Name, Yen: func() int {
		if v, ok := c.contracts.Offer(); ok {
			return v.Prices.Visit
		}
		return 0
	}}
	return visits.Customers(cfg), visits.Staff(cfg)
}

// openCover makes the insurance of visits.
func (c *Centre) openCover() error {
	book, err := terms.Load()
	if c.cfg.Service.Covers != "" {
		book, err = terms.Read(os.DirFS(c.cfg.Service.Covers))
	}
	if err != nil {
		return fmt.Errorf("%w: service.covers: %w", ErrConfig, err)
	}
	c.cover = cover.New(cover.Config{Store: c.store, Contracts: c.contracts, Alerts: c.alerts, Visits: c.visits, Book: book, Mails: c.mailed})
	return nil
}

// mailed are the mails about an alert that a server took, as they were sent where that was kept.
func (c *Centre) mailed(ctx context.Context, tenantID, alertID string) (all []cover.Mail, err error) {
	n := notify.New(notify.Config{Store: c.store})
	told, err := n.Deliveries(ctx, tenantID, alertID)
	if err != nil {
		return nil, err
	}
	copies, err := n.Copies(ctx, tenantID, alertID)
	for i := range told {
		if d := &told[i]; d.State == notify.StateSent {
			x := copies[d.MessageID]
			all = append(all, cover.Mail{At: d.Sent, Email: d.Email, Subject: d.Subject, MessageID: d.MessageID, Text: x.Text, Sum: x.Sum, Raw: x.Raw})
		}
	}
	return all, err
}

// coverPages are those about the insurance of visits, for both faces.
func (c *Centre) coverPages() (customers, staff ui.Guest) {
	cfg := covers.Config{Cover: c.cover, Visits: c.visits, Companies: c.tenants, Provider: c.cfg.Name, Told: func(ctx context.Context, tenantID, alertID, lang string) ([]string, error) {
		a, err := c.alerts.Get(ctx, tenantID, alertID)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil // kept no longer
		}
		if err != nil {
			return nil, err
		}
		x := c.knowledge.Explain(&a, lang, a.First)
		return append([]string{x.StarsWords, c.texts.In(lang).T("report.todo_case", "case", x.Case), x.What, x.Happened, x.Stopped, x.Danger, x.Do}, x.Steps...), nil
	}}
	if c.press != nil {
		cfg.Press = c.press
	}
	return covers.Customers(cfg), covers.Staff(cfg)
}

// mailbox is the part that fetches the desk's mails; false without one.
func (c *Centre) mailbox() (part lifecycle.Part, ok bool, err error) {
	m := c.cfg.Desk.IMAP
	if m.Server == "" {
		return part, false, nil
	}
	password := ""
	if m.PasswordFile != "" {
		b, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return part, false, fmt.Errorf("%w: desk.imap.password_file: %w", ErrConfig, err)
		}
		password = strings.TrimSpace(string(b))
	}
	f, err := fetch.New(fetch.Config{Addr: m.Server, TLS: m.TLS, Username: m.Username, Password: password, Folder: m.Folder, Done: m.Done, Every: m.Every, Poll: m.Poll, MaxSize: letter.MaxSize, Log: c.cfg.Log,
		Take: func(ctx context.Context, raw []byte, cut bool) error {
			err := c.desk.Take(ctx, raw, cut)
			if errors.Is(err, desk.ErrEmpty) {
				return nil // there is nothing to lose
			}
			return err
		}})
	if err != nil {
		return part, false, fmt.Errorf("%w: desk.imap: %w", ErrConfig, err)
	}
	return lifecycle.Part{Name: "mailbox", Run: f.Run}, true, nil
}

// DeskMail takes a mail to the desk, as a mail server pipes it in. When it returns nil the mail is kept, and the
// running centre reads it within a second; after an error the mail server has to try again.
func (c *Centre) DeskMail(ctx context.Context, r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, letter.MaxSize+1))
	if err != nil {
		return fmt.Errorf("centre: %w", err)
	}
	return c.desk.Take(ctx, raw, false)
}

// Exit codes of sysexits.h, by which a mail server knows what to do with a mail that was not taken.
const (
	exitData = 65 // EX_DATAERR: it goes back to its sender
	exitTemp = 75 // EX_TEMPFAIL: it is tried again
)

// MailExit is the exit code of 'otasuke centre desk-mail' for an error.
func MailExit(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, desk.ErrLarge), errors.Is(err, desk.ErrEmpty):
		return exitData
	}
	return exitTemp
}
