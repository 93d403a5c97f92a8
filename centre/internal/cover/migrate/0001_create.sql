-- +goose Up
CREATE TABLE cover_claim (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL,
    visit_id   TEXT   NOT NULL,
    alert_id   TEXT   NOT NULL,
    terms      TEXT   NOT NULL, -- version that was signed
    year_from  TEXT   NOT NULL, -- first day of the policy year
    slot       BIGINT NOT NULL, -- which of the uses of the year, from 1
    state      TEXT   NOT NULL, -- 'prepared', 'sent', 'paid', 'refused', 'withdrawn'
    cost       BIGINT NOT NULL, -- yen, of the visit
    asked      BIGINT NOT NULL, -- yen, at most the cap
    decided    BIGINT NOT NULL, -- yen
    decided_by TEXT   NOT NULL, -- who at the insurer
    decided_on TEXT   NOT NULL, -- day of the letter
    why        TEXT   NOT NULL,
    letter     TEXT   NOT NULL, -- attachment
    who        TEXT   NOT NULL, -- of the staff, last
    made_at    BIGINT NOT NULL,
    moved_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX cover_claim_use ON cover_claim (tenant_id, year_from, slot) WHERE state NOT IN ('refused', 'withdrawn');
CREATE UNIQUE INDEX cover_claim_visit ON cover_claim (tenant_id, visit_id) WHERE state <> 'withdrawn';

-- +goose Down
DROP TABLE cover_claim;
