-- An execution's order and trader; empty of those that came without, as of all before. Partitions get the columns from
-- their table.
ALTER TABLE transactions
  ADD COLUMN order_id TEXT NOT NULL DEFAULT '',
  ADD COLUMN trader_id TEXT NOT NULL DEFAULT '';
