-- Splits, renames and positions that a person sets: a row for each that was asked for, from when it waits for its
-- instant on. What was applied is an input besides. Partitions get the columns from their tables.
CREATE TABLE adjustments (
  adjustment_id BIGINT NOT NULL PRIMARY KEY,
  effective_at TIMESTAMPTZ NOT NULL,
  effective_at_ns BIGINT NOT NULL,
  kind TEXT NOT NULL,
  symbol TEXT COLLATE "C" NOT NULL,
  ratio TEXT NOT NULL,
  new_symbol TEXT COLLATE "C" NOT NULL,
  client_id TEXT COLLATE "C" NOT NULL,
  quantity NUMERIC(20, 8),
  reason TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  applied_as BIGINT
);
CREATE INDEX adjustments_identity ON adjustments (effective_at_ns, symbol);
CREATE INDEX adjustments_pending ON adjustments (adjustment_id) WHERE state = 'PENDING';

ALTER TABLE engine_inputs
  ADD COLUMN adjustment TEXT,
  ADD COLUMN ratio TEXT,
  ADD COLUMN new_symbol TEXT,
  ADD COLUMN reason TEXT;

-- Of the execution at the beginning of the chain that a bust or a correction takes back: by its name and instant the
-- engine knows which splits it has been through.
ALTER TABLE transactions
  ADD COLUMN original_symbol TEXT,
  ADD COLUMN original_first_executed_at_ns BIGINT;
