CREATE TABLE version_of_store (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE directory (
    kind  TEXT NOT NULL,
    item  TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (kind, item)
);
CREATE TABLE operator_access (
    at  BIGINT NOT NULL,
    who TEXT   NOT NULL,
    why TEXT   NOT NULL
);
CREATE TABLE version_of_tenant (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE company (
    tenant_id  TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    name_kana  TEXT   NOT NULL,
    industry   TEXT   NOT NULL,
    people     BIGINT NOT NULL,
    lang       TEXT   NOT NULL,
    passphrase TEXT   NOT NULL, -- spoken on the telephone, so it is kept readable
    created_at BIGINT NOT NULL
, region TEXT NOT NULL DEFAULT '');
CREATE TABLE site (
    tenant_id TEXT NOT NULL REFERENCES company (tenant_id),
    id        TEXT NOT NULL,
    name      TEXT NOT NULL,
    address   TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE person (
    tenant_id  TEXT    NOT NULL REFERENCES company (tenant_id),
    id         TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    lang       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    mails      BOOLEAN NOT NULL,
    password   TEXT    NOT NULL, -- '' = cannot log in
    created_at BIGINT  NOT NULL, left_at BIGINT NOT NULL DEFAULT 0, first_login BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE login_session (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- hash of the token
    person_id  TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL, agent TEXT NOT NULL DEFAULT '', pending BOOLEAN NOT NULL DEFAULT FALSE, vouched BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE action_link (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- hash of the token
    alert_id   TEXT   NOT NULL,
    person_id  TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE audit (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    action    TEXT   NOT NULL,
    object    TEXT   NOT NULL,
    why       TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE TABLE factor (
    tenant_id    TEXT   NOT NULL,
    person_id    TEXT   NOT NULL,
    secret       TEXT   NOT NULL, -- base32; codes are computed from it, so it is kept readable
    confirmed_at BIGINT NOT NULL, -- 0 = not in use yet
    last_step    BIGINT NOT NULL, -- of the last code that was taken
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE factor_code (
    tenant_id TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    id        TEXT   NOT NULL, -- hash of the code
    PRIMARY KEY (tenant_id, person_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE invite (
    tenant_id  TEXT    NOT NULL REFERENCES company (tenant_id),
    id         TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    lang       TEXT    NOT NULL,
    mails      BOOLEAN NOT NULL,
    invited_by TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE recovery (
    tenant_id  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    person_id  TEXT    NOT NULL,
    factor     BOOLEAN NOT NULL, -- the second factor goes too
    who        TEXT    NOT NULL,
    why        TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    valid_at   BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    ended_at   BIGINT  NOT NULL, -- 0 = still open
    ended      TEXT    NOT NULL, -- 'used', 'cancelled'
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE login_link (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL, -- hash of the token
    kind       TEXT   NOT NULL,
    ref        TEXT   NOT NULL, -- of the invite or recovery
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE share (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- whose data
    id         TEXT   NOT NULL,
    viewer     TEXT   NOT NULL, -- the company that may look
    kinds      TEXT   NOT NULL, -- words with a space between
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE audit_start (
    tenant_id TEXT   NOT NULL PRIMARY KEY REFERENCES company (tenant_id),
    seq       BIGINT NOT NULL,
    hash      TEXT   NOT NULL
);
CREATE TABLE version_of_job (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE job (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner      TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    args       TEXT   NOT NULL,
    dedupe     TEXT   NOT NULL, -- '' = none
    state      TEXT   NOT NULL, -- waiting, running, failed
    run_at     BIGINT NOT NULL, -- while running: when the lease ends
    attempt    BIGINT NOT NULL,
    attempts   BIGINT NOT NULL, -- allowed
    last_error TEXT   NOT NULL
);
CREATE TABLE version_of_device (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE box (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    id          TEXT    NOT NULL,
    site_id     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    software    TEXT    NOT NULL,
    claimed_at  BIGINT  NOT NULL,
    last_seen   BIGINT  NOT NULL,
    protecting  BOOLEAN NOT NULL,
    since       BIGINT  NOT NULL,
    health_at   BIGINT  NOT NULL,
    health      TEXT    NOT NULL, -- JSON: wire.Health
    returned_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE claim_code (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL, -- hash of the code
    site_id     TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT NOT NULL,
    box_id      TEXT,
    key_hash    TEXT   NOT NULL,
    certificate TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, box_id) REFERENCES box (tenant_id, id)
);
CREATE TABLE box_health (
    tenant_id  TEXT    NOT NULL,
    box_id     TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    protecting BOOLEAN NOT NULL,
    note       TEXT    NOT NULL,
    FOREIGN KEY (tenant_id, box_id) REFERENCES box (tenant_id, id)
);
CREATE TABLE box_gap (
    tenant_id TEXT    NOT NULL,
    box_id    TEXT    NOT NULL,
    since     BIGINT  NOT NULL,
    until     BIGINT  NOT NULL, -- 0 while it lasts
    raised    BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, box_id, since),
    FOREIGN KEY (tenant_id, box_id) REFERENCES box (tenant_id, id)
);
CREATE TABLE endpoint (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    site_id   TEXT   NOT NULL,
    known_by  TEXT   NOT NULL,
    mac       TEXT   NOT NULL,
    addr      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    first_at  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, known_by)
);
CREATE TABLE endpoint_about (
    tenant_id   TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL,
    random      BOOLEAN NOT NULL, -- the device made its hardware address up
    info        TEXT    NOT NULL, -- JSON: wire.Inside; '' when only people said something
    told_at     BIGINT  NOT NULL, -- the box's newest report
    approved_at BIGINT  NOT NULL, -- 0 until the owner says that it belongs here
    approved_by TEXT    NOT NULL,
    held_at     BIGINT  NOT NULL, -- 0 while it may speak
    PRIMARY KEY (tenant_id, endpoint_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint (tenant_id, id)
);
CREATE TABLE endpoint_change (
    tenant_id   TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL,
    box_id      TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    what        TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    told        BOOLEAN NOT NULL, -- to people
    PRIMARY KEY (tenant_id, endpoint_id, at, what),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint (tenant_id, id)
);
CREATE TABLE version_of_alert (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE alert (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    id          TEXT    NOT NULL,
    case_no     TEXT    NOT NULL,
    group_key   TEXT    NOT NULL,
    box_id      TEXT    NOT NULL,
    device_id   TEXT    NOT NULL,
    device_name TEXT    NOT NULL,
    device_addr TEXT    NOT NULL,
    inbound     BOOLEAN NOT NULL,
    family      TEXT    NOT NULL,
    families    TEXT    NOT NULL, -- JSON: family → events
    stars       BIGINT  NOT NULL,
    blocked     BOOLEAN NOT NULL,
    state       TEXT    NOT NULL,
    answer      TEXT    NOT NULL,
    answered_at BIGINT  NOT NULL,
    reason      TEXT    NOT NULL,
    first_at    BIGINT  NOT NULL,
    last_at     BIGINT  NOT NULL,
    closed_at   BIGINT  NOT NULL,
    notify_at   BIGINT  NOT NULL, -- when the first mail is due
    events      BIGINT  NOT NULL,
    evidence    TEXT    NOT NULL, outcome TEXT NOT NULL DEFAULT '', peer TEXT NOT NULL DEFAULT '', -- JSON: newest events
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE alert_change (
    tenant_id TEXT   NOT NULL,
    alert_id  TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    what      TEXT   NOT NULL,
    note      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, alert_id, seq),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alert (tenant_id, id)
);
CREATE TABLE alert_counter (
    tenant_id TEXT   NOT NULL PRIMARY KEY REFERENCES company (tenant_id),
    used      BIGINT NOT NULL
);
CREATE TABLE alert_day (
    tenant_id TEXT    NOT NULL REFERENCES company (tenant_id),
    day       BIGINT  NOT NULL, -- 20261121, in Japan
    inbound   BOOLEAN NOT NULL,
    events    BIGINT  NOT NULL,
    blocked   BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, day, inbound)
);
CREATE TABLE alert_rule (
    tenant_id TEXT   NOT NULL,
    alert_id  TEXT   NOT NULL,
    gid       BIGINT NOT NULL,
    sid       BIGINT NOT NULL,
    msg       TEXT   NOT NULL,
    at        BIGINT NOT NULL, -- when the alert had it first
    PRIMARY KEY (tenant_id, alert_id, gid, sid),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alert (tenant_id, id)
);
CREATE TABLE version_of_intake (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE seen_event (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    box_id    TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    at        BIGINT NOT NULL, -- when it came
    PRIMARY KEY (tenant_id, box_id, id)
);
CREATE TABLE version_of_notify (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE delivery (
    tenant_id  TEXT NOT NULL,
    alert_id   TEXT NOT NULL,
    person_id  TEXT NOT NULL,
    step       INTEGER NOT NULL,
    email      TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject    TEXT NOT NULL,
    state      TEXT NOT NULL,
    tries      INTEGER NOT NULL,
    deaths     INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    tried_at   BIGINT NOT NULL,
    sent_at    BIGINT NOT NULL,
    latency    BIGINT NOT NULL,
    error      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, alert_id, person_id, step),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE delivery_copy (
    tenant_id TEXT    NOT NULL,
    alert_id  TEXT    NOT NULL,
    person_id TEXT    NOT NULL,
    step      INTEGER NOT NULL,
    body      TEXT    NOT NULL, -- the plain part
    eml       BYTEA   NOT NULL, -- RFC 5322
    sum       TEXT    NOT NULL, -- SHA-256 of it
    PRIMARY KEY (tenant_id, alert_id, person_id, step),
    FOREIGN KEY (tenant_id, alert_id, person_id, step) REFERENCES delivery (tenant_id, alert_id, person_id, step)
);
CREATE TABLE version_of_usage (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE app_use (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    day         BIGINT NOT NULL, -- midnight in Japan
    endpoint_id TEXT   NOT NULL, -- '' for devices that could not be told apart
    app         TEXT   NOT NULL, -- '' for what has no name
    category    TEXT   NOT NULL,
    name        TEXT   NOT NULL, -- as the box calls it
    up          BIGINT NOT NULL, -- bytes that the device sent
    down        BIGINT NOT NULL,
    minutes     BIGINT NOT NULL,
    flows       BIGINT NOT NULL,
    blocked     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, day, endpoint_id, app)
);
CREATE TABLE version_of_question (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE question (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL,
    box_id      TEXT   NOT NULL,
    who         TEXT   NOT NULL,
    body        TEXT   NOT NULL, -- JSON, as it goes to the box
    asked_at    BIGINT NOT NULL,
    taken_at    BIGINT NOT NULL, -- by the box, 0 for not yet
    answered_at BIGINT NOT NULL, -- 0 for not yet
    answer      TEXT   NOT NULL, -- JSON, as it came
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE box_test (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL, -- of the question
    box_id      TEXT   NOT NULL,
    who         TEXT   NOT NULL, -- asked
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    answer      TEXT   NOT NULL, -- JSON, what the box found
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE version_of_appeal (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE appeal (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    id          TEXT   NOT NULL,
    device      TEXT   NOT NULL, -- name or address; '' from the portal
    person_id   TEXT   NOT NULL, -- who asked in the portal; '' from a block page
    what        TEXT   NOT NULL, -- host, address or file
    category    TEXT   NOT NULL,
    list        TEXT   NOT NULL,
    reason      TEXT   NOT NULL, -- 'known', 'work'; '' from the portal
    note        TEXT   NOT NULL, -- typed in the portal
    times       BIGINT NOT NULL, -- how often it was asked while it was open
    state       TEXT   NOT NULL, -- 'open', 'accepted', 'refused'
    answer      TEXT   NOT NULL,
    answered_by TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE version_of_release (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE release (
    kind    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    urgent  BOOLEAN NOT NULL, -- not only in a company's quiet hours
    note    TEXT   NOT NULL,  -- for the operator: what it is made of
    wave    BIGINT NOT NULL,  -- number of the wave that goes on, from 0
    wave_at BIGINT NOT NULL,  -- when it began
    boxes   BIGINT NOT NULL,  -- so many are in it
    upto    BIGINT NOT NULL,  -- boxes up to this place in the order of the release
    stopped BOOLEAN NOT NULL,
    why     TEXT   NOT NULL,
    PRIMARY KEY (kind, version)
);
CREATE TABLE box_bundle (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    box_id    TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    active    BIGINT NOT NULL,
    reason    TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, box_id, kind)
);
CREATE TABLE version_of_feed (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE feed (
    name     TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    next_at  BIGINT NOT NULL, -- it is fetched then; a process that fetches moves it on first
    etag     TEXT   NOT NULL, -- of the answer that is kept
    modified TEXT   NOT NULL, -- the same as a date
    digest   TEXT   NOT NULL, -- of the files that are kept, empty for none
    entries  BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL, -- when the source was asked last with success
    changed_at BIGINT NOT NULL, -- when it had something new
    trouble  TEXT   NOT NULL  -- why the last attempt failed
);
CREATE TABLE feed_bundle (
    kind    TEXT   NOT NULL PRIMARY KEY,
    digest  TEXT   NOT NULL, -- of what was tried last
    version BIGINT NOT NULL, -- of the release, 0 when it was not let out
    at      BIGINT NOT NULL,
    trouble TEXT   NOT NULL
);
CREATE TABLE version_of_backup (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE backup (
    at      BIGINT NOT NULL PRIMARY KEY,
    file    TEXT   NOT NULL,
    bytes   BIGINT NOT NULL,
    took    BIGINT NOT NULL, -- microseconds
    trouble TEXT   NOT NULL  -- empty when it was made and proven
);
CREATE TABLE version_of_pairing (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE pairing (
    code       TEXT   NOT NULL PRIMARY KEY, -- hash of the code that the box shows
    token      TEXT   NOT NULL UNIQUE,      -- hash of the box's own secret
    key_hash   TEXT   NOT NULL,
    number     TEXT   NOT NULL, -- of the key, for people to compare
    model      TEXT   NOT NULL,
    software   TEXT   NOT NULL,
    remote     TEXT   NOT NULL, -- address that it asked from
    asked_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    owner      TEXT   NOT NULL  -- company that confirmed it; '' for none yet
);
CREATE TABLE version_of_misfire (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE held_rule (
    gid       BIGINT NOT NULL,
    sid       BIGINT NOT NULL,
    msg       TEXT   NOT NULL,
    state     TEXT   NOT NULL, -- held, released, withdrawn
    why       TEXT   NOT NULL, -- spread, marked
    companies BIGINT NOT NULL, -- that had it when it was held
    held_at   BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by TEXT  NOT NULL,
    PRIMARY KEY (gid, sid)
);
CREATE TABLE marked_rule (
    gid     BIGINT NOT NULL,
    sid     BIGINT NOT NULL,
    marker  TEXT   NOT NULL, -- the company
    at      BIGINT NOT NULL,
    PRIMARY KEY (gid, sid, marker)
);
CREATE TABLE version_of_report (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE report_month (
    month TEXT NOT NULL PRIMARY KEY, -- 2026-11
    cells TEXT NOT NULL              -- comparisons as JSON: the same for every report of the month
);
CREATE TABLE report (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    month     TEXT   NOT NULL,
    made_at   BIGINT NOT NULL,
    figures   TEXT   NOT NULL, -- JSON; never changed afterwards
    PRIMARY KEY (tenant_id, month)
);
CREATE TABLE report_mail (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    month     TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    state     TEXT   NOT NULL, -- sending, waiting, sent, refused, unsure
    deaths    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, month, person_id)
);
CREATE TABLE version_of_attach (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE attachment (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL,
    name       TEXT   NOT NULL, -- as it is shown
    kind       TEXT   NOT NULL, -- media type, by its bytes
    size       BIGINT NOT NULL,
    sum        TEXT   NOT NULL, -- SHA-256
    sent_by    TEXT   NOT NULL,
    sent_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE attachment_part (
    tenant_id     TEXT   NOT NULL,
    attachment_id TEXT   NOT NULL,
    seq           BIGINT NOT NULL,
    data          BYTEA  NOT NULL,
    PRIMARY KEY (tenant_id, attachment_id, seq),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id)
);
CREATE TABLE version_of_contract (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE application (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    id         TEXT   NOT NULL,
    number     TEXT   NOT NULL, -- as it stands on the paper; '' until it is sent
    state      TEXT   NOT NULL,
    form       TEXT   NOT NULL, -- JSON, as it was typed in its normal form
    offer      TEXT   NOT NULL, -- version that was agreed to
    fold       TEXT   NOT NULL, -- of the company's name, to find it again
    email      TEXT   NOT NULL, -- in lower case
    phone      TEXT   NOT NULL, -- digits
    corporate  TEXT   NOT NULL,
    paper      TEXT   NOT NULL, -- id of the attachment, '' for none
    company_id TEXT   NOT NULL, -- what came of it, '' for nothing yet
    entered_at BIGINT NOT NULL,
    moved_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE application_link (
    tenant_id      TEXT   NOT NULL,
    id             TEXT   NOT NULL, -- hash of the token
    application_id TEXT   NOT NULL,
    made_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, application_id) REFERENCES application (tenant_id, id)
);
CREATE TABLE contract (
    tenant_id      TEXT   NOT NULL REFERENCES company (tenant_id),
    id             TEXT   NOT NULL,
    application_id TEXT   NOT NULL, -- of the centre; '' for one that was made by hand
    number         TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    offer          TEXT   NOT NULL,
    form           TEXT   NOT NULL, -- JSON, as it was signed
    visit          BOOLEAN NOT NULL, -- somebody comes to install
    signed_at      BIGINT NOT NULL,
    installed_at   BIGINT NOT NULL, -- 0 = not yet; what is paid counts from here
    ends_at        BIGINT NOT NULL, -- the midnight with which it ends; 0 = open
    moved_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE contract_step (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    subject   TEXT   NOT NULL, -- id of the application or contract
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    state     TEXT   NOT NULL, -- that it came to
    who       TEXT   NOT NULL, -- a person's id, 'applicant', or 'system'
    why       TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, subject, seq)
);
CREATE TABLE contract_member (
    tenant_id TEXT    NOT NULL REFERENCES company (tenant_id),
    month     TEXT    NOT NULL, -- first month for which it counts, 2026-12
    member    BOOLEAN NOT NULL, -- of a chamber
    proof     TEXT    NOT NULL, -- what was seen: name and number of the chamber's
    who       TEXT    NOT NULL,
    at        BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, month)
);
CREATE TABLE version_of_parcel (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE stock (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    serial      TEXT   NOT NULL, -- on the sticker
    model       TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    company_id  TEXT   NOT NULL, -- where it is or is going; '' on the shelf
    contract_id TEXT   NOT NULL,
    replaces    TEXT   NOT NULL, -- serial of the one whose place it takes
    carrier     TEXT   NOT NULL,
    tracking    TEXT   NOT NULL,
    moved_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, serial)
);
CREATE TABLE stock_step (
    tenant_id  TEXT   NOT NULL,
    serial     TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    company_id TEXT   NOT NULL,
    who        TEXT   NOT NULL,
    why        TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, serial, seq),
    FOREIGN KEY (tenant_id, serial) REFERENCES stock (tenant_id, serial)
);
CREATE TABLE version_of_billing (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE invoice (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    number     TEXT   NOT NULL, -- 2026-000001
    year       BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    company_id TEXT   NOT NULL, -- whose it is
    month      TEXT   NOT NULL, -- that is paid, 2026-12
    corrects   TEXT   NOT NULL, -- number of the first of its chain, '' for that itself
    on_day     TEXT   NOT NULL, -- of issue, 2026-12-01
    due        TEXT   NOT NULL,
    total      BIGINT NOT NULL, -- yen with tax
    fold       TEXT   NOT NULL, -- of the company's name, to find it
    body       TEXT   NOT NULL, -- JSON, as it was issued; never changed
    issued_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
CREATE TABLE invoice_paid (
    tenant_id TEXT   NOT NULL,
    number    TEXT   NOT NULL,
    on_day    TEXT   NOT NULL,
    how       TEXT   NOT NULL, -- 'transfer', 'hand', 'offset'
    who       TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, number) REFERENCES invoice (tenant_id, number)
);
CREATE TABLE invoice_event (
    tenant_id TEXT   NOT NULL,
    number    TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    what      TEXT   NOT NULL,
    who       TEXT   NOT NULL,
    why       TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, number, seq),
    FOREIGN KEY (tenant_id, number) REFERENCES invoice (tenant_id, number)
);
CREATE TABLE invoice_account (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    company_id TEXT   NOT NULL,
    bank_no    BIGINT NOT NULL, -- customer number there
    account    TEXT   NOT NULL, -- JSON
    holder     TEXT   NOT NULL,
    fresh      BOOLEAN NOT NULL, -- nothing was collected from it yet
    who        TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, company_id)
);
CREATE TABLE collection (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    on_day    TEXT   NOT NULL, -- 2026-12-27
    who       TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    result_at BIGINT NOT NULL, -- 0 = not back yet
    PRIMARY KEY (tenant_id, on_day)
);
CREATE TABLE collection_line (
    tenant_id  TEXT   NOT NULL,
    on_day     TEXT   NOT NULL,
    customer   TEXT   NOT NULL,
    company_id TEXT   NOT NULL,
    yen        BIGINT NOT NULL,
    numbers    TEXT   NOT NULL, -- JSON, the invoices
    record     TEXT   NOT NULL, -- JSON, as it stands in the file
    result     TEXT   NOT NULL, -- '' until it is known
    PRIMARY KEY (tenant_id, on_day, customer),
    FOREIGN KEY (tenant_id, on_day) REFERENCES collection (tenant_id, on_day)
);
CREATE TABLE version_of_statistics (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE statistics_month (
    month   TEXT   NOT NULL PRIMARY KEY, -- 2026-11
    made_at BIGINT NOT NULL,
    figures TEXT   NOT NULL              -- JSON; never changed afterwards
);
CREATE TABLE version_of_hook (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE hook (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    kind      TEXT   NOT NULL, -- webhook, slack, teams
    name      TEXT   NOT NULL,
    url       TEXT   NOT NULL, -- of chat programs it is a secret itself
    secret    TEXT   NOT NULL, -- messages are signed with it, so it is kept readable
    lang      TEXT   NOT NULL,
    made_by   TEXT   NOT NULL,
    made_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE hook_delivery (
    tenant_id TEXT   NOT NULL,
    hook_id   TEXT   NOT NULL,
    alert_id  TEXT   NOT NULL, -- '' for a trial
    step      BIGINT NOT NULL, -- how often the alert had become worse
    state     TEXT   NOT NULL, -- waiting, sent, refused
    tries     BIGINT NOT NULL,
    answer    TEXT   NOT NULL, -- status, or what went wrong
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hook_id, alert_id, step),
    FOREIGN KEY (tenant_id, hook_id) REFERENCES hook (tenant_id, id)
);
CREATE TABLE version_of_desk (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
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
    acked_at    BIGINT  NOT NULL, assignee TEXT NOT NULL DEFAULT '', rung_at BIGINT NOT NULL DEFAULT 0, moved_to TEXT NOT NULL DEFAULT '', moved_from TEXT NOT NULL DEFAULT '', -- last acknowledgement by itself
    PRIMARY KEY (tenant_id, id)
);
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
CREATE TABLE version_of_dispatch (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE vendor (
    tenant_id TEXT    NOT NULL REFERENCES company (tenant_id), -- the centre's own
    id        TEXT    NOT NULL,
    body      TEXT    NOT NULL, -- JSON
    moved_at  BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE visit (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    id          TEXT    NOT NULL,
    number      TEXT    NOT NULL, -- six digits
    once        TEXT    NOT NULL, -- of the form that asked, so that sending it twice asks once
    alert_id    TEXT    NOT NULL, -- '' for none
    ticket_id   TEXT    NOT NULL, -- '' for none
    state       TEXT    NOT NULL,
    version     BIGINT  NOT NULL, -- grows with each change: of two at once, one wins
    brief       TEXT    NOT NULL, -- JSON, what the vendor is told
    round       BIGINT  NOT NULL, -- offers that were made
    vendor_id   TEXT    NOT NULL,
    vendor_name TEXT    NOT NULL, -- as it was then
    phone       TEXT    NOT NULL, -- of the vendor
    arrival     TEXT    NOT NULL, -- when somebody comes, as the vendor said it
    report      TEXT    NOT NULL, -- JSON, '' before there is one
    decision    TEXT    NOT NULL, -- why it was closed
    decided_by  TEXT    NOT NULL,
    asked_at    BIGINT  NOT NULL,
    due_at      BIGINT  NOT NULL, -- of the open offer
    moved_at    BIGINT  NOT NULL,
    ended_at    BIGINT  NOT NULL, -- the vendor's part is over; 0 = not yet
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE visit_offer (
    tenant_id   TEXT   NOT NULL,
    visit_id    TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    vendor_id   TEXT   NOT NULL,
    vendor_name TEXT   NOT NULL,
    email       TEXT   NOT NULL,
    lang        TEXT   NOT NULL,
    answer      TEXT   NOT NULL, -- '' open, 'accepted', 'declined', 'silent', 'returned', 'over'
    why         TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, seq),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);
CREATE TABLE visit_link (
    tenant_id TEXT   NOT NULL,
    id        TEXT   NOT NULL, -- hash of the token
    visit_id  TEXT   NOT NULL,
    seq       BIGINT NOT NULL, -- the offer
    made_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);
CREATE TABLE visit_step (
    tenant_id TEXT   NOT NULL,
    visit_id  TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    who       TEXT   NOT NULL, -- a person's id, 'vendor:' and its id, or 'system'
    why       TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, seq),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);
CREATE TABLE visit_file (
    tenant_id TEXT   NOT NULL,
    visit_id  TEXT   NOT NULL,
    file_id   TEXT   NOT NULL, -- attachment
    kind      TEXT   NOT NULL, -- 'photo', 'signature', 'invoice'
    PRIMARY KEY (tenant_id, visit_id, file_id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);
CREATE TABLE version_of_cover (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE cover_claim (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL,
    visit_id   TEXT   NOT NULL,
    alert_id   TEXT   NOT NULL,
    terms      TEXT   NOT NULL, -- version that was signed
    year_from  TEXT   NOT NULL, -- first day of the policy year
    slot       BIGINT NOT NULL, -- which of the uses of the year, from 1
    state      TEXT   NOT NULL, -- 'prepared', 'sent', 'paid', 'refused', 'withdrawn'
    cost       BIGINT NOT NULL, -- yen, of the visit
    asked      BIGINT NOT NULL, -- yen, at most the cap
    decided    BIGINT NOT NULL, -- yen
    decided_by TEXT   NOT NULL, -- who at the insurer
    decided_on TEXT   NOT NULL, -- day of the letter
    why        TEXT   NOT NULL,
    letter     TEXT   NOT NULL, -- attachment
    who        TEXT   NOT NULL, -- of the staff, last
    made_at    BIGINT NOT NULL,
    moved_at   BIGINT NOT NULL, sent_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE cover_insurer (
    tenant_id TEXT NOT NULL REFERENCES company (tenant_id), -- the centre's own
    person_id TEXT NOT NULL,
    insurer   TEXT NOT NULL, -- as the terms name it
    PRIMARY KEY (tenant_id, person_id)
);
CREATE TABLE version_of_news (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
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
CREATE TABLE version_of_survey (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE survey (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id), -- who asks
    id        TEXT   NOT NULL,
    title     TEXT   NOT NULL,
    lead      TEXT   NOT NULL,
    questions TEXT   NOT NULL,
    due       BIGINT NOT NULL, -- end of the last day
    made_by   TEXT   NOT NULL,
    made_at   BIGINT NOT NULL,
    urged_at  BIGINT NOT NULL, -- when all who had not answered were last reminded by hand
    closed_at BIGINT NOT NULL, -- 0 while it is open
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE survey_answer (
    tenant_id   TEXT   NOT NULL, -- who asks
    survey_id   TEXT   NOT NULL,
    company     TEXT   NOT NULL, -- that was asked
    name        TEXT   NOT NULL, -- its, then
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL, -- 0 while it has not
    answered_by TEXT   NOT NULL, -- name of the person
    answers     TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, survey_id, company),
    FOREIGN KEY (tenant_id, survey_id) REFERENCES survey (tenant_id, id)
);
CREATE TABLE survey_asked (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id), -- who is asked
    id          TEXT   NOT NULL, -- of the survey
    asker       TEXT   NOT NULL, -- company that asks
    asker_name  TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    lead        TEXT   NOT NULL,
    questions   TEXT   NOT NULL,
    due         BIGINT NOT NULL,
    asked_at    BIGINT NOT NULL,
    closed_at   BIGINT NOT NULL,
    answers     TEXT   NOT NULL, -- as far as written
    answered_by TEXT   NOT NULL, -- person
    answered_at BIGINT NOT NULL, -- 0 while nothing was sent
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE version_of_advisory (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE advisory (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    id           TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    body         TEXT   NOT NULL, -- JSON
    state        TEXT   NOT NULL, -- draft, published, withdrawn
    made_by      TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    published_by TEXT   NOT NULL,
    published_at BIGINT NOT NULL, -- 0: not yet
    withdrawn_by TEXT   NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    why          TEXT   NOT NULL, -- it was withdrawn
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE advisory_finding (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    advisory_id TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL,
    device      TEXT    NOT NULL, -- what it was called
    product     TEXT    NOT NULL, -- model or program; '' while the model is not known
    subject     TEXT    NOT NULL, -- firmware, or a program
    seen        TEXT    NOT NULL, -- version, as it was seen or told
    answer      TEXT    NOT NULL, -- yes, ask, no
    state       TEXT    NOT NULL, -- open, desk, done, none
    reopened    BOOLEAN NOT NULL,
    done_by     TEXT    NOT NULL, -- a person, or box
    done_at     BIGINT  NOT NULL,
    first_at    BIGINT  NOT NULL,
    changed_at  BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, advisory_id, endpoint_id)
);
CREATE TABLE advisory_label (
    tenant_id   TEXT    NOT NULL REFERENCES company (tenant_id),
    endpoint_id TEXT    NOT NULL,
    subject     TEXT    NOT NULL, -- firmware, or a program
    model       TEXT    NOT NULL, -- as somebody read it from the device
    version     TEXT    NOT NULL,
    unsure      BOOLEAN NOT NULL, -- nobody could tell: the desk helps
    photo       TEXT    NOT NULL, -- an attachment
    said_by     TEXT    NOT NULL,
    said_at     BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, endpoint_id, subject)
);
CREATE TABLE advisory_notice (
    tenant_id   TEXT   NOT NULL REFERENCES company (tenant_id),
    advisory_id TEXT   NOT NULL,
    what        TEXT   NOT NULL, -- yes, ask, remind, again, withdrawn
    sent_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, advisory_id, what)
);
CREATE TABLE advisory_bundle (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id), -- the centre's own
    serial    BIGINT NOT NULL,
    until     TEXT   NOT NULL, -- day
    taken_by  TEXT   NOT NULL,
    taken_at  BIGINT NOT NULL,
    drafts    BIGINT NOT NULL,
    fault     TEXT   NOT NULL, -- of the last attempt
    fault_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);
CREATE TABLE version_of_passkey (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE passkey (
    tenant_id  TEXT    NOT NULL,
    id         TEXT    NOT NULL, -- hash of the credential's id
    person_id  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    host       TEXT    NOT NULL, -- of the face: the relying party's id
    credential TEXT    NOT NULL, -- its id, base64url
    public_key TEXT    NOT NULL, -- COSE, base64url
    transports TEXT    NOT NULL, -- words with a space between
    eligible   BOOLEAN NOT NULL, -- may be copied to the person's other devices; never changes
    sign_count BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL,
    used_at    BIGINT  NOT NULL, -- 0 = never
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE passkey_spent (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    id         TEXT   NOT NULL, -- hash of the challenge
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE passkey_offer (
    tenant_id TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    at        BIGINT NOT NULL, -- when they were told that there are passkeys; once
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE passkey_seal (
    tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES company (tenant_id), -- the house
    secret    TEXT NOT NULL -- seals challenges
);
CREATE TABLE passkey_only (
    tenant_id TEXT   NOT NULL,
    person_id TEXT   NOT NULL, -- whose password opens nothing
    at        BIGINT NOT NULL, -- since when
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE version_of_oidc (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE oidc_link (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- hash of issuer and subject
    person_id  TEXT   NOT NULL,
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL, -- of the account at the provider
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL, -- 0 = never
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE oidc_spent (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id), -- the house
    id         TEXT   NOT NULL, -- hash of the state of a login
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE version_of_policy (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE policy_step (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    subject   TEXT   NOT NULL, -- '' for the company's own, of the house the template
    seq       BIGINT NOT NULL, -- from 1; the highest counts
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    why       TEXT   NOT NULL,
    undoes    BIGINT NOT NULL, -- the step that it takes back, 0 for none
    before    TEXT   NOT NULL, -- JSON
    after     TEXT   NOT NULL, -- JSON
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, subject, seq)
);
CREATE TABLE policy_box (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    box_id    TEXT   NOT NULL,
    said      TEXT   NOT NULL, -- JSON, as the box says it
    at        BIGINT NOT NULL, -- when it said so first
    PRIMARY KEY (tenant_id, box_id)
);
CREATE TABLE version_of_shift (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE shift_note (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL, -- a person's id
    body      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE shift_point (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    note_id    TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    company_id TEXT   NOT NULL, -- of the case that it is about; '' for none
    alert_id   TEXT   NOT NULL,
    done_at    BIGINT NOT NULL, -- 0 while it is open
    done_by    TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, note_id) REFERENCES shift_note (tenant_id, id)
);
CREATE TABLE shift_read (
    tenant_id TEXT   NOT NULL,
    note_id   TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, note_id, person_id),
    FOREIGN KEY (tenant_id, note_id) REFERENCES shift_note (tenant_id, id)
);
CREATE TABLE shift_duty (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE shift_swap (
    tenant_id   TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    duty_id     TEXT   NOT NULL,
    from_id     TEXT   NOT NULL,
    to_id       TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL, -- 0 while it waits
    agreed      BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, duty_id) REFERENCES shift_duty (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE shift_told (
    tenant_id  TEXT   NOT NULL REFERENCES company (tenant_id),
    company_id TEXT   NOT NULL,
    alert_id   TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, company_id, alert_id)
);
CREATE TABLE version_of_care (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE care (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    person_id TEXT   NOT NULL, -- a vendor's, of the house
    given_by  TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
);
CREATE TABLE version_of_discovery (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE discovery (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id), -- the house
    id           TEXT   NOT NULL,
    kind         TEXT   NOT NULL, -- name, addr, page, file
    value        TEXT   NOT NULL,
    category     TEXT   NOT NULL,
    state        TEXT   NOT NULL, -- proposed, active, withdrawn, dropped; what has ended stays active
    company_id   TEXT   NOT NULL, -- where it was found; '' when that company is gone
    alert_id     TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    made_by      TEXT   NOT NULL,
    confirmed_at BIGINT NOT NULL, -- 0 for not
    ends_at      BIGINT NOT NULL, -- of a proposal 0
    days         BIGINT NOT NULL,
    shown_seq    BIGINT NOT NULL, -- the step with which boxes have it; 0 for none
    gone_seq     BIGINT NOT NULL, -- the step with which they let it go; 0 for none
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE discovery_step (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id),
    seq          BIGINT NOT NULL, -- from 1, over all discoveries
    discovery_id TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    who          TEXT   NOT NULL,
    what         TEXT   NOT NULL,
    why          TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE TABLE discovery_asked (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id),
    discovery_id TEXT   NOT NULL,
    question_id  TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, discovery_id)
);
CREATE TABLE discovery_hit (
    tenant_id    TEXT   NOT NULL REFERENCES company (tenant_id),
    discovery_id TEXT   NOT NULL,
    events       BIGINT NOT NULL,
    first_at     BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, discovery_id)
);
CREATE TABLE version_of_export (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE export (
    tenant_id TEXT   NOT NULL REFERENCES company (tenant_id),
    id        TEXT   NOT NULL,
    asked_by  TEXT   NOT NULL, -- a person's id
    asked_at  BIGINT NOT NULL,
    state     TEXT   NOT NULL, -- making, ready
    made_at   BIGINT NOT NULL,
    size      BIGINT NOT NULL, -- bytes of the file
    sum       TEXT   NOT NULL, -- its SHA-256, hex
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE export_part (
    tenant_id TEXT   NOT NULL,
    export_id TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    data      BYTEA  NOT NULL,
    PRIMARY KEY (tenant_id, export_id, seq),
    FOREIGN KEY (tenant_id, export_id) REFERENCES export (tenant_id, id)
);
CREATE TABLE version_of_erase (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE erasure (
    id          TEXT   NOT NULL PRIMARY KEY,
    subject     TEXT   NOT NULL, -- the id of the company
    name        TEXT   NOT NULL,
    lang        TEXT   NOT NULL,
    asked_by    TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    why         TEXT   NOT NULL,
    due_at      BIGINT NOT NULL, -- nothing is deleted before
    state       TEXT   NOT NULL, -- waiting, cancelled, running, done, told
    ended_at    BIGINT NOT NULL,
    people      TEXT   NOT NULL, -- JSON: who gets the certificate, while they have not got it
    counts      TEXT   NOT NULL, -- JSON: rows that went, by table
    facts       TEXT   NOT NULL, -- JSON: boxes cut off, the audit log's end
    certificate TEXT   NOT NULL
);
CREATE TABLE erasure_kept (
    erasure_id TEXT   NOT NULL REFERENCES erasure (id),
    item       TEXT   NOT NULL, -- the table that it was in
    seq        BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    body       TEXT   NOT NULL, -- JSON: the row
    PRIMARY KEY (erasure_id, item, seq)
);
CREATE INDEX directory_owner ON directory (owner, kind);
CREATE INDEX operator_access_at ON operator_access (at);
CREATE INDEX action_link_expiry ON action_link (tenant_id, expires_at);
CREATE INDEX recovery_person ON recovery (tenant_id, person_id, created_at);
CREATE INDEX login_link_expiry ON login_link (tenant_id, expires_at);
CREATE INDEX job_due ON job (state, run_at);
CREATE UNIQUE INDEX job_dedupe ON job (owner, kind, dedupe) WHERE state = 'waiting' AND dedupe <> '';
CREATE INDEX box_health_at ON box_health (tenant_id, box_id, at);
CREATE INDEX alert_last ON alert (tenant_id, last_at);
CREATE INDEX alert_group ON alert (tenant_id, group_key, last_at);
CREATE INDEX alert_queue ON alert (state, stars, first_at);
CREATE INDEX alert_rule_at ON alert_rule (at);
CREATE INDEX alert_rule_sid ON alert_rule (sid, gid);
CREATE INDEX alert_family ON alert (family, first_at, state, outcome);
CREATE INDEX alert_peer ON alert (peer, first_at, state, outcome);
CREATE INDEX alert_rule_newest ON alert_rule (sid, gid, at);
CREATE INDEX seen_event_at ON seen_event (tenant_id, at);
CREATE INDEX delivery_sent ON delivery (state, sent_at);
CREATE INDEX question_open ON question (tenant_id, box_id, answered_at, asked_at);
CREATE INDEX box_test_at ON box_test (tenant_id, box_id, answered_at);
CREATE INDEX appeal_state ON appeal (state, asked_at);
CREATE INDEX pairing_expires ON pairing (expires_at);
CREATE UNIQUE INDEX application_number ON application (tenant_id, number) WHERE number <> '';
CREATE INDEX application_state ON application (tenant_id, state, moved_at);
CREATE INDEX application_link_of ON application_link (tenant_id, application_id);
CREATE INDEX stock_state ON stock (tenant_id, state, moved_at);
CREATE UNIQUE INDEX invoice_seq ON invoice (tenant_id, year, seq);
CREATE UNIQUE INDEX invoice_month ON invoice (tenant_id, company_id, month) WHERE corrects = '';
CREATE INDEX invoice_day ON invoice (tenant_id, on_day, number);
CREATE INDEX invoice_chain ON invoice (tenant_id, corrects) WHERE corrects <> '';
CREATE INDEX invoice_event_what ON invoice_event (tenant_id, what);
CREATE UNIQUE INDEX invoice_account_customer ON invoice_account (tenant_id, bank_no);
CREATE INDEX collection_line_company ON collection_line (tenant_id, company_id);
CREATE INDEX invoice_company ON invoice (tenant_id, company_id, year, seq);
CREATE INDEX desk_ticket_state ON desk_ticket (state, due_at);
CREATE INDEX desk_ticket_digits ON desk_ticket (digits);
CREATE INDEX desk_message_mail ON desk_message (tenant_id, mail_id);
CREATE INDEX desk_message_id ON desk_message (tenant_id, message_id);
CREATE UNIQUE INDEX visit_once ON visit (tenant_id, once);
CREATE UNIQUE INDEX visit_alert ON visit (tenant_id, alert_id) WHERE alert_id <> '' AND state NOT IN ('closed', 'cancelled');
CREATE INDEX visit_state ON visit (state, moved_at);
CREATE UNIQUE INDEX cover_claim_use ON cover_claim (tenant_id, year_from, slot) WHERE state NOT IN ('refused', 'withdrawn');
CREATE UNIQUE INDEX cover_claim_visit ON cover_claim (tenant_id, visit_id) WHERE state <> 'withdrawn';
CREATE UNIQUE INDEX news_source ON news (tenant_id, source, source_key) WHERE source <> '';
CREATE INDEX news_state ON news (tenant_id, state, changed_at);
CREATE INDEX news_mail_message ON news_mail (tenant_id, message_id);
CREATE INDEX passkey_person ON passkey (tenant_id, person_id, created_at);
CREATE INDEX passkey_spent_expiry ON passkey_spent (tenant_id, expires_at);
CREATE UNIQUE INDEX oidc_link_person ON oidc_link (tenant_id, person_id, issuer);
CREATE INDEX oidc_spent_expiry ON oidc_spent (tenant_id, expires_at);
CREATE INDEX shift_note_at ON shift_note (tenant_id, at);
CREATE INDEX shift_point_open ON shift_point (tenant_id, done_at);
CREATE INDEX shift_duty_at ON shift_duty (tenant_id, ends_at);
CREATE INDEX care_person ON care (person_id);
CREATE INDEX discovery_asked_of ON discovery_asked (discovery_id);
CREATE INDEX discovery_hit_of ON discovery_hit (discovery_id);
CREATE UNIQUE INDEX erasure_open ON erasure (subject) WHERE state IN ('waiting', 'running');
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT seq FROM audit_start WHERE tenant_id = OLD.tenant_id), 0)
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
INSERT INTO "version_of_store" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_store" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "directory" VALUES ('k1', 'k1', 'c1');
INSERT INTO "version_of_tenant" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_tenant" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_tenant" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_tenant" VALUES (4, 3, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_tenant" VALUES (5, 4, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_tenant" VALUES (6, 5, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_tenant" VALUES (7, 6, 1, '2026-11-28 00:00:00');
INSERT INTO "company" VALUES ('c1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 7, 'k1');
INSERT INTO "site" VALUES ('c1', 'k1', 'k1', 'k1');
INSERT INTO "person" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 'k1', 7, 7, 7);
INSERT INTO "login_session" VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, 7, 'k1', 1, 1);
INSERT INTO "action_link" VALUES ('c1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO "audit" VALUES ('c1', 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1');
INSERT INTO "factor" VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO "factor_code" VALUES ('c1', 'k1', 'k1');
INSERT INTO "invite" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 'k1', 7, 7);
INSERT INTO "recovery" VALUES ('c1', 'k1', 'k1', 1, 'k1', 'k1', 7, 7, 7, 7, 'k1');
INSERT INTO "login_link" VALUES ('c1', 'k1', 'k1', 'k1', 7);
INSERT INTO "share" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO "audit_start" VALUES ('c1', 7, 'k1');
INSERT INTO "version_of_job" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_job" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "job" VALUES ('k1', 'c1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7, 'k1');
INSERT INTO "version_of_device" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_device" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_device" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "box" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, 1, 7, 7, '{}', 7);
INSERT INTO "claim_code" VALUES ('c1', 'k1', 'k1', 7, 7, 7, 'k1', 'k1', 'k1');
INSERT INTO "box_health" VALUES ('c1', 'k1', 7, 1, 'k1');
INSERT INTO "box_gap" VALUES ('c1', 'k1', 7, 7, 1);
INSERT INTO "endpoint" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO "endpoint_about" VALUES ('c1', 'k1', 1, '{}', 7, 7, 'k1', 7);
INSERT INTO "endpoint_change" VALUES ('c1', 'k1', 'k1', 7, 'k1', 'k1', 1);
INSERT INTO "version_of_alert" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_alert" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_alert" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_alert" VALUES (4, 3, 1, '2026-11-28 00:00:00');
INSERT INTO "alert" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 'k1', '{}', 7, 1, 'k1', 'k1', 7, 'k1', 7, 7, 7, 7, 7, '{}', 'k1', 'k1');
INSERT INTO "alert_change" VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
INSERT INTO "alert_counter" VALUES ('c1', 7);
INSERT INTO "alert_day" VALUES ('c1', 7, 1, 7, 7);
INSERT INTO "alert_rule" VALUES ('c1', 'k1', 7, 7, 'k1', 7);
INSERT INTO "version_of_intake" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_intake" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "seen_event" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "version_of_notify" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_notify" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_notify" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_notify" VALUES (4, 3, 1, '2026-11-28 00:00:00');
INSERT INTO "delivery" VALUES ('c1', 'k1', 'k1', 7, 'k1', 'k1', 'k1', 'k1', 7, 7, 7, 7, 7, 7, 'k1');
INSERT INTO "delivery_copy" VALUES ('c1', 'k1', 'k1', 7, 'k1', x'6b31', 'k1');
INSERT INTO "version_of_usage" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_usage" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "app_use" VALUES ('c1', 7, 'k1', 'k1', 'k1', 'k1', 7, 7, 7, 7, 7);
INSERT INTO "version_of_question" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_question" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_question" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "question" VALUES ('c1', 'k1', 'k1', 'k1', '{}', 7, 7, 7, '{}');
INSERT INTO "box_test" VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, '{}');
INSERT INTO "version_of_appeal" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_appeal" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "appeal" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 'k1', 7, 7);
INSERT INTO "version_of_release" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_release" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "box_bundle" VALUES ('c1', 'k1', 'k1', 7, 'k1', 7, 'k1', 7);
INSERT INTO "version_of_feed" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_feed" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_backup" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_backup" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_pairing" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_pairing" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "pairing" VALUES ('k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, 'c1');
INSERT INTO "version_of_misfire" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_misfire" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "marked_rule" VALUES (7, 7, 'c1', 7);
INSERT INTO "version_of_report" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_report" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "report" VALUES ('c1', 'k1', 7, '{}');
INSERT INTO "report_mail" VALUES ('c1', 'k1', 'k1', 'k1', 7);
INSERT INTO "version_of_attach" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_attach" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "attachment" VALUES ('c1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 7);
INSERT INTO "attachment_part" VALUES ('c1', 'k1', 7, x'6b31');
INSERT INTO "version_of_contract" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_contract" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "application" VALUES ('c1', 'k1', 'k1', 'k1', '{}', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO "application_link" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "contract" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', '{}', 1, 7, 7, 7, 7);
INSERT INTO "contract_step" VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
INSERT INTO "contract_member" VALUES ('c1', 'k1', 1, 'k1', 'k1', 7);
INSERT INTO "version_of_parcel" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_parcel" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "stock" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO "stock_step" VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1', 'k1');
INSERT INTO "version_of_billing" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_billing" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "invoice" VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', '{}', 7);
INSERT INTO "invoice_paid" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO "invoice_event" VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
INSERT INTO "invoice_account" VALUES ('c1', 'k1', 7, '{}', 'k1', 1, 'k1', 7);
INSERT INTO "collection" VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO "collection_line" VALUES ('c1', 'k1', 'k1', 'k1', 7, '{}', '{}', 'k1');
INSERT INTO "version_of_statistics" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_statistics" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_hook" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_hook" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "hook" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO "hook_delivery" VALUES ('c1', 'k1', 'k1', 7, 'k1', 7, 'k1', 7);
INSERT INTO "version_of_desk" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_desk" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_desk" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "desk_ticket" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 'k1', 'k1', 'k1', '{}', 'k1', 'k1', 'k1', 7, 'k1', 7, 7, 7, 7, 7, 'k1', 7, 'k1', 'k1');
INSERT INTO "desk_message" VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 1, 'k1');
INSERT INTO "desk_file" VALUES ('c1', 'k1', 7, 'k1', 'k1', 'k1');
INSERT INTO "desk_mail" VALUES ('c1', 'k1', 7, 7, 1, 'k1', 7);
INSERT INTO "desk_mail_part" VALUES ('c1', 'k1', 7, x'6b31');
INSERT INTO "version_of_dispatch" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_dispatch" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "vendor" VALUES ('c1', 'k1', '{}', 7);
INSERT INTO "visit" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, '{}', 7, 'k1', 'k1', 'k1', 'k1', '{}', 'k1', 'k1', 7, 7, 7, 7);
INSERT INTO "visit_offer" VALUES ('c1', 'k1', 7, 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO "visit_link" VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO "visit_step" VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
INSERT INTO "visit_file" VALUES ('c1', 'k1', 'k1', 'k1');
INSERT INTO "version_of_cover" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_cover" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_cover" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_cover" VALUES (4, 3, 1, '2026-11-28 00:00:00');
INSERT INTO "cover_claim" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 7, 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO "cover_insurer" VALUES ('c1', 'k1', 'k1');
INSERT INTO "version_of_news" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_news" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "news" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', '{}', 7, 7, 'k1', 'k1', 'k1', 'k1', 1, 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO "news_feed" VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, 'k1');
INSERT INTO "news_key" VALUES ('c1', 'k1');
INSERT INTO "seminar" VALUES ('c1', 'k1', 7, 7, 7, 'k1', 'k1', 7, 'k1', 7);
INSERT INTO "seminar_place" VALUES ('c1', 'k1', 'k1', 'k1', 7, 'k1', 1, 7);
INSERT INTO "seminar_seat" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO "news_copy" VALUES ('c1', 'k1', 7);
INSERT INTO "news_read" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "news_mail" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 7);
INSERT INTO "news_choice" VALUES ('c1', 'k1', 1, 1, 'k1', 7);
INSERT INTO "news_address" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "version_of_survey" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_survey" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "survey" VALUES ('c1', 'k1', 'k1', 'k1', '{}', 7, 'k1', 7, 7, 7);
INSERT INTO "survey_answer" VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, 'k1', '{}');
INSERT INTO "survey_asked" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', '{}', 7, 7, 7, '{}', 'k1', 7);
INSERT INTO "version_of_advisory" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_advisory" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_advisory" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "advisory" VALUES ('c1', 'k1', 7, '{}', 'k1', 'k1', 7, 'k1', 7, 'k1', 7, 'k1');
INSERT INTO "advisory_finding" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 'k1', 7, 7, 7);
INSERT INTO "advisory_label" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 1, 'k1', 'k1', 7);
INSERT INTO "advisory_notice" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "advisory_bundle" VALUES ('c1', 7, 'k1', 'k1', 7, 7, 'k1', 7);
INSERT INTO "version_of_passkey" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_passkey" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_passkey" VALUES (3, 2, 1, '2026-11-28 00:00:00');
INSERT INTO "passkey" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 1, 7, 7, 7);
INSERT INTO "passkey_spent" VALUES ('c1', 'k1', 7);
INSERT INTO "passkey_offer" VALUES ('c1', 'k1', 7);
INSERT INTO "passkey_seal" VALUES ('c1', 'k1');
INSERT INTO "passkey_only" VALUES ('c1', 'k1', 7);
INSERT INTO "version_of_oidc" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_oidc" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "oidc_link" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO "oidc_spent" VALUES ('c1', 'k1', 7);
INSERT INTO "version_of_policy" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_policy" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "policy_step" VALUES ('c1', 'k1', 'k1', 7, 7, 'k1', 'k1', 7, '{}', '{}');
INSERT INTO "policy_box" VALUES ('c1', 'k1', '{}', 7);
INSERT INTO "version_of_shift" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_shift" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "shift_note" VALUES ('c1', 'k1', 7, 'k1', 'k1');
INSERT INTO "shift_point" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1');
INSERT INTO "shift_read" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "shift_duty" VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO "shift_swap" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7, 7, 1);
INSERT INTO "shift_told" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "version_of_care" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_care" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "care" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "version_of_discovery" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_discovery" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "discovery" VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 7, 7, 7, 7, 7);
INSERT INTO "discovery_step" VALUES ('c1', 7, 'k1', 7, 'k1', 'k1', 'k1');
INSERT INTO "discovery_asked" VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO "discovery_hit" VALUES ('c1', 'k1', 7, 7, 7);
INSERT INTO "version_of_export" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_export" VALUES (2, 1, 1, '2026-11-28 00:00:00');
INSERT INTO "export" VALUES ('c1', 'k1', 'k1', 7, 'k1', 7, 7, 'k1');
INSERT INTO "export_part" VALUES ('c1', 'k1', 7, x'6b31');
INSERT INTO "version_of_erase" VALUES (1, 0, 1, '2026-11-28 00:00:00');
INSERT INTO "version_of_erase" VALUES (2, 1, 1, '2026-11-28 00:00:00');
