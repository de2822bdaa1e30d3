-- A selection that somebody is still making: one per connection, kept until it is saved or discarded.
CREATE TABLE selection_drafts (
  connection_id TEXT PRIMARY KEY REFERENCES connections(id) ON DELETE CASCADE,
  tables TEXT NOT NULL,
  saved_at BIGINT NOT NULL,
  saved_by TEXT NOT NULL
);

-- What is known of a table's size: fields that can be selected, rows about. For estimates; null where nobody asked yet.
CREATE TABLE table_figures (
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  sobject TEXT NOT NULL,
  field_count BIGINT,
  field_names TEXT, -- a line each: API name, tab, label
  row_count BIGINT,
  counted_at BIGINT,
  PRIMARY KEY (connection_id, sobject)
);
