CREATE FUNCTION public.audit_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE FUNCTION public.audit_only_old() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.seq > coalesce((SELECT s.seq FROM audit_start s WHERE s.tenant_id = OLD.tenant_id), 0) THEN
        RAISE EXCEPTION 'the audit log is append-only';
    END IF;
    RETURN OLD;
END $$;
CREATE TABLE public.action_link (
    tenant_id text NOT NULL,
    id text NOT NULL,
    alert_id text NOT NULL,
    person_id text NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint NOT NULL
);
ALTER TABLE ONLY public.action_link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.advisory (
    tenant_id text NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL,
    body text NOT NULL,
    state text NOT NULL,
    made_by text NOT NULL,
    made_at bigint NOT NULL,
    published_by text NOT NULL,
    published_at bigint NOT NULL,
    withdrawn_by text NOT NULL,
    withdrawn_at bigint NOT NULL,
    why text NOT NULL
);
ALTER TABLE ONLY public.advisory FORCE ROW LEVEL SECURITY;
CREATE TABLE public.advisory_bundle (
    tenant_id text NOT NULL,
    serial bigint NOT NULL,
    until text NOT NULL,
    taken_by text NOT NULL,
    taken_at bigint NOT NULL,
    drafts bigint NOT NULL,
    fault text NOT NULL,
    fault_at bigint NOT NULL
);
ALTER TABLE ONLY public.advisory_bundle FORCE ROW LEVEL SECURITY;
CREATE TABLE public.advisory_finding (
    tenant_id text NOT NULL,
    advisory_id text NOT NULL,
    endpoint_id text NOT NULL,
    device text NOT NULL,
    product text NOT NULL,
    subject text NOT NULL,
    seen text NOT NULL,
    answer text NOT NULL,
    state text NOT NULL,
    reopened boolean NOT NULL,
    done_by text NOT NULL,
    done_at bigint NOT NULL,
    first_at bigint NOT NULL,
    changed_at bigint NOT NULL
);
ALTER TABLE ONLY public.advisory_finding FORCE ROW LEVEL SECURITY;
CREATE TABLE public.advisory_label (
    tenant_id text NOT NULL,
    endpoint_id text NOT NULL,
    subject text NOT NULL,
    model text NOT NULL,
    version text NOT NULL,
    unsure boolean NOT NULL,
    photo text NOT NULL,
    said_by text NOT NULL,
    said_at bigint NOT NULL
);
ALTER TABLE ONLY public.advisory_label FORCE ROW LEVEL SECURITY;
CREATE TABLE public.advisory_notice (
    tenant_id text NOT NULL,
    advisory_id text NOT NULL,
    what text NOT NULL,
    sent_at bigint NOT NULL
);
ALTER TABLE ONLY public.advisory_notice FORCE ROW LEVEL SECURITY;
CREATE TABLE public.alert (
    tenant_id text NOT NULL,
    id text NOT NULL,
    case_no text NOT NULL,
    group_key text NOT NULL,
    box_id text NOT NULL,
    device_id text NOT NULL,
    device_name text NOT NULL,
    device_addr text NOT NULL,
    inbound boolean NOT NULL,
    family text NOT NULL,
    families text NOT NULL,
    stars bigint NOT NULL,
    blocked boolean NOT NULL,
    state text NOT NULL,
    answer text NOT NULL,
    answered_at bigint NOT NULL,
    reason text NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    closed_at bigint NOT NULL,
    notify_at bigint NOT NULL,
    events bigint NOT NULL,
    evidence text NOT NULL,
    outcome text DEFAULT ''::text NOT NULL,
    peer text DEFAULT ''::text NOT NULL
);
ALTER TABLE ONLY public.alert FORCE ROW LEVEL SECURITY;
CREATE TABLE public.alert_change (
    tenant_id text NOT NULL,
    alert_id text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    note text NOT NULL
);
ALTER TABLE ONLY public.alert_change FORCE ROW LEVEL SECURITY;
CREATE TABLE public.alert_counter (
    tenant_id text NOT NULL,
    used bigint NOT NULL
);
ALTER TABLE ONLY public.alert_counter FORCE ROW LEVEL SECURITY;
CREATE TABLE public.alert_day (
    tenant_id text NOT NULL,
    day bigint NOT NULL,
    inbound boolean NOT NULL,
    events bigint NOT NULL,
    blocked bigint NOT NULL
);
ALTER TABLE ONLY public.alert_day FORCE ROW LEVEL SECURITY;
CREATE TABLE public.alert_rule (
    tenant_id text NOT NULL,
    alert_id text NOT NULL,
    gid bigint NOT NULL,
    sid bigint NOT NULL,
    msg text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.alert_rule FORCE ROW LEVEL SECURITY;
CREATE TABLE public.app_use (
    tenant_id text NOT NULL,
    day bigint NOT NULL,
    endpoint_id text NOT NULL,
    app text NOT NULL,
    category text NOT NULL,
    name text NOT NULL,
    up bigint NOT NULL,
    down bigint NOT NULL,
    minutes bigint NOT NULL,
    flows bigint NOT NULL,
    blocked bigint NOT NULL
);
ALTER TABLE ONLY public.app_use FORCE ROW LEVEL SECURITY;
CREATE TABLE public.appeal (
    tenant_id text NOT NULL,
    id text NOT NULL,
    device text NOT NULL,
    person_id text NOT NULL,
    what text NOT NULL,
    category text NOT NULL,
    list text NOT NULL,
    reason text NOT NULL,
    note text NOT NULL,
    times bigint NOT NULL,
    state text NOT NULL,
    answer text NOT NULL,
    answered_by text NOT NULL,
    asked_at bigint NOT NULL,
    answered_at bigint NOT NULL
);
ALTER TABLE ONLY public.appeal FORCE ROW LEVEL SECURITY;
CREATE TABLE public.application (
    tenant_id text NOT NULL,
    id text NOT NULL,
    number text NOT NULL,
    state text NOT NULL,
    form text NOT NULL,
    offer text NOT NULL,
    fold text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    corporate text NOT NULL,
    paper text NOT NULL,
    company_id text NOT NULL,
    entered_at bigint NOT NULL,
    moved_at bigint NOT NULL
);
ALTER TABLE ONLY public.application FORCE ROW LEVEL SECURITY;
CREATE TABLE public.application_link (
    tenant_id text NOT NULL,
    id text NOT NULL,
    application_id text NOT NULL,
    made_at bigint NOT NULL
);
ALTER TABLE ONLY public.application_link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.attachment (
    tenant_id text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    size bigint NOT NULL,
    sum text NOT NULL,
    sent_by text NOT NULL,
    sent_at bigint NOT NULL
);
ALTER TABLE ONLY public.attachment FORCE ROW LEVEL SECURITY;
CREATE TABLE public.attachment_part (
    tenant_id text NOT NULL,
    attachment_id text NOT NULL,
    seq bigint NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE ONLY public.attachment_part FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit (
    tenant_id text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    who text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    why text NOT NULL,
    hash text NOT NULL
);
ALTER TABLE ONLY public.audit FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_start (
    tenant_id text NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL
);
ALTER TABLE ONLY public.audit_start FORCE ROW LEVEL SECURITY;
CREATE TABLE public.backup (
    at bigint NOT NULL,
    file text NOT NULL,
    bytes bigint NOT NULL,
    took bigint NOT NULL,
    trouble text NOT NULL
);
CREATE TABLE public.box (
    tenant_id text NOT NULL,
    id text NOT NULL,
    site_id text NOT NULL,
    name text NOT NULL,
    serial text NOT NULL,
    model text NOT NULL,
    software text NOT NULL,
    claimed_at bigint NOT NULL,
    last_seen bigint NOT NULL,
    protecting boolean NOT NULL,
    since bigint NOT NULL,
    health_at bigint NOT NULL,
    health text NOT NULL,
    returned_at bigint NOT NULL
);
ALTER TABLE ONLY public.box FORCE ROW LEVEL SECURITY;
CREATE TABLE public.box_bundle (
    tenant_id text NOT NULL,
    box_id text NOT NULL,
    kind text NOT NULL,
    version bigint NOT NULL,
    state text NOT NULL,
    active bigint NOT NULL,
    reason text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.box_bundle FORCE ROW LEVEL SECURITY;
CREATE TABLE public.box_gap (
    tenant_id text NOT NULL,
    box_id text NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL,
    raised boolean NOT NULL
);
ALTER TABLE ONLY public.box_gap FORCE ROW LEVEL SECURITY;
CREATE TABLE public.box_health (
    tenant_id text NOT NULL,
    box_id text NOT NULL,
    at bigint NOT NULL,
    protecting boolean NOT NULL,
    note text NOT NULL
);
ALTER TABLE ONLY public.box_health FORCE ROW LEVEL SECURITY;
CREATE TABLE public.box_test (
    tenant_id text NOT NULL,
    id text NOT NULL,
    box_id text NOT NULL,
    who text NOT NULL,
    asked_at bigint NOT NULL,
    answered_at bigint NOT NULL,
    answer text NOT NULL
);
ALTER TABLE ONLY public.box_test FORCE ROW LEVEL SECURITY;
CREATE TABLE public.care (
    tenant_id text NOT NULL,
    person_id text NOT NULL,
    given_by text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.care FORCE ROW LEVEL SECURITY;
CREATE TABLE public.claim_code (
    tenant_id text NOT NULL,
    id text NOT NULL,
    site_id text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint NOT NULL,
    box_id text,
    key_hash text NOT NULL,
    certificate text NOT NULL
);
ALTER TABLE ONLY public.claim_code FORCE ROW LEVEL SECURITY;
CREATE TABLE public.collection (
    tenant_id text NOT NULL,
    on_day text NOT NULL,
    who text NOT NULL,
    at bigint NOT NULL,
    result_at bigint NOT NULL
);
ALTER TABLE ONLY public.collection FORCE ROW LEVEL SECURITY;
CREATE TABLE public.collection_line (
    tenant_id text NOT NULL,
    on_day text NOT NULL,
    customer text NOT NULL,
    company_id text NOT NULL,
    yen bigint NOT NULL,
    numbers text NOT NULL,
    record text NOT NULL,
    result text NOT NULL
);
ALTER TABLE ONLY public.collection_line FORCE ROW LEVEL SECURITY;
CREATE TABLE public.company (
    tenant_id text NOT NULL,
    name text NOT NULL,
    name_kana text NOT NULL,
    industry text NOT NULL,
    people bigint NOT NULL,
    lang text NOT NULL,
    passphrase text NOT NULL,
    created_at bigint NOT NULL,
    region text DEFAULT ''::text NOT NULL
);
ALTER TABLE ONLY public.company FORCE ROW LEVEL SECURITY;
CREATE TABLE public.contract (
    tenant_id text NOT NULL,
    id text NOT NULL,
    application_id text NOT NULL,
    number text NOT NULL,
    state text NOT NULL,
    offer text NOT NULL,
    form text NOT NULL,
    visit boolean NOT NULL,
    signed_at bigint NOT NULL,
    installed_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    moved_at bigint NOT NULL
);
ALTER TABLE ONLY public.contract FORCE ROW LEVEL SECURITY;
CREATE TABLE public.contract_member (
    tenant_id text NOT NULL,
    month text NOT NULL,
    member boolean NOT NULL,
    proof text NOT NULL,
    who text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.contract_member FORCE ROW LEVEL SECURITY;
CREATE TABLE public.contract_step (
    tenant_id text NOT NULL,
    subject text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    state text NOT NULL,
    who text NOT NULL,
    why text NOT NULL
);
ALTER TABLE ONLY public.contract_step FORCE ROW LEVEL SECURITY;
CREATE TABLE public.cover_claim (
    tenant_id text NOT NULL,
    id text NOT NULL,
    visit_id text NOT NULL,
    alert_id text NOT NULL,
    terms text NOT NULL,
    year_from text NOT NULL,
    slot bigint NOT NULL,
    state text NOT NULL,
    cost bigint NOT NULL,
    asked bigint NOT NULL,
    decided bigint NOT NULL,
    decided_by text NOT NULL,
    decided_on text NOT NULL,
    why text NOT NULL,
    letter text NOT NULL,
    who text NOT NULL,
    made_at bigint NOT NULL,
    moved_at bigint NOT NULL,
    sent_at bigint DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.cover_claim FORCE ROW LEVEL SECURITY;
CREATE TABLE public.cover_insurer (
    tenant_id text NOT NULL,
    person_id text NOT NULL,
    insurer text NOT NULL
);
ALTER TABLE ONLY public.cover_insurer FORCE ROW LEVEL SECURITY;
CREATE TABLE public.delivery (
    tenant_id text NOT NULL,
    alert_id text NOT NULL,
    person_id text NOT NULL,
    step integer NOT NULL,
    email text NOT NULL,
    message_id text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    tries integer NOT NULL,
    deaths integer NOT NULL,
    created_at bigint NOT NULL,
    tried_at bigint NOT NULL,
    sent_at bigint NOT NULL,
    latency bigint NOT NULL,
    error text NOT NULL
);
ALTER TABLE ONLY public.delivery FORCE ROW LEVEL SECURITY;
CREATE TABLE public.delivery_copy (
    tenant_id text NOT NULL,
    alert_id text NOT NULL,
    person_id text NOT NULL,
    step integer NOT NULL,
    body text NOT NULL,
    eml bytea NOT NULL,
    sum text NOT NULL
);
ALTER TABLE ONLY public.delivery_copy FORCE ROW LEVEL SECURITY;
CREATE TABLE public.desk_file (
    tenant_id text NOT NULL,
    ticket_id text NOT NULL,
    seq bigint NOT NULL,
    attachment_id text NOT NULL,
    state text NOT NULL,
    virus text NOT NULL
);
ALTER TABLE ONLY public.desk_file FORCE ROW LEVEL SECURITY;
CREATE TABLE public.desk_mail (
    tenant_id text NOT NULL,
    id text NOT NULL,
    at bigint NOT NULL,
    size bigint NOT NULL,
    cut boolean NOT NULL,
    goal text NOT NULL,
    done_at bigint NOT NULL
);
ALTER TABLE ONLY public.desk_mail FORCE ROW LEVEL SECURITY;
CREATE TABLE public.desk_mail_part (
    tenant_id text NOT NULL,
    mail_id text NOT NULL,
    seq bigint NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE ONLY public.desk_mail_part FORCE ROW LEVEL SECURITY;
CREATE TABLE public.desk_message (
    tenant_id text NOT NULL,
    ticket_id text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    side text NOT NULL,
    who text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    body text NOT NULL,
    mail_id text NOT NULL,
    message_id text NOT NULL,
    auto boolean NOT NULL,
    cut boolean NOT NULL,
    sent text NOT NULL
);
ALTER TABLE ONLY public.desk_message FORCE ROW LEVEL SECURITY;
CREATE TABLE public.desk_ticket (
    tenant_id text NOT NULL,
    id text NOT NULL,
    number text NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    urgent boolean NOT NULL,
    name text NOT NULL,
    company text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    digits text NOT NULL,
    person_id text NOT NULL,
    by_address boolean NOT NULL,
    alert_id text NOT NULL,
    box_id text NOT NULL,
    application text NOT NULL,
    beforehand text NOT NULL,
    lang text NOT NULL,
    reason text NOT NULL,
    escalated text NOT NULL,
    face bigint NOT NULL,
    word text NOT NULL,
    opened_at bigint NOT NULL,
    moved_at bigint NOT NULL,
    due_at bigint NOT NULL,
    first_at bigint NOT NULL,
    acked_at bigint NOT NULL,
    assignee text DEFAULT ''::text NOT NULL,
    rung_at bigint DEFAULT 0 NOT NULL,
    moved_to text DEFAULT ''::text NOT NULL,
    moved_from text DEFAULT ''::text NOT NULL
);
ALTER TABLE ONLY public.desk_ticket FORCE ROW LEVEL SECURITY;
CREATE TABLE public.directory (
    kind text NOT NULL,
    item text NOT NULL,
    owner text NOT NULL
);
CREATE TABLE public.discovery (
    tenant_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    category text NOT NULL,
    state text NOT NULL,
    company_id text NOT NULL,
    alert_id text NOT NULL,
    made_at bigint NOT NULL,
    made_by text NOT NULL,
    confirmed_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    days bigint NOT NULL,
    shown_seq bigint NOT NULL,
    gone_seq bigint NOT NULL
);
ALTER TABLE ONLY public.discovery FORCE ROW LEVEL SECURITY;
CREATE TABLE public.discovery_asked (
    tenant_id text NOT NULL,
    discovery_id text NOT NULL,
    question_id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.discovery_asked FORCE ROW LEVEL SECURITY;
CREATE TABLE public.discovery_hit (
    tenant_id text NOT NULL,
    discovery_id text NOT NULL,
    events bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL
);
ALTER TABLE ONLY public.discovery_hit FORCE ROW LEVEL SECURITY;
CREATE TABLE public.discovery_step (
    tenant_id text NOT NULL,
    seq bigint NOT NULL,
    discovery_id text NOT NULL,
    at bigint NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    why text NOT NULL
);
ALTER TABLE ONLY public.discovery_step FORCE ROW LEVEL SECURITY;
CREATE TABLE public.endpoint (
    tenant_id text NOT NULL,
    id text NOT NULL,
    site_id text NOT NULL,
    known_by text NOT NULL,
    mac text NOT NULL,
    addr text NOT NULL,
    name text NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL
);
ALTER TABLE ONLY public.endpoint FORCE ROW LEVEL SECURITY;
CREATE TABLE public.endpoint_about (
    tenant_id text NOT NULL,
    endpoint_id text NOT NULL,
    random boolean NOT NULL,
    info text NOT NULL,
    told_at bigint NOT NULL,
    approved_at bigint NOT NULL,
    approved_by text NOT NULL,
    held_at bigint NOT NULL
);
ALTER TABLE ONLY public.endpoint_about FORCE ROW LEVEL SECURITY;
CREATE TABLE public.endpoint_change (
    tenant_id text NOT NULL,
    endpoint_id text NOT NULL,
    box_id text NOT NULL,
    at bigint NOT NULL,
    what text NOT NULL,
    detail text NOT NULL,
    told boolean NOT NULL
);
ALTER TABLE ONLY public.endpoint_change FORCE ROW LEVEL SECURITY;
CREATE TABLE public.erasure (
    id text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    lang text NOT NULL,
    asked_by text NOT NULL,
    asked_at bigint NOT NULL,
    why text NOT NULL,
    due_at bigint NOT NULL,
    state text NOT NULL,
    ended_at bigint NOT NULL,
    people text NOT NULL,
    counts text NOT NULL,
    facts text NOT NULL,
    certificate text NOT NULL
);
CREATE TABLE public.erasure_kept (
    erasure_id text NOT NULL,
    item text NOT NULL,
    seq bigint NOT NULL,
    until_at bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE public.export (
    tenant_id text NOT NULL,
    id text NOT NULL,
    asked_by text NOT NULL,
    asked_at bigint NOT NULL,
    state text NOT NULL,
    made_at bigint NOT NULL,
    size bigint NOT NULL,
    sum text NOT NULL
);
ALTER TABLE ONLY public.export FORCE ROW LEVEL SECURITY;
CREATE TABLE public.export_part (
    tenant_id text NOT NULL,
    export_id text NOT NULL,
    seq bigint NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE ONLY public.export_part FORCE ROW LEVEL SECURITY;
CREATE TABLE public.factor (
    tenant_id text NOT NULL,
    person_id text NOT NULL,
    secret text NOT NULL,
    confirmed_at bigint NOT NULL,
    last_step bigint NOT NULL
);
ALTER TABLE ONLY public.factor FORCE ROW LEVEL SECURITY;
CREATE TABLE public.factor_code (
    tenant_id text NOT NULL,
    person_id text NOT NULL,
    id text NOT NULL
);
ALTER TABLE ONLY public.factor_code FORCE ROW LEVEL SECURITY;
CREATE TABLE public.feed (
    name text NOT NULL,
    kind text NOT NULL,
    next_at bigint NOT NULL,
    etag text NOT NULL,
    modified text NOT NULL,
    digest text NOT NULL,
    entries bigint NOT NULL,
    fetched_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    trouble text NOT NULL
);
CREATE TABLE public.feed_bundle (
    kind text NOT NULL,
    digest text NOT NULL,
    version bigint NOT NULL,
    at bigint NOT NULL,
    trouble text NOT NULL
);
CREATE TABLE public.held_rule (
    gid bigint NOT NULL,
    sid bigint NOT NULL,
    msg text NOT NULL,
    state text NOT NULL,
    why text NOT NULL,
    companies bigint NOT NULL,
    held_at bigint NOT NULL,
    decided_at bigint NOT NULL,
    decided_by text NOT NULL
);
CREATE TABLE public.hook (
    tenant_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    secret text NOT NULL,
    lang text NOT NULL,
    made_by text NOT NULL,
    made_at bigint NOT NULL
);
ALTER TABLE ONLY public.hook FORCE ROW LEVEL SECURITY;
CREATE TABLE public.hook_delivery (
    tenant_id text NOT NULL,
    hook_id text NOT NULL,
    alert_id text NOT NULL,
    step bigint NOT NULL,
    state text NOT NULL,
    tries bigint NOT NULL,
    answer text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.hook_delivery FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invite (
    tenant_id text NOT NULL,
    id text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    lang text NOT NULL,
    mails boolean NOT NULL,
    invited_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
ALTER TABLE ONLY public.invite FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice (
    tenant_id text NOT NULL,
    number text NOT NULL,
    year bigint NOT NULL,
    seq bigint NOT NULL,
    company_id text NOT NULL,
    month text NOT NULL,
    corrects text NOT NULL,
    on_day text NOT NULL,
    due text NOT NULL,
    total bigint NOT NULL,
    fold text NOT NULL,
    body text NOT NULL,
    issued_at bigint NOT NULL
);
ALTER TABLE ONLY public.invoice FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_account (
    tenant_id text NOT NULL,
    company_id text NOT NULL,
    bank_no bigint NOT NULL,
    account text NOT NULL,
    holder text NOT NULL,
    fresh boolean NOT NULL,
    who text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.invoice_account FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_event (
    tenant_id text NOT NULL,
    number text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    what text NOT NULL,
    who text NOT NULL,
    why text NOT NULL
);
ALTER TABLE ONLY public.invoice_event FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invoice_paid (
    tenant_id text NOT NULL,
    number text NOT NULL,
    on_day text NOT NULL,
    how text NOT NULL,
    who text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.invoice_paid FORCE ROW LEVEL SECURITY;
CREATE TABLE public.job (
    id text NOT NULL,
    owner text NOT NULL,
    kind text NOT NULL,
    args text NOT NULL,
    dedupe text NOT NULL,
    state text NOT NULL,
    run_at bigint NOT NULL,
    attempt bigint NOT NULL,
    attempts bigint NOT NULL,
    last_error text NOT NULL
);
CREATE TABLE public.login_link (
    tenant_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    ref text NOT NULL,
    expires_at bigint NOT NULL
);
ALTER TABLE ONLY public.login_link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.login_session (
    tenant_id text NOT NULL,
    id text NOT NULL,
    person_id text NOT NULL,
    address text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    agent text DEFAULT ''::text NOT NULL,
    pending boolean DEFAULT false NOT NULL,
    vouched boolean DEFAULT false NOT NULL
);
ALTER TABLE ONLY public.login_session FORCE ROW LEVEL SECURITY;
CREATE TABLE public.marked_rule (
    gid bigint NOT NULL,
    sid bigint NOT NULL,
    marker text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.news (
    tenant_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    title_ja text NOT NULL,
    body_ja text NOT NULL,
    title_en text NOT NULL,
    body_en text NOT NULL,
    audience text NOT NULL,
    send_at bigint NOT NULL,
    revision bigint NOT NULL,
    source text NOT NULL,
    source_key text NOT NULL,
    source_url text NOT NULL,
    source_digest text NOT NULL,
    source_changed boolean NOT NULL,
    made_by text NOT NULL,
    edited_by text NOT NULL,
    asked_by text NOT NULL,
    approved_by text NOT NULL,
    made_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    sent_at bigint NOT NULL
);
ALTER TABLE ONLY public.news FORCE ROW LEVEL SECURITY;
CREATE TABLE public.news_address (
    tenant_id text NOT NULL,
    email text NOT NULL,
    answer text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.news_address FORCE ROW LEVEL SECURITY;
CREATE TABLE public.news_choice (
    tenant_id text NOT NULL,
    person_id text NOT NULL,
    warnings boolean NOT NULL,
    offers boolean NOT NULL,
    how text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.news_choice FORCE ROW LEVEL SECURITY;
CREATE TABLE public.news_copy (
    tenant_id text NOT NULL,
    news_id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.news_copy FORCE ROW LEVEL SECURITY;
CREATE TABLE public.news_feed (
    tenant_id text NOT NULL,
    name text NOT NULL,
    etag text NOT NULL,
    modified text NOT NULL,
    asked_at bigint NOT NULL,
    good_at bigint NOT NULL,
    fault text NOT NULL
);
ALTER TABLE ONLY public.news_feed FORCE ROW LEVEL SECURITY;
CREATE TABLE public.news_key (
    tenant_id text NOT NULL,
    secret text NOT NULL
);
ALTER TABLE ONLY public.news_key FORCE ROW LEVEL SECURITY;
CREATE TABLE public.news_mail (
    tenant_id text NOT NULL,
    news_id text NOT NULL,
    what text NOT NULL,
    to_id text NOT NULL,
    email text NOT NULL,
    state text NOT NULL,
    tries bigint NOT NULL,
    message_id text NOT NULL,
    answer text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.news_mail FORCE ROW LEVEL SECURITY;
CREATE TABLE public.news_read (
    tenant_id text NOT NULL,
    news_id text NOT NULL,
    person_id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.news_read FORCE ROW LEVEL SECURITY;
CREATE TABLE public.oidc_link (
    tenant_id text NOT NULL,
    id text NOT NULL,
    person_id text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL
);
ALTER TABLE ONLY public.oidc_link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.oidc_spent (
    tenant_id text NOT NULL,
    id text NOT NULL,
    expires_at bigint NOT NULL
);
ALTER TABLE ONLY public.oidc_spent FORCE ROW LEVEL SECURITY;
CREATE TABLE public.operator_access (
    at bigint NOT NULL,
    who text NOT NULL,
    why text NOT NULL
);
CREATE TABLE public.pairing (
    code text NOT NULL,
    token text NOT NULL,
    key_hash text NOT NULL,
    number text NOT NULL,
    model text NOT NULL,
    software text NOT NULL,
    remote text NOT NULL,
    asked_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    owner text NOT NULL
);
CREATE TABLE public.passkey (
    tenant_id text NOT NULL,
    id text NOT NULL,
    person_id text NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    credential text NOT NULL,
    public_key text NOT NULL,
    transports text NOT NULL,
    eligible boolean NOT NULL,
    sign_count bigint NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL
);
ALTER TABLE ONLY public.passkey FORCE ROW LEVEL SECURITY;
CREATE TABLE public.passkey_offer (
    tenant_id text NOT NULL,
    person_id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.passkey_offer FORCE ROW LEVEL SECURITY;
CREATE TABLE public.passkey_only (
    tenant_id text NOT NULL,
    person_id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.passkey_only FORCE ROW LEVEL SECURITY;
CREATE TABLE public.passkey_seal (
    tenant_id text NOT NULL,
    secret text NOT NULL
);
ALTER TABLE ONLY public.passkey_seal FORCE ROW LEVEL SECURITY;
CREATE TABLE public.passkey_spent (
    tenant_id text NOT NULL,
    id text NOT NULL,
    expires_at bigint NOT NULL
);
ALTER TABLE ONLY public.passkey_spent FORCE ROW LEVEL SECURITY;
CREATE TABLE public.person (
    tenant_id text NOT NULL,
    id text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    lang text NOT NULL,
    role text NOT NULL,
    mails boolean NOT NULL,
    password text NOT NULL,
    created_at bigint NOT NULL,
    left_at bigint DEFAULT 0 NOT NULL,
    first_login bigint DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.person FORCE ROW LEVEL SECURITY;
CREATE TABLE public.policy_box (
    tenant_id text NOT NULL,
    box_id text NOT NULL,
    said text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.policy_box FORCE ROW LEVEL SECURITY;
CREATE TABLE public.policy_step (
    tenant_id text NOT NULL,
    id text NOT NULL,
    subject text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    undoes bigint NOT NULL,
    before text NOT NULL,
    after text NOT NULL
);
ALTER TABLE ONLY public.policy_step FORCE ROW LEVEL SECURITY;
CREATE TABLE public.question (
    tenant_id text NOT NULL,
    id text NOT NULL,
    box_id text NOT NULL,
    who text NOT NULL,
    body text NOT NULL,
    asked_at bigint NOT NULL,
    taken_at bigint NOT NULL,
    answered_at bigint NOT NULL,
    answer text NOT NULL
);
ALTER TABLE ONLY public.question FORCE ROW LEVEL SECURITY;
CREATE TABLE public.recovery (
    tenant_id text NOT NULL,
    id text NOT NULL,
    person_id text NOT NULL,
    factor boolean NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    created_at bigint NOT NULL,
    valid_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    ended text NOT NULL
);
ALTER TABLE ONLY public.recovery FORCE ROW LEVEL SECURITY;
CREATE TABLE public.release (
    kind text NOT NULL,
    version bigint NOT NULL,
    made_at bigint NOT NULL,
    urgent boolean NOT NULL,
    note text NOT NULL,
    wave bigint NOT NULL,
    wave_at bigint NOT NULL,
    boxes bigint NOT NULL,
    upto bigint NOT NULL,
    stopped boolean NOT NULL,
    why text NOT NULL
);
CREATE TABLE public.report (
    tenant_id text NOT NULL,
    month text NOT NULL,
    made_at bigint NOT NULL,
    figures text NOT NULL
);
ALTER TABLE ONLY public.report FORCE ROW LEVEL SECURITY;
CREATE TABLE public.report_mail (
    tenant_id text NOT NULL,
    month text NOT NULL,
    person_id text NOT NULL,
    state text NOT NULL,
    deaths bigint NOT NULL
);
ALTER TABLE ONLY public.report_mail FORCE ROW LEVEL SECURITY;
CREATE TABLE public.report_month (
    month text NOT NULL,
    cells text NOT NULL
);
CREATE TABLE public.seen_event (
    tenant_id text NOT NULL,
    box_id text NOT NULL,
    id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.seen_event FORCE ROW LEVEL SECURITY;
CREATE TABLE public.seminar (
    tenant_id text NOT NULL,
    id text NOT NULL,
    starts_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    closes_at bigint NOT NULL,
    place text NOT NULL,
    online text NOT NULL,
    seats bigint NOT NULL,
    slides text NOT NULL,
    cancelled_at bigint NOT NULL
);
ALTER TABLE ONLY public.seminar FORCE ROW LEVEL SECURITY;
CREATE TABLE public.seminar_place (
    tenant_id text NOT NULL,
    seminar_id text NOT NULL,
    seat_id text NOT NULL,
    company_id text NOT NULL,
    seq bigint NOT NULL,
    state text NOT NULL,
    came boolean NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.seminar_place FORCE ROW LEVEL SECURITY;
CREATE TABLE public.seminar_seat (
    tenant_id text NOT NULL,
    seminar_id text NOT NULL,
    id text NOT NULL,
    person_id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    lang text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.seminar_seat FORCE ROW LEVEL SECURITY;
CREATE TABLE public.share (
    tenant_id text NOT NULL,
    id text NOT NULL,
    viewer text NOT NULL,
    kinds text NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint NOT NULL
);
ALTER TABLE ONLY public.share FORCE ROW LEVEL SECURITY;
CREATE TABLE public.shift_duty (
    tenant_id text NOT NULL,
    id text NOT NULL,
    person_id text NOT NULL,
    starts_at bigint NOT NULL,
    ends_at bigint NOT NULL
);
ALTER TABLE ONLY public.shift_duty FORCE ROW LEVEL SECURITY;
CREATE TABLE public.shift_note (
    tenant_id text NOT NULL,
    id text NOT NULL,
    at bigint NOT NULL,
    who text NOT NULL,
    body text NOT NULL
);
ALTER TABLE ONLY public.shift_note FORCE ROW LEVEL SECURITY;
CREATE TABLE public.shift_point (
    tenant_id text NOT NULL,
    id text NOT NULL,
    note_id text NOT NULL,
    body text NOT NULL,
    company_id text NOT NULL,
    alert_id text NOT NULL,
    done_at bigint NOT NULL,
    done_by text NOT NULL
);
ALTER TABLE ONLY public.shift_point FORCE ROW LEVEL SECURITY;
CREATE TABLE public.shift_read (
    tenant_id text NOT NULL,
    note_id text NOT NULL,
    person_id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.shift_read FORCE ROW LEVEL SECURITY;
CREATE TABLE public.shift_swap (
    tenant_id text NOT NULL,
    id text NOT NULL,
    duty_id text NOT NULL,
    from_id text NOT NULL,
    to_id text NOT NULL,
    asked_at bigint NOT NULL,
    answered_at bigint NOT NULL,
    agreed boolean NOT NULL
);
ALTER TABLE ONLY public.shift_swap FORCE ROW LEVEL SECURITY;
CREATE TABLE public.shift_told (
    tenant_id text NOT NULL,
    company_id text NOT NULL,
    alert_id text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.shift_told FORCE ROW LEVEL SECURITY;
CREATE TABLE public.site (
    tenant_id text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    address text NOT NULL
);
ALTER TABLE ONLY public.site FORCE ROW LEVEL SECURITY;
CREATE TABLE public.statistics_month (
    month text NOT NULL,
    made_at bigint NOT NULL,
    figures text NOT NULL
);
CREATE TABLE public.stock (
    tenant_id text NOT NULL,
    serial text NOT NULL,
    model text NOT NULL,
    state text NOT NULL,
    company_id text NOT NULL,
    contract_id text NOT NULL,
    replaces text NOT NULL,
    carrier text NOT NULL,
    tracking text NOT NULL,
    moved_at bigint NOT NULL
);
ALTER TABLE ONLY public.stock FORCE ROW LEVEL SECURITY;
CREATE TABLE public.stock_step (
    tenant_id text NOT NULL,
    serial text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    state text NOT NULL,
    company_id text NOT NULL,
    who text NOT NULL,
    why text NOT NULL
);
ALTER TABLE ONLY public.stock_step FORCE ROW LEVEL SECURITY;
CREATE TABLE public.survey (
    tenant_id text NOT NULL,
    id text NOT NULL,
    title text NOT NULL,
    lead text NOT NULL,
    questions text NOT NULL,
    due bigint NOT NULL,
    made_by text NOT NULL,
    made_at bigint NOT NULL,
    urged_at bigint NOT NULL,
    closed_at bigint NOT NULL
);
ALTER TABLE ONLY public.survey FORCE ROW LEVEL SECURITY;
CREATE TABLE public.survey_answer (
    tenant_id text NOT NULL,
    survey_id text NOT NULL,
    company text NOT NULL,
    name text NOT NULL,
    asked_at bigint NOT NULL,
    answered_at bigint NOT NULL,
    answered_by text NOT NULL,
    answers text NOT NULL
);
ALTER TABLE ONLY public.survey_answer FORCE ROW LEVEL SECURITY;
CREATE TABLE public.survey_asked (
    tenant_id text NOT NULL,
    id text NOT NULL,
    asker text NOT NULL,
    asker_name text NOT NULL,
    title text NOT NULL,
    lead text NOT NULL,
    questions text NOT NULL,
    due bigint NOT NULL,
    asked_at bigint NOT NULL,
    closed_at bigint NOT NULL,
    answers text NOT NULL,
    answered_by text NOT NULL,
    answered_at bigint NOT NULL
);
ALTER TABLE ONLY public.survey_asked FORCE ROW LEVEL SECURITY;
CREATE TABLE public.vendor (
    tenant_id text NOT NULL,
    id text NOT NULL,
    body text NOT NULL,
    moved_at bigint NOT NULL
);
ALTER TABLE ONLY public.vendor FORCE ROW LEVEL SECURITY;
CREATE TABLE public.version_of_advisory (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_advisory ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_advisory_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_alert (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_alert ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_appeal (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_appeal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_appeal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_attach (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_attach ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_attach_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_backup (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_backup ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_backup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_billing (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_billing ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_billing_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_care (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_care ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_care_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_contract (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_contract ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_contract_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_cover (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_cover ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_cover_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_desk (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_desk ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_desk_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_device (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_device ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_device_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_discovery (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_discovery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_discovery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_dispatch (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_dispatch ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_dispatch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_erase (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_erase ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_erase_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_export (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_export ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_feed (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_feed ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_feed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_hook (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_hook ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_hook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_intake (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_intake ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_intake_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_job (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_job ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_misfire (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_misfire ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_misfire_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_news (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_news ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_news_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_notify (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_notify ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_notify_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_oidc (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_oidc ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_oidc_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_pairing (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_pairing ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_pairing_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_parcel (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_parcel ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_parcel_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_passkey (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_passkey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_passkey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_policy (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_policy ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_policy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_question (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_question ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_question_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_release (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_release ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_release_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_report (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_report ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_report_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_shift (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_shift ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_shift_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_statistics (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_statistics ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_statistics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_store (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_store ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_store_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_survey (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_survey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_survey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_tenant (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_tenant ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_tenant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.version_of_usage (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.version_of_usage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.version_of_usage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.visit (
    tenant_id text NOT NULL,
    id text NOT NULL,
    number text NOT NULL,
    once text NOT NULL,
    alert_id text NOT NULL,
    ticket_id text NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    brief text NOT NULL,
    round bigint NOT NULL,
    vendor_id text NOT NULL,
    vendor_name text NOT NULL,
    phone text NOT NULL,
    arrival text NOT NULL,
    report text NOT NULL,
    decision text NOT NULL,
    decided_by text NOT NULL,
    asked_at bigint NOT NULL,
    due_at bigint NOT NULL,
    moved_at bigint NOT NULL,
    ended_at bigint NOT NULL
);
ALTER TABLE ONLY public.visit FORCE ROW LEVEL SECURITY;
CREATE TABLE public.visit_file (
    tenant_id text NOT NULL,
    visit_id text NOT NULL,
    file_id text NOT NULL,
    kind text NOT NULL
);
ALTER TABLE ONLY public.visit_file FORCE ROW LEVEL SECURITY;
CREATE TABLE public.visit_link (
    tenant_id text NOT NULL,
    id text NOT NULL,
    visit_id text NOT NULL,
    seq bigint NOT NULL,
    made_at bigint NOT NULL
);
ALTER TABLE ONLY public.visit_link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.visit_offer (
    tenant_id text NOT NULL,
    visit_id text NOT NULL,
    seq bigint NOT NULL,
    vendor_id text NOT NULL,
    vendor_name text NOT NULL,
    email text NOT NULL,
    lang text NOT NULL,
    answer text NOT NULL,
    why text NOT NULL,
    at bigint NOT NULL,
    due_at bigint NOT NULL,
    answered_at bigint NOT NULL
);
ALTER TABLE ONLY public.visit_offer FORCE ROW LEVEL SECURITY;
CREATE TABLE public.visit_step (
    tenant_id text NOT NULL,
    visit_id text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    state text NOT NULL,
    who text NOT NULL,
    why text NOT NULL
);
ALTER TABLE ONLY public.visit_step FORCE ROW LEVEL SECURITY;
INSERT INTO public.action_link VALUES ('c1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO public.advisory VALUES ('c1', 'k1', 7, '{}', 'k1', 'k1', 7, 'k1', 7, 'k1', 7, 'k1');
INSERT INTO public.advisory_bundle VALUES ('c1', 7, 'k1', 'k1', 7, 7, 'k1', 7);
INSERT INTO public.advisory_finding VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', true, 'k1', 7, 7, 7);
INSERT INTO public.advisory_label VALUES ('c1', 'k1', 'k1', 'k1', 'k1', true, 'k1', 'k1', 7);
INSERT INTO public.advisory_notice VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.alert VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', true, 'k1', '{}', 7, true, 'k1', 'k1', 7, 'k1', 7, 7, 7, 7, 7, '{}', 'k1', 'k1');
INSERT INTO public.alert_change VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
INSERT INTO public.alert_counter VALUES ('c1', 7);
INSERT INTO public.alert_day VALUES ('c1', 7, true, 7, 7);
INSERT INTO public.alert_rule VALUES ('c1', 'k1', 7, 7, 'k1', 7);
INSERT INTO public.app_use VALUES ('c1', 7, 'k1', 'k1', 'k1', 'k1', 7, 7, 7, 7, 7);
INSERT INTO public.appeal VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 'k1', 7, 7);
INSERT INTO public.application VALUES ('c1', 'k1', 'k1', 'k1', '{}', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO public.application_link VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.attachment VALUES ('c1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 7);
INSERT INTO public.attachment_part VALUES ('c1', 'k1', 7, '\x6b31');
INSERT INTO public.audit VALUES ('c1', 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1');
INSERT INTO public.audit_start VALUES ('c1', 7, 'k1');
INSERT INTO public.box VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, true, 7, 7, '{}', 7);
INSERT INTO public.box_bundle VALUES ('c1', 'k1', 'k1', 7, 'k1', 7, 'k1', 7);
INSERT INTO public.box_gap VALUES ('c1', 'k1', 7, 7, true);
INSERT INTO public.box_health VALUES ('c1', 'k1', 7, true, 'k1');
INSERT INTO public.box_test VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, '{}');
INSERT INTO public.care VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.claim_code VALUES ('c1', 'k1', 'k1', 7, 7, 7, 'k1', 'k1', 'k1');
INSERT INTO public.collection VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO public.collection_line VALUES ('c1', 'k1', 'k1', 'k1', 7, '{}', '{}', 'k1');
INSERT INTO public.company VALUES ('c1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 7, 'k1');
INSERT INTO public.contract VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', '{}', true, 7, 7, 7, 7);
INSERT INTO public.contract_member VALUES ('c1', 'k1', true, 'k1', 'k1', 7);
INSERT INTO public.contract_step VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
INSERT INTO public.cover_claim VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 7, 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO public.cover_insurer VALUES ('c1', 'k1', 'k1');
INSERT INTO public.delivery VALUES ('c1', 'k1', 'k1', 7, 'k1', 'k1', 'k1', 'k1', 7, 7, 7, 7, 7, 7, 'k1');
INSERT INTO public.delivery_copy VALUES ('c1', 'k1', 'k1', 7, 'k1', '\x6b31', 'k1');
INSERT INTO public.desk_file VALUES ('c1', 'k1', 7, 'k1', 'k1', 'k1');
INSERT INTO public.desk_mail VALUES ('c1', 'k1', 7, 7, true, 'k1', 7);
INSERT INTO public.desk_mail_part VALUES ('c1', 'k1', 7, '\x6b31');
INSERT INTO public.desk_message VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', true, true, 'k1');
INSERT INTO public.desk_ticket VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', true, 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', true, 'k1', 'k1', 'k1', '{}', 'k1', 'k1', 'k1', 7, 'k1', 7, 7, 7, 7, 7, 'k1', 7, 'k1', 'k1');
INSERT INTO public.directory VALUES ('k1', 'k1', 'c1');
INSERT INTO public.discovery VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 7, 7, 7, 7, 7);
INSERT INTO public.discovery_asked VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.discovery_hit VALUES ('c1', 'k1', 7, 7, 7);
INSERT INTO public.discovery_step VALUES ('c1', 7, 'k1', 7, 'k1', 'k1', 'k1');
INSERT INTO public.endpoint VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO public.endpoint_about VALUES ('c1', 'k1', true, '{}', 7, 7, 'k1', 7);
INSERT INTO public.endpoint_change VALUES ('c1', 'k1', 'k1', 7, 'k1', 'k1', true);
INSERT INTO public.export VALUES ('c1', 'k1', 'k1', 7, 'k1', 7, 7, 'k1');
INSERT INTO public.export_part VALUES ('c1', 'k1', 7, '\x6b31');
INSERT INTO public.factor VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO public.factor_code VALUES ('c1', 'k1', 'k1');
INSERT INTO public.hook VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO public.hook_delivery VALUES ('c1', 'k1', 'k1', 7, 'k1', 7, 'k1', 7);
INSERT INTO public.invite VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', true, 'k1', 7, 7);
INSERT INTO public.invoice VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', '{}', 7);
INSERT INTO public.invoice_account VALUES ('c1', 'k1', 7, '{}', 'k1', true, 'k1', 7);
INSERT INTO public.invoice_event VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
INSERT INTO public.invoice_paid VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO public.job VALUES ('k1', 'c1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7, 'k1');
INSERT INTO public.login_link VALUES ('c1', 'k1', 'k1', 'k1', 7);
INSERT INTO public.login_session VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, 7, 'k1', true, true);
INSERT INTO public.marked_rule VALUES (7, 7, 'c1', 7);
INSERT INTO public.news VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', '{}', 7, 7, 'k1', 'k1', 'k1', 'k1', true, 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO public.news_address VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.news_choice VALUES ('c1', 'k1', true, true, 'k1', 7);
INSERT INTO public.news_copy VALUES ('c1', 'k1', 7);
INSERT INTO public.news_feed VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, 'k1');
INSERT INTO public.news_key VALUES ('c1', 'k1');
INSERT INTO public.news_mail VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1', 'k1', 7);
INSERT INTO public.news_read VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.oidc_link VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7, 7);
INSERT INTO public.oidc_spent VALUES ('c1', 'k1', 7);
INSERT INTO public.pairing VALUES ('k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, 'c1');
INSERT INTO public.passkey VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', true, 7, 7, 7);
INSERT INTO public.passkey_offer VALUES ('c1', 'k1', 7);
INSERT INTO public.passkey_only VALUES ('c1', 'k1', 7);
INSERT INTO public.passkey_seal VALUES ('c1', 'k1');
INSERT INTO public.passkey_spent VALUES ('c1', 'k1', 7);
INSERT INTO public.person VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', true, 'k1', 7, 7, 7);
INSERT INTO public.policy_box VALUES ('c1', 'k1', '{}', 7);
INSERT INTO public.policy_step VALUES ('c1', 'k1', 'k1', 7, 7, 'k1', 'k1', 7, '{}', '{}');
INSERT INTO public.question VALUES ('c1', 'k1', 'k1', 'k1', '{}', 7, 7, 7, '{}');
INSERT INTO public.recovery VALUES ('c1', 'k1', 'k1', true, 'k1', 'k1', 7, 7, 7, 7, 'k1');
INSERT INTO public.report VALUES ('c1', 'k1', 7, '{}');
INSERT INTO public.report_mail VALUES ('c1', 'k1', 'k1', 'k1', 7);
INSERT INTO public.seen_event VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.seminar VALUES ('c1', 'k1', 7, 7, 7, 'k1', 'k1', 7, 'k1', 7);
INSERT INTO public.seminar_place VALUES ('c1', 'k1', 'k1', 'k1', 7, 'k1', true, 7);
INSERT INTO public.seminar_seat VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO public.share VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO public.shift_duty VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO public.shift_note VALUES ('c1', 'k1', 7, 'k1', 'k1');
INSERT INTO public.shift_point VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 'k1');
INSERT INTO public.shift_read VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.shift_swap VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 7, 7, true);
INSERT INTO public.shift_told VALUES ('c1', 'k1', 'k1', 7);
INSERT INTO public.site VALUES ('c1', 'k1', 'k1', 'k1');
INSERT INTO public.stock VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7);
INSERT INTO public.stock_step VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1', 'k1');
INSERT INTO public.survey VALUES ('c1', 'k1', 'k1', 'k1', '{}', 7, 'k1', 7, 7, 7);
INSERT INTO public.survey_answer VALUES ('c1', 'k1', 'k1', 'k1', 7, 7, 'k1', '{}');
INSERT INTO public.survey_asked VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', '{}', 7, 7, 7, '{}', 'k1', 7);
INSERT INTO public.vendor VALUES ('c1', 'k1', '{}', 7);
INSERT INTO public.version_of_advisory VALUES (1, 0, true, '2026-11-29 13:04:54.057053');
INSERT INTO public.version_of_advisory VALUES (2, 1, true, '2026-11-29 13:04:54.06139');
INSERT INTO public.version_of_advisory VALUES (3, 2, true, '2026-11-29 13:04:54.069102');
INSERT INTO public.version_of_alert VALUES (1, 0, true, '2026-11-29 13:04:53.761142');
INSERT INTO public.version_of_alert VALUES (2, 1, true, '2026-11-29 13:04:53.764633');
INSERT INTO public.version_of_alert VALUES (3, 2, true, '2026-11-29 13:04:53.772512');
INSERT INTO public.version_of_alert VALUES (4, 3, true, '2026-11-29 13:04:53.775612');
INSERT INTO public.version_of_appeal VALUES (1, 0, true, '2026-11-29 13:04:53.821575');
INSERT INTO public.version_of_appeal VALUES (2, 1, true, '2026-11-29 13:04:53.824669');
INSERT INTO public.version_of_attach VALUES (1, 0, true, '2026-11-29 13:04:53.886714');
INSERT INTO public.version_of_attach VALUES (2, 1, true, '2026-11-29 13:04:53.890149');
INSERT INTO public.version_of_backup VALUES (1, 0, true, '2026-11-29 13:04:53.847453');
INSERT INTO public.version_of_backup VALUES (2, 1, true, '2026-11-29 13:04:53.850832');
INSERT INTO public.version_of_billing VALUES (1, 0, true, '2026-11-29 13:04:53.923176');
INSERT INTO public.version_of_billing VALUES (2, 1, true, '2026-11-29 13:04:53.927696');
INSERT INTO public.version_of_care VALUES (1, 0, true, '2026-11-29 13:04:54.12741');
INSERT INTO public.version_of_care VALUES (2, 1, true, '2026-11-29 13:04:54.131055');
INSERT INTO public.version_of_contract VALUES (1, 0, true, '2026-11-29 13:04:53.897006');
INSERT INTO public.version_of_contract VALUES (2, 1, true, '2026-11-29 13:04:53.900174');
INSERT INTO public.version_of_cover VALUES (1, 0, true, '2026-11-29 13:04:54.007162');
INSERT INTO public.version_of_cover VALUES (2, 1, true, '2026-11-29 13:04:54.012073');
INSERT INTO public.version_of_cover VALUES (3, 2, true, '2026-11-29 13:04:54.016469');
INSERT INTO public.version_of_cover VALUES (4, 3, true, '2026-11-29 13:04:54.018214');
INSERT INTO public.version_of_desk VALUES (1, 0, true, '2026-11-29 13:04:53.966166');
INSERT INTO public.version_of_desk VALUES (2, 1, true, '2026-11-29 13:04:53.970187');
INSERT INTO public.version_of_desk VALUES (3, 2, true, '2026-11-29 13:04:53.982236');
INSERT INTO public.version_of_device VALUES (1, 0, true, '2026-11-29 13:04:53.742611');
INSERT INTO public.version_of_device VALUES (2, 1, true, '2026-11-29 13:04:53.746159');
INSERT INTO public.version_of_device VALUES (3, 2, true, '2026-11-29 13:04:53.755292');
INSERT INTO public.version_of_discovery VALUES (1, 0, true, '2026-11-29 13:04:54.136239');
INSERT INTO public.version_of_discovery VALUES (2, 1, true, '2026-11-29 13:04:54.14106');
INSERT INTO public.version_of_dispatch VALUES (1, 0, true, '2026-11-29 13:04:53.987127');
INSERT INTO public.version_of_dispatch VALUES (2, 1, true, '2026-11-29 13:04:53.991266');
INSERT INTO public.version_of_erase VALUES (1, 0, true, '2026-11-29 13:04:54.16031');
INSERT INTO public.version_of_erase VALUES (2, 1, true, '2026-11-29 13:04:54.16513');
INSERT INTO public.version_of_export VALUES (1, 0, true, '2026-11-29 13:04:54.151003');
INSERT INTO public.version_of_export VALUES (2, 1, true, '2026-11-29 13:04:54.154187');
INSERT INTO public.version_of_feed VALUES (1, 0, true, '2026-11-29 13:04:53.837968');
INSERT INTO public.version_of_feed VALUES (2, 1, true, '2026-11-29 13:04:53.841415');
INSERT INTO public.version_of_hook VALUES (1, 0, true, '2026-11-29 13:04:53.954576');
INSERT INTO public.version_of_hook VALUES (2, 1, true, '2026-11-29 13:04:53.958132');
INSERT INTO public.version_of_intake VALUES (1, 0, true, '2026-11-29 13:04:53.781716');
INSERT INTO public.version_of_intake VALUES (2, 1, true, '2026-11-29 13:04:53.785188');
INSERT INTO public.version_of_job VALUES (1, 0, true, '2026-11-29 13:04:53.733221');
INSERT INTO public.version_of_job VALUES (2, 1, true, '2026-11-29 13:04:53.736927');
INSERT INTO public.version_of_misfire VALUES (1, 0, true, '2026-11-29 13:04:53.866441');
INSERT INTO public.version_of_misfire VALUES (2, 1, true, '2026-11-29 13:04:53.870245');
INSERT INTO public.version_of_news VALUES (1, 0, true, '2026-11-29 13:04:54.022076');
INSERT INTO public.version_of_news VALUES (2, 1, true, '2026-11-29 13:04:54.026374');
INSERT INTO public.version_of_notify VALUES (1, 0, true, '2026-11-29 13:04:53.790641');
INSERT INTO public.version_of_notify VALUES (2, 1, true, '2026-11-29 13:04:53.794193');
INSERT INTO public.version_of_notify VALUES (3, 2, true, '2026-11-29 13:04:53.797027');
INSERT INTO public.version_of_notify VALUES (4, 3, true, '2026-11-29 13:04:53.798179');
INSERT INTO public.version_of_oidc VALUES (1, 0, true, '2026-11-29 13:04:54.088655');
INSERT INTO public.version_of_oidc VALUES (2, 1, true, '2026-11-29 13:04:54.091388');
INSERT INTO public.version_of_pairing VALUES (1, 0, true, '2026-11-29 13:04:53.857007');
INSERT INTO public.version_of_pairing VALUES (2, 1, true, '2026-11-29 13:04:53.861572');
INSERT INTO public.version_of_parcel VALUES (1, 0, true, '2026-11-29 13:04:53.911994');
INSERT INTO public.version_of_parcel VALUES (2, 1, true, '2026-11-29 13:04:53.915697');
INSERT INTO public.version_of_passkey VALUES (1, 0, true, '2026-11-29 13:04:54.072653');
INSERT INTO public.version_of_passkey VALUES (2, 1, true, '2026-11-29 13:04:54.076817');
INSERT INTO public.version_of_passkey VALUES (3, 2, true, '2026-11-29 13:04:54.084882');
INSERT INTO public.version_of_policy VALUES (1, 0, true, '2026-11-29 13:04:54.097543');
INSERT INTO public.version_of_policy VALUES (2, 1, true, '2026-11-29 13:04:54.1005');
INSERT INTO public.version_of_question VALUES (1, 0, true, '2026-11-29 13:04:53.810683');
INSERT INTO public.version_of_question VALUES (2, 1, true, '2026-11-29 13:04:53.813696');
INSERT INTO public.version_of_question VALUES (3, 2, true, '2026-11-29 13:04:53.817486');
INSERT INTO public.version_of_release VALUES (1, 0, true, '2026-11-29 13:04:53.829031');
INSERT INTO public.version_of_release VALUES (2, 1, true, '2026-11-29 13:04:53.832233');
INSERT INTO public.version_of_report VALUES (1, 0, true, '2026-11-29 13:04:53.876073');
INSERT INTO public.version_of_report VALUES (2, 1, true, '2026-11-29 13:04:53.879153');
INSERT INTO public.version_of_shift VALUES (1, 0, true, '2026-11-29 13:04:54.106995');
INSERT INTO public.version_of_shift VALUES (2, 1, true, '2026-11-29 13:04:54.111539');
INSERT INTO public.version_of_statistics VALUES (1, 0, true, '2026-11-29 13:04:53.94686');
INSERT INTO public.version_of_statistics VALUES (2, 1, true, '2026-11-29 13:04:53.950857');
INSERT INTO public.version_of_store VALUES (1, 0, true, '2026-11-29 13:04:53.672643');
INSERT INTO public.version_of_store VALUES (2, 1, true, '2026-11-29 13:04:53.684987');
INSERT INTO public.version_of_survey VALUES (1, 0, true, '2026-11-29 13:04:54.046082');
INSERT INTO public.version_of_survey VALUES (2, 1, true, '2026-11-29 13:04:54.049608');
INSERT INTO public.version_of_tenant VALUES (1, 0, true, '2026-11-29 13:04:53.6941');
INSERT INTO public.version_of_tenant VALUES (2, 1, true, '2026-11-29 13:04:53.698015');
INSERT INTO public.version_of_tenant VALUES (3, 2, true, '2026-11-29 13:04:53.709011');
INSERT INTO public.version_of_tenant VALUES (4, 3, true, '2026-11-29 13:04:53.714164');
INSERT INTO public.version_of_tenant VALUES (5, 4, true, '2026-11-29 13:04:53.725948');
INSERT INTO public.version_of_tenant VALUES (6, 5, true, '2026-11-29 13:04:53.726581');
INSERT INTO public.version_of_tenant VALUES (7, 6, true, '2026-11-29 13:04:53.729823');
INSERT INTO public.version_of_usage VALUES (1, 0, true, '2026-11-29 13:04:53.802212');
INSERT INTO public.version_of_usage VALUES (2, 1, true, '2026-11-29 13:04:53.806154');
INSERT INTO public.visit VALUES ('c1', 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, '{}', 7, 'k1', 'k1', 'k1', 'k1', '{}', 'k1', 'k1', 7, 7, 7, 7);
INSERT INTO public.visit_file VALUES ('c1', 'k1', 'k1', 'k1');
INSERT INTO public.visit_link VALUES ('c1', 'k1', 'k1', 7, 7);
INSERT INTO public.visit_offer VALUES ('c1', 'k1', 7, 'k1', 'k1', 'k1', 'k1', 'k1', 'k1', 7, 7, 7);
INSERT INTO public.visit_step VALUES ('c1', 'k1', 7, 7, 'k1', 'k1', 'k1');
SELECT pg_catalog.setval('public.version_of_advisory_id_seq', 3, true);
SELECT pg_catalog.setval('public.version_of_alert_id_seq', 4, true);
SELECT pg_catalog.setval('public.version_of_appeal_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_attach_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_backup_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_billing_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_care_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_contract_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_cover_id_seq', 4, true);
SELECT pg_catalog.setval('public.version_of_desk_id_seq', 3, true);
SELECT pg_catalog.setval('public.version_of_device_id_seq', 3, true);
SELECT pg_catalog.setval('public.version_of_discovery_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_dispatch_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_erase_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_export_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_feed_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_hook_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_intake_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_job_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_misfire_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_news_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_notify_id_seq', 4, true);
SELECT pg_catalog.setval('public.version_of_oidc_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_pairing_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_parcel_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_passkey_id_seq', 3, true);
SELECT pg_catalog.setval('public.version_of_policy_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_question_id_seq', 3, true);
SELECT pg_catalog.setval('public.version_of_release_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_report_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_shift_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_statistics_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_store_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_survey_id_seq', 2, true);
SELECT pg_catalog.setval('public.version_of_tenant_id_seq', 7, true);
SELECT pg_catalog.setval('public.version_of_usage_id_seq', 2, true);
ALTER TABLE ONLY public.action_link
    ADD CONSTRAINT action_link_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.advisory_bundle
    ADD CONSTRAINT advisory_bundle_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.advisory_finding
    ADD CONSTRAINT advisory_finding_pkey PRIMARY KEY (tenant_id, advisory_id, endpoint_id);
ALTER TABLE ONLY public.advisory_label
    ADD CONSTRAINT advisory_label_pkey PRIMARY KEY (tenant_id, endpoint_id, subject);
ALTER TABLE ONLY public.advisory_notice
    ADD CONSTRAINT advisory_notice_pkey PRIMARY KEY (tenant_id, advisory_id, what);
ALTER TABLE ONLY public.advisory
    ADD CONSTRAINT advisory_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.alert_change
    ADD CONSTRAINT alert_change_pkey PRIMARY KEY (tenant_id, alert_id, seq);
ALTER TABLE ONLY public.alert_counter
    ADD CONSTRAINT alert_counter_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.alert_day
    ADD CONSTRAINT alert_day_pkey PRIMARY KEY (tenant_id, day, inbound);
ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.alert_rule
    ADD CONSTRAINT alert_rule_pkey PRIMARY KEY (tenant_id, alert_id, gid, sid);
ALTER TABLE ONLY public.app_use
    ADD CONSTRAINT app_use_pkey PRIMARY KEY (tenant_id, day, endpoint_id, app);
ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.application_link
    ADD CONSTRAINT application_link_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.attachment_part
    ADD CONSTRAINT attachment_part_pkey PRIMARY KEY (tenant_id, attachment_id, seq);
ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (tenant_id, seq);
ALTER TABLE ONLY public.audit_start
    ADD CONSTRAINT audit_start_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.backup
    ADD CONSTRAINT backup_pkey PRIMARY KEY (at);
ALTER TABLE ONLY public.box_bundle
    ADD CONSTRAINT box_bundle_pkey PRIMARY KEY (tenant_id, box_id, kind);
ALTER TABLE ONLY public.box_gap
    ADD CONSTRAINT box_gap_pkey PRIMARY KEY (tenant_id, box_id, since);
ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.box_test
    ADD CONSTRAINT box_test_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.care
    ADD CONSTRAINT care_pkey PRIMARY KEY (tenant_id, person_id);
ALTER TABLE ONLY public.claim_code
    ADD CONSTRAINT claim_code_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.collection_line
    ADD CONSTRAINT collection_line_pkey PRIMARY KEY (tenant_id, on_day, customer);
ALTER TABLE ONLY public.collection
    ADD CONSTRAINT collection_pkey PRIMARY KEY (tenant_id, on_day);
ALTER TABLE ONLY public.company
    ADD CONSTRAINT company_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.contract_member
    ADD CONSTRAINT contract_member_pkey PRIMARY KEY (tenant_id, month);
ALTER TABLE ONLY public.contract
    ADD CONSTRAINT contract_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.contract_step
    ADD CONSTRAINT contract_step_pkey PRIMARY KEY (tenant_id, subject, seq);
ALTER TABLE ONLY public.cover_claim
    ADD CONSTRAINT cover_claim_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.cover_insurer
    ADD CONSTRAINT cover_insurer_pkey PRIMARY KEY (tenant_id, person_id);
ALTER TABLE ONLY public.delivery_copy
    ADD CONSTRAINT delivery_copy_pkey PRIMARY KEY (tenant_id, alert_id, person_id, step);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (tenant_id, alert_id, person_id, step);
ALTER TABLE ONLY public.desk_file
    ADD CONSTRAINT desk_file_pkey PRIMARY KEY (tenant_id, attachment_id);
ALTER TABLE ONLY public.desk_mail_part
    ADD CONSTRAINT desk_mail_part_pkey PRIMARY KEY (tenant_id, mail_id, seq);
ALTER TABLE ONLY public.desk_mail
    ADD CONSTRAINT desk_mail_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.desk_message
    ADD CONSTRAINT desk_message_pkey PRIMARY KEY (tenant_id, ticket_id, seq);
ALTER TABLE ONLY public.desk_ticket
    ADD CONSTRAINT desk_ticket_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.directory
    ADD CONSTRAINT directory_pkey PRIMARY KEY (kind, item);
ALTER TABLE ONLY public.discovery_asked
    ADD CONSTRAINT discovery_asked_pkey PRIMARY KEY (tenant_id, discovery_id);
ALTER TABLE ONLY public.discovery_hit
    ADD CONSTRAINT discovery_hit_pkey PRIMARY KEY (tenant_id, discovery_id);
ALTER TABLE ONLY public.discovery
    ADD CONSTRAINT discovery_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.discovery_step
    ADD CONSTRAINT discovery_step_pkey PRIMARY KEY (tenant_id, seq);
ALTER TABLE ONLY public.endpoint_about
    ADD CONSTRAINT endpoint_about_pkey PRIMARY KEY (tenant_id, endpoint_id);
ALTER TABLE ONLY public.endpoint_change
    ADD CONSTRAINT endpoint_change_pkey PRIMARY KEY (tenant_id, endpoint_id, at, what);
ALTER TABLE ONLY public.endpoint
    ADD CONSTRAINT endpoint_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.endpoint
    ADD CONSTRAINT endpoint_tenant_id_known_by_key UNIQUE (tenant_id, known_by);
ALTER TABLE ONLY public.erasure_kept
    ADD CONSTRAINT erasure_kept_pkey PRIMARY KEY (erasure_id, item, seq);
ALTER TABLE ONLY public.erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.export_part
    ADD CONSTRAINT export_part_pkey PRIMARY KEY (tenant_id, export_id, seq);
ALTER TABLE ONLY public.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.factor_code
    ADD CONSTRAINT factor_code_pkey PRIMARY KEY (tenant_id, person_id, id);
ALTER TABLE ONLY public.factor
    ADD CONSTRAINT factor_pkey PRIMARY KEY (tenant_id, person_id);
ALTER TABLE ONLY public.feed_bundle
    ADD CONSTRAINT feed_bundle_pkey PRIMARY KEY (kind);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.held_rule
    ADD CONSTRAINT held_rule_pkey PRIMARY KEY (gid, sid);
ALTER TABLE ONLY public.hook_delivery
    ADD CONSTRAINT hook_delivery_pkey PRIMARY KEY (tenant_id, hook_id, alert_id, step);
ALTER TABLE ONLY public.hook
    ADD CONSTRAINT hook_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invite
    ADD CONSTRAINT invite_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.invoice_account
    ADD CONSTRAINT invoice_account_pkey PRIMARY KEY (tenant_id, company_id);
ALTER TABLE ONLY public.invoice_event
    ADD CONSTRAINT invoice_event_pkey PRIMARY KEY (tenant_id, number, seq);
ALTER TABLE ONLY public.invoice_paid
    ADD CONSTRAINT invoice_paid_pkey PRIMARY KEY (tenant_id, number);
ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT invoice_pkey PRIMARY KEY (tenant_id, number);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.login_link
    ADD CONSTRAINT login_link_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.login_session
    ADD CONSTRAINT login_session_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.marked_rule
    ADD CONSTRAINT marked_rule_pkey PRIMARY KEY (gid, sid, marker);
ALTER TABLE ONLY public.news_address
    ADD CONSTRAINT news_address_pkey PRIMARY KEY (tenant_id, email);
ALTER TABLE ONLY public.news_choice
    ADD CONSTRAINT news_choice_pkey PRIMARY KEY (tenant_id, person_id);
ALTER TABLE ONLY public.news_copy
    ADD CONSTRAINT news_copy_pkey PRIMARY KEY (tenant_id, news_id);
ALTER TABLE ONLY public.news_feed
    ADD CONSTRAINT news_feed_pkey PRIMARY KEY (tenant_id, name);
ALTER TABLE ONLY public.news_key
    ADD CONSTRAINT news_key_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.news_mail
    ADD CONSTRAINT news_mail_pkey PRIMARY KEY (tenant_id, news_id, what, to_id);
ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.news_read
    ADD CONSTRAINT news_read_pkey PRIMARY KEY (tenant_id, news_id, person_id);
ALTER TABLE ONLY public.oidc_link
    ADD CONSTRAINT oidc_link_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.oidc_spent
    ADD CONSTRAINT oidc_spent_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.pairing
    ADD CONSTRAINT pairing_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.pairing
    ADD CONSTRAINT pairing_token_key UNIQUE (token);
ALTER TABLE ONLY public.passkey_offer
    ADD CONSTRAINT passkey_offer_pkey PRIMARY KEY (tenant_id, person_id);
ALTER TABLE ONLY public.passkey_only
    ADD CONSTRAINT passkey_only_pkey PRIMARY KEY (tenant_id, person_id);
ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.passkey_seal
    ADD CONSTRAINT passkey_seal_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.passkey_spent
    ADD CONSTRAINT passkey_spent_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.policy_box
    ADD CONSTRAINT policy_box_pkey PRIMARY KEY (tenant_id, box_id);
ALTER TABLE ONLY public.policy_step
    ADD CONSTRAINT policy_step_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.policy_step
    ADD CONSTRAINT policy_step_tenant_id_subject_seq_key UNIQUE (tenant_id, subject, seq);
ALTER TABLE ONLY public.question
    ADD CONSTRAINT question_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.recovery
    ADD CONSTRAINT recovery_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (kind, version);
ALTER TABLE ONLY public.report_mail
    ADD CONSTRAINT report_mail_pkey PRIMARY KEY (tenant_id, month, person_id);
ALTER TABLE ONLY public.report_month
    ADD CONSTRAINT report_month_pkey PRIMARY KEY (month);
ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_pkey PRIMARY KEY (tenant_id, month);
ALTER TABLE ONLY public.seen_event
    ADD CONSTRAINT seen_event_pkey PRIMARY KEY (tenant_id, box_id, id);
ALTER TABLE ONLY public.seminar
    ADD CONSTRAINT seminar_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.seminar_place
    ADD CONSTRAINT seminar_place_pkey PRIMARY KEY (tenant_id, seminar_id, seat_id);
ALTER TABLE ONLY public.seminar_seat
    ADD CONSTRAINT seminar_seat_pkey PRIMARY KEY (tenant_id, seminar_id, id);
ALTER TABLE ONLY public.share
    ADD CONSTRAINT share_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.shift_duty
    ADD CONSTRAINT shift_duty_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.shift_note
    ADD CONSTRAINT shift_note_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.shift_point
    ADD CONSTRAINT shift_point_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.shift_read
    ADD CONSTRAINT shift_read_pkey PRIMARY KEY (tenant_id, note_id, person_id);
ALTER TABLE ONLY public.shift_swap
    ADD CONSTRAINT shift_swap_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.shift_told
    ADD CONSTRAINT shift_told_pkey PRIMARY KEY (tenant_id, company_id, alert_id);
ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.statistics_month
    ADD CONSTRAINT statistics_month_pkey PRIMARY KEY (month);
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_pkey PRIMARY KEY (tenant_id, serial);
ALTER TABLE ONLY public.stock_step
    ADD CONSTRAINT stock_step_pkey PRIMARY KEY (tenant_id, serial, seq);
ALTER TABLE ONLY public.survey_answer
    ADD CONSTRAINT survey_answer_pkey PRIMARY KEY (tenant_id, survey_id, company);
ALTER TABLE ONLY public.survey_asked
    ADD CONSTRAINT survey_asked_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.survey
    ADD CONSTRAINT survey_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.vendor
    ADD CONSTRAINT vendor_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.version_of_advisory
    ADD CONSTRAINT version_of_advisory_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_alert
    ADD CONSTRAINT version_of_alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_appeal
    ADD CONSTRAINT version_of_appeal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_attach
    ADD CONSTRAINT version_of_attach_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_backup
    ADD CONSTRAINT version_of_backup_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_billing
    ADD CONSTRAINT version_of_billing_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_care
    ADD CONSTRAINT version_of_care_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_contract
    ADD CONSTRAINT version_of_contract_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_cover
    ADD CONSTRAINT version_of_cover_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_desk
    ADD CONSTRAINT version_of_desk_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_device
    ADD CONSTRAINT version_of_device_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_discovery
    ADD CONSTRAINT version_of_discovery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_dispatch
    ADD CONSTRAINT version_of_dispatch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_erase
    ADD CONSTRAINT version_of_erase_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_export
    ADD CONSTRAINT version_of_export_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_feed
    ADD CONSTRAINT version_of_feed_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_hook
    ADD CONSTRAINT version_of_hook_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_intake
    ADD CONSTRAINT version_of_intake_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_job
    ADD CONSTRAINT version_of_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_misfire
    ADD CONSTRAINT version_of_misfire_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_news
    ADD CONSTRAINT version_of_news_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_notify
    ADD CONSTRAINT version_of_notify_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_oidc
    ADD CONSTRAINT version_of_oidc_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_pairing
    ADD CONSTRAINT version_of_pairing_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_parcel
    ADD CONSTRAINT version_of_parcel_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_passkey
    ADD CONSTRAINT version_of_passkey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_policy
    ADD CONSTRAINT version_of_policy_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_question
    ADD CONSTRAINT version_of_question_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_release
    ADD CONSTRAINT version_of_release_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_report
    ADD CONSTRAINT version_of_report_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_shift
    ADD CONSTRAINT version_of_shift_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_statistics
    ADD CONSTRAINT version_of_statistics_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_store
    ADD CONSTRAINT version_of_store_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_survey
    ADD CONSTRAINT version_of_survey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_tenant
    ADD CONSTRAINT version_of_tenant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.version_of_usage
    ADD CONSTRAINT version_of_usage_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.visit_file
    ADD CONSTRAINT visit_file_pkey PRIMARY KEY (tenant_id, visit_id, file_id);
ALTER TABLE ONLY public.visit_link
    ADD CONSTRAINT visit_link_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.visit_offer
    ADD CONSTRAINT visit_offer_pkey PRIMARY KEY (tenant_id, visit_id, seq);
ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.visit_step
    ADD CONSTRAINT visit_step_pkey PRIMARY KEY (tenant_id, visit_id, seq);
CREATE INDEX action_link_expiry ON public.action_link USING btree (tenant_id, expires_at);
CREATE INDEX alert_family ON public.alert USING btree (family, first_at, state, outcome);
CREATE INDEX alert_group ON public.alert USING btree (tenant_id, group_key, last_at);
CREATE INDEX alert_last ON public.alert USING btree (tenant_id, last_at);
CREATE INDEX alert_peer ON public.alert USING btree (peer, first_at, state, outcome);
CREATE INDEX alert_queue ON public.alert USING btree (state, stars, first_at);
CREATE INDEX alert_rule_at ON public.alert_rule USING btree (at);
CREATE INDEX alert_rule_newest ON public.alert_rule USING btree (sid, gid, at);
CREATE INDEX alert_rule_sid ON public.alert_rule USING btree (sid, gid);
CREATE INDEX appeal_state ON public.appeal USING btree (state, asked_at);
CREATE INDEX application_link_of ON public.application_link USING btree (tenant_id, application_id);
CREATE UNIQUE INDEX application_number ON public.application USING btree (tenant_id, number) WHERE (number <> ''::text);
CREATE INDEX application_state ON public.application USING btree (tenant_id, state, moved_at);
CREATE INDEX box_health_at ON public.box_health USING btree (tenant_id, box_id, at);
CREATE INDEX box_test_at ON public.box_test USING btree (tenant_id, box_id, answered_at);
CREATE INDEX care_person ON public.care USING btree (person_id);
CREATE INDEX collection_line_company ON public.collection_line USING btree (tenant_id, company_id);
CREATE UNIQUE INDEX cover_claim_use ON public.cover_claim USING btree (tenant_id, year_from, slot) WHERE (state <> ALL (ARRAY['refused'::text, 'withdrawn'::text]));
CREATE UNIQUE INDEX cover_claim_visit ON public.cover_claim USING btree (tenant_id, visit_id) WHERE (state <> 'withdrawn'::text);
CREATE INDEX delivery_sent ON public.delivery USING btree (state, sent_at);
CREATE INDEX desk_message_id ON public.desk_message USING btree (tenant_id, message_id);
CREATE INDEX desk_message_mail ON public.desk_message USING btree (tenant_id, mail_id);
CREATE INDEX desk_ticket_digits ON public.desk_ticket USING btree (digits);
CREATE INDEX desk_ticket_state ON public.desk_ticket USING btree (state, due_at);
CREATE INDEX directory_owner ON public.directory USING btree (owner, kind);
CREATE INDEX discovery_asked_of ON public.discovery_asked USING btree (discovery_id);
CREATE INDEX discovery_hit_of ON public.discovery_hit USING btree (discovery_id);
CREATE UNIQUE INDEX erasure_open ON public.erasure USING btree (subject) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text]));
CREATE UNIQUE INDEX invoice_account_customer ON public.invoice_account USING btree (tenant_id, bank_no);
CREATE INDEX invoice_chain ON public.invoice USING btree (tenant_id, corrects) WHERE (corrects <> ''::text);
CREATE INDEX invoice_company ON public.invoice USING btree (tenant_id, company_id, year, seq);
CREATE INDEX invoice_day ON public.invoice USING btree (tenant_id, on_day, number);
CREATE INDEX invoice_event_what ON public.invoice_event USING btree (tenant_id, what);
CREATE UNIQUE INDEX invoice_month ON public.invoice USING btree (tenant_id, company_id, month) WHERE (corrects = ''::text);
CREATE UNIQUE INDEX invoice_seq ON public.invoice USING btree (tenant_id, year, seq);
CREATE UNIQUE INDEX job_dedupe ON public.job USING btree (owner, kind, dedupe) WHERE ((state = 'waiting'::text) AND (dedupe <> ''::text));
CREATE INDEX job_due ON public.job USING btree (state, run_at);
CREATE INDEX login_link_expiry ON public.login_link USING btree (tenant_id, expires_at);
CREATE INDEX news_mail_message ON public.news_mail USING btree (tenant_id, message_id);
CREATE UNIQUE INDEX news_source ON public.news USING btree (tenant_id, source, source_key) WHERE (source <> ''::text);
CREATE INDEX news_state ON public.news USING btree (tenant_id, state, changed_at);
CREATE UNIQUE INDEX oidc_link_person ON public.oidc_link USING btree (tenant_id, person_id, issuer);
CREATE INDEX oidc_spent_expiry ON public.oidc_spent USING btree (tenant_id, expires_at);
CREATE INDEX operator_access_at ON public.operator_access USING btree (at);
CREATE INDEX pairing_expires ON public.pairing USING btree (expires_at);
CREATE INDEX passkey_person ON public.passkey USING btree (tenant_id, person_id, created_at);
CREATE INDEX passkey_spent_expiry ON public.passkey_spent USING btree (tenant_id, expires_at);
CREATE INDEX question_open ON public.question USING btree (tenant_id, box_id, answered_at, asked_at);
CREATE INDEX recovery_person ON public.recovery USING btree (tenant_id, person_id, created_at);
CREATE INDEX seen_event_at ON public.seen_event USING btree (tenant_id, at);
CREATE INDEX shift_duty_at ON public.shift_duty USING btree (tenant_id, ends_at);
CREATE INDEX shift_note_at ON public.shift_note USING btree (tenant_id, at);
CREATE INDEX shift_point_open ON public.shift_point USING btree (tenant_id, done_at);
CREATE INDEX stock_state ON public.stock USING btree (tenant_id, state, moved_at);
CREATE UNIQUE INDEX visit_alert ON public.visit USING btree (tenant_id, alert_id) WHERE ((alert_id <> ''::text) AND (state <> ALL (ARRAY['closed'::text, 'cancelled'::text])));
CREATE UNIQUE INDEX visit_once ON public.visit USING btree (tenant_id, once);
CREATE INDEX visit_state ON public.visit USING btree (state, moved_at);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.audit_append_only();
CREATE TRIGGER audit_only_old BEFORE DELETE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.audit_only_old();
ALTER TABLE ONLY public.action_link
    ADD CONSTRAINT action_link_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.advisory_bundle
    ADD CONSTRAINT advisory_bundle_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.advisory_finding
    ADD CONSTRAINT advisory_finding_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.advisory_label
    ADD CONSTRAINT advisory_label_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.advisory_notice
    ADD CONSTRAINT advisory_notice_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.advisory
    ADD CONSTRAINT advisory_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.alert_change
    ADD CONSTRAINT alert_change_tenant_id_alert_id_fkey FOREIGN KEY (tenant_id, alert_id) REFERENCES public.alert(tenant_id, id);
ALTER TABLE ONLY public.alert_counter
    ADD CONSTRAINT alert_counter_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.alert_day
    ADD CONSTRAINT alert_day_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.alert_rule
    ADD CONSTRAINT alert_rule_tenant_id_alert_id_fkey FOREIGN KEY (tenant_id, alert_id) REFERENCES public.alert(tenant_id, id);
ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.app_use
    ADD CONSTRAINT app_use_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.application_link
    ADD CONSTRAINT application_link_tenant_id_application_id_fkey FOREIGN KEY (tenant_id, application_id) REFERENCES public.application(tenant_id, id);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.attachment_part
    ADD CONSTRAINT attachment_part_tenant_id_attachment_id_fkey FOREIGN KEY (tenant_id, attachment_id) REFERENCES public.attachment(tenant_id, id);
ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.audit_start
    ADD CONSTRAINT audit_start_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.box_bundle
    ADD CONSTRAINT box_bundle_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.box_gap
    ADD CONSTRAINT box_gap_tenant_id_box_id_fkey FOREIGN KEY (tenant_id, box_id) REFERENCES public.box(tenant_id, id);
ALTER TABLE ONLY public.box_health
    ADD CONSTRAINT box_health_tenant_id_box_id_fkey FOREIGN KEY (tenant_id, box_id) REFERENCES public.box(tenant_id, id);
ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.box_test
    ADD CONSTRAINT box_test_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.care
    ADD CONSTRAINT care_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.claim_code
    ADD CONSTRAINT claim_code_tenant_id_box_id_fkey FOREIGN KEY (tenant_id, box_id) REFERENCES public.box(tenant_id, id);
ALTER TABLE ONLY public.claim_code
    ADD CONSTRAINT claim_code_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.collection_line
    ADD CONSTRAINT collection_line_tenant_id_on_day_fkey FOREIGN KEY (tenant_id, on_day) REFERENCES public.collection(tenant_id, on_day);
ALTER TABLE ONLY public.collection
    ADD CONSTRAINT collection_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.contract_member
    ADD CONSTRAINT contract_member_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.contract_step
    ADD CONSTRAINT contract_step_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.contract
    ADD CONSTRAINT contract_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.cover_claim
    ADD CONSTRAINT cover_claim_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.cover_insurer
    ADD CONSTRAINT cover_insurer_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.delivery_copy
    ADD CONSTRAINT delivery_copy_tenant_id_alert_id_person_id_step_fkey FOREIGN KEY (tenant_id, alert_id, person_id, step) REFERENCES public.delivery(tenant_id, alert_id, person_id, step);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.desk_file
    ADD CONSTRAINT desk_file_tenant_id_ticket_id_seq_fkey FOREIGN KEY (tenant_id, ticket_id, seq) REFERENCES public.desk_message(tenant_id, ticket_id, seq);
ALTER TABLE ONLY public.desk_mail_part
    ADD CONSTRAINT desk_mail_part_tenant_id_mail_id_fkey FOREIGN KEY (tenant_id, mail_id) REFERENCES public.desk_mail(tenant_id, id);
ALTER TABLE ONLY public.desk_mail
    ADD CONSTRAINT desk_mail_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.desk_message
    ADD CONSTRAINT desk_message_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES public.desk_ticket(tenant_id, id);
ALTER TABLE ONLY public.desk_ticket
    ADD CONSTRAINT desk_ticket_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.discovery_asked
    ADD CONSTRAINT discovery_asked_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.discovery_hit
    ADD CONSTRAINT discovery_hit_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.discovery_step
    ADD CONSTRAINT discovery_step_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.discovery
    ADD CONSTRAINT discovery_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.endpoint_about
    ADD CONSTRAINT endpoint_about_tenant_id_endpoint_id_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES public.endpoint(tenant_id, id);
ALTER TABLE ONLY public.endpoint_change
    ADD CONSTRAINT endpoint_change_tenant_id_endpoint_id_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES public.endpoint(tenant_id, id);
ALTER TABLE ONLY public.endpoint
    ADD CONSTRAINT endpoint_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.erasure_kept
    ADD CONSTRAINT erasure_kept_erasure_id_fkey FOREIGN KEY (erasure_id) REFERENCES public.erasure(id);
ALTER TABLE ONLY public.export_part
    ADD CONSTRAINT export_part_tenant_id_export_id_fkey FOREIGN KEY (tenant_id, export_id) REFERENCES public.export(tenant_id, id);
ALTER TABLE ONLY public.export
    ADD CONSTRAINT export_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.factor_code
    ADD CONSTRAINT factor_code_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.factor
    ADD CONSTRAINT factor_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.hook_delivery
    ADD CONSTRAINT hook_delivery_tenant_id_hook_id_fkey FOREIGN KEY (tenant_id, hook_id) REFERENCES public.hook(tenant_id, id);
ALTER TABLE ONLY public.hook
    ADD CONSTRAINT hook_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.invite
    ADD CONSTRAINT invite_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.invoice_account
    ADD CONSTRAINT invoice_account_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.invoice_event
    ADD CONSTRAINT invoice_event_tenant_id_number_fkey FOREIGN KEY (tenant_id, number) REFERENCES public.invoice(tenant_id, number);
ALTER TABLE ONLY public.invoice_paid
    ADD CONSTRAINT invoice_paid_tenant_id_number_fkey FOREIGN KEY (tenant_id, number) REFERENCES public.invoice(tenant_id, number);
ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT invoice_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.login_link
    ADD CONSTRAINT login_link_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.login_session
    ADD CONSTRAINT login_session_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.news_address
    ADD CONSTRAINT news_address_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.news_choice
    ADD CONSTRAINT news_choice_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.news_copy
    ADD CONSTRAINT news_copy_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.news_feed
    ADD CONSTRAINT news_feed_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.news_key
    ADD CONSTRAINT news_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.news_mail
    ADD CONSTRAINT news_mail_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.news_read
    ADD CONSTRAINT news_read_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.oidc_link
    ADD CONSTRAINT oidc_link_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.oidc_spent
    ADD CONSTRAINT oidc_spent_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.passkey_offer
    ADD CONSTRAINT passkey_offer_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.passkey_only
    ADD CONSTRAINT passkey_only_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.passkey_seal
    ADD CONSTRAINT passkey_seal_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.passkey_spent
    ADD CONSTRAINT passkey_spent_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT passkey_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.policy_box
    ADD CONSTRAINT policy_box_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.policy_step
    ADD CONSTRAINT policy_step_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.question
    ADD CONSTRAINT question_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.recovery
    ADD CONSTRAINT recovery_tenant_id_person_id_fkey FOREIGN KEY (tenant_id, person_id) REFERENCES public.person(tenant_id, id);
ALTER TABLE ONLY public.report_mail
    ADD CONSTRAINT report_mail_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.seen_event
    ADD CONSTRAINT seen_event_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.seminar_place
    ADD CONSTRAINT seminar_place_tenant_id_seminar_id_fkey FOREIGN KEY (tenant_id, seminar_id) REFERENCES public.seminar(tenant_id, id);
ALTER TABLE ONLY public.seminar_seat
    ADD CONSTRAINT seminar_seat_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.seminar
    ADD CONSTRAINT seminar_tenant_id_id_fkey FOREIGN KEY (tenant_id, id) REFERENCES public.news(tenant_id, id);
ALTER TABLE ONLY public.share
    ADD CONSTRAINT share_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.shift_duty
    ADD CONSTRAINT shift_duty_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.shift_note
    ADD CONSTRAINT shift_note_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.shift_point
    ADD CONSTRAINT shift_point_tenant_id_note_id_fkey FOREIGN KEY (tenant_id, note_id) REFERENCES public.shift_note(tenant_id, id);
ALTER TABLE ONLY public.shift_read
    ADD CONSTRAINT shift_read_tenant_id_note_id_fkey FOREIGN KEY (tenant_id, note_id) REFERENCES public.shift_note(tenant_id, id);
ALTER TABLE ONLY public.shift_swap
    ADD CONSTRAINT shift_swap_tenant_id_duty_id_fkey FOREIGN KEY (tenant_id, duty_id) REFERENCES public.shift_duty(tenant_id, id) ON DELETE CASCADE;
ALTER TABLE ONLY public.shift_told
    ADD CONSTRAINT shift_told_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.stock_step
    ADD CONSTRAINT stock_step_tenant_id_serial_fkey FOREIGN KEY (tenant_id, serial) REFERENCES public.stock(tenant_id, serial);
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.survey_answer
    ADD CONSTRAINT survey_answer_tenant_id_survey_id_fkey FOREIGN KEY (tenant_id, survey_id) REFERENCES public.survey(tenant_id, id);
ALTER TABLE ONLY public.survey_asked
    ADD CONSTRAINT survey_asked_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.survey
    ADD CONSTRAINT survey_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.vendor
    ADD CONSTRAINT vendor_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE ONLY public.visit_file
    ADD CONSTRAINT visit_file_tenant_id_visit_id_fkey FOREIGN KEY (tenant_id, visit_id) REFERENCES public.visit(tenant_id, id);
ALTER TABLE ONLY public.visit_link
    ADD CONSTRAINT visit_link_tenant_id_visit_id_fkey FOREIGN KEY (tenant_id, visit_id) REFERENCES public.visit(tenant_id, id);
ALTER TABLE ONLY public.visit_offer
    ADD CONSTRAINT visit_offer_tenant_id_visit_id_fkey FOREIGN KEY (tenant_id, visit_id) REFERENCES public.visit(tenant_id, id);
ALTER TABLE ONLY public.visit_step
    ADD CONSTRAINT visit_step_tenant_id_visit_id_fkey FOREIGN KEY (tenant_id, visit_id) REFERENCES public.visit(tenant_id, id);
ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.company(tenant_id);
ALTER TABLE public.action_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.advisory ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.advisory_bundle ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.advisory_finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.advisory_label ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.advisory_notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.alert_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.alert_counter ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.alert_day ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.alert_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.app_use ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.appeal ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.application ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.application_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.attachment_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_start ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.box ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.box_bundle ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.box_gap ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.box_health ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.box_test ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.care ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.claim_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.collection ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.collection_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.company ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.contract ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.contract_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.contract_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.cover_claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.cover_insurer ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.delivery_copy ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.desk_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.desk_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.desk_mail_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.desk_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.desk_ticket ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.discovery ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.discovery_asked ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.discovery_hit ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.discovery_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.endpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.endpoint_about ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.endpoint_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.export ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.export_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.factor ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.factor_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.hook ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.hook_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invite ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice_paid ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.login_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.login_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news_address ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news_choice ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news_copy ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news_feed ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.news_read ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oidc_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oidc_spent ENABLE ROW LEVEL SECURITY;
CREATE POLICY operator_reads ON public.action_link FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.advisory FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.advisory_bundle FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.advisory_finding FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.advisory_label FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.advisory_notice FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.alert FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.alert_change FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.alert_counter FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.alert_day FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.alert_rule FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.app_use FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.appeal FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.application FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.application_link FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.attachment FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.attachment_part FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.audit FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.audit_start FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.box FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.box_bundle FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.box_gap FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.box_health FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.box_test FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.care FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.claim_code FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.collection FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.collection_line FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.company FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.contract FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.contract_member FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.contract_step FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.cover_claim FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.cover_insurer FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.delivery FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.delivery_copy FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.desk_file FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.desk_mail FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.desk_mail_part FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.desk_message FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.desk_ticket FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.discovery FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.discovery_asked FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.discovery_hit FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.discovery_step FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.endpoint FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.endpoint_about FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.endpoint_change FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.export FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.export_part FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.factor FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.factor_code FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.hook FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.hook_delivery FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.invite FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.invoice FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.invoice_account FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.invoice_event FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.invoice_paid FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.login_link FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.login_session FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news_address FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news_choice FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news_copy FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news_feed FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news_key FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news_mail FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.news_read FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.oidc_link FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.oidc_spent FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.passkey FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.passkey_offer FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.passkey_only FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.passkey_seal FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.passkey_spent FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.person FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.policy_box FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.policy_step FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.question FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.recovery FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.report FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.report_mail FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.seen_event FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.seminar FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.seminar_place FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.seminar_seat FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.share FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.shift_duty FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.shift_note FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.shift_point FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.shift_read FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.shift_swap FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.shift_told FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.site FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.stock FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.stock_step FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.survey FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.survey_answer FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.survey_asked FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.vendor FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.visit FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.visit_file FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.visit_link FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.visit_offer FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY operator_reads ON public.visit_step FOR SELECT USING ((current_setting('app.operator'::text, true) <> ''::text));
CREATE POLICY own_rows ON public.action_link USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.advisory USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.advisory_bundle USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.advisory_finding USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.advisory_label USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.advisory_notice USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.alert USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.alert_change USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.alert_counter USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.alert_day USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.alert_rule USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.app_use USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.appeal USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.application USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.application_link USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.attachment USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.attachment_part USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.audit USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.audit_start USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.box USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.box_bundle USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.box_gap USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.box_health USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.box_test USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.care USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.claim_code USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.collection USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.collection_line USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.company USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.contract USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.contract_member USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.contract_step USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.cover_claim USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.cover_insurer USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.delivery USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.delivery_copy USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.desk_file USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.desk_mail USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.desk_mail_part USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.desk_message USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.desk_ticket USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.discovery USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.discovery_asked USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.discovery_hit USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.discovery_step USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.endpoint USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.endpoint_about USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.endpoint_change USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.export USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.export_part USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.factor USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.factor_code USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.hook USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.hook_delivery USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.invite USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.invoice USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.invoice_account USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.invoice_event USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.invoice_paid USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.login_link USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.login_session USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news_address USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news_choice USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news_copy USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news_feed USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news_key USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news_mail USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.news_read USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.oidc_link USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.oidc_spent USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.passkey USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.passkey_offer USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.passkey_only USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.passkey_seal USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.passkey_spent USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.person USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.policy_box USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.policy_step USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.question USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.recovery USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.report USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.report_mail USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.seen_event USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.seminar USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.seminar_place USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.seminar_seat USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.share USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.shift_duty USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.shift_note USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.shift_point USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.shift_read USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.shift_swap USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.shift_told USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.site USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.stock USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.stock_step USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.survey USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.survey_answer USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.survey_asked USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.vendor USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.visit USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.visit_file USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.visit_link USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.visit_offer USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
CREATE POLICY own_rows ON public.visit_step USING ((tenant_id = current_setting('app.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('app.tenant'::text, true)));
ALTER TABLE public.passkey ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.passkey_offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.passkey_only ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.passkey_seal ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.passkey_spent ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.person ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.policy_box ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.policy_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.question ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.recovery ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.report ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.report_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.seen_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.seminar ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.seminar_place ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.seminar_seat ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.share ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.shift_duty ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.shift_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.shift_point ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.shift_read ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.shift_swap ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.shift_told ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.site ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.stock ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.stock_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.survey ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.survey_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.survey_asked ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.vendor ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.visit ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.visit_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.visit_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.visit_offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.visit_step ENABLE ROW LEVEL SECURITY;
