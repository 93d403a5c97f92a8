-- +goose Up
-- A mail about a ★★★ as it was sent, for the insurer: it goes with its delivery.
CREATE TABLE delivery_copy (
    tenant_id TEXT    NOT NULL,
    alert_id  TEXT    NOT NULL,
    person_id TEXT    NOT NULL,
    step      INTEGER NOT NULL,
    body      TEXT    NOT NULL, -- the plain part
    eml       BYTEA   NOT NULL, -- RFC 5322
    sum       TEXT    NOT NULL, -- SHA-256 of it
    PRIMARY KEY (tenant_id, alert_id, person_id, step),
    FOREIGN KEY (tenant_id, alert_id, person_id, step) REFERENCES delivery (tenant_id, alert_id, person_id, step)
);

-- +goose Down
DROP TABLE delivery_copy;
