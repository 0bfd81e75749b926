-- Prices without a trade, exchange rates and instruments are inputs of the engine. A kind of input that is new must not
-- need another table again. The CHECK got its name beside that of the table before, so it may have a number. Partitions follow.
ALTER TABLE engine_inputs
  ADD COLUMN rate NUMERIC(20, 8),
  ADD COLUMN multiplier NUMERIC(20, 8),
  ADD COLUMN contract TEXT,
  ADD COLUMN allows_negative BOOLEAN,
  ADD COLUMN name TEXT,
  ADD COLUMN asset_class TEXT;
DO $$
DECLARE
  name TEXT;
BEGIN
  FOR name IN SELECT conname FROM pg_constraint
    WHERE conrelid = 'engine_inputs'::regclass AND contype = 'c' AND conname LIKE 'engine\_inputs\_kind\_check%' LOOP
    EXECUTE format('ALTER TABLE engine_inputs DROP CONSTRAINT %I', name);
  END LOOP;
END $$;

CREATE TABLE instruments (
  symbol TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  multiplier NUMERIC(20, 8) NOT NULL,
  currency TEXT NOT NULL,
  contract TEXT NOT NULL,
  expires_at TIMESTAMPTZ,
  expires_at_ns BIGINT,
  allows_negative BOOLEAN NOT NULL,
  name TEXT NOT NULL,
  asset_class TEXT NOT NULL
);
