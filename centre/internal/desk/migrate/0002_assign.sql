-- +goose Up
ALTER TABLE desk_ticket ADD COLUMN assignee TEXT NOT NULL DEFAULT ''; -- a person's id of the house; '' is nobody
ALTER TABLE desk_ticket ADD COLUMN rung_at BIGINT NOT NULL DEFAULT 0; -- when the staff was last told of what was said
ALTER TABLE desk_ticket ADD COLUMN moved_to TEXT NOT NULL DEFAULT ''; -- the company that has it now; this row only leads there
ALTER TABLE desk_ticket ADD COLUMN moved_from TEXT NOT NULL DEFAULT ''; -- where it came from

-- +goose Down
ALTER TABLE desk_ticket DROP COLUMN moved_from;
ALTER TABLE desk_ticket DROP COLUMN moved_to;
ALTER TABLE desk_ticket DROP COLUMN rung_at;
ALTER TABLE desk_ticket DROP COLUMN assignee;
