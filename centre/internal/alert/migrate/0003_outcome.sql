-- +goose Up
ALTER TABLE alert ADD COLUMN outcome TEXT NOT NULL DEFAULT ''; -- what a closed alert turned out to be

-- +goose Down
ALTER TABLE alert DROP COLUMN outcome;
