-- A bust takes an execution back, a correction replaces it. The row of either says what it took back, as the engine has
-- to know it when it applies its inputs anew; the row of that says by what. An execution that came after its bust or
-- correction was only counted.
ALTER TABLE transactions ADD COLUMN kind TEXT NOT NULL DEFAULT 'EXECUTION';
ALTER TABLE transactions ADD COLUMN ref_transaction_id TEXT NOT NULL DEFAULT '';
ALTER TABLE transactions ADD COLUMN counted_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transactions ADD COLUMN original_apply_seq INTEGER;
ALTER TABLE transactions ADD COLUMN original_first_apply_seq INTEGER;
ALTER TABLE transactions ADD COLUMN original_executed_at_ns INTEGER;
ALTER TABLE transactions ADD COLUMN original_quantity TEXT;
ALTER TABLE transactions ADD COLUMN original_base_price TEXT;
ALTER TABLE transactions ADD COLUMN reversed_by_apply_seq INTEGER;
ALTER TABLE transactions ADD COLUMN reversed_by_kind TEXT;
ALTER TABLE transactions ADD COLUMN reversed_by_transaction_id TEXT;

-- A bust or a correction whose execution has not come waits in the quarantine; it is found there by its record.
CREATE INDEX quarantine_awaiting ON quarantine (stream_id, epoch, sequence) WHERE kind = 'AWAITING_EXECUTION';
