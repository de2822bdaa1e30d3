-- Several processes work on the same runs. A claim is the right to work on a run, or on some of its tables: who claims later has the higher number, and what claimed before writes no more.
-- claims: how many were given out. worker: the process that has the run's claim, as long as it lives.
ALTER TABLE runs ADD COLUMN claim BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN worker BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN stop_asked_at BIGINT;
-- Of whoever began it (W3C traceparent), so that its calls bear the same id in every process.
ALTER TABLE runs ADD COLUMN trace TEXT;

-- claimed_by: the job that has the claim, which may come back in another process; NULL: offered to whoever comes.
ALTER TABLE run_tables ADD COLUMN claim BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run_tables ADD COLUMN claimed_by TEXT;

-- How the installation's own jobs went last, in whatever process.
CREATE TABLE job_looks (
  kind TEXT PRIMARY KEY,
  period BIGINT NOT NULL,
  worker BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT,
  failure TEXT
);
