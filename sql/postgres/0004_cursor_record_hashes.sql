-- What the last committed record of a stream was: a publisher that goes on with the stream must have it, also after the
-- engine has started anew. XXH3-64 of the record, 16 hexadecimal digits; NULL: not known.
ALTER TABLE stream_cursors ADD COLUMN record_hash TEXT;
