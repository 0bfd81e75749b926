-- A stream whose journal was reset goes on in a later epoch, with its sequences from 1 again. What is stored already is
-- of a stream's first epoch.
ALTER TABLE engine_inputs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1;
ALTER TABLE quarantine ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1;

CREATE TABLE keyed_by_epoch (
  apply_seq INTEGER NOT NULL PRIMARY KEY,
  stream_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  transaction_id TEXT NOT NULL,
  executed_at TEXT NOT NULL,
  client_id TEXT NOT NULL,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  quantity TEXT NOT NULL,
  price TEXT NOT NULL,
  currency TEXT NOT NULL,
  base_price TEXT NOT NULL,
  notional TEXT NOT NULL,
  broker_id TEXT NOT NULL,
  market TEXT NOT NULL,
  late INTEGER NOT NULL CHECK (late IN (0, 1)),
  UNIQUE (stream_id, epoch, sequence)
) STRICT;
INSERT INTO keyed_by_epoch
  SELECT apply_seq, stream_id, 1, sequence, transaction_id, executed_at, client_id, symbol, side, quantity, price,
         currency, base_price, notional, broker_id, market, late
  FROM transactions ORDER BY apply_seq;
DROP TABLE transactions;
ALTER TABLE keyed_by_epoch RENAME TO transactions;
CREATE INDEX transactions_by_client ON transactions (client_id, apply_seq);
CREATE INDEX transactions_by_symbol ON transactions (symbol, apply_seq);
