-- What POST requests with an Idempotency-Key were answered, for a day. The answer is encrypted: it may hold a token that is shown once. Without a status: under way, or cut off by the end of a process.
CREATE TABLE idempotent_requests (
  id TEXT PRIMARY KEY, -- SHA-256 of user and key
  request_hash TEXT NOT NULL, -- SHA-256 of method, path and body
  status BIGINT,
  answer TEXT,
  created_at BIGINT NOT NULL
);
