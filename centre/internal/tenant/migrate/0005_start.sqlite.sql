-- +goose Up
-- The log begins after this entry, whose hash is what the rest is verified from: what is older may be deleted.
CREATE TABLE audit_start (
    tenant_id TEXT   NOT NULL PRIMARY KEY REFERENCES company (tenant_id),
    seq       BIGINT NOT NULL,
    hash      TEXT   NOT NULL
);

DROP TRIGGER audit_no_delete;

-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT seq FROM audit_start WHERE tenant_id = OLD.tenant_id), 0)
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_no_delete;

-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd

DROP TABLE audit_start;
