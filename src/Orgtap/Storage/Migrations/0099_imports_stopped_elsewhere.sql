-- Somebody wants the import to stop, and said so in another process than the one that imports.
ALTER TABLE conversation_imports ADD COLUMN stop_asked_at BIGINT;
