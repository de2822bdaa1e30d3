-- The keys that encrypt stored secrets, where the control store is shared and no directory is. Wrapped with a key from outside, or in clear, as the element says.
CREATE TABLE key_ring (
  name TEXT PRIMARY KEY,
  element TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
