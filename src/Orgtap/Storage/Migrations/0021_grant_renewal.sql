-- Who renews a grant at this moment, so that no two processes use one refresh token; a renewal that was never ended is over at renewing_until.
ALTER TABLE grants ADD COLUMN renewing_by TEXT;
ALTER TABLE grants ADD COLUMN renewing_until BIGINT;
-- When somebody last authorized, and who that was, for people.
ALTER TABLE grants ADD COLUMN granted_at BIGINT;
ALTER TABLE grants ADD COLUMN granted_by TEXT;
-- The key of the certificate that signs for the app in the JWT bearer flow; encrypted.
ALTER TABLE apps ADD COLUMN private_key TEXT;

-- Access that is to be ended at Salesforce and is not yet; tokens are encrypted.
CREATE TABLE revocations (
  id TEXT PRIMARY KEY,
  connection TEXT NOT NULL,
  login_url TEXT NOT NULL,
  token TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT NOT NULL
);
