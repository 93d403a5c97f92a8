-- +goose Up
ALTER TABLE company ADD COLUMN region TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE company DROP COLUMN region;
