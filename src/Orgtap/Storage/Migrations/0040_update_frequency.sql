-- How often a connection syncs by itself: manual, 5m … weekly, or cron:EXPRESSION@ZONE.
ALTER TABLE connections ADD COLUMN update_frequency TEXT NOT NULL DEFAULT '1h';
