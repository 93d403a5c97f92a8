package cases

import (
	"context"
	"embed"
	"strconv"
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/playbook"
	"otasuke/content/text"
)

//go:embed *.html
var files embed.FS

//go:embed cases.css
var style []byte

// Alerts is alert.Service.
type Alerts interface {
	Queue(ctx context.Context, who, why string, f alert.Filter) ([]alert.QueueItem, error)
	Weigh(ctx context.Context, who, why string, v alert.Verdict, picks []alert.Pick) ([]alert.Weighed, error)
	Decide(ctx context.Context, who string, d alert.Decision, p alert.Pick) (alert.Fit, error)
	Tick(ctx context.Context, tenantID, id, who, step string, done bool) error
}

// Companies is tenant.Service.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	NamesOf(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
}

// Config says what the pages work with.
type Config struct {
	Alerts    Alerts
	Companies Companies
	// Title names a threat family.
	Title func(family, lang string) string
	// Misfire notes that an alert's rule was wrong, as misfire.Service does.
	Misfire func(ctx context.Context, tenantID, alertID string) error
	Book    *playbook.Book
	// Texts has all languages: some words are written in those of customers.
	Texts *text.Catalogue
}

type pages struct {
	Config
	ui.Host
	confirm, result *ui.Page
}

// Staff are the pages of the console. They have no entry in its menu: the queue leads to them.
func Staff(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		if p.confirm, err = ui.ParsePage(files, "confirm.html", "rows.html"); err != nil {
			return err
		}
		if p.result, err = ui.ParsePage(files, "result.html", "rows.html"); err != nil {
			return err
		}
		r.Page(ui.Writer, "POST /together", p.choose)
		r.Page(ui.Writer, "POST /together/decide", p.decide)
		r.Page(ui.Writer, "POST /cases/{tenant}/{alert}/tick", p.tick)
		return nil
	}}
}

// Value is a pick as a form carries it; company and alert have no slash.
func Value(p alert.Pick) string { return p.TenantID + "/" + p.ID + "/" + strconv.Itoa(p.Version) }

// maxLength of a pick in a form: twice what ours have.
const maxLength = 128

// Read is the inverse of [Value]; false for what is none.
func Read(s string) (p alert.Pick, ok bool) {
	parts := strings.Split(s, "/")
	if len(s) > maxLength || len(parts) != 3 || parts[0] == "" || parts[0] == tenant.House || parts[1] == "" {
		return p, false
	}
	n, err := strconv.Atoi(parts[2])
	return alert.Pick{TenantID: parts[0], ID: parts[1], Version: n}, err == nil && n >= 0
}

// picks reads what was chosen, each alert once, at most [alert.MaxTogether]; left is how many more there were.
func picks(values []string) (all []alert.Pick, left int) {
	seen := map[[2]string]bool{}
	for _, s := range values {
		p, ok := Read(s)
		key := [2]string{p.TenantID, p.ID}
		if !ok || seen[key] {
			continue
		}
		seen[key] = true
		if len(all) == alert.MaxTogether {
			left++
			continue
		}
		all = append(all, p)
	}
	return all, left
}
