-- +goose Up
CREATE TABLE backup (
    at      BIGINT NOT NULL PRIMARY KEY,
    file    TEXT   NOT NULL,
    bytes   BIGINT NOT NULL,
    took    BIGINT NOT NULL, -- microseconds
    trouble TEXT   NOT NULL  -- empty when it was made and proven
);

-- +goose Down
DROP TABLE backup;
