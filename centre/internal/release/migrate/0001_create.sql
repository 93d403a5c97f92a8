-- +goose Up
CREATE TABLE release (
    kind    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    urgent  BOOLEAN NOT NULL, -- not only in a company's quiet hours
    note    TEXT   NOT NULL,  -- for the operator: what it is made of
    wave    BIGINT NOT NULL,  -- number of the wave that goes on, from 0
    wave_at BIGINT NOT NULL,  -- when it began
    boxes   BIGINT NOT NULL,  -- so many are in it
    upto    BIGINT NOT NULL,  -- boxes up to this place in the order of the release
    stopped BOOLEAN NOT NULL,
    why     TEXT   NOT NULL,
    PRIMARY KEY (kind, version)
);
CREATE TABLE box_bundle (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    box_id    TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    active    BIGINT NOT NULL,
    reason    TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, box_id, kind)
);

-- +goose Down
DROP TABLE box_bundle;
DROP TABLE release;
