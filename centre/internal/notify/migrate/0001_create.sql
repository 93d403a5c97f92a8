-- +goose Up
-- One row for each mail about an alert to a person. Step is how often the alert
-- had become worse when the mail was written: a person is told of each step once.
CREATE TABLE delivery (
    tenant_id  TEXT NOT NULL,
    alert_id   TEXT NOT NULL,
    person_id  TEXT NOT NULL,
    step       INTEGER NOT NULL,
    email      TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject    TEXT NOT NULL,
    state      TEXT NOT NULL,
    tries      INTEGER NOT NULL,
    deaths     INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    tried_at   BIGINT NOT NULL,
    sent_at    BIGINT NOT NULL,
    latency    BIGINT NOT NULL,
    error      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, alert_id, person_id, step),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);

-- +goose Down
DROP TABLE delivery;
