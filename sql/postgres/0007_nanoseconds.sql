-- Instants to the nanosecond, beside the microseconds that TIMESTAMPTZ keeps: all nanoseconds since 1970. NULL in rows
-- from before, whose microseconds are exact. Partitions get the columns from their table.
ALTER TABLE transactions ADD COLUMN executed_at_ns BIGINT;
ALTER TABLE engine_inputs ADD COLUMN time_ns BIGINT;
ALTER TABLE client_exposures ADD COLUMN last_updated_ns BIGINT;
ALTER TABLE symbol_exposures ADD COLUMN last_updated_ns BIGINT;
ALTER TABLE firm_exposures ADD COLUMN last_updated_ns BIGINT;
ALTER TABLE alerts
  ADD COLUMN latest_event_at_ns BIGINT,
  ADD COLUMN opened_at_ns BIGINT,
  ADD COLUMN updated_at_ns BIGINT,
  ADD COLUMN resolved_at_ns BIGINT;
ALTER TABLE alert_events ADD COLUMN at_ns BIGINT;
