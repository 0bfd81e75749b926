-- Ids compare byte by byte (COLLATE "C"), as the engine orders them. Quantities and prices have 8 places, money 4.
-- Tables whose rows change with every commit keep room in their pages, so that an update touches no index.
-- An alert's value, limit and peak are money, a count or a z-score: NUMERIC with the places of its unit.

CREATE TABLE schema_migrations (
  version BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE stream_cursors (
  stream_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  missing BIGINT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE transactions (
  apply_seq BIGINT NOT NULL UNIQUE,
  stream_id TEXT COLLATE "C" NOT NULL,
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
  late BOOLEAN NOT NULL,
  PRIMARY KEY (stream_id, sequence)
);
CREATE INDEX transactions_by_client ON transactions (client_id, apply_seq);
CREATE INDEX transactions_by_symbol ON transactions (symbol, apply_seq);

CREATE TABLE engine_inputs (
  apply_seq BIGINT NOT NULL PRIMARY KEY,
  stream_id TEXT COLLATE "C" NOT NULL,
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
);

CREATE TABLE positions (
  client_id TEXT COLLATE "C" NOT NULL,
  symbol TEXT COLLATE "C" NOT NULL,
  quantity NUMERIC(20, 8) NOT NULL,
  PRIMARY KEY (client_id, symbol)
) WITH (fillfactor = 70);
CREATE INDEX positions_by_symbol ON positions (symbol, client_id);

CREATE TABLE client_exposures (
  client_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  total_exposure NUMERIC(30, 4) NOT NULL,
  gross NUMERIC(30, 4) NOT NULL,
  net NUMERIC(30, 4) NOT NULL,
  long NUMERIC(30, 4) NOT NULL,
  short NUMERIC(30, 4) NOT NULL,
  turnover NUMERIC(30, 4) NOT NULL,
  position_count BIGINT NOT NULL,
  transaction_count BIGINT NOT NULL,
  utilisation NUMERIC(19, 4),
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  last_updated TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE symbol_exposures (
  symbol TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  total_exposure NUMERIC(30, 4) NOT NULL,
  gross NUMERIC(30, 4) NOT NULL,
  net NUMERIC(30, 4) NOT NULL,
  long NUMERIC(30, 4) NOT NULL,
  short NUMERIC(30, 4) NOT NULL,
  turnover NUMERIC(30, 4) NOT NULL,
  position_count BIGINT NOT NULL,
  transaction_count BIGINT NOT NULL,
  utilisation NUMERIC(19, 4),
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  last_updated TIMESTAMPTZ NOT NULL,
  mark NUMERIC(20, 8)
) WITH (fillfactor = 70);

-- Positions at the latest marks.
CREATE VIEW marked_positions AS
  SELECT p.client_id, p.symbol, p.quantity, s.mark
  FROM positions p JOIN symbol_exposures s ON s.symbol = p.symbol;

-- One row: the firm has no id.
CREATE TABLE firm_exposures (
  firm_id TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (firm_id = ''),
  total_exposure NUMERIC(30, 4) NOT NULL,
  gross NUMERIC(30, 4) NOT NULL,
  net NUMERIC(30, 4) NOT NULL,
  long NUMERIC(30, 4) NOT NULL,
  short NUMERIC(30, 4) NOT NULL,
  turnover NUMERIC(30, 4) NOT NULL,
  position_count BIGINT NOT NULL,
  transaction_count BIGINT NOT NULL,
  utilisation NUMERIC(19, 4),
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  last_updated TIMESTAMPTZ NOT NULL
);

CREATE TABLE alerts (
  alert_id BIGINT NOT NULL PRIMARY KEY,
  alert_type TEXT NOT NULL CHECK (alert_type IN ('HIGH_CLIENT_EXPOSURE', 'HIGH_SYMBOL_EXPOSURE', 'HIGH_FIRM_EXPOSURE',
                                                 'HIGH_TRANSACTION_VELOCITY', 'ANOMALY_DETECTED')),
  severity TEXT NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  status TEXT NOT NULL CHECK (status IN ('OPEN', 'ACKNOWLEDGED', 'RESOLVED')),
  entity_type TEXT NOT NULL CHECK (entity_type IN ('CLIENT', 'SYMBOL', 'FIRM')),
  entity_id TEXT COLLATE "C" NOT NULL,
  measure TEXT CHECK (measure IN ('gross', 'net', 'long', 'short', 'turnover')),
  value NUMERIC NOT NULL,
  limit_value NUMERIC NOT NULL,
  utilisation NUMERIC(19, 4),
  peak NUMERIC NOT NULL,
  window_seconds BIGINT NOT NULL,
  config_version BIGINT NOT NULL,
  transaction_id TEXT,
  contributors JSONB NOT NULL,
  anomaly_notional NUMERIC(30, 4),
  anomaly_mean NUMERIC(30, 4),
  anomaly_standard_deviation NUMERIC(30, 4),
  anomaly_sample_count BIGINT,
  latest_event_type TEXT NOT NULL CHECK (latest_event_type IN ('OPENED', 'ESCALATED', 'WORSENED', 'ACKNOWLEDGED',
                                                               'ASSIGNED', 'COMMENTED', 'SILENCED', 'RESOLVED')),
  latest_event_at TIMESTAMPTZ NOT NULL,
  message TEXT NOT NULL,
  opened_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  resolved_at TIMESTAMPTZ,
  acknowledged_by TEXT,
  acknowledged_at TIMESTAMPTZ,
  assigned_to TEXT
);
CREATE INDEX alerts_by_status ON alerts (status, alert_id);
CREATE INDEX alerts_by_entity ON alerts (entity_id, alert_id);

CREATE TABLE alert_events (
  event_id BIGINT NOT NULL PRIMARY KEY,
  alert_id BIGINT NOT NULL REFERENCES alerts (alert_id),
  event_type TEXT NOT NULL CHECK (event_type IN ('OPENED', 'ESCALATED', 'WORSENED', 'ACKNOWLEDGED', 'ASSIGNED',
                                                 'COMMENTED', 'SILENCED', 'RESOLVED')),
  severity TEXT NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  value TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  transaction_id TEXT,
  actor TEXT,
  comment TEXT,
  message TEXT NOT NULL,
  payload BYTEA NOT NULL
);
CREATE INDEX alert_events_by_alert ON alert_events (alert_id, event_id);

CREATE TABLE quarantine (
  quarantine_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream_id TEXT COLLATE "C" NOT NULL,
  sequence BIGINT NOT NULL,
  source TEXT NOT NULL,
  line BIGINT,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  raw TEXT NOT NULL,
  received_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE commands (
  command_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at TIMESTAMPTZ NOT NULL,
  actor TEXT NOT NULL,
  command TEXT NOT NULL,
  target TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL
);

CREATE TABLE risk_metrics (
  metrics_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  timestamp TIMESTAMPTZ NOT NULL,
  total_transactions BIGINT NOT NULL,
  total_exposure NUMERIC(30, 4) NOT NULL,
  active_clients BIGINT NOT NULL,
  active_symbols BIGINT NOT NULL,
  high_risk_clients BIGINT NOT NULL,
  high_risk_symbols BIGINT NOT NULL,
  alerts_generated BIGINT NOT NULL
);
CREATE INDEX risk_metrics_by_timestamp ON risk_metrics (timestamp, metrics_id);

CREATE TABLE limits (
  rule TEXT COLLATE "C" NOT NULL,
  entity_id TEXT COLLATE "C" NOT NULL,
  entity_type TEXT NOT NULL CHECK (entity_type IN ('CLIENT', 'SYMBOL', 'FIRM')),
  measure TEXT CHECK (measure IN ('gross', 'net', 'long', 'short', 'turnover')),
  limit_value TEXT NOT NULL,
  config_version BIGINT NOT NULL,
  PRIMARY KEY (rule, entity_id)
);

-- What was deleted, and how far the alert stream had come: event ids are never given twice.
CREATE TABLE cleanups (
  cleanup_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  before TIMESTAMPTZ NOT NULL,
  last_event_id BIGINT NOT NULL,
  alerts BIGINT NOT NULL,
  alert_events BIGINT NOT NULL,
  metrics BIGINT NOT NULL,
  quarantine BIGINT NOT NULL
);

-- risk_reader reads everything and writes nothing. It need not exist (see sql/README.md).
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'risk_reader') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO risk_reader', current_schema());
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO risk_reader', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO risk_reader', current_schema());
  END IF;
END
$$;
