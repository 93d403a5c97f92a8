-- +goose Up
CREATE TABLE care (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    person_id TEXT   NOT NULL, -- a vendor's, of the house
    given_by  TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
);
CREATE INDEX care_person ON care (person_id);

-- +goose Down
DROP TABLE care;
