-- The words for what an alert is about (its type, the type of its entity, the measure) are the engine's rule table: a
-- rule that is new must not need another table.
ALTER TABLE alerts
  DROP CONSTRAINT alerts_alert_type_check,
  DROP CONSTRAINT alerts_entity_type_check,
  DROP CONSTRAINT alerts_measure_check;
ALTER TABLE limits
  DROP CONSTRAINT limits_entity_type_check,
  DROP CONSTRAINT limits_measure_check;
