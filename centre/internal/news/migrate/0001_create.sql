-- +goose Up
CREATE TABLE news (
    tenant_id      TEXT    NOT NULL REFERENCES company (tenant_id), -- the centre's own
    id             TEXT    NOT NULL,
    kind           TEXT    NOT NULL, -- warning, notice, seminar, offer
    state          TEXT    NOT NULL, -- draft, asked, scheduled, sent, dropped
    title_ja       TEXT    NOT NULL,
    body_ja        TEXT    NOT NULL,
    title_en       TEXT    NOT NULL,
    body_en        TEXT    NOT NULL,
    audience       TEXT    NOT NULL, -- JSON
    send_at        BIGINT  NOT NULL, -- 0: at once
    revision       BIGINT  NOT NULL,
    source         TEXT    NOT NULL, -- of the configuration; '' when a person wrote it
    source_key     TEXT    NOT NULL,
    source_url     TEXT    NOT NULL,
    source_digest  TEXT    NOT NULL, -- of what the source said
    source_changed BOOLEAN NOT NULL, -- it says something else by now
    made_by        TEXT    NOT NULL,
    edited_by      TEXT    NOT NULL,
    asked_by       TEXT    NOT NULL,
    approved_by    TEXT    NOT NULL,
    made_at        BIGINT  NOT NULL,
    changed_at     BIGINT  NOT NULL,
    sent_at        BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX news_source ON news (tenant_id, source, source_key) WHERE source <> '';
CREATE INDEX news_state ON news (tenant_id, state, changed_at);
CREATE TABLE news_feed (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    name      TEXT   NOT NULL,
    etag      TEXT   NOT NULL,
    modified  TEXT   NOT NULL,
    asked_at  BIGINT NOT NULL,
    good_at   BIGINT NOT NULL,
    fault     TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
CREATE TABLE news_key (
    tenant_id TEXT NOT NULL REFERENCES company (tenant_id), -- the centre's own
    secret    TEXT NOT NULL, -- links in mails are signed with it
    PRIMARY KEY (tenant_id)
);
CREATE TABLE seminar (
    tenant_id    TEXT   NOT NULL, -- the centre's own
    id           TEXT   NOT NULL,
    starts_at    BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    closes_at    BIGINT NOT NULL,
    place        TEXT   NOT NULL,
    online       TEXT   NOT NULL, -- address
    seats        BIGINT NOT NULL, -- 0: no limit
    slides       TEXT   NOT NULL, -- attachment
    cancelled_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES news (tenant_id, id)
);
CREATE TABLE seminar_place ( -- who has a seat; names and addresses are with their company
    tenant_id  TEXT    NOT NULL, -- the centre's own
    seminar_id TEXT    NOT NULL,
    seat_id    TEXT    NOT NULL,
    company_id TEXT    NOT NULL,
    seq        BIGINT  NOT NULL,
    state      TEXT    NOT NULL, -- taken, waiting, left
    came       BOOLEAN NOT NULL,
    at         BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, seminar_id, seat_id),
    FOREIGN KEY (tenant_id, seminar_id) REFERENCES seminar (tenant_id, id)
);
CREATE TABLE seminar_seat (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    seminar_id TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    person_id  TEXT   NOT NULL, -- '' for a guest
    name       TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    lang       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, seminar_id, id)
);
CREATE TABLE news_copy ( -- what a company got
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    news_id   TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, news_id)
);
CREATE TABLE news_read (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    news_id   TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, news_id, person_id)
);
CREATE TABLE news_mail (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    news_id    TEXT   NOT NULL,
    what       TEXT   NOT NULL, -- news, or a word about a seat
    to_id      TEXT   NOT NULL, -- person, or seat
    email      TEXT   NOT NULL,
    state      TEXT   NOT NULL, -- waiting, trying, sent, refused, bounced, unknown, held, declined
    tries      BIGINT NOT NULL,
    message_id TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, news_id, what, to_id)
);
CREATE INDEX news_mail_message ON news_mail (tenant_id, message_id);
CREATE TABLE news_choice (
    tenant_id TEXT    NOT NULL REFERENCES company (tenant_id),
    person_id TEXT    NOT NULL,
    warnings  BOOLEAN NOT NULL,
    offers    BOOLEAN NOT NULL,
    how       TEXT    NOT NULL, -- portal, link
    at        BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
);
CREATE TABLE news_address ( -- addresses at which mail does not arrive
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    email     TEXT   NOT NULL, -- in lower case
    answer    TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, email)
);

-- +goose Down
DROP TABLE news_address;
DROP TABLE news_choice;
DROP TABLE news_mail;
DROP TABLE news_read;
DROP TABLE news_copy;
DROP TABLE seminar_seat;
DROP TABLE seminar_place;
DROP TABLE seminar;
DROP TABLE news_key;
DROP TABLE news_feed;
DROP TABLE news;
