-- The tables of state version 2, as mlmon made them: a state folder of that time must be taken over.
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
  CREATE TABLE sources (
    n INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    head_size INTEGER NOT NULL,
    head_hash INTEGER NOT NULL,
    tail_size INTEGER NOT NULL,
    tail_hash INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    newline_due INTEGER NOT NULL
  );
  CREATE INDEX sources_head ON sources (head_size, head_hash);
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
    key TEXT NOT NULL,
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
  );
  CREATE TABLE outbox (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_try_ms INTEGER NOT NULL DEFAULT 0,
    next_try_ms INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
  );
  CREATE INDEX outbox_due ON outbox (endpoint, status, n);
  CREATE INDEX outbox_next ON outbox (endpoint, status, next_try_ms);
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
  );
  CREATE INDEX jobs_status ON jobs (status, n);
  CREATE INDEX jobs_told ON jobs (told, status);
  CREATE TABLE journal (
    n INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    job TEXT NOT NULL,
    json TEXT NOT NULL
  );
  CREATE INDEX journal_place ON journal (source, offset, n);
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
PRAGMA application_id = 1835822446; PRAGMA user_version = 2;
