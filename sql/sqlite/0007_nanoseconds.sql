-- Instants to the nanosecond, beside the texts with six places: all nanoseconds since 1970. NULL in rows from before,
-- whose microseconds are exact.
ALTER TABLE transactions ADD COLUMN executed_at_ns INTEGER;
ALTER TABLE engine_inputs ADD COLUMN time_ns INTEGER;
ALTER TABLE client_exposures ADD COLUMN last_updated_ns INTEGER;
ALTER TABLE symbol_exposures ADD COLUMN last_updated_ns INTEGER;
ALTER TABLE firm_exposures ADD COLUMN last_updated_ns INTEGER;
ALTER TABLE alerts ADD COLUMN latest_event_at_ns INTEGER;
ALTER TABLE alerts ADD COLUMN opened_at_ns INTEGER;
ALTER TABLE alerts ADD COLUMN updated_at_ns INTEGER;
ALTER TABLE alerts ADD COLUMN resolved_at_ns INTEGER;
ALTER TABLE alert_events ADD COLUMN at_ns INTEGER;
