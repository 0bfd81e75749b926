-- Prices without a trade and exchange rates are inputs of the engine. A kind of input that is new must not need another
-- table again: SQLite takes a CHECK away by its text alone, and the rows stay as they are.
ALTER TABLE engine_inputs ADD COLUMN rate TEXT;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, ' CHECK (kind IN (''TICK'', ''OPENING_POSITION'', ''RULES''))', '')
WHERE type = 'table' AND name = 'engine_inputs';
-- Other connections read the schema again when its version has changed, which making a table does.
CREATE TABLE schema_has_changed (done INTEGER NOT NULL) STRICT;
DROP TABLE schema_has_changed;
PRAGMA writable_schema = RESET;
