package device

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// All calls fn with what is known of each device of every company, inside an operator's reading. It is fn's only until it returns.
func All(tx *store.AllTx, fn func(tenantID string, in *wire.Inside)) error {
	_, err := store.Collect[struct{}](tx.Query(`SELECT tenant_id, info FROM endpoint_about WHERE info <> '' ORDER BY tenant_id`))(
		func(scan func(...any) error) (none struct{}, err error) {
			var company, info string
			if err = scan(&company, &info); err != nil {
				return none, err
			}
			var in wire.Inside
			if err := json.Unmarshal([]byte(info), &in); err != nil {
				return none, fmt.Errorf("device: stored device: %w", err)
			}
			fn(company, &in)
			return none, nil
		})
	return err
}

// Kind is what a device of a company is, an id of content/devices; "" where it is not known.
func (s *Service) Kind(ctx context.Context, tenantID, endpointID string) (kind string, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		k, err := selectKnown(tx, endpointID)
		kind = k.About.Kind.ID
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return kind, err
}
