-- +goose Up
-- The last signed bundle of advisories that was taken, and why none could be fetched.
CREATE TABLE advisory_bundle (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    serial    BIGINT NOT NULL,
    until     TEXT   NOT NULL, -- day
    taken_by  TEXT   NOT NULL,
    taken_at  BIGINT NOT NULL,
    drafts    BIGINT NOT NULL,
    fault     TEXT   NOT NULL, -- of the last attempt
    fault_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- +goose Down
DROP TABLE advisory_bundle;
