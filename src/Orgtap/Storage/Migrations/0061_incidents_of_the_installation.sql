-- Incidents of the installation itself belong to no connection.
CREATE TABLE incidents_of_all (
  id TEXT PRIMARY KEY,
  connection_id TEXT REFERENCES connections(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  next_step TEXT NOT NULL,
  turn TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT
);
INSERT INTO incidents_of_all SELECT id, connection_id, kind, message, next_step, turn, opened_at, closed_at FROM incidents;
DROP TABLE incidents;
ALTER TABLE incidents_of_all RENAME TO incidents;
CREATE UNIQUE INDEX incidents_open ON incidents (COALESCE(connection_id, ''), kind) WHERE closed_at IS NULL;
CREATE INDEX incidents_by_time ON incidents (opened_at);
