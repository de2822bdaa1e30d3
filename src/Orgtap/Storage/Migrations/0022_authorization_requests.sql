-- Invitations to a Salesforce admin to authorize a connection, for the first time or again. The app's secret is encrypted.
CREATE TABLE authorization_requests (
  id TEXT PRIMARY KEY,
  connection_id TEXT REFERENCES connections(id) ON DELETE CASCADE,
  is_first BIGINT NOT NULL,
  name TEXT NOT NULL,
  login_url TEXT,
  consumer_key TEXT,
  consumer_secret TEXT,
  quota_threshold_percent BIGINT NOT NULL,
  admin_name TEXT NOT NULL,
  admin_email TEXT NOT NULL,
  note TEXT,
  asked_by TEXT NOT NULL,
  asked_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  opened_at BIGINT,
  started_at BIGINT,
  setback TEXT,
  declined_at BIGINT,
  decline_reason TEXT,
  withdrawn_at BIGINT,
  completed_at BIGINT,
  completed_as TEXT,
  tables_checked BIGINT
);
CREATE INDEX authorization_requests_by_connection ON authorization_requests (connection_id, created_at);

-- Each link that was sent or shown for a request. The selector finds it, the secret behind it is compared with its hash.
CREATE TABLE authorization_links (
  selector TEXT PRIMARY KEY,
  request_id TEXT NOT NULL REFERENCES authorization_requests(id) ON DELETE CASCADE,
  secret_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
