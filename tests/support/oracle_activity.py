"""The part of the oracle that judges what transactions are: how many, how large, how unusual."""
from oracle_figures import CENT, SECOND, UNIT, Score, half_even, money_text, rounded_text, score_text, utilisation_text
from oracle_rules import ANOMALY_RULES, SIZE_RULES, VELOCITY_RULES


class ActivityRules:
    """Of an Oracle: the rules of velocity, size and anomaly."""

    def velocity_count(self, entity, at):
        return self.activity.count(entity, at, self.rules.of(VELOCITY_RULES, entity))

    def judge_velocity(self, entity, transaction_id):
        rule, alert = self.rules.of(VELOCITY_RULES, entity), self.velocity_alerts.get(entity)
        if not rule.enabled:
            return
        count, limit = self.velocity_count(entity, self.now), rule.limit_of(entity)
        if alert is None:
            if count > limit:
                self.velocity_alerts[entity] = self.new_alert("HIGH", count, limit)
                self.say_velocity("OPENED", entity, count, self.now, transaction_id)
            return
        alert.peak = max(alert.peak, count)
        if count * UNIT >= rule.worsened_ratio * alert.announced:
            alert.announced = count
            self.say_velocity("WORSENED", entity, count, self.now, transaction_id)

    def resolve_velocity(self, entity, at, over=False):
        if entity not in self.velocity_alerts:
            return
        rule, count = self.rules.of(VELOCITY_RULES, entity), self.velocity_count(entity, at)
        if over or not rule.enabled or count * UNIT <= rule.resolved_ratio * rule.limit_of(entity):
            self.say_velocity("RESOLVED", entity, count, at, None)
            del self.velocity_alerts[entity]

    def say_velocity(self, event, entity, count, at, transaction_id):
        rule, alert = self.rules.of(VELOCITY_RULES, entity), self.velocity_alerts[entity]
        limit = rule.limit_of(entity)
        self.say_event("HIGH_TRANSACTION_VELOCITY", event, entity, alert, at, transaction_id, value=str(count), limit=str(limit),
                       peak=str(alert.peak), utilisation=utilisation_text(count, limit), window_seconds=rule.window_seconds)

    def judge_size(self, entity, notional, transaction_id):
        rule, alert = self.rules.of(SIZE_RULES, entity), self.size_alerts.get(entity)
        limit = rule.limit_of(entity) if rule.enabled else None
        if limit is None or notional <= limit:
            return
        critical, event = notional * UNIT > rule.critical_ratio * limit, None
        if alert is None:
            event, alert = "OPENED", self.new_alert("CRITICAL" if critical else "HIGH", notional, limit)
            self.size_alerts[entity] = alert
        elif critical and alert.severity == "HIGH":
            event, alert.severity = "ESCALATED", "CRITICAL"
        elif notional * UNIT >= rule.worsened_ratio * alert.announced:
            event = "WORSENED"
        alert.limit, alert.last, alert.last_at, alert.peak = limit, notional, self.now, max(alert.peak, notional)
        if event:
            alert.announced = max(alert.announced, notional)
            self.say_size(event, entity, alert, self.now, transaction_id)

    def resolve_size(self, entity, at):
        rule, alert = self.rules.of(SIZE_RULES, entity), self.size_alerts.get(entity)
        if not alert:
            return
        over = not rule.enabled or rule.limit_of(entity) is None
        if over or at - alert.last_at >= rule.quiet_seconds * SECOND:
            del self.size_alerts[entity]
            self.say_size("RESOLVED", entity, alert, at, None)

    def say_size(self, event, entity, alert, at, transaction_id):
        self.say_event("LARGE_TRANSACTION", event, entity, alert, at, transaction_id, value=money_text(alert.last),
                       limit=money_text(alert.limit), peak=money_text(alert.peak), utilisation=utilisation_text(alert.last, alert.limit))

    def judge_anomaly(self, entity, notional, transaction_id):
        rule, samples = self.rules.of(ANOMALY_RULES, entity), self.samples.get(entity, [])
        if not rule.enabled or len(samples) < rule.samples_min:
            return
        score = Score(half_even(notional, CENT), samples)
        if score.squared is None or score.squared <= rule.threshold**2:
            return
        alert = self.anomaly_alerts.get(entity)
        event = "OPENED" if alert is None else "WORSENED" if score.squared > alert.peak else None
        if event == "OPENED":
            alert = self.anomaly_alerts[entity] = self.new_alert("MEDIUM", score.squared, rule.threshold)
        alert.last, alert.last_at = score.squared, self.now
        if event is None:
            return
        alert.peak, alert.limit = score.squared, rule.threshold
        if score.squared >= rule.high_threshold**2:
            alert.severity = "HIGH"
        self.say_anomaly(event, entity, alert, self.now, transaction_id, score.evidence(notional))

    def resolve_anomaly(self, entity, at, over=False):
        rule, alert = self.rules.of(ANOMALY_RULES, entity), self.anomaly_alerts.get(entity)
        if alert and (over or not rule.enabled or at - alert.last_at >= rule.quiet_seconds * SECOND):
            del self.anomaly_alerts[entity]
            self.say_anomaly("RESOLVED", entity, alert, at, None, None)

    def say_anomaly(self, event, entity, alert, at, transaction_id, evidence):
        self.say_event("ANOMALY_DETECTED", event, entity, alert, at, transaction_id, value=score_text(alert.last),
                       limit=rounded_text(alert.limit), peak=score_text(alert.peak), anomaly=evidence)
