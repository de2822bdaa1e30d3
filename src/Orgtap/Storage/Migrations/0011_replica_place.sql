-- Where a connection's rows lie: NULL = a file in the data directory, else a schema of a PostgreSQL database, whose address is encrypted.
ALTER TABLE connections ADD COLUMN replica_schema TEXT;
ALTER TABLE connections ADD COLUMN replica_address TEXT;
