-- +goose Up
CREATE TABLE held_rule (
    gid       BIGINT NOT NULL,
    sid       BIGINT NOT NULL,
    msg       TEXT   NOT NULL,
    state     TEXT   NOT NULL, -- held, released, withdrawn
    why       TEXT   NOT NULL, -- spread, marked
    companies BIGINT NOT NULL, -- that had it when it was held
    held_at   BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by TEXT  NOT NULL,
    PRIMARY KEY (gid, sid)
);
CREATE TABLE marked_rule (
    gid     BIGINT NOT NULL,
    sid     BIGINT NOT NULL,
    marker  TEXT   NOT NULL, -- the company
    at      BIGINT NOT NULL,
    PRIMARY KEY (gid, sid, marker)
);

-- +goose Down
DROP TABLE marked_rule;
DROP TABLE held_rule;
