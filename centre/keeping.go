package centre

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"otasuke/centre/internal/backup"
	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/export"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/report/printed"
	"otasuke/centre/internal/retention"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/paper"
)

// keptByLaw are tables whose rows stay for some years when a company is deleted: papers of business, seven years from the end of
// the year (法人税法施行規則 59条). Rooms that have to keep something (with billing: invoices) are named here, and nowhere else.
var keptByLaw = []erase.Kept{{Table: "contract", For: papers}, {Table: "contract_member", For: papers}}

const papers = 8 * 365 * 24 * time.Hour // seven years from the end of a business year

// keeping makes the services that give data away and delete them.
func (c *Centre) keeping() {
	c.exports = export.New(export.Config{Store: c.store, Texts: c.texts, Words: c.words()})
	nights := 0
	if c.backups.Wanted() {
		if nights = c.cfg.Backup.Keep; nights <= 0 {
			nights = backup.UsualKeep
		}
	}
	c.erasures = erase.New(erase.Config{Store: c.store, Verify: c.tenants.VerifyAudit, Texts: c.texts, Kept: keptByLaw, Backups: nights, Log: c.cfg.Log})
	c.retention = retention.New(retention.Config{Store: c.store, Days: c.cfg.Retention, Exports: c.exports.Tidy, Kept: c.erasures.TidyKept, Log: c.cfg.Log})
}

// words puts into words, and on paper, what an export has.
func (c *Centre) words() export.Words {
	press := sync.OnceValues(func() (*paper.Press, error) { return paper.Open(c.cfg.Paper) }) // large; only when it is used
	return export.Words{Family: c.knowledge.Title, Report: reportWords, Books: func(ctx context.Context, companyID string, t text.Texts, put func(string, []byte) error) error {
		p, err := press()
		if err != nil {
			p = nil // no fonts: the list alone
		}
		return c.books(ctx, companyID, t, p, put)
	}, Print: func(ctx context.Context, figures []byte, company string, t text.Texts) ([]byte, error) {
		p, err := press()
		if err != nil {
			return nil, nil // no fonts: the portal's start has said so
		}
		var f report.Figures
		if err := json.Unmarshal(figures, &f); err != nil {
			return nil, fmt.Errorf("centre: report: %w", err)
		}
		title := func(family string) string { return c.knowledge.Title(family, t.Lang()) }
		do := func(family, device string) string { return c.knowledge.Do(family, device, t.Lang()) }
		return p.Print(ctx, printed.Report(&f, printed.Reader{Company: company, Provider: c.cfg.Name, Phone: c.cfg.Phone, Title: title, Do: do}, t))
	}}
}

// reportWords says a month's report in sentences.
func reportWords(figures []byte, t text.Texts) (string, error) {
	var f report.Figures
	if err := json.Unmarshal(figures, &f); err != nil {
		return "", fmt.Errorf("centre: report: %w", err)
	}
	say, notes := f.Sentences(t)
	return report.MonthName(f.Month, t.Lang()) + "\n\n" + strings.Join(append(say, notes...), "\n") + "\n\n" + f.Compared(t) + "\n", nil
}

// ErrCompany: there is none, or more than one.
var ErrCompany = errors.New("centre: no company of that id or name")

// companyID finds a company by its id or its whole name.
func (c *Centre) companyID(ctx context.Context, what string) (string, error) {
	if _, err := c.tenants.CompanyByID(ctx, what); err == nil || !errors.Is(err, store.ErrNotFound) {
		return what, err
	}
	all, err := c.tenants.Companies(ctx, tenant.Session{Staff: true, PersonID: cli}, "a company named on the command line")
	found := ""
	for _, one := range all {
		if one.Name == what && found != "" {
			return "", fmt.Errorf("%w: %q is the name of more than one, give an id", ErrCompany, what)
		}
		if one.Name == what {
			found = one.ID
		}
	}
	if err == nil && found == "" {
		err = fmt.Errorf("%w: %q", ErrCompany, what)
	}
	return found, err
}

// Notes writes the desk's own notes about a company's consultations to a file, for who answers a person's request.
func (c *Centre) Notes(ctx context.Context, company, file string) (any, error) {
	id, err := c.companyID(ctx, company)
	if err != nil {
		return nil, err
	}
	n, err := c.exports.Notes(ctx, id, cli, file)
	return map[string]int{"notes": n}, err
}

// Export writes everything of a company, named by its id or name, to a ZIP file.
func (c *Centre) Export(ctx context.Context, company, file string) (any, error) {
	id, err := c.companyID(ctx, company)
	if err != nil {
		return nil, err
	}
	return c.exports.File(ctx, id, cli, file)
}

// Deletion is what "delete-company" reads.
type Deletion struct {
	Company string // id
	Name    string // to confirm it, as it is written
	Why     string
	Cancel  bool // undo it while that is possible
}

// DeleteCompany has a company deleted after the waiting time, or undoes that.
func (c *Centre) DeleteCompany(ctx context.Context, d *Deletion) (any, error) {
	if d.Cancel {
		return map[string]time.Time{"cancelled": time.Now().UTC()}, c.erasures.Cancel(ctx, cli, d.Company)
	}
	if d.Why == "" {
		return nil, fmt.Errorf("centre: say why: \"Why\"")
	}
	return c.erasures.Ask(ctx, cli, d.Company, d.Name, d.Why)
}

// Deletions lists what is to be deleted and what was, with the certificates.
func (c *Centre) Deletions(ctx context.Context) (any, error) {
	all, err := c.erasures.List(ctx)
	if all == nil {
		all = []erase.Erasure{}
	}
	return all, err
}

// Tidy deletes what is too old now, as each night, and counts it by kind.
func (c *Centre) Tidy(ctx context.Context) (any, error) { return c.retention.Run(ctx) }
