-- What somebody decided about a scheduled job; no row: it runs as it was made. connection_id is null for jobs of the installation.
CREATE TABLE job_states (
  connection_id TEXT REFERENCES connections(id) ON DELETE CASCADE,
  job TEXT NOT NULL,
  stopped_at BIGINT,
  stopped_by TEXT,
  frequency TEXT
);
CREATE UNIQUE INDEX job_states_one ON job_states (COALESCE(connection_id, ''), job);
