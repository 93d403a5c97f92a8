-- +goose Up
-- Belongs to no tenant (the worker serves all); owner is a tenant's id.
CREATE TABLE job (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner      TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    args       TEXT   NOT NULL,
    dedupe     TEXT   NOT NULL, -- '' = none
    state      TEXT   NOT NULL, -- waiting, running, failed
    run_at     BIGINT NOT NULL, -- while running: when the lease ends
    attempt    BIGINT NOT NULL,
    attempts   BIGINT NOT NULL, -- allowed
    last_error TEXT   NOT NULL
);
CREATE INDEX job_due ON job (state, run_at);
-- A job that has begun may have read old facts, so it stops nobody from waiting.
CREATE UNIQUE INDEX job_dedupe ON job (owner, kind, dedupe) WHERE state = 'waiting' AND dedupe <> '';

-- +goose Down
DROP TABLE job;
