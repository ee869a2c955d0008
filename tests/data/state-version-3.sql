-- The tables of state version 3, as mlmon made them: a state folder of that time must be taken over.
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
  CREATE TABLE sources (
    n INTEGER PRIMARY KEY,
    path TEXT_BYTES NOT NULL,
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    seen_size INTEGER NOT NULL DEFAULT 0,
    changed_ns INTEGER NOT NULL DEFAULT 0,
    head_text TEXT_BYTES NOT NULL DEFAULT '',
    head_size INTEGER NOT NULL,
    head_hash INTEGER NOT NULL,
    tail_size INTEGER NOT NULL,
    tail_hash INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    newline_due INTEGER NOT NULL
  );
  CREATE INDEX sources_head ON sources (head_size, head_hash);
  CREATE INDEX sources_text ON sources (head_text);
  CREATE TABLE own_places (
    source INTEGER NOT NULL,
    observer TEXT NOT NULL,
    offset INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    newline_due INTEGER NOT NULL,
    PRIMARY KEY (source, observer)
  ) WITHOUT ROWID;
  CREATE TABLE models (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    deployed_s INTEGER NOT NULL,
    deployed_ns INTEGER NOT NULL,
    UNIQUE (name, version, deployed_s, deployed_ns)
  );
  CREATE TABLE state (
    observer TEXT NOT NULL,
    model INTEGER NOT NULL,
    key TEXT_BYTES NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (observer, model, key)
  ) WITHOUT ROWID;
  CREATE TABLE actions (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    json TEXT NOT NULL
  );
  CREATE TABLE endpoints (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    rests_until_ms INTEGER NOT NULL DEFAULT 0,
    recent_ms TEXT NOT NULL DEFAULT ''
  , overflowed INTEGER NOT NULL DEFAULT 0, rests_since_ms INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE outbox (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_try_ms INTEGER NOT NULL DEFAULT 0,
    next_try_ms INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
  , grp INTEGER NOT NULL DEFAULT 0, message INTEGER NOT NULL DEFAULT 0, renewal INTEGER NOT NULL DEFAULT 0, tried_ms INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX outbox_due ON outbox (endpoint, status, n);
  CREATE TABLE jobs (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    model INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    worker TEXT NOT NULL DEFAULT '',
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    ended_ns INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0,
    external INTEGER NOT NULL DEFAULT 0
  , since_ms INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX jobs_status ON jobs (status, n);
  CREATE INDEX jobs_told ON jobs (told, status);
  CREATE TABLE journal (n INTEGER PRIMARY KEY, job TEXT NOT NULL, json TEXT NOT NULL);
  CREATE TABLE told_at (
    source INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (source, entry)
  ) WITHOUT ROWID;
  CREATE TABLE outputs (
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (device, inode)
  ) WITHOUT ROWID;
  CREATE TABLE requests (
    action INTEGER PRIMARY KEY,
    model INTEGER NOT NULL,
    left INTEGER NOT NULL
  );
  CREATE TABLE days (day INTEGER PRIMARY KEY, first_action INTEGER NOT NULL);
  CREATE TABLE totals (
    name TEXT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name, first, second)
  ) WITHOUT ROWID;
  CREATE TABLE held (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    grp INTEGER NOT NULL,
    step TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    why TEXT NOT NULL
  );
  CREATE INDEX held_until ON held (endpoint, until_ms);
  CREATE INDEX held_action ON held (action);
  CREATE TABLE alerts (
    n INTEGER PRIMARY KEY,
    observer TEXT NOT NULL,
    rule TEXT NOT NULL,
    model INTEGER NOT NULL,
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    began INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    UNIQUE (model, rule, observer)
  );
  CREATE INDEX alerts_firing ON alerts (newest) WHERE state IN ('firing', 'flapping');
  CREATE TABLE alert_changes (
    action INTEGER PRIMARY KEY,
    alert INTEGER NOT NULL,
    began INTEGER NOT NULL
  );
  CREATE INDEX alert_changes_alert ON alert_changes (alert, action);
  CREATE TABLE tellings (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    said TEXT NOT NULL
  );
  CREATE INDEX tellings_action ON tellings (action, endpoint);
  CREATE TABLE silences (
    n INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    rule TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  );
  CREATE TABLE sightings (
    model INTEGER PRIMARY KEY,
    metrics_events INTEGER NOT NULL,
    drift_events INTEGER NOT NULL,
    last_event_ns INTEGER NOT NULL,
    figures TEXT NOT NULL,
    metrics_ns INTEGER NOT NULL DEFAULT -9223372036854775808,
    drift_ns INTEGER NOT NULL DEFAULT -9223372036854775808
  );
  CREATE TABLE receipts (
    n INTEGER PRIMARY KEY,
    ended_ms INTEGER NOT NULL,
    exit_code INTEGER NOT NULL,
    json TEXT NOT NULL
  );
  CREATE TABLE polls (
    endpoint INTEGER NOT NULL,
    action INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    PRIMARY KEY (endpoint, action)
  ) WITHOUT ROWID;
  CREATE INDEX polls_next ON polls (endpoint, next_ms);
  CREATE INDEX outbox_next ON outbox (endpoint, next_try_ms) WHERE status = 1 AND next_try_ms > 0;
  PRAGMA application_id = 1835822446;
  PRAGMA user_version = 3;
