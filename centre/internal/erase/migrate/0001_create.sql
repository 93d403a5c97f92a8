-- +goose Up
-- Of companies that are going or gone: it outlives them, so there is no tenant_id.
CREATE TABLE erasure (
    id          TEXT   NOT NULL PRIMARY KEY,
    subject     TEXT   NOT NULL, -- the id of the company
    name        TEXT   NOT NULL,
    lang        TEXT   NOT NULL,
    asked_by    TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    why         TEXT   NOT NULL,
    due_at      BIGINT NOT NULL, -- nothing is deleted before
    state       TEXT   NOT NULL, -- waiting, cancelled, running, done, told
    ended_at    BIGINT NOT NULL,
    people      TEXT   NOT NULL, -- JSON: who gets the certificate, while they have not got it
    counts      TEXT   NOT NULL, -- JSON: rows that went, by table
    facts       TEXT   NOT NULL, -- JSON: boxes cut off, the audit log's end
    certificate TEXT   NOT NULL
);
CREATE UNIQUE INDEX erasure_open ON erasure (subject) WHERE state IN ('waiting', 'running');

-- What law wants to be kept of them.
CREATE TABLE erasure_kept (
    erasure_id TEXT   NOT NULL REFERENCES erasure (id),
    item       TEXT   NOT NULL, -- the table that it was in
    seq        BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    body       TEXT   NOT NULL, -- JSON: the row
    PRIMARY KEY (erasure_id, item, seq)
);

-- +goose Down
DROP TABLE erasure_kept;
DROP TABLE erasure;
