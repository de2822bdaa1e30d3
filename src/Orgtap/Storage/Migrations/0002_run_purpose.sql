-- What a run does beyond bringing every table up to date: Sync (nothing), Reconcile or Refresh.
ALTER TABLE runs ADD COLUMN purpose TEXT NOT NULL DEFAULT 'Sync';
