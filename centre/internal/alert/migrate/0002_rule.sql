-- +goose Up
CREATE TABLE alert_rule (
    tenant_id TEXT   NOT NULL,
    alert_id  TEXT   NOT NULL,
    gid       BIGINT NOT NULL,
    sid       BIGINT NOT NULL,
    msg       TEXT   NOT NULL,
    at        BIGINT NOT NULL, -- when the alert had it first
    PRIMARY KEY (tenant_id, alert_id, gid, sid),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alert (tenant_id, id)
);
CREATE INDEX alert_rule_at ON alert_rule (at);
CREATE INDEX alert_rule_sid ON alert_rule (sid, gid);

-- +goose Down
DROP TABLE alert_rule;
