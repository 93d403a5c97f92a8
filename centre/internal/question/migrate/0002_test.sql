-- +goose Up
CREATE TABLE box_test (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL, -- of the question
    box_id      TEXT   NOT NULL,
    who         TEXT   NOT NULL, -- asked
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    answer      TEXT   NOT NULL, -- JSON, what the box found
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX box_test_at ON box_test (tenant_id, box_id, answered_at);

-- +goose Down
DROP TABLE box_test;
