-- +goose Up
CREATE TABLE discovery (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id), -- the house
    id           TEXT   NOT NULL,
    kind         TEXT   NOT NULL, -- name, addr, page, file
    value        TEXT   NOT NULL,
    category     TEXT   NOT NULL,
    state        TEXT   NOT NULL, -- proposed, active, withdrawn, dropped; what has ended stays active
    company_id   TEXT   NOT NULL, -- where it was found; '' when that company is gone
    alert_id     TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    made_by      TEXT   NOT NULL,
    confirmed_at BIGINT NOT NULL, -- 0 for not
    ends_at      BIGINT NOT NULL, -- of a proposal 0
    days         BIGINT NOT NULL,
    shown_seq    BIGINT NOT NULL, -- the step with which boxes have it; 0 for none
    gone_seq     BIGINT NOT NULL, -- the step with which they let it go; 0 for none
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE discovery_step (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id),
    seq          BIGINT NOT NULL, -- from 1, over all discoveries
    discovery_id TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    who          TEXT   NOT NULL,
    what         TEXT   NOT NULL,
    why          TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE TABLE discovery_asked (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id),
    discovery_id TEXT   NOT NULL,
    question_id  TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, discovery_id)
);
CREATE INDEX discovery_asked_of ON discovery_asked (discovery_id);
CREATE TABLE discovery_hit (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id),
    discovery_id TEXT   NOT NULL,
    events       BIGINT NOT NULL,
    first_at     BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, discovery_id)
);
CREATE INDEX discovery_hit_of ON discovery_hit (discovery_id);

-- +goose Down
DROP TABLE discovery_hit;
DROP TABLE discovery_asked;
DROP TABLE discovery_step;
DROP TABLE discovery;
