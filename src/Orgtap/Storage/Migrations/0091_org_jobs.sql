-- Scheduled Apex inside an org that was stopped from here. Stopping removes it from the org, so what is needed to schedule it again is kept before. id is the CronTrigger that was
-- aborted; a row whose id the org still has was never stopped. started_as is the CronTrigger it came back as, which answers a second press.
CREATE TABLE stopped_org_jobs (
  connection_id TEXT NOT NULL REFERENCES connections(id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  class_name TEXT NOT NULL,
  cron TEXT NOT NULL,
  zone TEXT,
  owner_id TEXT,
  scheduled_by TEXT,
  stopped_at BIGINT NOT NULL,
  stopped_by TEXT NOT NULL,
  started_as TEXT,
  PRIMARY KEY (connection_id, id)
);
