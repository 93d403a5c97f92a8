-- +goose Up
CREATE TABLE appeal (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL,
    device      TEXT   NOT NULL, -- name or address; '' from the portal
    person_id   TEXT   NOT NULL, -- who asked in the portal; '' from a block page
    what        TEXT   NOT NULL, -- host, address or file
    category    TEXT   NOT NULL,
    list        TEXT   NOT NULL,
    reason      TEXT   NOT NULL, -- 'known', 'work'; '' from the portal
    note        TEXT   NOT NULL, -- typed in the portal
    times       BIGINT NOT NULL, -- how often it was asked while it was open
    state       TEXT   NOT NULL, -- 'open', 'accepted', 'refused'
    answer      TEXT   NOT NULL,
    answered_by TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX appeal_state ON appeal (state, asked_at);

-- +goose Down
DROP TABLE appeal;
