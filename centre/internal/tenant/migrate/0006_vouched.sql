-- +goose Up
ALTER TABLE login_session ADD COLUMN vouched BOOLEAN NOT NULL DEFAULT FALSE; -- both factors were proved elsewhere: by the organisation's identity provider, or on the server

-- +goose Down
ALTER TABLE login_session DROP COLUMN vouched;
