-- +goose Up
CREATE TABLE shift_note (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL, -- a person's id
    body      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX shift_note_at ON shift_note (tenant_id, at);
CREATE TABLE shift_point (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    note_id    TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    company_id TEXT   NOT NULL, -- of the case that it is about; '' for none
    alert_id   TEXT   NOT NULL,
    done_at    BIGINT NOT NULL, -- 0 while it is open
    done_by    TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, note_id) REFERENCES shift_note (tenant_id, id)
);
CREATE INDEX shift_point_open ON shift_point (tenant_id, done_at);
CREATE TABLE shift_read (
    tenant_id TEXT   NOT NULL,
    note_id   TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, note_id, person_id),
    FOREIGN KEY (tenant_id, note_id) REFERENCES shift_note (tenant_id, id)
);
CREATE TABLE shift_duty (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX shift_duty_at ON shift_duty (tenant_id, ends_at);
CREATE TABLE shift_swap (
    tenant_id   TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    duty_id     TEXT   NOT NULL,
    from_id     TEXT   NOT NULL,
    to_id       TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL, -- 0 while it waits
    agreed      BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, duty_id) REFERENCES shift_duty (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE shift_told (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    company_id TEXT   NOT NULL,
    alert_id   TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, company_id, alert_id)
);

-- +goose Down
DROP TABLE shift_told;
DROP TABLE shift_swap;
DROP TABLE shift_duty;
DROP TABLE shift_read;
DROP TABLE shift_point;
DROP TABLE shift_note;
