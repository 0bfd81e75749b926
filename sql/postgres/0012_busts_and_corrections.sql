-- A bust takes an execution back, a correction replaces it. The row of either says what it took back, as the engine has
-- to know it when it applies its inputs anew; the row of that says by what. An execution that came after its bust or
-- correction was only counted. Partitions get the columns from their table.
ALTER TABLE transactions
  ADD COLUMN kind TEXT NOT NULL DEFAULT 'EXECUTION',
  ADD COLUMN ref_transaction_id TEXT NOT NULL DEFAULT '',
  ADD COLUMN counted_only BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN original_apply_seq BIGINT,
  ADD COLUMN original_first_apply_seq BIGINT,
  ADD COLUMN original_executed_at_ns BIGINT,
  ADD COLUMN original_quantity NUMERIC(20, 8),
  ADD COLUMN original_base_price NUMERIC(20, 8),
  ADD COLUMN reversed_by_apply_seq BIGINT,
  ADD COLUMN reversed_by_kind TEXT,
  ADD COLUMN reversed_by_transaction_id TEXT;

-- A bust or a correction whose execution has not come waits in the quarantine; it is found there by its record.
CREATE INDEX quarantine_awaiting ON quarantine (stream_id, epoch, sequence) WHERE kind = 'AWAITING_EXECUTION';
