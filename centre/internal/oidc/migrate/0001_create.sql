-- +goose Up
CREATE TABLE oidc_link (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- hash of issuer and subject
    person_id  TEXT   NOT NULL,
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL, -- of the account at the provider
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL, -- 0 = never
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE UNIQUE INDEX oidc_link_person ON oidc_link (tenant_id, person_id, issuer);
CREATE TABLE oidc_spent (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- the house
    id         TEXT   NOT NULL, -- hash of the state of a login
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX oidc_spent_expiry ON oidc_spent (tenant_id, expires_at);

-- +goose Down
DROP TABLE oidc_spent;
DROP TABLE oidc_link;
