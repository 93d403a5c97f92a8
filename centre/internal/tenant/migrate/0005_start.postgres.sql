-- +goose Up
-- The log begins after this entry, whose hash is what the rest is verified from: what is older may be deleted.
CREATE TABLE audit_start (
    tenant_id TEXT   NOT NULL PRIMARY KEY REFERENCES company (tenant_id),
    seq       BIGINT NOT NULL,
    hash      TEXT   NOT NULL
);

DROP TRIGGER audit_append_only ON audit;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

-- +goose StatementBegin
CREATE FUNCTION audit_only_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seq > coalesce((SELECT s.seq FROM audit_start s WHERE s.tenant_id = OLD.tenant_id), 0) THEN
        RAISE EXCEPTION 'the audit log is append-only';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_only_old BEFORE DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_only_old();

-- +goose Down
DROP TRIGGER audit_only_old ON audit;
DROP FUNCTION audit_only_old;
DROP TRIGGER audit_append_only ON audit;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

DROP TABLE audit_start;
