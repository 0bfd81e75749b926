-- The words for what an alert is about (its type, the type of its entity, the measure) are the engine's rule table: a
-- rule that is new must not need another table. SQLite takes a CHECK away by its text alone: the rows stay as they are.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(replace(replace(sql,
  ' CHECK (alert_type IN (''HIGH_CLIENT_EXPOSURE'', ''HIGH_SYMBOL_EXPOSURE'', ''HIGH_FIRM_EXPOSURE'',
                                                 ''HIGH_TRANSACTION_VELOCITY'', ''ANOMALY_DETECTED''))', ''),
  ' CHECK (entity_type IN (''CLIENT'', ''SYMBOL'', ''FIRM''))', ''),
  ' CHECK (measure IN (''gross'', ''net'', ''long'', ''short'', ''turnover''))', '')
WHERE type = 'table' AND name IN ('alerts', 'limits');
-- Other connections read the schema again when its version has changed, which making a table does.
CREATE TABLE schema_has_changed (done INTEGER NOT NULL) STRICT;
DROP TABLE schema_has_changed;
PRAGMA writable_schema = RESET;
