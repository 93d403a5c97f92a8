-- +goose Up
CREATE TABLE question (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL,
    box_id      TEXT   NOT NULL,
    who         TEXT   NOT NULL,
    body        TEXT   NOT NULL, -- JSON, as it goes to the box
    asked_at    BIGINT NOT NULL,
    taken_at    BIGINT NOT NULL, -- by the box, 0 for not yet
    answered_at BIGINT NOT NULL, -- 0 for not yet
    answer      TEXT   NOT NULL, -- JSON, as it came
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX question_open ON question (tenant_id, box_id, answered_at, asked_at);

-- +goose Down
DROP TABLE question;
