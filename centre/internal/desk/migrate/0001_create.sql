-- +goose Up
CREATE TABLE desk_ticket (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    id          TEXT    NOT NULL,
    number      TEXT    NOT NULL, -- seven digits
    channel     TEXT    NOT NULL, -- 'phone', 'mail', 'portal'
    topic       TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    state       TEXT    NOT NULL, -- 'new', 'waiting', 'answered', 'closed'
    urgent      BOOLEAN NOT NULL,
    name        TEXT    NOT NULL, -- of who asked
    company     TEXT    NOT NULL, -- of a stranger, as it was said
    email       TEXT    NOT NULL, -- lower case
    phone       TEXT    NOT NULL,
    digits      TEXT    NOT NULL, -- of the telephone number
    person_id   TEXT    NOT NULL,
    by_address  BOOLEAN NOT NULL, -- the person is known by nothing but the address of a mail
    alert_id    TEXT    NOT NULL,
    box_id      TEXT    NOT NULL,
    application TEXT    NOT NULL,
    beforehand  TEXT    NOT NULL, -- answers of the form before a call, as JSON
    lang        TEXT    NOT NULL,
    reason      TEXT    NOT NULL, -- why it was closed
    escalated   TEXT    NOT NULL, -- to whom and why
    face        BIGINT  NOT NULL, -- 0 none, 1 bad, 2 fair, 3 good
    word        TEXT    NOT NULL,
    opened_at   BIGINT  NOT NULL,
    moved_at    BIGINT  NOT NULL,
    due_at      BIGINT  NOT NULL,
    first_at    BIGINT  NOT NULL, -- first answer; 0 for none
    acked_at    BIGINT  NOT NULL, -- last acknowledgement by itself
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX desk_ticket_state ON desk_ticket (state, due_at);
CREATE INDEX desk_ticket_digits ON desk_ticket (digits);
CREATE TABLE desk_message (
    tenant_id  TEXT    NOT NULL,
    ticket_id  TEXT    NOT NULL,
    seq        BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    side       TEXT    NOT NULL, -- 'customer', 'staff', 'note'
    who        TEXT    NOT NULL, -- a person's id; '' by mail
    name       TEXT    NOT NULL,
    address    TEXT    NOT NULL, -- of a mail's sender
    body       TEXT    NOT NULL,
    mail_id    TEXT    NOT NULL, -- desk_mail of the house
    message_id TEXT    NOT NULL,
    auto       BOOLEAN NOT NULL,
    cut        BOOLEAN NOT NULL,
    sent       TEXT    NOT NULL, -- '', 'waiting', 'sent', 'refused'
    PRIMARY KEY (tenant_id, ticket_id, seq),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES desk_ticket (tenant_id, id)
);
CREATE INDEX desk_message_mail ON desk_message (tenant_id, mail_id);
CREATE INDEX desk_message_id ON desk_message (tenant_id, message_id);
CREATE TABLE desk_file (
    tenant_id     TEXT   NOT NULL,
    ticket_id     TEXT   NOT NULL,
    seq           BIGINT NOT NULL,
    attachment_id TEXT   NOT NULL,
    state         TEXT   NOT NULL, -- 'waiting', 'clean', 'infected', 'unknown'
    virus         TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, attachment_id),
    FOREIGN KEY (tenant_id, ticket_id, seq) REFERENCES desk_message (tenant_id, ticket_id, seq)
);
CREATE TABLE desk_mail (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL, -- SHA-256 of what makes it the same mail
    at        BIGINT NOT NULL,
    size      BIGINT NOT NULL,
    cut       BOOLEAN NOT NULL, -- only the header of a larger one
    goal      TEXT   NOT NULL, -- company and ticket, once decided
    done_at   BIGINT NOT NULL, -- 0 until it lies in a ticket
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE desk_mail_part (
    tenant_id TEXT   NOT NULL,
    mail_id   TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    data      BYTEA  NOT NULL,
    PRIMARY KEY (tenant_id, mail_id, seq),
    FOREIGN KEY (tenant_id, mail_id) REFERENCES desk_mail (tenant_id, id)
);

-- +goose Down
DROP TABLE desk_mail_part;
DROP TABLE desk_mail;
DROP TABLE desk_file;
DROP TABLE desk_message;
DROP TABLE desk_ticket;
