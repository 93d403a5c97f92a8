-- +goose Up
CREATE TABLE passkey (
    tenant_id  TEXT    NOT NULL,
    id         TEXT    NOT NULL, -- hash of the credential's id
    person_id  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    host       TEXT    NOT NULL, -- of the face: the relying party's id
    credential TEXT    NOT NULL, -- its id, base64url
    public_key TEXT    NOT NULL, -- COSE, base64url
    transports TEXT    NOT NULL, -- words with a space between
    eligible   BOOLEAN NOT NULL, -- may be copied to the person's other devices; never changes
    sign_count BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL,
    used_at    BIGINT  NOT NULL, -- 0 = never
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE INDEX passkey_person ON passkey (tenant_id, person_id, created_at);
CREATE TABLE passkey_spent (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL, -- hash of the challenge
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX passkey_spent_expiry ON passkey_spent (tenant_id, expires_at);
CREATE TABLE passkey_offer (
    tenant_id TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    at        BIGINT NOT NULL, -- when they were told that there are passkeys; once
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE passkey_seal (
    tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES company (tenant_id), -- the house
    secret    TEXT NOT NULL -- seals challenges
);

-- +goose Down
DROP TABLE passkey_seal;
DROP TABLE passkey_offer;
DROP TABLE passkey_spent;
DROP TABLE passkey;
