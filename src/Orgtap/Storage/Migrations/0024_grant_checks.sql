-- When it was last seen that a grant still lets Orgtap in, between syncs.
ALTER TABLE grants ADD COLUMN checked_at BIGINT;
