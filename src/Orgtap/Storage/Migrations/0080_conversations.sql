CREATE TABLE conversation_settings (
  connection_id TEXT PRIMARY KEY REFERENCES connections(id) ON DELETE CASCADE,
  settings TEXT NOT NULL,
  push_key TEXT,
  updated_at BIGINT NOT NULL
);

CREATE TABLE conversation_imports (
  id BIGINT PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  started_by TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  outcome TEXT NOT NULL,
  receipt TEXT,
  problem TEXT
);
CREATE INDEX conversation_imports_by_connection ON conversation_imports (connection_id, id);

-- Calls for conversation entries have an hourly limit of their own; kept by the minute, so that a restart does not forget them.
CREATE TABLE conversation_calls (
  org_id TEXT NOT NULL,
  minute BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (org_id, minute)
);
