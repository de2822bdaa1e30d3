-- How e-mail leaves this installation; one row at most. The password is encrypted.
CREATE TABLE mail_settings (
  id BIGINT PRIMARY KEY,
  host TEXT NOT NULL,
  port BIGINT NOT NULL,
  security TEXT NOT NULL,
  username TEXT,
  password TEXT,
  sender_address TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- E-mails to be sent and those that were. The body is encrypted, because it may hold a link that lets somebody in, and is erased once it was delivered.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  about TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT,
  sent_at BIGINT,
  failure TEXT
);
CREATE INDEX outbox_due ON outbox (next_attempt_at);
CREATE INDEX outbox_about ON outbox (about, created_at);
