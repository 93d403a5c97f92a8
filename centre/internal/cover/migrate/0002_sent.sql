-- +goose Up
ALTER TABLE cover_claim ADD COLUMN sent_at BIGINT NOT NULL DEFAULT 0; -- to the insurer, whose people see it from then on
UPDATE cover_claim SET sent_at = moved_at WHERE state IN ('sent', 'paid', 'refused');

-- +goose Down
ALTER TABLE cover_claim DROP COLUMN sent_at;
