-- Apps that belong to the installation, by a name of their own, and that several connections may speak as; without one an app belongs to one connection.
ALTER TABLE apps ADD COLUMN shared_name TEXT;
ALTER TABLE apps ADD COLUMN login_url TEXT;
CREATE UNIQUE INDEX apps_by_shared_name ON apps (shared_name);
ALTER TABLE authorization_requests ADD COLUMN app_name TEXT;
