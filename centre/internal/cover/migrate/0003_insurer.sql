-- +goose Up
-- Of which insurer somebody is, where the terms name several: only its claims are shown.
CREATE TABLE cover_insurer (
    tenant_id TEXT NOT NULL REFERENCES company (tenant_id), -- the centre's own
    person_id TEXT NOT NULL,
    insurer   TEXT NOT NULL, -- as the terms name it
    PRIMARY KEY (tenant_id, person_id)
);

-- +goose Down
DROP TABLE cover_insurer;
