-- What the last delivery of conversations did, and when a push that failed is tried again.
CREATE TABLE conversation_deliveries (
  connection_id TEXT PRIMARY KEY REFERENCES connections(id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  delivery TEXT NOT NULL,
  failures BIGINT NOT NULL,
  next_at BIGINT
);
