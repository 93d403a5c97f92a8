package console

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"otasuke/centre/internal/care"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/flows"
)

// Care says which companies' boxes vendors see; care.Service is one.
type Care interface {
	Vendors(ctx context.Context) ([]tenant.Person, error)
	Of(ctx context.Context, tenantID string) ([]string, error)
	Companies(ctx context.Context, who, personID string) ([]string, error)
	Give(ctx context.Context, tenantID, who, why, personID string) error
	Take(ctx context.Context, tenantID, who, why, personID string) error
}

// careForm is who of the vendors sees a company's boxes, and who can be added.
type careForm struct{ Has, Others []flows.Option }

// caring fills in who looks after a company, for those who may change it.
func (c *console) caring(v *ui.Visit, view *companyView, tenantID string) error {
	if c.Care == nil || !v.Role.May(tenant.MayOperate) {
		return nil
	}
	ctx := v.Request.Context()
	vendors, err := c.Care.Vendors(ctx)
	if err != nil {
		return err
	}
	has, err := c.Care.Of(ctx, tenantID)
	if err != nil {
		return err
	}
	view.Care = &careForm{}
	for _, p := range vendors {
		to := &view.Care.Others
		if slices.Contains(has, p.ID) {
			to = &view.Care.Has
		}
		*to = append(*to, flows.Option{Value: p.ID, Label: p.Name + " " + p.Email})
	}
	return nil
}

// giveCare lets a vendor's person see a company's boxes, or ends that.
func (c *console) giveCare(w http.ResponseWriter, v *ui.Visit) error {
	company, err := c.customer(v)
	if err != nil {
		return err
	}
	change := c.Care.Give
	if v.Request.PostFormValue("do") == "take" {
		change = c.Care.Take
	}
	why, ok := reason(v)
	if !ok {
		return c.back(w, v, "/companies/"+company.ID)
	}
	switch err := change(v.Request.Context(), company.ID, v.PersonID, why, v.Request.PostFormValue("person")); {
	case errors.Is(err, care.ErrNotVendor), errors.Is(err, care.ErrTooMany):
		return c.done(w, v, company.ID, "nocare")
	case err != nil:
		return err
	}
	return c.done(w, v, company.ID, "cared")
}

// fleetOf are the boxes that somebody may see: staff who may read see all, a vendor's people those of the companies that they
// were given, and nothing of any other is read for them. Their look stands in each company's record.
func (c *console) fleetOf(v *ui.Visit) (all []device.FleetBox, err error) {
	ctx := v.Request.Context()
	if v.Role.May(tenant.MayRead) {
		return c.Devices.Fleet(ctx, v.PersonID, "console: fleet", maxFleet)
	}
	if c.Care == nil {
		return nil, nil
	}
	own, err := c.Care.Companies(ctx, v.PersonID, v.PersonID)
	if err != nil {
		return nil, err
	}
	for _, id := range own {
		company, err := c.Companies.CompanyByID(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // it went this moment
		}
		if err != nil {
			return nil, err
		}
		if err := c.look(v, id, "view.boxes", id, v.T("console.care_why")); err != nil {
			return nil, err
		}
		boxes, err := c.Devices.Boxes(ctx, id)
		if err != nil {
			return nil, err
		}
		for i := range boxes {
			if boxes[i].Returned.IsZero() {
				all = append(all, device.FleetBox{Company: company.Name, Box: boxes[i]})
			}
		}
	}
	return all, nil
}
