-- What an API token may do of what its user may, and until when. Tokens made before could do all of it and never expired.
ALTER TABLE api_tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read rows operate administer';
ALTER TABLE api_tokens ADD COLUMN expires_at BIGINT;
