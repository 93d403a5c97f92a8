package centre

import (
	"context"

	"otasuke/centre/internal/care"
	"otasuke/centre/internal/tenant"
)

// staffLogins are the people of the console: a vendor's person who gets another role, or leaves, has no company any more. That
// comes first, so that nobody who stays has what was to be taken.
type staffLogins struct {
	*tenant.Service
	care *care.Service
}

// ChangePerson is tenant.Service's.
func (l staffLogins) ChangePerson(ctx context.Context, who, tenantID, personID string, role tenant.Role, mails bool) error {
	if tenantID == tenant.House && role != tenant.RoleVendor {
		if err := l.care.Forget(ctx, who, "another role", personID); err != nil {
			return err
		}
	}
	return l.Service.ChangePerson(ctx, who, tenantID, personID, role, mails)
}

// RemovePerson is tenant.Service's.
func (l staffLogins) RemovePerson(ctx context.Context, who, tenantID, personID string) error {
	if tenantID == tenant.House {
		if err := l.care.Forget(ctx, who, "left", personID); err != nil {
			return err
		}
	}
	return l.Service.RemovePerson(ctx, who, tenantID, personID)
}
