-- A stream whose journal was reset goes on in a later epoch, with its sequences from 1 again. What is stored already is
-- of a stream's first epoch.
ALTER TABLE transactions ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
ALTER TABLE transactions ALTER COLUMN epoch DROP DEFAULT;
ALTER TABLE transactions DROP CONSTRAINT transactions_pkey;
ALTER TABLE transactions ADD PRIMARY KEY (stream_id, epoch, sequence);
ALTER TABLE engine_inputs ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
ALTER TABLE engine_inputs ALTER COLUMN epoch DROP DEFAULT;
ALTER TABLE quarantine ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
ALTER TABLE quarantine ALTER COLUMN epoch DROP DEFAULT;
