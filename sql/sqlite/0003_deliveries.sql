-- What became of an alert event that a channel did not deliver: it is told nowhere else. A later outcome replaces one
-- before. The text of the event is in alert_events; a clean-up deletes both.
CREATE TABLE deliveries (
  channel TEXT NOT NULL,
  event_id INTEGER NOT NULL,
  alert_id INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  answer TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (channel, event_id)
) STRICT;
CREATE INDEX deliveries_by_event ON deliveries (event_id);

ALTER TABLE cleanups ADD COLUMN deliveries INTEGER NOT NULL DEFAULT 0;
