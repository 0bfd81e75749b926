-- Which executions were applied. Of each, 40 bits of its fingerprint and of its apply_seq: in pieces, written as inputs
-- are, for the memory of the engine that starts; and, of those that its memory has no room for, in rows to be looked up.
CREATE TABLE identity_pieces (
  first_apply_seq BIGINT NOT NULL PRIMARY KEY,
  last_apply_seq BIGINT NOT NULL,
  bytes BYTEA NOT NULL
);
ALTER TABLE identity_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE identities (
  fingerprint BIGINT NOT NULL,
  apply_seq BIGINT NOT NULL,
  PRIMARY KEY (fingerprint, apply_seq)
);
-- The secret of the fingerprints, and up to which input they are in rows instead of pieces: one row.
CREATE TABLE identity_state (
  key TEXT NOT NULL,
  filed_up_to BIGINT NOT NULL
);
INSERT INTO identity_state (key, filed_up_to) VALUES (replace(gen_random_uuid()::TEXT, '-', ''), 0);

-- The latest execution of a day, and of all days that were dropped: what was executed up to then may have been applied.
-- No row: nothing was dropped.
ALTER TABLE input_days ADD COLUMN last_executed_at_ns BIGINT;
UPDATE input_days SET last_executed_at_ns = (
  SELECT MAX(COALESCE(executed_at_ns, (EXTRACT(EPOCH FROM executed_at)::NUMERIC * 1000000)::BIGINT * 1000))
  FROM transactions WHERE transactions.recorded_on = input_days.recorded_on);
CREATE TABLE dropped_executions (last_executed_at_ns BIGINT NOT NULL);
-- Of days that were dropped before this was kept it is not known: as a rule they were over when the first that is left
-- began.
INSERT INTO dropped_executions (last_executed_at_ns)
  SELECT (EXTRACT(EPOCH FROM recorded_on)::NUMERIC * 1000000000)::BIGINT
  FROM input_days
  WHERE (SELECT MIN(first_apply_seq) FROM input_days) > 1
  ORDER BY recorded_on LIMIT 1;

ALTER TABLE stream_cursors ADD COLUMN duplicates BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream_cursors ADD COLUMN conflicts BIGINT NOT NULL DEFAULT 0;

-- What a person may decide about: the record as it came, and what was decided.
ALTER TABLE quarantine
  ADD COLUMN kind TEXT NOT NULL DEFAULT 'REJECTED',
  ADD COLUMN record BYTEA,
  ADD COLUMN decision TEXT CHECK (decision IN ('WAITING', 'APPLIED', 'DROPPED')),
  ADD COLUMN decided_by TEXT,
  ADD COLUMN decided_at TIMESTAMPTZ,
  ADD COLUMN decision_reason TEXT,
  ADD COLUMN applied_as BIGINT;
CREATE INDEX quarantine_waiting ON quarantine (quarantine_id) WHERE decision = 'WAITING';
