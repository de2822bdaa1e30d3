-- Who is told of what; one row.
CREATE TABLE notice_settings (
  id BIGINT PRIMARY KEY,
  settings TEXT NOT NULL,
  webhook_key TEXT,
  last_digest_at BIGINT,
  updated_at BIGINT NOT NULL
);

-- What is or was wrong. At most one of a kind is open for a connection.
CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  next_step TEXT NOT NULL,
  turn TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT
);
CREATE UNIQUE INDEX incidents_open ON incidents (connection_id, kind) WHERE closed_at IS NULL;
CREATE INDEX incidents_by_time ON incidents (opened_at);

-- Notices for the webhook, sent one after the other.
CREATE TABLE webhook_messages (
  id TEXT PRIMARY KEY,
  number BIGINT NOT NULL,
  incident_id TEXT,
  event TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  next_attempt_at BIGINT,
  sent_at BIGINT,
  failure TEXT
);
