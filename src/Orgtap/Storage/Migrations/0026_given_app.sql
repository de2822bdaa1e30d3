-- What an admin has typed of an app that is made for a first authorization, so that it is not typed again after a setback; the secret lies in consumer_secret, encrypted, until it is done.
ALTER TABLE authorization_requests ADD COLUMN given_login_url TEXT;
ALTER TABLE authorization_requests ADD COLUMN given_consumer_key TEXT;
