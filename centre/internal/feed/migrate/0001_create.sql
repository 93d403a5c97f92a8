-- +goose Up
CREATE TABLE feed (
    name     TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    next_at  BIGINT NOT NULL, -- it is fetched then; a process that fetches moves it on first
    etag     TEXT   NOT NULL, -- of the answer that is kept
    modified TEXT   NOT NULL, -- the same as a date
    digest   TEXT   NOT NULL, -- of the files that are kept, empty for none
    entries  BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL, -- when the source was asked last with success
    changed_at BIGINT NOT NULL, -- when it had something new
    trouble  TEXT   NOT NULL  -- why the last attempt failed
);
CREATE TABLE feed_bundle (
    kind    TEXT   NOT NULL PRIMARY KEY,
    digest  TEXT   NOT NULL, -- of what was tried last
    version BIGINT NOT NULL, -- of the release, 0 when it was not let out
    at      BIGINT NOT NULL,
    trouble TEXT   NOT NULL
);

-- +goose Down
DROP TABLE feed_bundle;
DROP TABLE feed;
