-- +goose Up
CREATE TABLE box (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    id          TEXT    NOT NULL,
    site_id     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    software    TEXT    NOT NULL,
    claimed_at  BIGINT  NOT NULL,
    last_seen   BIGINT  NOT NULL,
    protecting  BOOLEAN NOT NULL,
    since       BIGINT  NOT NULL,
    health_at   BIGINT  NOT NULL,
    health      TEXT    NOT NULL, -- JSON: wire.Health
    returned_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE claim_code (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL, -- hash of the code
    site_id     TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT NOT NULL,
    box_id      TEXT,
    key_hash    TEXT   NOT NULL,
    certificate TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, box_id) REFERENCES box (tenant_id, id)
);
CREATE TABLE box_health (
    tenant_id  TEXT    NOT NULL,
    box_id     TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    protecting BOOLEAN NOT NULL,
    note       TEXT    NOT NULL,
    FOREIGN KEY (tenant_id, box_id) REFERENCES box (tenant_id, id)
);
CREATE INDEX box_health_at ON box_health (tenant_id, box_id, at);
CREATE TABLE box_gap (
    tenant_id TEXT    NOT NULL,
    box_id    TEXT    NOT NULL,
    since     BIGINT  NOT NULL,
    until     BIGINT  NOT NULL, -- 0 while it lasts
    raised    BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, box_id, since),
    FOREIGN KEY (tenant_id, box_id) REFERENCES box (tenant_id, id)
);
CREATE TABLE endpoint (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    site_id   TEXT   NOT NULL,
    known_by  TEXT   NOT NULL,
    mac       TEXT   NOT NULL,
    addr      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    first_at  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, known_by)
);

-- +goose Down
DROP TABLE endpoint;
DROP TABLE box_gap;
DROP TABLE box_health;
DROP TABLE claim_code;
DROP TABLE box;
