import type { Alert, AlertType, EntityType, RiskLevel, Severity } from './contract';
import { formatCount, formatDecimal, formatMoney } from './decimal';
import { plain } from './plain';

const SHORT_TYPE_WORDS: Record<AlertType, string> = {
  HIGH_CLIENT_EXPOSURE: 'Client exposure',
  HIGH_SYMBOL_EXPOSURE: 'Symbol exposure',
  HIGH_FIRM_EXPOSURE: 'Firm exposure',
  HIGH_TRANSACTION_VELOCITY: 'Velocity',
  ANOMALY_DETECTED: 'Anomaly',
};

/** A type of alert, short where the page has a short word for it. */
export function typeWords(type: AlertType): string {
  return SHORT_TYPE_WORDS[type] ?? sentence(type);
}

export const LEVEL_WORDS: Record<RiskLevel, string> = {
  LOW: 'Low',
  MEDIUM: 'Medium',
  HIGH: 'High',
  CRITICAL: 'Critical',
};

export const ENTITY_WORDS: Record<EntityType, string> = { CLIENT: 'Client', SYMBOL: 'Symbol', FIRM: 'Firm' };

export const SEVERITY_RANK: Record<Severity, number> = { LOW: 0, MEDIUM: 1, HIGH: 2, CRITICAL: 3 };

/** To be shown. The firm has no id of its own. */
export function entityName({ entity_type, entity_id }: Pick<Alert, 'entity_type' | 'entity_id'>): string {
  return entity_id === '' ? ENTITY_WORDS[entity_type] : plain(entity_id);
}

/** CSS variable that colours a level; set by both themes. */
export function levelColour(level: RiskLevel): string {
  return `var(--${level.toLowerCase()})`;
}

/** An alert's value, limit or peak in the unit of its rule. */
export function formatAlertValue(alert: Pick<Alert, 'alert_type'>, value: string, currency: string): string {
  switch (alert.alert_type) {
    case 'HIGH_TRANSACTION_VELOCITY':
      return `${formatCount(Number(value))} in window`;
    case 'ANOMALY_DETECTED':
      return `${formatDecimal(value, 2)} σ`;
    case 'PRICE_DEVIATION':
      return value;
    default:
      return formatMoney(value, currency);
  }
}

/** RESOLVED → Resolved, client_anomaly → Client anomaly. */
export function sentence(word: string): string {
  const plain = word.replaceAll('_', ' ').toLowerCase();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
