// The shapes of services/dashboard-gateway/api/openapi.json that the page uses. Fields the page does not know are ignored.

/** Exact decimal in a string; never parsed to a float except for pixels. */
export type Decimal = string;
/** ISO 8601, UTC, Z, 6 decimals or 9: isBefore() of ./time compares two. */
export type Timestamp = string;

export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const;
export type Severity = (typeof SEVERITIES)[number];
export type RiskLevel = Severity;

// In the order of the contract; vite.config.ts puts them in.
declare const CONTRACT_ALERT_TYPES: readonly string[];
export const ALERT_TYPES = CONTRACT_ALERT_TYPES;
export type AlertType = string;

export const ALERT_STATUSES = ['OPEN', 'ACKNOWLEDGED', 'RESOLVED'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];
export type EntityType = 'CLIENT' | 'SYMBOL' | 'FIRM';
export type Measure = 'gross' | 'net' | 'long' | 'short' | 'turnover';

export interface Measures {
  total_exposure: Decimal;
  gross: Decimal;
  net: Decimal;
  long: Decimal;
  short: Decimal;
  turnover: Decimal;
  /** Of the session. */
  pnl: Decimal;
  limit: Decimal | null;
  utilisation: Decimal | null;
  risk_level: RiskLevel;
  last_updated: Timestamp;
}

export interface ClientExposure extends Measures {
  client_id: string;
  position_count: number;
}

export interface SymbolExposure extends Measures {
  symbol: string;
  position_count: number;
  transaction_count: number;
  mark: Decimal | null;
}

export interface Instrument {
  multiplier: Decimal;
  currency: string | null;
  contract: 'LINEAR' | 'INVERSE';
  expires_at: Timestamp | null;
  allows_negative: boolean;
  name: string | null;
  asset_class: string | null;
}

export interface Position {
  client_id: string;
  symbol: string;
  quantity: Decimal;
  mark: Decimal | null;
  market_value: Decimal | null;
}

export interface Alert {
  alert_id: number;
  alert_type: AlertType;
  severity: Severity;
  status: AlertStatus;
  entity_type: EntityType;
  /** Empty for the firm. */
  entity_id: string;
  measure: Measure | null;
  value: Decimal;
  limit: Decimal | null;
  utilisation: Decimal | null;
  peak: Decimal;
  message: string;
  opened_at: Timestamp;
  updated_at: Timestamp;
  resolved_at: Timestamp | null;
  acknowledged_by: string | null;
  acknowledged_at: Timestamp | null;
  assigned_to: string | null;
  transaction_id: string | null;
  config_version: number;
}

export interface AlertEvent {
  event_id: number;
  event: 'OPENED' | 'ESCALATED' | 'WORSENED' | 'ACKNOWLEDGED' | 'ASSIGNED' | 'COMMENTED' | 'SILENCED' | 'RESOLVED';
  severity: Severity;
  value: Decimal | null;
  at: Timestamp;
  actor: string | null;
  comment: string | null;
  transaction_id: string | null;
  message: string;
}

/** The texts that a transaction need not have, in the order in which they are shown. Not every feed has all of them. */
export const TRANSACTION_TEXTS = [
  { field: 'broker_id', label: 'Broker', ofEveryFeed: true },
  { field: 'market', label: 'Market', ofEveryFeed: true },
  { field: 'order_id', label: 'Order', ofEveryFeed: false },
  { field: 'trader_id', label: 'Trader', ofEveryFeed: false },
] as const;
export type TransactionText = (typeof TRANSACTION_TEXTS)[number]['field'];

export const EXECUTION_KINDS = ['EXECUTION', 'BUST', 'CORRECTION'] as const;
export type ExecutionKind = (typeof EXECUTION_KINDS)[number];

/** An execution, or a bust or correction of one. Of a bust the figures are those of what it takes back. */
export interface Transaction extends Record<TransactionText, string | null> {
  apply_seq: number;
  transaction_id: string;
  executed_at: Timestamp;
  client_id: string;
  symbol: string;
  side: 'BUY' | 'SELL';
  quantity: Decimal;
  price: Decimal;
  currency: string;
  notional: Decimal;
  kind: ExecutionKind;
  /** What a bust or a correction names: after a correction that may still be the first execution. */
  ref_transaction_id: string | null;
  /** Its bust or correction came before it: it moved nothing. */
  counted_only: boolean;
  /** Of a bust or a correction: the apply_seq of what it takes back. */
  reverses: number | null;
  /** Of a row that the page has the stream does not say it: `markReversed` of ./reversals does. */
  reversed_by: ReversedBy | null;
}

export interface ReversedBy {
  apply_seq: number;
  kind: Exclude<ExecutionKind, 'EXECUTION'>;
  transaction_id: string;
}

export interface AlertDetail extends Alert {
  contributors: { id: string; value: Decimal }[];
  evidence: { mean: Decimal; standard_deviation: Decimal; sample_count: number } | null;
  transaction: Transaction | null;
  events: AlertEvent[];
}

export interface Summary {
  as_of: Timestamp;
  base_currency: string;
  session_started_at: Timestamp;
  firm: Measures;
  active_clients: number;
  active_symbols: number;
  high_risk_clients: number;
  high_risk_symbols: number;
  alerts: {
    open: number;
    acknowledged: number;
    opened_today: number;
    by_severity: Record<Severity, number>;
    by_type: Record<AlertType, number>;
  };
  transactions: {
    total: number;
    today: number;
    quarantined: number;
    per_second: number;
    last_executed_at: Timestamp | null;
  };
  /** How many wait: for a person, for their execution, for another price, for their instant. */
  waiting: {
    conflicts: number;
    executions: number;
    held_prices: number;
    adjustments: number;
  };
  config_version: number;
}

export interface ServiceStatus {
  name: string;
  up: boolean;
  ready: boolean;
  lag: number | null;
  rate: number | null;
  checked_at: Timestamp;
  detail: string | null;
}

export interface StreamStatus {
  stream: string;
  publisher: string;
  last_sequence: number;
  applied_sequence: number;
  lag: number;
  gaps: number;
  rate: number;
  last_message_at: Timestamp | null;
  /** Of the last 1,000 transactions: how many there were, and how many of them were late. */
  recent: number | null;
  recent_late: number | null;
  /** How far its latest execution is after the latest of all other streams. */
  lead_seconds: Decimal | null;
  /** Its executions that were applied before, and those whose identity was, with other figures. */
  duplicates: number | null;
  conflicts: number | null;
}

export interface FixSession {
  session: string;
  logged_on: boolean;
  state: string;
  last_sequence: number;
  gaps_asked_for: number;
  fills: number;
  quarantined: number;
}

export interface System {
  as_of: Timestamp;
  version: string;
  services: ServiceStatus[];
  streams: StreamStatus[];
  /** Of drop-copy; empty where there is none. */
  fix_sessions: FixSession[];
  database: { type: string; up: boolean; detail: string | null };
}

export interface MetricsPoint {
  /** Wall clock. */
  timestamp: Timestamp;
  total_transactions: number;
  total_exposure: Decimal;
}

export interface Rule {
  rule: string;
  alert_type: AlertType;
  entity_type: EntityType;
  enabled: boolean;
  measure: Measure | null;
  limit: Decimal | null;
  parameters: Record<string, Decimal>;
}

export interface Limits {
  config_version: number;
  rules: Rule[];
  entities: {
    entity_type: EntityType;
    entity_id: string;
    rule: string;
    measure: Measure | null;
    limit: Decimal;
    updated_by: string | null;
    updated_at: Timestamp | null;
  }[];
}

export const QUARANTINE_KINDS = ['REJECTED', 'CONFLICT', 'AWAITING_EXECUTION', 'HELD_PRICE'] as const;
export type QuarantineKind = (typeof QUARANTINE_KINDS)[number];

export interface QuarantinedMessage {
  quarantine_id: number;
  stream: string;
  sequence: number;
  source: string;
  line: number | null;
  received_at: Timestamp;
  reason: string;
  payload: string;
  kind: QuarantineKind;
  decision: Decision | null;
}

export interface Decision {
  state: 'WAITING' | 'APPLIED' | 'DROPPED';
  user: string | null;
  at: Timestamp | null;
  reason: string | null;
}

export const ADJUSTMENT_KINDS = ['SPLIT', 'RENAME', 'SET_POSITION'] as const;
export const ADJUSTMENT_STATES = ['PENDING', 'APPLIED', 'REFUSED', 'WITHDRAWN'] as const;
export type AdjustmentState = (typeof ADJUSTMENT_STATES)[number];

export interface Adjustment {
  adjustment_id: number;
  effective_at: Timestamp;
  kind: (typeof ADJUSTMENT_KINDS)[number];
  symbol: string;
  ratio: string | null;
  new_symbol: string | null;
  client_id: string | null;
  quantity: Decimal | null;
  reason: string | null;
  requested_by: string;
  requested_at: Timestamp;
  state: AdjustmentState;
  /** It was refused or withdrawn. */
  why: string | null;
  /** The apply_seq of the input that it became. */
  applied_as: number | null;
  withdrawn_by: string | null;
  withdrawn_at: Timestamp | null;
}

export interface Page<T> {
  items: T[];
  next_before: number | null;
}

export interface Snapshot {
  type: 'snapshot';
  number: number;
  summary: Summary;
  clients: ClientExposure[];
  symbols: SymbolExposure[];
  alerts: Alert[];
  transactions: Transaction[];
  system: System;
}

export type Delta = { type: 'delta'; number: number } & Partial<Omit<Snapshot, 'type' | 'number'>>;
export type StreamMessage = Snapshot | Delta;
