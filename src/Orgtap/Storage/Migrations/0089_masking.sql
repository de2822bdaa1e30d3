-- What is masked in a connection's texts before they are stored: JSON; NULL = nothing.
ALTER TABLE connections ADD COLUMN masking TEXT;
