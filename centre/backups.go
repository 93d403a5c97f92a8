package centre

import (
	"context"

	"otasuke/centre/internal/backup"
	"otasuke/centre/internal/witness"
)

// Witness says how every audit record ends, for the command line and after each night's backup.
func (c *Centre) Witness() *witness.Service {
	return witness.New(witness.Config{Store: c.store, Verify: c.tenants.VerifyAudit, Log: c.cfg.Log})
}

// Backup makes a backup in a folder, proves it, and writes down how that went.
func (c *Centre) Backup(ctx context.Context, dir string) (any, error) {
	return c.backups.Make(ctx, dir)
}

// Backups lists what became of backups, the newest first.
func (c *Centre) Backups(ctx context.Context) (any, error) { return c.backups.List(ctx) }

// Restore makes the database and the state folder of a configuration from a backup; neither may be there.
func Restore(ctx context.Context, cfg Config, file string) (any, error) {
	return backup.Restore(ctx, file, cfg.Database, cfg.StateDir)
}

// Prove takes a backup apart and looks at it as a centre would.
func Prove(ctx context.Context, file string) (any, error) { return backup.Prove(ctx, file) }
