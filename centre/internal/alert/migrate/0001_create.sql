-- +goose Up
CREATE TABLE alert (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    id          TEXT    NOT NULL,
    case_no     TEXT    NOT NULL,
    group_key   TEXT    NOT NULL,
    box_id      TEXT    NOT NULL,
    device_id   TEXT    NOT NULL,
    device_name TEXT    NOT NULL,
    device_addr TEXT    NOT NULL,
    inbound     BOOLEAN NOT NULL,
    family      TEXT    NOT NULL,
    families    TEXT    NOT NULL, -- JSON: family → events
    stars       BIGINT  NOT NULL,
    blocked     BOOLEAN NOT NULL,
    state       TEXT    NOT NULL,
    answer      TEXT    NOT NULL,
    answered_at BIGINT  NOT NULL,
    reason      TEXT    NOT NULL,
    first_at    BIGINT  NOT NULL,
    last_at     BIGINT  NOT NULL,
    closed_at   BIGINT  NOT NULL,
    notify_at   BIGINT  NOT NULL, -- when the first mail is due
    events      BIGINT  NOT NULL,
    evidence    TEXT    NOT NULL, -- JSON: newest events
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX alert_last ON alert (tenant_id, last_at);
CREATE INDEX alert_group ON alert (tenant_id, group_key, last_at);
CREATE INDEX alert_queue ON alert (state, stars, first_at);

CREATE TABLE alert_change (
    tenant_id TEXT   NOT NULL,
    alert_id  TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    what      TEXT   NOT NULL,
    note      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, alert_id, seq),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alert (tenant_id, id)
);
CREATE TABLE alert_counter (
    tenant_id TEXT   NOT NULL PRIMARY KEY REFERENCES company (tenant_id),
    used      BIGINT NOT NULL
);
CREATE TABLE alert_day (
    tenant_id TEXT    NOT NULL REFERENCES company (tenant_id),
    day       BIGINT  NOT NULL, -- 20261121, in Japan
    inbound   BOOLEAN NOT NULL,
    events    BIGINT  NOT NULL,
    blocked   BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, day, inbound)
);

-- +goose Down
DROP TABLE alert_day;
DROP TABLE alert_counter;
DROP TABLE alert_change;
DROP TABLE alert;
