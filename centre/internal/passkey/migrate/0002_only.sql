-- +goose Up
CREATE TABLE passkey_only (
    tenant_id TEXT   NOT NULL,
    person_id TEXT   NOT NULL, -- whose password opens nothing
    at        BIGINT NOT NULL, -- since when
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);

-- +goose Down
DROP TABLE passkey_only;
