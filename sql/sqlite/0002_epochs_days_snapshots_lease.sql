-- A stream whose journal was reset goes on in a later epoch, with its sequences from 1 again. What is stored already is
-- of a stream's first epoch.
ALTER TABLE quarantine ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1;

-- The inputs are kept by the UTC day of their commit. When those stored so far were committed is not known: they are
-- today's.
CREATE TABLE transactions_0002 (
  apply_seq INTEGER NOT NULL PRIMARY KEY,
  recorded_on TEXT NOT NULL,
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
INSERT INTO transactions_0002
  SELECT apply_seq, date('now'), stream_id, 1, sequence, transaction_id, executed_at, client_id, symbol, side, quantity,
         price, currency, base_price, notional, broker_id, market, late
  FROM transactions ORDER BY apply_seq;
DROP TABLE transactions;
ALTER TABLE transactions_0002 RENAME TO transactions;
CREATE INDEX transactions_by_client ON transactions (client_id, apply_seq);
CREATE INDEX transactions_by_symbol ON transactions (symbol, apply_seq);

CREATE TABLE engine_inputs_0002 (
  apply_seq INTEGER NOT NULL PRIMARY KEY,
  recorded_on TEXT NOT NULL,
  stream_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('TICK', 'OPENING_POSITION', 'RULES')),
  time TEXT,
  client_id TEXT,
  symbol TEXT,
  quantity TEXT,
  price TEXT,
  currency TEXT,
  config_version INTEGER,
  rules BLOB
) STRICT;
INSERT INTO engine_inputs_0002
  SELECT apply_seq, date('now'), stream_id, 1, sequence, kind, time, client_id, symbol, quantity, price, currency,
         config_version, rules
  FROM engine_inputs ORDER BY apply_seq;
DROP TABLE engine_inputs;
ALTER TABLE engine_inputs_0002 RENAME TO engine_inputs;

-- The days that are kept, and which inputs each has.
CREATE TABLE input_days (
  recorded_on TEXT NOT NULL PRIMARY KEY,
  first_apply_seq INTEGER NOT NULL,
  last_apply_seq INTEGER NOT NULL,
  inputs INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO input_days
  SELECT date('now'), min(apply_seq), max(apply_seq), count(*)
  FROM (SELECT apply_seq FROM transactions UNION ALL SELECT apply_seq FROM engine_inputs)
  HAVING count(*) > 0;

-- The state of the core, in pieces. A snapshot counts from when its row in engine_snapshots is there; pieces without one
-- are of a snapshot that is being written or was abandoned.
CREATE TABLE engine_snapshots (
  apply_seq INTEGER NOT NULL PRIMARY KEY,
  state_hash TEXT NOT NULL,
  chunk_count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  taken_at TEXT NOT NULL
) STRICT;
CREATE TABLE engine_snapshot_chunks (
  apply_seq INTEGER NOT NULL,
  number INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (apply_seq, number)
) STRICT;

-- Which engine writes: one row. That the holder is still there shows in a lock on the file <database>.engine.
CREATE TABLE engine_lease (
  term INTEGER NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  beat INTEGER NOT NULL
) STRICT;
INSERT INTO engine_lease (term, holder, beat) VALUES (0, '', 0);
