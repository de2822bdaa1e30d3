-- Whom people ask who do not get on with this installation; one row at most.
CREATE TABLE support_contact (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT,
  phone TEXT,
  link TEXT,
  updated_at BIGINT NOT NULL
);
