-- Decimals and times are TEXT: quantities and prices exact and trimmed, money with 4 places, times ISO 8601 UTC with
-- 6 decimals (so that they sort). Cast where arithmetic is wanted: SELECT sum(CAST(gross AS REAL)) FROM client_exposures.

CREATE TABLE schema_migrations (
  version INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT;

CREATE TABLE stream_cursors (
  stream_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE transactions (
  apply_seq INTEGER NOT NULL PRIMARY KEY,
  stream_id TEXT NOT NULL,
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
  UNIQUE (stream_id, sequence)
) STRICT;
CREATE INDEX transactions_by_client ON transactions (client_id, apply_seq);
CREATE INDEX transactions_by_symbol ON transactions (symbol, apply_seq);

CREATE TABLE engine_inputs (
  apply_seq INTEGER NOT NULL PRIMARY KEY,
  stream_id TEXT NOT NULL,
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

CREATE TABLE positions (
  client_id TEXT NOT NULL,
  symbol TEXT NOT NULL,
  quantity TEXT NOT NULL,
  PRIMARY KEY (client_id, symbol)
) STRICT, WITHOUT ROWID;
CREATE INDEX positions_by_symbol ON positions (symbol, client_id);

CREATE TABLE client_exposures (
  client_id TEXT NOT NULL PRIMARY KEY,
  total_exposure TEXT NOT NULL,
  gross TEXT NOT NULL,
  net TEXT NOT NULL,
  long TEXT NOT NULL,
  short TEXT NOT NULL,
  turnover TEXT NOT NULL,
  position_count INTEGER NOT NULL,
  transaction_count INTEGER NOT NULL,
  utilisation TEXT,
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  last_updated TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE symbol_exposures (
  symbol TEXT NOT NULL PRIMARY KEY,
  total_exposure TEXT NOT NULL,
  gross TEXT NOT NULL,
  net TEXT NOT NULL,
  long TEXT NOT NULL,
  short TEXT NOT NULL,
  turnover TEXT NOT NULL,
  position_count INTEGER NOT NULL,
  transaction_count INTEGER NOT NULL,
  utilisation TEXT,
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  last_updated TEXT NOT NULL,
  mark TEXT
) STRICT, WITHOUT ROWID;

-- Positions at the latest marks.
CREATE VIEW marked_positions AS
  SELECT p.client_id, p.symbol, p.quantity, s.mark
  FROM positions p JOIN symbol_exposures s ON s.symbol = p.symbol;

-- One row: the firm has no id.
CREATE TABLE firm_exposures (
  firm_id TEXT NOT NULL PRIMARY KEY CHECK (firm_id = ''),
  total_exposure TEXT NOT NULL,
  gross TEXT NOT NULL,
  net TEXT NOT NULL,
  long TEXT NOT NULL,
  short TEXT NOT NULL,
  turnover TEXT NOT NULL,
  position_count INTEGER NOT NULL,
  transaction_count INTEGER NOT NULL,
  utilisation TEXT,
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  last_updated TEXT NOT NULL
) STRICT;

CREATE TABLE alerts (
  alert_id INTEGER NOT NULL PRIMARY KEY,
  alert_type TEXT NOT NULL CHECK (alert_type IN ('HIGH_CLIENT_EXPOSURE', 'HIGH_SYMBOL_EXPOSURE', 'HIGH_FIRM_EXPOSURE',
                                                 'HIGH_TRANSACTION_VELOCITY', 'ANOMALY_DETECTED')),
  severity TEXT NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  status TEXT NOT NULL CHECK (status IN ('OPEN', 'ACKNOWLEDGED', 'RESOLVED')),
  entity_type TEXT NOT NULL CHECK (entity_type IN ('CLIENT', 'SYMBOL', 'FIRM')),
  entity_id TEXT NOT NULL,
  measure TEXT CHECK (measure IN ('gross', 'net', 'long', 'short', 'turnover')),
  value TEXT NOT NULL,
  limit_value TEXT NOT NULL,
  utilisation TEXT,
  peak TEXT NOT NULL,
  window_seconds INTEGER NOT NULL,
  config_version INTEGER NOT NULL,
  transaction_id TEXT,
  contributors TEXT NOT NULL CHECK (json_valid(contributors)),
  anomaly_notional TEXT,
  anomaly_mean TEXT,
  anomaly_standard_deviation TEXT,
  anomaly_sample_count INTEGER,
  latest_event_type TEXT NOT NULL CHECK (latest_event_type IN ('OPENED', 'ESCALATED', 'WORSENED', 'ACKNOWLEDGED',
                                                               'ASSIGNED', 'COMMENTED', 'SILENCED', 'RESOLVED')),
  latest_event_at TEXT NOT NULL,
  message TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  resolved_at TEXT,
  acknowledged_by TEXT,
  acknowledged_at TEXT,
  assigned_to TEXT
) STRICT;
CREATE INDEX alerts_by_status ON alerts (status, alert_id);
CREATE INDEX alerts_by_entity ON alerts (entity_id, alert_id);

CREATE TABLE alert_events (
  event_id INTEGER NOT NULL PRIMARY KEY,
  alert_id INTEGER NOT NULL REFERENCES alerts (alert_id),
  event_type TEXT NOT NULL CHECK (event_type IN ('OPENED', 'ESCALATED', 'WORSENED', 'ACKNOWLEDGED', 'ASSIGNED',
                                                 'COMMENTED', 'SILENCED', 'RESOLVED')),
  severity TEXT NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  value TEXT NOT NULL,
  at TEXT NOT NULL,
  transaction_id TEXT,
  actor TEXT,
  comment TEXT,
  message TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE INDEX alert_events_by_alert ON alert_events (alert_id, event_id);

CREATE TABLE quarantine (
  quarantine_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  stream_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  source TEXT NOT NULL,
  line INTEGER,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  raw TEXT NOT NULL,
  received_at TEXT NOT NULL
) STRICT;

CREATE TABLE commands (
  command_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  command TEXT NOT NULL,
  target TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL
) STRICT;

CREATE TABLE risk_metrics (
  metrics_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  timestamp TEXT NOT NULL,
  total_transactions INTEGER NOT NULL,
  total_exposure TEXT NOT NULL,
  active_clients INTEGER NOT NULL,
  active_symbols INTEGER NOT NULL,
  high_risk_clients INTEGER NOT NULL,
  high_risk_symbols INTEGER NOT NULL,
  alerts_generated INTEGER NOT NULL
) STRICT;
CREATE INDEX risk_metrics_by_timestamp ON risk_metrics (timestamp, metrics_id);

CREATE TABLE limits (
  rule TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  entity_type TEXT NOT NULL CHECK (entity_type IN ('CLIENT', 'SYMBOL', 'FIRM')),
  measure TEXT CHECK (measure IN ('gross', 'net', 'long', 'short', 'turnover')),
  limit_value TEXT NOT NULL,
  config_version INTEGER NOT NULL,
  PRIMARY KEY (rule, entity_id)
) STRICT, WITHOUT ROWID;

-- What was deleted, and how far the alert stream had come: event ids are never given twice.
CREATE TABLE cleanups (
  cleanup_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  before TEXT NOT NULL,
  last_event_id INTEGER NOT NULL,
  alerts INTEGER NOT NULL,
  alert_events INTEGER NOT NULL,
  metrics INTEGER NOT NULL,
  quarantine INTEGER NOT NULL
) STRICT;
