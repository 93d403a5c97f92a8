-- +goose Up
CREATE TABLE advisory (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    id           TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    body         TEXT   NOT NULL, -- JSON
    state        TEXT   NOT NULL, -- draft, published, withdrawn
    made_by      TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    published_by TEXT   NOT NULL,
    published_at BIGINT NOT NULL, -- 0: not yet
    withdrawn_by TEXT   NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    why          TEXT   NOT NULL, -- it was withdrawn
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE advisory_finding (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    advisory_id TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL,
    device      TEXT    NOT NULL, -- what it was called
    product     TEXT    NOT NULL, -- model or program; '' while the model is not known
    subject     TEXT    NOT NULL, -- firmware, or a program
    seen        TEXT    NOT NULL, -- version, as it was seen or told
    answer      TEXT    NOT NULL, -- yes, ask, no
    state       TEXT    NOT NULL, -- open, desk, done, none
    reopened    BOOLEAN NOT NULL,
    done_by     TEXT    NOT NULL, -- a person, or box
    done_at     BIGINT  NOT NULL,
    first_at    BIGINT  NOT NULL,
    changed_at  BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, advisory_id, endpoint_id)
);
CREATE TABLE advisory_label (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    endpoint_id TEXT    NOT NULL,
    subject     TEXT    NOT NULL, -- firmware, or a program
    model       TEXT    NOT NULL, -- as somebody read it from the device
    version     TEXT    NOT NULL,
    unsure      BOOLEAN NOT NULL, -- nobody could tell: the desk helps
    photo       TEXT    NOT NULL, -- an attachment
    said_by     TEXT    NOT NULL,
    said_at     BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, endpoint_id, subject)
);
CREATE TABLE advisory_notice (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    advisory_id TEXT   NOT NULL,
    what        TEXT   NOT NULL, -- yes, ask, remind, again, withdrawn
    sent_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, advisory_id, what)
);

-- +goose Down
DROP TABLE advisory_notice;
DROP TABLE advisory_label;
DROP TABLE advisory_finding;
DROP TABLE advisory;
