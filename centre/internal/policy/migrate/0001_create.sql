-- +goose Up
CREATE TABLE policy_step (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    subject   TEXT   NOT NULL, -- '' for the company's own, of the house the template
    seq       BIGINT NOT NULL, -- from 1; the highest counts
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    why       TEXT   NOT NULL,
    undoes    BIGINT NOT NULL, -- the step that it takes back, 0 for none
    before    TEXT   NOT NULL, -- JSON
    after     TEXT   NOT NULL, -- JSON
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, subject, seq)
);
CREATE TABLE policy_box (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    box_id    TEXT   NOT NULL,
    said      TEXT   NOT NULL, -- JSON, as the box says it
    at        BIGINT NOT NULL, -- when it said so first
    PRIMARY KEY (tenant_id, box_id)
);

-- +goose Down
DROP TABLE policy_box;
DROP TABLE policy_step;
