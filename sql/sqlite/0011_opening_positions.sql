-- An opening position is compared with the latest one of its client and symbol. Of the other kinds of input there are
-- millions, which an index of these few must not grow with.
CREATE INDEX engine_inputs_openings ON engine_inputs (client_id, symbol, apply_seq) WHERE kind = 'OPENING_POSITION';
