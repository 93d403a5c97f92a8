-- +goose Up
CREATE TABLE attachment (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL,
    name       TEXT   NOT NULL, -- as it is shown
    kind       TEXT   NOT NULL, -- media type, by its bytes
    size       BIGINT NOT NULL,
    sum        TEXT   NOT NULL, -- SHA-256
    sent_by    TEXT   NOT NULL,
    sent_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE attachment_part (
    tenant_id     TEXT   NOT NULL,
    attachment_id TEXT   NOT NULL,
    seq           BIGINT NOT NULL,
    data          BYTEA  NOT NULL,
    PRIMARY KEY (tenant_id, attachment_id, seq),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id)
);

-- +goose Down
DROP TABLE attachment_part;
DROP TABLE attachment;
