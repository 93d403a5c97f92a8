-- +goose Up
CREATE TABLE hook (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    kind      TEXT   NOT NULL, -- webhook, slack, teams
    name      TEXT   NOT NULL,
    url       TEXT   NOT NULL, -- of chat programs it is a secret itself
    secret    TEXT   NOT NULL, -- messages are signed with it, so it is kept readable
    lang      TEXT   NOT NULL,
    made_by   TEXT   NOT NULL,
    made_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE hook_delivery (
    tenant_id TEXT   NOT NULL,
    hook_id   TEXT   NOT NULL,
    alert_id  TEXT   NOT NULL, -- '' for a trial
    step      BIGINT NOT NULL, -- how often the alert had become worse
    state     TEXT   NOT NULL, -- waiting, sent, refused
    tries     BIGINT NOT NULL,
    answer    TEXT   NOT NULL, -- status, or what went wrong
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hook_id, alert_id, step),
    FOREIGN KEY (tenant_id, hook_id) REFERENCES hook (tenant_id, id)
);

-- +goose Down
DROP TABLE hook_delivery;
DROP TABLE hook;
