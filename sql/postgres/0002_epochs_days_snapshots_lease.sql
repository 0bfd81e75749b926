-- A stream whose journal was reset goes on in a later epoch, with its sequences from 1 again. What is stored already is
-- of a stream's first epoch.
ALTER TABLE quarantine ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
ALTER TABLE quarantine ALTER COLUMN epoch DROP DEFAULT;

-- The inputs are kept by the UTC day of their commit, a partition a day (transactions_20261125), which the engine makes
-- with the day's first commit and drops as a whole. A key of a partitioned table has to contain the day, so these keys
-- hold within a day; that no input is stored again on a later one rests on the compare-and-set of stream_cursors.
ALTER TABLE transactions RENAME TO transactions_0001;
ALTER TABLE engine_inputs RENAME TO engine_inputs_0001;

CREATE TABLE transactions (
  apply_seq BIGINT NOT NULL,
  recorded_on DATE NOT NULL,
  stream_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  transaction_id TEXT NOT NULL,
  executed_at TIMESTAMPTZ NOT NULL,
  client_id TEXT COLLATE "C" NOT NULL,
  symbol TEXT COLLATE "C" NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  quantity NUMERIC(20, 8) NOT NULL,
  price NUMERIC(20, 8) NOT NULL,
  currency TEXT NOT NULL,
  base_price NUMERIC(20, 8) NOT NULL,
  notional NUMERIC(30, 4) NOT NULL,
  broker_id TEXT NOT NULL,
  market TEXT NOT NULL,
  late BOOLEAN NOT NULL
) PARTITION BY RANGE (recorded_on);

CREATE TABLE engine_inputs (
  apply_seq BIGINT NOT NULL,
  recorded_on DATE NOT NULL,
  stream_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('TICK', 'OPENING_POSITION', 'RULES')),
  time TIMESTAMPTZ,
  client_id TEXT COLLATE "C",
  symbol TEXT COLLATE "C",
  quantity NUMERIC(20, 8),
  price NUMERIC(20, 8),
  currency TEXT,
  config_version BIGINT,
  rules BYTEA
) PARTITION BY RANGE (recorded_on);

-- The days that are kept, and which inputs each has.
CREATE TABLE input_days (
  recorded_on DATE NOT NULL PRIMARY KEY,
  first_apply_seq BIGINT NOT NULL,
  last_apply_seq BIGINT NOT NULL,
  inputs BIGINT NOT NULL
) WITH (fillfactor = 70);

-- When the inputs stored so far were committed is not known: they are today's.
DO $$
DECLARE
  today DATE := (now() AT TIME ZONE 'UTC')::DATE;
  parent TEXT;
BEGIN
  INSERT INTO input_days (recorded_on, first_apply_seq, last_apply_seq, inputs)
    SELECT today, min(apply_seq), max(apply_seq), count(*)
    FROM (SELECT apply_seq FROM transactions_0001 UNION ALL SELECT apply_seq FROM engine_inputs_0001) AS stored
    HAVING count(*) > 0;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  FOREACH parent IN ARRAY ARRAY['transactions', 'engine_inputs'] LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                   parent || to_char(today, '_YYYYMMDD'), parent, today, today + 1);
  END LOOP;
  INSERT INTO transactions
    SELECT apply_seq, today, stream_id, 1, sequence, transaction_id, executed_at, client_id, symbol, side, quantity,
           price, currency, base_price, notional, broker_id, market, late
    FROM transactions_0001 ORDER BY apply_seq;
  INSERT INTO engine_inputs
    SELECT apply_seq, today, stream_id, 1, sequence, kind, time, client_id, symbol, quantity, price, currency,
           config_version, rules
    FROM engine_inputs_0001 ORDER BY apply_seq;
END
$$;
DROP TABLE transactions_0001;
DROP TABLE engine_inputs_0001;

ALTER TABLE transactions ADD PRIMARY KEY (stream_id, epoch, sequence, recorded_on);
ALTER TABLE transactions ADD UNIQUE (apply_seq, recorded_on);
CREATE INDEX transactions_by_client ON transactions (client_id, apply_seq);
CREATE INDEX transactions_by_symbol ON transactions (symbol, apply_seq);
ALTER TABLE engine_inputs ADD PRIMARY KEY (apply_seq, recorded_on);

-- The state of the core, in pieces. A snapshot counts from when its row in engine_snapshots is there; pieces without one
-- are of a snapshot that is being written or was abandoned. They are stored as they are: written often, hardly ever read.
CREATE TABLE engine_snapshots (
  apply_seq BIGINT NOT NULL PRIMARY KEY,
  state_hash TEXT NOT NULL,
  chunk_count BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  taken_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE engine_snapshot_chunks (
  apply_seq BIGINT NOT NULL,
  number BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (apply_seq, number)
);
ALTER TABLE engine_snapshot_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Which engine writes: one row. A takeover changes the key and so waits for, or fails, whoever wrote under the old term
-- (FOR KEY SHARE); a beat changes no key and waits for nobody. That the holder is still there shows in an advisory lock
-- of its session.
CREATE TABLE engine_lease (
  term BIGINT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  beat BIGINT NOT NULL
);
INSERT INTO engine_lease (term, holder, beat) VALUES (0, '', 0);

-- What is new, and what each new day will bring, is risk_reader's to read as well.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'risk_reader') THEN
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO risk_reader', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO risk_reader', current_schema());
  END IF;
END
$$;
