-- +goose Up
CREATE INDEX delivery_sent ON delivery (state, sent_at); -- how many mails went out in a time

-- +goose Down
DROP INDEX delivery_sent;
