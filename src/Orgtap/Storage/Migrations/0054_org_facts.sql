-- What the org says of itself: its edition, e.g. Enterprise Edition, and whether it is a sandbox. NULL = not told (yet).
ALTER TABLE connections ADD COLUMN edition TEXT;
ALTER TABLE connections ADD COLUMN is_sandbox BIGINT;
