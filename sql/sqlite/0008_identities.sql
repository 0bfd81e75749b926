-- Which executions were applied. Of each, 40 bits of its fingerprint and of its apply_seq: in pieces, written as inputs
-- are, for the memory of the engine that starts; and, of those that its memory has no room for, in rows to be looked up.
CREATE TABLE identity_pieces (
  first_apply_seq INTEGER NOT NULL PRIMARY KEY,
  last_apply_seq INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE identities (
  fingerprint INTEGER NOT NULL,
  apply_seq INTEGER NOT NULL,
  PRIMARY KEY (fingerprint, apply_seq)
) STRICT, WITHOUT ROWID;
-- The secret of the fingerprints, and up to which input they are in rows instead of pieces: one row.
CREATE TABLE identity_state (
  key TEXT NOT NULL,
  filed_up_to INTEGER NOT NULL
) STRICT;
INSERT INTO identity_state (key, filed_up_to) VALUES (lower(hex(randomblob(16))), 0);

-- The latest execution of a day, and of all days that were dropped: what was executed up to then may have been applied.
-- No row: nothing was dropped.
ALTER TABLE input_days ADD COLUMN last_executed_at_ns INTEGER;
UPDATE input_days SET last_executed_at_ns = (
  SELECT MAX(COALESCE(executed_at_ns,
                      CAST(strftime('%s', executed_at) AS INTEGER) * 1000000000 + CAST(substr(executed_at, 21, 6) AS INTEGER) * 1000))
  FROM transactions WHERE apply_seq BETWEEN input_days.first_apply_seq AND input_days.last_apply_seq);
CREATE TABLE dropped_executions (last_executed_at_ns INTEGER NOT NULL) STRICT;
-- Of days that were dropped before this was kept it is not known: as a rule they were over when the first that is left
-- began.
INSERT INTO dropped_executions (last_executed_at_ns)
  SELECT CAST(strftime('%s', recorded_on) AS INTEGER) * 1000000000
  FROM input_days
  WHERE (SELECT MIN(first_apply_seq) FROM input_days) > 1
  ORDER BY recorded_on LIMIT 1;

ALTER TABLE stream_cursors ADD COLUMN duplicates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream_cursors ADD COLUMN conflicts INTEGER NOT NULL DEFAULT 0;

-- What a person may decide about: the record as it came, and what was decided.
ALTER TABLE quarantine ADD COLUMN kind TEXT NOT NULL DEFAULT 'REJECTED';
ALTER TABLE quarantine ADD COLUMN record BLOB;
ALTER TABLE quarantine ADD COLUMN decision TEXT CHECK (decision IN ('WAITING', 'APPLIED', 'DROPPED'));
ALTER TABLE quarantine ADD COLUMN decided_by TEXT;
ALTER TABLE quarantine ADD COLUMN decided_at TEXT;
ALTER TABLE quarantine ADD COLUMN decision_reason TEXT;
ALTER TABLE quarantine ADD COLUMN applied_as INTEGER;
CREATE INDEX quarantine_waiting ON quarantine (quarantine_id) WHERE decision = 'WAITING';
