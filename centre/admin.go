package centre

import (
	"context"
	"fmt"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
)

// cli is who the audit log names for what is done on the server itself.
const cli = "system:cli"

// NewCompany is a customer to be added.
type NewCompany struct {
	Name, Kana, Industry, Region, Lang, Passphrase string
	Size                                           int
	OwnerName, OwnerEmail, Password                string
}

// Added is what AddCompany made.
type Added struct {
	CompanyID   string    `json:"company_id"`
	OwnerID     string    `json:"owner_id"`
	ClaimCode   string    `json:"claim_code"` // shown once
	Expires     time.Time `json:"claim_code_expires"`
	Fingerprint string    `json:"centre_fingerprint"`
}

// AddCompany adds a customer with its owner and a claim code for its box.
func (c *Centre) AddCompany(ctx context.Context, n NewCompany) (out Added, err error) {
	company := tenant.Company{
		Name: n.Name, NameKana: n.Kana, Industry: n.Industry, Region: n.Region, Size: n.Size, Lang: tenant.Lang(n.Lang), Passphrase: n.Passphrase,
	}
	if out.CompanyID, err = c.tenants.CreateCompany(ctx, cli, company); err != nil {
		return out, err
	}
	owner := tenant.Person{TenantID: out.CompanyID, Email: n.OwnerEmail, Name: n.OwnerName, Role: tenant.RoleOwner, Mails: true}
	if out.OwnerID, err = c.addPerson(ctx, owner, n.Password); err != nil {
		return out, err
	}
	out.ClaimCode, out.Expires, err = c.devices.NewClaim(ctx, out.CompanyID, "", cli)
	out.Fingerprint = c.authority.Fingerprint()
	return out, err
}

// AddOperator adds somebody of the staff.
func (c *Centre) AddOperator(ctx context.Context, name, email, password string) (string, error) {
	return c.addPerson(ctx, tenant.Person{TenantID: tenant.House, Email: email, Name: name, Role: tenant.RoleOperator}, password)
}

func (c *Centre) addPerson(ctx context.Context, p tenant.Person, password string) (string, error) {
	id, err := c.tenants.AddPerson(ctx, cli, p)
	if err != nil {
		return "", err
	}
	if password == "" || c.tenants.Passwordless(p.Role) {
		return id, nil // cannot log in yet, or does by the provider; and is told of alerts all the same
	}
	return id, c.tenants.SetPassword(ctx, cli, p.TenantID, id, password)
}

// AlertLine is one alert as scripts read it.
type AlertLine struct {
	CompanyID string    `json:"company_id"`
	Company   string    `json:"company"`
	ID        string    `json:"id"`
	Case      string    `json:"case"`
	Family    string    `json:"family"`
	Stars     int       `json:"stars"`
	Blocked   bool      `json:"blocked"`
	State     string    `json:"state"`
	Device    string    `json:"device"`
	Count     int       `json:"count"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// Alerts lists the alerts of all companies that are not closed.
func (c *Centre) Alerts(ctx context.Context, why string) ([]AlertLine, error) {
	const most = 500
	items, err := c.alerts.Queue(ctx, cli, why, alert.Filter{Limit: most})
	if err != nil {
		return nil, fmt.Errorf("centre: %w", err)
	}
	out := make([]AlertLine, len(items))
	for i, it := range items {
		a := it.Alert
		out[i] = AlertLine{
			CompanyID: a.TenantID, Company: it.Company, ID: a.ID, Case: a.Case, Family: a.Family, Stars: int(a.Stars), Blocked: a.Blocked,
			State: string(a.State), Device: a.DeviceAddr, Count: a.Count, First: a.First, Last: a.Last,
		}
	}
	return out, nil
}

// RequestLine is one request that waits for an answer, as scripts read it.
type RequestLine struct {
	CompanyID string    `json:"company_id"`
	Company   string    `json:"company"`
	ID        string    `json:"id"`
	What      string    `json:"what"`
	Category  string    `json:"category"`
	Device    string    `json:"device"`
	Reason    string    `json:"reason"`
	Times     int       `json:"times"`
	Asked     time.Time `json:"asked"`
}

// Requests lists what customers say was blocked wrongly and nobody has answered.
func (c *Centre) Requests(ctx context.Context, why string) ([]RequestLine, error) {
	items, err := c.appeals.Waiting(ctx, cli, why)
	if err != nil {
		return nil, fmt.Errorf("centre: %w", err)
	}
	out := make([]RequestLine, len(items))
	for i, a := range items {
		out[i] = RequestLine{CompanyID: a.TenantID, Company: a.Company, ID: a.ID, What: a.What, Category: a.Category, Device: a.Device, Reason: a.Reason, Times: a.Times, Asked: a.Asked}
	}
	return out, nil
}

// HealthLine is one thing that a box said about itself, as scripts read it.
type HealthLine struct {
	CompanyID  string    `json:"company_id"`
	BoxID      string    `json:"box_id"`
	Time       time.Time `json:"time"`
	Protecting bool      `json:"protecting"`
	Note       string    `json:"note"`
}

// Health lists what the boxes in use said about themselves, the newest 100 of each.
func (c *Centre) Health(ctx context.Context, why string) ([]HealthLine, error) {
	const most, each = 1000, 100
	fleet, err := c.devices.Fleet(ctx, cli, why, most)
	if err != nil {
		return nil, fmt.Errorf("centre: %w", err)
	}
	out := []HealthLine{}
	for _, b := range fleet {
		changes, err := c.devices.History(ctx, b.Box.TenantID, b.Box.ID, each)
		if err != nil {
			return nil, fmt.Errorf("centre: %w", err)
		}
		for _, h := range changes {
			out = append(out, HealthLine{CompanyID: b.Box.TenantID, BoxID: b.Box.ID, Time: h.At, Protecting: h.Protecting, Note: h.Note})
		}
	}
	return out, nil
}
