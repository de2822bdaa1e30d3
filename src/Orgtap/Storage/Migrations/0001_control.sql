-- The subset of SQL that SQLite and PostgreSQL share: TEXT, BIGINT, ON CONFLICT, RETURNING. Times are UTC milliseconds.
CREATE TABLE apps (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  consumer_key TEXT NOT NULL,
  consumer_secret TEXT,
  callback_url TEXT,
  created_at BIGINT NOT NULL
);

CREATE TABLE connections (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  login_url TEXT NOT NULL,
  flow TEXT NOT NULL,
  app_id TEXT NOT NULL REFERENCES apps(id),
  org_id TEXT,
  org_name TEXT,
  instance_url TEXT,
  username TEXT,
  sync_enabled BIGINT NOT NULL DEFAULT 1,
  quota_threshold_percent BIGINT NOT NULL DEFAULT 80,
  problem TEXT,
  last_success_at BIGINT,
  created_at BIGINT NOT NULL
);

-- One grant per connection; every secret column is encrypted. version grows with each change, so that a refresh can tell whether another was faster.
CREATE TABLE grants (
  connection_id TEXT PRIMARY KEY REFERENCES connections(id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  access_token TEXT,
  refresh_token TEXT,
  password TEXT,
  security_token TEXT,
  instance_url TEXT NOT NULL,
  identity_url TEXT NOT NULL,
  scope TEXT,
  issued_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE authorization_states (
  state_hash TEXT PRIMARY KEY,
  browser_hash TEXT NOT NULL,
  code_verifier TEXT NOT NULL,
  draft TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE describes (
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  resource TEXT NOT NULL,
  last_modified TEXT,
  fetched_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (connection_id, resource)
);

CREATE TABLE selections (
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  sobject TEXT NOT NULL,
  position BIGINT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (connection_id, sobject)
);

CREATE TABLE runs (
  id BIGINT PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  started_by TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  outcome TEXT NOT NULL,
  verdict TEXT,
  api_calls BIGINT NOT NULL DEFAULT 0,
  problem TEXT
);
CREATE INDEX runs_by_connection ON runs (connection_id, id);

CREATE TABLE run_tables (
  run_id BIGINT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sobject TEXT NOT NULL,
  position BIGINT NOT NULL,
  state TEXT NOT NULL,
  plan TEXT,
  receipt TEXT,
  problem TEXT,
  rows_expected BIGINT,
  rows_written BIGINT NOT NULL DEFAULT 0,
  bytes BIGINT NOT NULL DEFAULT 0,
  api_calls BIGINT NOT NULL DEFAULT 0,
  started_at BIGINT,
  ended_at BIGINT,
  PRIMARY KEY (run_id, sobject)
);

-- What is known of an org's rolling 24 hours; two connections to one org share the row.
CREATE TABLE api_use (
  org_id TEXT PRIMARY KEY,
  used BIGINT NOT NULL,
  maximum BIGINT NOT NULL,
  observed_at BIGINT NOT NULL
);

CREATE TABLE api_calls (
  org_id TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (org_id, connection_id, hour)
);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT,
  role TEXT NOT NULL,
  security_stamp TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_sign_in_at BIGINT
);

CREATE TABLE user_links (
  token_hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE api_tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);

CREATE TABLE audit (
  id BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT
);
