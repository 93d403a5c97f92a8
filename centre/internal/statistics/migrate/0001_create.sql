-- +goose Up
CREATE TABLE statistics_month (
    month   TEXT   NOT NULL PRIMARY KEY, -- 2026-11
    made_at BIGINT NOT NULL,
    figures TEXT   NOT NULL              -- JSON; never changed afterwards
);

-- +goose Down
DROP TABLE statistics_month;
