-- +goose Up
CREATE TABLE stock (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    serial      TEXT   NOT NULL, -- on the sticker
    model       TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    company_id  TEXT   NOT NULL, -- where it is or is going; '' on the shelf
    contract_id TEXT   NOT NULL,
    replaces    TEXT   NOT NULL, -- serial of the one whose place it takes
    carrier     TEXT   NOT NULL,
    tracking    TEXT   NOT NULL,
    moved_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, serial)
);
CREATE INDEX stock_state ON stock (tenant_id, state, moved_at);
CREATE TABLE stock_step (
    tenant_id  TEXT   NOT NULL,
    serial     TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    company_id TEXT   NOT NULL,
    who        TEXT   NOT NULL,
    why        TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, serial, seq),
    FOREIGN KEY (tenant_id, serial) REFERENCES stock (tenant_id, serial)
);

-- +goose Down
DROP TABLE stock_step;
DROP TABLE stock;
