package centre

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"otasuke/centre/internal/bulletin"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/portal"
	pages "otasuke/centre/internal/ui/news"
	"otasuke/content/text"
)

// NewsSource is one place that is asked for news.
type NewsSource = bulletin.Source

// NewsConfig is warnings, announcements and seminars to all customers.
type NewsConfig struct {
	// From is the address that they come from, of a domain of its own: what people think of seminars must not hold up an alert. Empty is
	// mail.from. What cannot be delivered comes back to it, and should lie in the desk's mailbox.
	From         string `toml:"from"`
	FromName     string `toml:"from_name"` // empty is mail.from_name
	ReplyTo      string `toml:"reply_to"`  // empty is the desk's address
	DKIMSelector string `toml:"dkim_selector"`
	DKIMKeyFile  string `toml:"dkim_key_file"`
	// Address of the provider and Contact for complaints, which the law wants to stand in promotions; empty is service.address and
	// the desk's telephone.
	Address string `toml:"address"`
	Contact string `toml:"contact"`
	// SecondLook: what one person of the staff writes, another sends.
	SecondLook bool `toml:"second_look"`
	// PrivateSources lets sources lie in private networks.
	PrivateSources bool `toml:"private_sources"`
	// Sources are asked by themselves; what is new there becomes a draft.
	Sources []NewsSource `toml:"source"`
}

// openNews makes the news. Nothing is mailed before [Centre.newsSender].
func (c *Centre) openNews() {
	n := c.cfg.News
	c.news = news.New(news.Config{Store: c.store, Companies: c.tenants, Contracts: c.contracts, Texts: c.texts, Domain: mail.Domain(cmp.Or(n.From, c.cfg.Mail.From)), Provider: c.cfg.Name, Address: cmp.Or(n.Address, c.cfg.Service.Address),
		Contact: cmp.Or(n.Contact, c.cfg.Phone), Phone: c.cfg.Phone, Portal: strings.TrimSuffix(c.cfg.Portal.URL, "/"), SecondLook: n.SecondLook, Sources: n.Sources, Client: bulletin.NewClient(n.PrivateSources), Log: c.cfg.Log})
	c.desk.Bounced = c.news.Bounced
}

// newsSender lets the news out from its own address.
func (c *Centre) newsSender() error {
	n := c.cfg.News
	out, err := c.cfg.sender()
	if err != nil {
		return err
	}
	name := cmp.Or(n.FromName, c.cfg.Mail.FromName)
	out.ReplyTo = mail.Address{Name: name, Email: cmp.Or(n.ReplyTo, c.cfg.deskAddress())}
	if n.From != "" {
		out.From, out.DKIM, out.SMIME, out.Hello = mail.Address{Name: name, Email: n.From}, nil, nil, "" // the certificate is of the other address
		if n.DKIMKeyFile != "" {
			b, err := os.ReadFile(n.DKIMKeyFile)
			if err != nil {
				return fmt.Errorf("%w: news.dkim_key_file: %w", ErrConfig, err)
			}
			key, err := mail.ParseKey(b)
			if err != nil {
				return fmt.Errorf("%w: news.dkim_key_file: %w", ErrConfig, err)
			}
			out.DKIM = &mail.DKIM{Domain: mail.Domain(n.From), Selector: n.DKIMSelector, Key: key}
		}
	}
	s, err := mail.New(out)
	if err != nil {
		return err
	}
	c.news.Sender = s
	return nil
}

// newsJobs are what the queue does for the news.
func (c *Centre) newsJobs(q *job.Queue) {
	for kind, fn := range map[string]func(context.Context, string, json.RawMessage) error{news.KindSpread: c.news.HandleSpread, news.KindMail: c.news.HandleMail, news.KindFetch: c.news.HandleFetch, news.KindRemind: c.news.HandleRemind, news.KindTell: c.news.HandleTell} {
		q.Handle(kind, fn)
	}
}

// newsPages are what the pages of both faces work with.
func (c *Centre) newsPages() pages.Config {
	cfg := pages.Config{Service: c.news, Companies: c.tenants.Companies, Names: c.tenants.NamesOf, People: c.tenants.People, Provider: c.cfg.Name, Phone: c.cfg.Phone, Portal: c.news.Portal, Domain: c.news.Domain, SecondLook: c.cfg.News.SecondLook, Texts: c.texts, Addressed: c.news.Address != ""}
	if c.press != nil {
		cfg.Press = c.press
	}
	return cfg
}

// homeNews are the newest that a person has not read, for the portal's first page.
func (c *Centre) homeNews(ctx context.Context, tenantID, personID string, t text.Texts) (all []portal.News, err error) {
	got, err := c.news.Archive(ctx, tenantID, personID, 10)
	for i := range got {
		if n := &got[i]; !n.Read {
			title, _ := n.In(t.Lang())
			all = append(all, portal.News{Path: "/news/" + n.ID, Title: title, Kind: t.T("news.kind_" + string(n.Kind)), At: n.Got})
		}
	}
	return all, err
}
