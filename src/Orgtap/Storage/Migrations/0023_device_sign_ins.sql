-- Codes that somebody is to type at Salesforce; what is to become of the access, and the code that is asked with, are encrypted.
CREATE TABLE device_sign_ins (
  id TEXT PRIMARY KEY,
  draft TEXT NOT NULL,
  device_code TEXT NOT NULL,
  user_code TEXT NOT NULL,
  verification_url TEXT NOT NULL,
  interval_ms BIGINT NOT NULL,
  next_poll_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
