-- Wrong passwords per e-mail address, whether a user has it or not, so that the answer never tells who has an account.
CREATE TABLE sign_in_failures (
  email_hash TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  wait_until BIGINT NOT NULL
);
