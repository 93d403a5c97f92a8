-- +goose Up
CREATE TABLE endpoint_about (
    tenant_id   TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL,
    random      BOOLEAN NOT NULL, -- the device made its hardware address up
    info        TEXT    NOT NULL, -- JSON: wire.Inside; '' when only people said something
    told_at     BIGINT  NOT NULL, -- the box's newest report
    approved_at BIGINT  NOT NULL, -- 0 until the owner says that it belongs here
    approved_by TEXT    NOT NULL,
    held_at     BIGINT  NOT NULL, -- 0 while it may speak
    PRIMARY KEY (tenant_id, endpoint_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint (tenant_id, id)
);
CREATE TABLE endpoint_change (
    tenant_id   TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL,
    box_id      TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    what        TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    told        BOOLEAN NOT NULL, -- to people
    PRIMARY KEY (tenant_id, endpoint_id, at, what),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint (tenant_id, id)
);

-- +goose Down
DROP TABLE endpoint_change;
DROP TABLE endpoint_about;
