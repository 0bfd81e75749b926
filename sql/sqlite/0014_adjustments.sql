-- Splits, renames and positions that a person sets: a row for each that was asked for, from when it waits for its
-- instant on. What was applied is an input besides.
CREATE TABLE adjustments (
  adjustment_id INTEGER NOT NULL PRIMARY KEY,
  effective_at TEXT NOT NULL,
  effective_at_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  symbol TEXT NOT NULL,
  ratio TEXT NOT NULL,
  new_symbol TEXT NOT NULL,
  client_id TEXT NOT NULL,
  quantity TEXT,
  reason TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  applied_as INTEGER
) STRICT;
CREATE INDEX adjustments_identity ON adjustments (effective_at_ns, symbol);
CREATE INDEX adjustments_pending ON adjustments (adjustment_id) WHERE state = 'PENDING';

ALTER TABLE engine_inputs ADD COLUMN adjustment TEXT;
ALTER TABLE engine_inputs ADD COLUMN ratio TEXT;
ALTER TABLE engine_inputs ADD COLUMN new_symbol TEXT;
ALTER TABLE engine_inputs ADD COLUMN reason TEXT;

-- Of the execution at the beginning of the chain that a bust or a correction takes back: by its name and instant the
-- engine knows which splits it has been through.
ALTER TABLE transactions ADD COLUMN original_symbol TEXT;
ALTER TABLE transactions ADD COLUMN original_first_executed_at_ns INTEGER;
