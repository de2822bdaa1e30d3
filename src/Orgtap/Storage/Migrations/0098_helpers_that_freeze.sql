-- beats: grows every few seconds while the helper that has the table's claim works on it; whoever has the run takes tables back whose beats stand still.
ALTER TABLE run_tables ADD COLUMN beats BIGINT NOT NULL DEFAULT 0;
