-- +goose Up
CREATE TABLE survey (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id), -- who asks
    id        TEXT   NOT NULL,
    title     TEXT   NOT NULL,
    lead      TEXT   NOT NULL,
    questions TEXT   NOT NULL,
    due       BIGINT NOT NULL, -- end of the last day
    made_by   TEXT   NOT NULL,
    made_at   BIGINT NOT NULL,
    urged_at  BIGINT NOT NULL, -- when all who had not answered were last reminded by hand
    closed_at BIGINT NOT NULL, -- 0 while it is open
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE survey_answer (
    tenant_id   TEXT   NOT NULL, -- who asks
    survey_id   TEXT   NOT NULL,
    company     TEXT   NOT NULL, -- that was asked
    name        TEXT   NOT NULL, -- its, then
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL, -- 0 while it has not
    answered_by TEXT   NOT NULL, -- name of the person
    answers     TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, survey_id, company),
    FOREIGN KEY (tenant_id, survey_id) REFERENCES survey (tenant_id, id)
);
CREATE TABLE survey_asked (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id), -- who is asked
    id          TEXT   NOT NULL, -- of the survey
    asker       TEXT   NOT NULL, -- company that asks
    asker_name  TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    lead        TEXT   NOT NULL,
    questions   TEXT   NOT NULL,
    due         BIGINT NOT NULL,
    asked_at    BIGINT NOT NULL,
    closed_at   BIGINT NOT NULL,
    answers     TEXT   NOT NULL, -- as far as written
    answered_by TEXT   NOT NULL, -- person
    answered_at BIGINT NOT NULL, -- 0 while nothing was sent
    PRIMARY KEY (tenant_id, id)
);

-- +goose Down
DROP TABLE survey_asked;
DROP TABLE survey_answer;
DROP TABLE survey;
