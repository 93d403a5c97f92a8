-- +goose Up
CREATE TABLE directory (
    kind  TEXT NOT NULL,
    item  TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (kind, item)
);
CREATE INDEX directory_owner ON directory (owner, kind);

CREATE TABLE operator_access (
    at  BIGINT NOT NULL,
    who TEXT   NOT NULL,
    why TEXT   NOT NULL
);
CREATE INDEX operator_access_at ON operator_access (at);

-- +goose Down
DROP TABLE operator_access;
DROP TABLE directory;
