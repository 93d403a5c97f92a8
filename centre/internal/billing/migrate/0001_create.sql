-- +goose Up
-- The provider's own books: they lie at the centre's own company, are numbered without gaps, and stay when a customer goes.
CREATE TABLE invoice (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    number     TEXT   NOT NULL, -- 2026-000001
    year       BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    company_id TEXT   NOT NULL, -- whose it is
    month      TEXT   NOT NULL, -- that is paid, 2026-12
    corrects   TEXT   NOT NULL, -- number of the first of its chain, '' for that itself
    on_day     TEXT   NOT NULL, -- of issue, 2026-12-01
    due        TEXT   NOT NULL,
    total      BIGINT NOT NULL, -- yen with tax
    fold       TEXT   NOT NULL, -- of the company's name, to find it
    body       TEXT   NOT NULL, -- JSON, as it was issued; never changed
    issued_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
CREATE UNIQUE INDEX invoice_seq ON invoice (tenant_id, year, seq);
CREATE UNIQUE INDEX invoice_month ON invoice (tenant_id, company_id, month) WHERE corrects = '';
CREATE INDEX invoice_day ON invoice (tenant_id, on_day, number);
CREATE INDEX invoice_chain ON invoice (tenant_id, corrects) WHERE corrects <> '';
CREATE TABLE invoice_paid (
    tenant_id TEXT   NOT NULL,
    number    TEXT   NOT NULL,
    on_day    TEXT   NOT NULL,
    how       TEXT   NOT NULL, -- 'transfer', 'hand', 'offset'
    who       TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, number) REFERENCES invoice (tenant_id, number)
);
CREATE TABLE invoice_event (
    tenant_id TEXT   NOT NULL,
    number    TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    what      TEXT   NOT NULL,
    who       TEXT   NOT NULL,
    why       TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, number, seq),
    FOREIGN KEY (tenant_id, number) REFERENCES invoice (tenant_id, number)
);
CREATE INDEX invoice_event_what ON invoice_event (tenant_id, what);
CREATE TABLE invoice_account (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    company_id TEXT   NOT NULL,
    bank_no    BIGINT NOT NULL, -- customer number there
    account    TEXT   NOT NULL, -- JSON
    holder     TEXT   NOT NULL,
    fresh      BOOLEAN NOT NULL, -- nothing was collected from it yet
    who        TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, company_id)
);
CREATE UNIQUE INDEX invoice_account_customer ON invoice_account (tenant_id, bank_no);
CREATE TABLE collection (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    on_day    TEXT   NOT NULL, -- 2026-12-27
    who       TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    result_at BIGINT NOT NULL, -- 0 = not back yet
    PRIMARY KEY (tenant_id, on_day)
);
CREATE TABLE collection_line (
    tenant_id  TEXT   NOT NULL,
    on_day     TEXT   NOT NULL,
    customer   TEXT   NOT NULL,
    company_id TEXT   NOT NULL,
    yen        BIGINT NOT NULL,
    numbers    TEXT   NOT NULL, -- JSON, the invoices
    record     TEXT   NOT NULL, -- JSON, as it stands in the file
    result     TEXT   NOT NULL, -- '' until it is known
    PRIMARY KEY (tenant_id, on_day, customer),
    FOREIGN KEY (tenant_id, on_day) REFERENCES collection (tenant_id, on_day)
);
CREATE INDEX collection_line_company ON collection_line (tenant_id, company_id);
CREATE INDEX invoice_company ON invoice (tenant_id, company_id, year, seq);

-- +goose Down
DROP TABLE collection_line;
DROP TABLE collection;
DROP TABLE invoice_account;
DROP TABLE invoice_event;
DROP TABLE invoice_paid;
DROP TABLE invoice;
