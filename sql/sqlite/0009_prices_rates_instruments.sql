-- Prices without a trade, exchange rates and instruments are inputs of the engine. A kind of input that is new must not
-- need another table again: SQLite takes a CHECK away by its text alone, and the rows stay as they are.
ALTER TABLE engine_inputs ADD COLUMN rate TEXT;
ALTER TABLE engine_inputs ADD COLUMN multiplier TEXT;
ALTER TABLE engine_inputs ADD COLUMN contract TEXT;
ALTER TABLE engine_inputs ADD COLUMN allows_negative INTEGER;
ALTER TABLE engine_inputs ADD COLUMN name TEXT;
ALTER TABLE engine_inputs ADD COLUMN asset_class TEXT;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, ' CHECK (kind IN (''TICK'', ''OPENING_POSITION'', ''RULES''))', '')
WHERE type = 'table' AND name = 'engine_inputs';
-- Other connections read the schema again when its version has changed, which making a table does.
CREATE TABLE instruments (
  symbol TEXT NOT NULL PRIMARY KEY,
  multiplier TEXT NOT NULL,
  currency TEXT NOT NULL,
  contract TEXT NOT NULL,
  expires_at TEXT,
  expires_at_ns INTEGER,
  allows_negative INTEGER NOT NULL CHECK (allows_negative IN (0, 1)),
  name TEXT NOT NULL,
  asset_class TEXT NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA writable_schema = RESET;
