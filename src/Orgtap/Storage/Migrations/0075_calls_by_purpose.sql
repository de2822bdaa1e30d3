-- A ledger that several processes share; NULL where one process keeps it in memory.
ALTER TABLE api_use ADD COLUMN ledger TEXT;
ALTER TABLE api_use ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

-- Own calls by what they were for and through which interface; of those counted before that is not known.
CREATE TABLE api_calls_by_purpose (
  org_id TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  kind TEXT NOT NULL,
  hour BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (org_id, connection_id, purpose, kind, hour)
);
INSERT INTO api_calls_by_purpose (org_id, connection_id, purpose, kind, hour, calls)
  SELECT org_id, connection_id, 'Earlier', 'Other', hour, calls FROM api_calls;
DROP TABLE api_calls;
ALTER TABLE api_calls_by_purpose RENAME TO api_calls;
CREATE INDEX api_calls_by_hour ON api_calls (hour);

-- What a sync was expected to cost before it began; NULL: not foretold.
ALTER TABLE runs ADD COLUMN expected_calls BIGINT;
