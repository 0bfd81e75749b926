-- Prices without a trade and exchange rates are inputs of the engine. A kind of input that is new must not need another
-- table again. The CHECK got its name beside that of the table before, so it may have a number. Partitions follow.
ALTER TABLE engine_inputs ADD COLUMN rate NUMERIC(20, 8);
DO $$
DECLARE
  name TEXT;
BEGIN
  FOR name IN SELECT conname FROM pg_constraint
    WHERE conrelid = 'engine_inputs'::regclass AND contype = 'c' AND conname LIKE 'engine\_inputs\_kind\_check%' LOOP
    EXECUTE format('ALTER TABLE engine_inputs DROP CONSTRAINT %I', name);
  END LOOP;
END $$;
