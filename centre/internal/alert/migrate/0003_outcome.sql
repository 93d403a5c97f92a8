-- +goose Up
ALTER TABLE alert ADD COLUMN outcome TEXT NOT NULL DEFAULT ''; -- what a closed alert turned out to be
ALTER TABLE alert ADD COLUMN peer TEXT NOT NULL DEFAULT ''; -- the other end in the internet, of the newest event
-- What was seen before is found by family, other end and rule, newest first, and counted by what became of it.
CREATE INDEX alert_family ON alert (family, first_at, state, outcome);
CREATE INDEX alert_peer ON alert (peer, first_at, state, outcome);
CREATE INDEX alert_rule_newest ON alert_rule (sid, gid, at);

-- +goose Down
DROP INDEX alert_rule_newest;
DROP INDEX alert_peer;
DROP INDEX alert_family;
ALTER TABLE alert DROP COLUMN peer;
ALTER TABLE alert DROP COLUMN outcome;
