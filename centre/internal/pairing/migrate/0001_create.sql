-- +goose Up
-- Boxes that nobody owns yet; of all companies, so there is no tenant_id.
CREATE TABLE pairing (
    code       TEXT   NOT NULL PRIMARY KEY, -- hash of the code that the box shows
    token      TEXT   NOT NULL UNIQUE,      -- hash of the box's own secret
    key_hash   TEXT   NOT NULL,
    number     TEXT   NOT NULL, -- of the key, for people to compare
    model      TEXT   NOT NULL,
    software   TEXT   NOT NULL,
    remote     TEXT   NOT NULL, -- address that it asked from
    asked_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    owner      TEXT   NOT NULL  -- company that confirmed it; '' for none yet
);
CREATE INDEX pairing_expires ON pairing (expires_at);

-- +goose Down
DROP TABLE pairing;
