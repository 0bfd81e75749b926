-- An execution's order and trader; empty of those that came without, as of all before.
ALTER TABLE transactions ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
ALTER TABLE transactions ADD COLUMN trader_id TEXT NOT NULL DEFAULT '';
