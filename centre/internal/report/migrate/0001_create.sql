-- +goose Up
CREATE TABLE report_month (
    month TEXT NOT NULL PRIMARY KEY, -- 2026-11
    cells TEXT NOT NULL              -- comparisons as JSON: the same for every report of the month
);
CREATE TABLE report (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    month     TEXT   NOT NULL,
    made_at   BIGINT NOT NULL,
    figures   TEXT   NOT NULL, -- JSON; never changed afterwards
    PRIMARY KEY (tenant_id, month)
);
CREATE TABLE report_mail (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    month     TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    state     TEXT   NOT NULL, -- sending, waiting, sent, refused, unsure
    deaths    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, month, person_id)
);

-- +goose Down
DROP TABLE report_mail;
DROP TABLE report;
DROP TABLE report_month;
