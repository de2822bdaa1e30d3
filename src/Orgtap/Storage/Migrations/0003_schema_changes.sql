-- What changed in an org's tables and fields, as far as the connected user may see them.
CREATE TABLE schema_changes (
  id BIGINT PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  sobject TEXT NOT NULL,
  field TEXT,
  kind TEXT NOT NULL,
  before TEXT,
  after TEXT
);
CREATE INDEX schema_changes_by_connection ON schema_changes (connection_id, id);
