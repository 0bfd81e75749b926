-- A price far from its symbol's mark is held, and waits in the quarantine until another price decides, or a person, whose
-- decision is an input. It is found there by its record.
ALTER TABLE engine_inputs ADD COLUMN takes BOOLEAN;
CREATE INDEX quarantine_held ON quarantine (stream_id, epoch, sequence) WHERE kind = 'HELD_PRICE';
