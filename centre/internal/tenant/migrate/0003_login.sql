-- +goose Up
ALTER TABLE person ADD COLUMN left_at BIGINT NOT NULL DEFAULT 0; -- who left is kept, without address, for the record of who did what
ALTER TABLE person ADD COLUMN first_login BIGINT NOT NULL DEFAULT 0; -- the grace for a second factor begins then
ALTER TABLE login_session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE login_session ADD COLUMN pending BOOLEAN NOT NULL DEFAULT FALSE; -- the second factor is missing
CREATE TABLE factor (
    tenant_id    TEXT   NOT NULL,
    person_id    TEXT   NOT NULL,
    secret       TEXT   NOT NULL, -- base32; codes are computed from it, so it is kept readable
    confirmed_at BIGINT NOT NULL, -- 0 = not in use yet
    last_step    BIGINT NOT NULL, -- of the last code that was taken
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE factor_code (
    tenant_id TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    id        TEXT   NOT NULL, -- hash of the code
    PRIMARY KEY (tenant_id, person_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE invite (
    tenant_id  TEXT    NOT NULL REFERENCES company (tenant_id),
    id         TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    lang       TEXT    NOT NULL,
    mails      BOOLEAN NOT NULL,
    invited_by TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE recovery (
    tenant_id  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    person_id  TEXT    NOT NULL,
    factor     BOOLEAN NOT NULL, -- the second factor goes too
    who        TEXT    NOT NULL,
    why        TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    valid_at   BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    ended_at   BIGINT  NOT NULL, -- 0 = still open
    ended      TEXT    NOT NULL, -- 'used', 'cancelled'
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE INDEX recovery_person ON recovery (tenant_id, person_id, created_at);
CREATE TABLE login_link (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL, -- hash of the token
    kind       TEXT   NOT NULL,
    ref        TEXT   NOT NULL, -- of the invite or recovery
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX login_link_expiry ON login_link (tenant_id, expires_at);
CREATE TABLE share (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- whose data
    id         TEXT   NOT NULL,
    viewer     TEXT   NOT NULL, -- the company that may look
    kinds      TEXT   NOT NULL, -- words with a space between
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- +goose Down
DROP TABLE share;
DROP TABLE login_link;
DROP TABLE recovery;
DROP TABLE invite;
DROP TABLE factor_code;
DROP TABLE factor;
ALTER TABLE login_session DROP COLUMN pending;
ALTER TABLE login_session DROP COLUMN agent;
ALTER TABLE person DROP COLUMN first_login;
ALTER TABLE person DROP COLUMN left_at;
