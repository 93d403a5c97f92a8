-- +goose Up
CREATE TABLE seen_event (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    box_id    TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    at        BIGINT NOT NULL, -- when it came
    PRIMARY KEY (tenant_id, box_id, id)
);
CREATE INDEX seen_event_at ON seen_event (tenant_id, at);

-- +goose Down
DROP TABLE seen_event;
