-- +goose Up
CREATE TABLE vendor (
    tenant_id TEXT    NOT NULL REFERENCES company (tenant_id), -- the centre's own
    id        TEXT    NOT NULL,
    body      TEXT    NOT NULL, -- JSON
    moved_at  BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE visit (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    id          TEXT    NOT NULL,
    number      TEXT    NOT NULL, -- six digits
    once        TEXT    NOT NULL, -- of the form that asked, so that sending it twice asks once
    alert_id    TEXT    NOT NULL, -- '' for none
    ticket_id   TEXT    NOT NULL, -- '' for none
    state       TEXT    NOT NULL,
    version     BIGINT  NOT NULL, -- grows with each change: of two at once, one wins
    brief       TEXT    NOT NULL, -- JSON, what the vendor is told
    round       BIGINT  NOT NULL, -- offers that were made
    vendor_id   TEXT    NOT NULL,
    vendor_name TEXT    NOT NULL, -- as it was then
    phone       TEXT    NOT NULL, -- of the vendor
    arrival     TEXT    NOT NULL, -- when somebody comes, as the vendor said it
    report      TEXT    NOT NULL, -- JSON, '' before there is one
    decision    TEXT    NOT NULL, -- why it was closed
    decided_by  TEXT    NOT NULL,
    asked_at    BIGINT  NOT NULL,
    due_at      BIGINT  NOT NULL, -- of the open offer
    moved_at    BIGINT  NOT NULL,
    ended_at    BIGINT  NOT NULL, -- the vendor's part is over; 0 = not yet
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX visit_once ON visit (tenant_id, once);
CREATE UNIQUE INDEX visit_alert ON visit (tenant_id, alert_id) WHERE alert_id <> '' AND state NOT IN ('closed', 'cancelled');
CREATE INDEX visit_state ON visit (state, moved_at);
CREATE TABLE visit_offer (
    tenant_id   TEXT   NOT NULL,
    visit_id    TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    vendor_id   TEXT   NOT NULL,
    vendor_name TEXT   NOT NULL,
    email       TEXT   NOT NULL,
    lang        TEXT   NOT NULL,
    answer      TEXT   NOT NULL, -- '' open, 'accepted', 'declined', 'silent', 'returned', 'over'
    why         TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, seq),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);
CREATE TABLE visit_link (
    tenant_id TEXT   NOT NULL,
    id        TEXT   NOT NULL, -- hash of the token
    visit_id  TEXT   NOT NULL,
    seq       BIGINT NOT NULL, -- the offer
    made_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);
CREATE TABLE visit_step (
    tenant_id TEXT   NOT NULL,
    visit_id  TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    who       TEXT   NOT NULL, -- a person's id, 'vendor:' and its id, or 'system'
    why       TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, seq),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);
CREATE TABLE visit_file (
    tenant_id TEXT   NOT NULL,
    visit_id  TEXT   NOT NULL,
    file_id   TEXT   NOT NULL, -- attachment
    kind      TEXT   NOT NULL, -- 'photo', 'signature', 'invoice'
    PRIMARY KEY (tenant_id, visit_id, file_id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);

-- +goose Down
DROP TABLE visit_file;
DROP TABLE visit_step;
DROP TABLE visit_link;
DROP TABLE visit_offer;
DROP TABLE visit;
DROP TABLE vendor;
