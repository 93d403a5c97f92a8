-- +goose Up
CREATE TABLE export (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    asked_by  TEXT   NOT NULL, -- a person's id
    asked_at  BIGINT NOT NULL,
    state     TEXT   NOT NULL, -- making, ready
    made_at   BIGINT NOT NULL,
    size      BIGINT NOT NULL, -- bytes of the file
    sum       TEXT   NOT NULL, -- its SHA-256, hex
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE export_part (
    tenant_id TEXT   NOT NULL,
    export_id TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    data      BYTEA  NOT NULL,
    PRIMARY KEY (tenant_id, export_id, seq),
    FOREIGN KEY (tenant_id, export_id) REFERENCES export (tenant_id, id)
);

-- +goose Down
DROP TABLE export_part;
DROP TABLE export;
