-- +goose Up
CREATE TABLE application (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    id         TEXT   NOT NULL,
    number     TEXT   NOT NULL, -- as it stands on the paper; '' until it is sent
    state      TEXT   NOT NULL,
    form       TEXT   NOT NULL, -- JSON, as it was typed in its normal form
    offer      TEXT   NOT NULL, -- version that was agreed to
    fold       TEXT   NOT NULL, -- of the company's name, to find it again
    email      TEXT   NOT NULL, -- in lower case
    phone      TEXT   NOT NULL, -- digits
    corporate  TEXT   NOT NULL,
    paper      TEXT   NOT NULL, -- id of the attachment, '' for none
    company_id TEXT   NOT NULL, -- what came of it, '' for nothing yet
    entered_at BIGINT NOT NULL,
    moved_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX application_number ON application (tenant_id, number) WHERE number <> '';
CREATE INDEX application_state ON application (tenant_id, state, moved_at);
CREATE TABLE application_link (
    tenant_id      TEXT   NOT NULL,
    id             TEXT   NOT NULL, -- hash of the token
    application_id TEXT   NOT NULL,
    made_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, application_id) REFERENCES application (tenant_id, id)
);
CREATE INDEX application_link_of ON application_link (tenant_id, application_id);
CREATE TABLE contract (
    tenant_id      TEXT   NOT NULL REFERENCES company (tenant_id),
    id             TEXT   NOT NULL,
    application_id TEXT   NOT NULL, -- of the centre; '' for one that was made by hand
    number         TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    offer          TEXT   NOT NULL,
    form           TEXT   NOT NULL, -- JSON, as it was signed
    visit          BOOLEAN NOT NULL, -- somebody comes to install
    signed_at      BIGINT NOT NULL,
    installed_at   BIGINT NOT NULL, -- 0 = not yet; what is paid counts from here
    ends_at        BIGINT NOT NULL, -- the midnight with which it ends; 0 = open
    moved_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE contract_step (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    subject   TEXT   NOT NULL, -- id of the application or contract
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    state     TEXT   NOT NULL, -- that it came to
    who       TEXT   NOT NULL, -- a person's id, 'applicant', or 'system'
    why       TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, subject, seq)
);
CREATE TABLE contract_member (
    tenant_id TEXT    NOT NULL REFERENCES company (tenant_id),
    month     TEXT    NOT NULL, -- first month for which it counts, 2026-12
    member    BOOLEAN NOT NULL, -- of a chamber
    proof     TEXT    NOT NULL, -- what was seen: name and number of the chamber's
    who       TEXT    NOT NULL,
    at        BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, month)
);

-- +goose Down
DROP TABLE contract_member;
DROP TABLE contract_step;
DROP TABLE contract;
DROP TABLE application_link;
DROP TABLE application;
