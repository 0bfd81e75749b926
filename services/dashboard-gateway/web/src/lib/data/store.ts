// What the page knows, kept in step with the gateway's stream.
//
// Invariants:
//  1. After a snapshot with number N, the state is that snapshot and every delta N+1, N+2, … in order; a delta with another
//     number changes nothing and is reported as a gap.
//  2. Rows are replaced, never changed in place, so a reader may keep one.
//  3. A transaction is marked as soon as what takes it back has come, in the same message or a later one.
//  4. Memory is bounded: resolved alerts and transactions are kept up to a limit, the oldest go first.

import type {
  Alert,
  ClientExposure,
  StreamMessage,
  Summary,
  SymbolExposure,
  System,
  Transaction,
} from '../core/contract';
import { markReversed } from '../core/reversals';
import { isBefore } from '../core/time';

export const RESOLVED_ALERTS_MAX = 2000;
export const TRANSACTIONS_MAX = 1000;

/** What changed since the last drain; `reset` means everything did. */
export interface Changes {
  reset: boolean;
  summary: boolean;
  system: boolean;
  alerts: boolean;
  transactions: boolean;
  clients: ClientExposure[];
  symbols: SymbolExposure[];
}

export type Outcome = { kind: 'applied' } | { kind: 'gap'; expected: number | null; got: number };

export class Store {
  summary: Summary | null = null;
  system: System | null = null;
  readonly clients = new Map<string, ClientExposure>();
  readonly symbols = new Map<string, SymbolExposure>();
  readonly alerts = new Map<number, Alert>();
  /** Newest first. */
  transactions: Transaction[] = [];

  private number: number | null = null;
  private changes = none();
  private readonly changedClients = new Set<string>();
  private readonly changedSymbols = new Set<string>();

  apply(message: StreamMessage): Outcome {
    if (message.type === 'snapshot') this.clear();
    else if (this.number === null || message.number !== this.number + 1)
      return { kind: 'gap', expected: this.number === null ? null : this.number + 1, got: message.number };

    this.number = message.number;
    if (message.summary) {
      this.summary = message.summary;
      this.changes.summary = true;
    }
    if (message.system) {
      this.system = message.system;
      this.changes.system = true;
    }
    for (const row of message.clients ?? []) {
      this.clients.set(row.client_id, row);
      this.changedClients.add(row.client_id);
    }
    for (const row of message.symbols ?? []) {
      this.symbols.set(row.symbol, row);
      this.changedSymbols.add(row.symbol);
    }
    if (message.alerts?.length) this.putAlerts(message.alerts);
    if (message.transactions?.length) this.putTransactions(message.transactions);
    return { kind: 'applied' };
  }

  /** Rows that came from a request rather than the stream: never take the place of later ones. */
  merge(alerts: Alert[]): void {
    const later = alerts.filter((row) => {
      const known = this.alerts.get(row.alert_id);
      return known === undefined || !isBefore(row.updated_at, known.updated_at);
    });
    if (later.length) this.putAlerts(later);
  }

  /** Hands over what changed and starts counting anew. */
  drain(): Changes {
    const changes = this.changes;
    for (const id of this.changedClients) changes.clients.push(this.clients.get(id)!);
    for (const id of this.changedSymbols) changes.symbols.push(this.symbols.get(id)!);
    this.changedClients.clear();
    this.changedSymbols.clear();
    this.changes = none();
    return changes;
  }

  private clear(): void {
    this.clients.clear();
    this.symbols.clear();
    this.alerts.clear();
    this.transactions = [];
    this.changedClients.clear();
    this.changedSymbols.clear();
    this.changes = { ...none(), reset: true, alerts: true, transactions: true };
  }

  private putAlerts(rows: Alert[]): void {
    for (const row of rows) this.alerts.set(row.alert_id, row);
    this.changes.alerts = true;

    const resolved = [...this.alerts.values()].filter((row) => row.status === 'RESOLVED');
    if (resolved.length <= RESOLVED_ALERTS_MAX) return;
    resolved.sort((a, b) => a.alert_id - b.alert_id);
    for (const row of resolved.slice(0, resolved.length - RESOLVED_ALERTS_MAX)) this.alerts.delete(row.alert_id);
  }

  private putTransactions(rows: Transaction[]): void {
    const newest = this.transactions[0]?.apply_seq ?? -Infinity;
    const fresh = rows.filter((row) => row.apply_seq > newest).sort((a, b) => b.apply_seq - a.apply_seq);
    this.transactions = markReversed([...fresh, ...this.transactions].slice(0, TRANSACTIONS_MAX), fresh);
    this.changes.transactions = true;
  }
}

function none(): Changes {
  return {
    reset: false,
    summary: false,
    system: false,
    alerts: false,
    transactions: false,
    clients: [],
    symbols: [],
  };
}
