-- +goose Up
CREATE TABLE app_use (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    day         BIGINT NOT NULL, -- midnight in Japan
    endpoint_id TEXT   NOT NULL, -- '' for devices that could not be told apart
    app         TEXT   NOT NULL, -- '' for what has no name
    category    TEXT   NOT NULL,
    name        TEXT   NOT NULL, -- as the box calls it
    up          BIGINT NOT NULL, -- bytes that the device sent
    down        BIGINT NOT NULL,
    minutes     BIGINT NOT NULL,
    flows       BIGINT NOT NULL,
    blocked     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, day, endpoint_id, app)
);

-- +goose Down
DROP TABLE app_use;
