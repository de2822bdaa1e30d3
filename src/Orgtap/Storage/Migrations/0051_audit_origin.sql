-- From where somebody acted: an IP address, or account and machine of the command line. Unknown for older entries.
ALTER TABLE audit ADD COLUMN origin TEXT;
CREATE INDEX audit_by_target ON audit (target, id);
