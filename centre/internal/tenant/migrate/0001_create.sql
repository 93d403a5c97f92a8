-- +goose Up
CREATE TABLE company (
    tenant_id  TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    name_kana  TEXT   NOT NULL,
    industry   TEXT   NOT NULL,
    people     BIGINT NOT NULL,
    lang       TEXT   NOT NULL,
    passphrase TEXT   NOT NULL, -- spoken on the telephone, so it is kept readable
    created_at BIGINT NOT NULL
);
CREATE TABLE site (
    tenant_id TEXT NOT NULL REFERENCES company (tenant_id),
    id        TEXT NOT NULL,
    name      TEXT NOT NULL,
    address   TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE person (
    tenant_id  TEXT    NOT NULL REFERENCES company (tenant_id),
    id         TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    lang       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    mails      BOOLEAN NOT NULL,
    password   TEXT    NOT NULL, -- '' = cannot log in
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE login_session (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- hash of the token
    person_id  TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE action_link (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- hash of the token
    alert_id   TEXT   NOT NULL,
    person_id  TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE INDEX action_link_expiry ON action_link (tenant_id, expires_at);
CREATE TABLE audit (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    action    TEXT   NOT NULL,
    object    TEXT   NOT NULL,
    why       TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- +goose Down
DROP TABLE audit;
DROP TABLE action_link;
DROP TABLE login_session;
DROP TABLE person;
DROP TABLE site;
DROP TABLE company;
