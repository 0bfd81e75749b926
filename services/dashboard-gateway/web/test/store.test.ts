import { beforeEach, describe, expect, it } from 'vitest';
import contract from '../../api/openapi.json';
import type { Alert, Delta, Snapshot, StreamMessage, Transaction } from '../src/lib/core/contract';
import { RESOLVED_ALERTS_MAX, Store, TRANSACTIONS_MAX } from '../src/lib/data/store';

// The examples of the contract are the fixtures, so that the page cannot drift from it.
const examples = contract.paths['/api/v1/stream'].get['x-websocket'].examples as unknown as StreamMessage[];
const snapshot = examples[0] as Snapshot;
const alert = snapshot.alerts[0] as Alert;
const transaction = snapshot.transactions[0] as Transaction;
const delta = (number: number, more: Partial<Delta> = {}): Delta => ({ type: 'delta', number, ...more });

let store: Store;
beforeEach(() => {
  store = new Store();
});

it('has a member of Transaction for each that the contract promises', () => {
  // As a type: what svelte-check says of the next line names what contract.ts lacks.
  type Promised = keyof typeof contract.components.schemas.Transaction.properties;
  const lacking: Exclude<Promised, keyof Transaction>[] = [];
  expect(lacking satisfies never[]).toEqual([]);
});

it("applies the contract's own examples", () => {
  for (const message of examples) expect(store.apply(message)).toEqual({ kind: 'applied' });
  expect(store.clients.get('CLIENT_001')?.gross).toBe('1251870.0000');
  expect(store.alerts.get(alert.alert_id)?.acknowledged_by).toBe('m.keller');
  expect(store.summary).toEqual(snapshot.summary);
});

describe('numbers', () => {
  it('reports a gap and changes nothing', () => {
    store.apply(snapshot);
    store.drain();
    const row = { ...snapshot.clients[0]!, gross: '1' };
    expect(store.apply(delta(snapshot.number + 2, { clients: [row] }))).toEqual({
      kind: 'gap',
      expected: snapshot.number + 1,
      got: snapshot.number + 2,
    });
    expect(store.clients.get(row.client_id)).toEqual(snapshot.clients[0]);
    expect(store.drain().clients).toEqual([]);
  });

  it('reports a repeated delta as a gap', () => {
    store.apply(snapshot);
    store.apply(delta(snapshot.number + 1));
    expect(store.apply(delta(snapshot.number + 1)).kind).toBe('gap');
  });

  it('reports a delta before any snapshot as a gap', () => {
    expect(store.apply(delta(1))).toEqual({ kind: 'gap', expected: null, got: 1 });
  });

  it('goes on from a later snapshot, whatever its number', () => {
    store.apply(snapshot);
    store.apply({ ...snapshot, number: 7, clients: [] });
    expect(store.apply(delta(8)).kind).toBe('applied');
    expect(store.clients.size).toBe(0);
  });
});

describe('changes', () => {
  it('gives a row changed many times once, as it is now', () => {
    store.apply(snapshot);
    store.drain();
    const row = snapshot.symbols[0]!;
    store.apply(delta(snapshot.number + 1, { symbols: [{ ...row, gross: '1' }] }));
    store.apply(delta(snapshot.number + 2, { symbols: [{ ...row, gross: '2' }] }));
    expect(store.drain().symbols).toEqual([{ ...row, gross: '2' }]);
    expect(store.drain().symbols).toEqual([]);
  });

  it('says reset after a snapshot and not after a delta', () => {
    store.apply(snapshot);
    expect(store.drain()).toMatchObject({ reset: true, summary: true, system: true, alerts: true, transactions: true });
    store.apply(delta(snapshot.number + 1));
    expect(store.drain()).toMatchObject({
      reset: false,
      summary: false,
      system: false,
      alerts: false,
      transactions: false,
    });
  });

  it('leaves rows that were handed out as they were', () => {
    store.apply(snapshot);
    const before = store.clients.get('CLIENT_001')!;
    store.apply(delta(snapshot.number + 1, { clients: [{ ...before, gross: '5' }] }));
    expect(before.gross).toBe(snapshot.clients[0]!.gross);
  });
});

describe('merge', () => {
  it('does not let an old answer hide what the stream has brought since', () => {
    store.apply(snapshot);
    const later: Alert = { ...alert, status: 'RESOLVED', updated_at: '2026-03-02T15:00:00.000000Z' };
    store.apply(delta(snapshot.number + 1, { alerts: [later] }));
    store.merge([alert]);
    expect(store.alerts.get(alert.alert_id)).toBe(later);
  });

  it('takes a newer answer before the stream brings it', () => {
    store.apply(snapshot);
    store.merge([{ ...alert, status: 'ACKNOWLEDGED', updated_at: '2026-03-02T15:00:00.000000Z' }]);
    expect(store.alerts.get(alert.alert_id)?.status).toBe('ACKNOWLEDGED');
  });
});

describe('busts and corrections', () => {
  const seq = transaction.apply_seq;
  const bust = (apply_seq: number, reverses: number): Transaction => ({
    ...transaction,
    apply_seq,
    transaction_id: `BX-${apply_seq}`,
    kind: 'BUST',
    ref_transaction_id: transaction.transaction_id,
    reverses,
  });
  const by = () => Object.fromEntries(store.transactions.map((row) => [row.apply_seq, row.reversed_by]));

  it('marks a row that it has when what takes it back comes', () => {
    store.apply(snapshot);
    const before = store.transactions[0]!;
    store.drain();
    store.apply(delta(snapshot.number + 1, { transactions: [bust(seq + 1, seq)] }));
    expect(by()).toEqual({
      [seq]: { apply_seq: seq + 1, kind: 'BUST', transaction_id: `BX-${seq + 1}` },
      [seq + 1]: null,
    });
    expect(before.reversed_by).toBeNull();
    expect(store.drain().transactions).toBe(true);
  });

  it('marks a row that comes in one message with what takes it back', () => {
    store.apply(snapshot);
    const counted = { ...transaction, apply_seq: seq + 1, counted_only: true };
    store.apply(delta(snapshot.number + 1, { transactions: [bust(seq + 2, seq + 1), counted] }));
    expect(by()).toMatchObject({ [seq]: null, [seq + 1]: { apply_seq: seq + 2 }, [seq + 2]: null });
  });

  it('follows a correction that is busted itself', () => {
    store.apply(snapshot);
    const correction: Transaction = { ...bust(seq + 1, seq), kind: 'CORRECTION' };
    store.apply(delta(snapshot.number + 1, { transactions: [correction] }));
    store.apply(delta(snapshot.number + 2, { transactions: [bust(seq + 2, seq + 1)] }));
    expect(by()).toMatchObject({ [seq]: { kind: 'CORRECTION' }, [seq + 1]: { kind: 'BUST' }, [seq + 2]: null });
  });

  it('takes a bust of what it does not have as any other row', () => {
    store.apply(snapshot);
    store.apply(delta(snapshot.number + 1, { transactions: [bust(seq + 1, 1)] }));
    expect(by()).toEqual({ [seq]: null, [seq + 1]: null });
  });

  it('keeps what a snapshot says of its rows', () => {
    const reversed_by = { apply_seq: seq + 1, kind: 'CORRECTION', transaction_id: 'C-1' } as const;
    store.apply({ ...snapshot, transactions: [{ ...transaction, reversed_by }] });
    store.apply(delta(snapshot.number + 1, { transactions: [bust(seq + 2, seq)] }));
    expect(by()[seq]).toEqual(reversed_by);
  });
});

describe('bounds', () => {
  it('drops the oldest resolved alerts and never an unresolved one', () => {
    store.apply(snapshot);
    const resolved = Array.from({ length: RESOLVED_ALERTS_MAX + 5 }, (_, index) => ({
      ...alert,
      alert_id: 10_000 + index,
      status: 'RESOLVED' as const,
    }));
    store.apply(delta(snapshot.number + 1, { alerts: resolved }));
    expect(store.alerts.size).toBe(RESOLVED_ALERTS_MAX + snapshot.alerts.length);
    expect(store.alerts.has(10_004)).toBe(false);
    expect(store.alerts.has(10_005)).toBe(true);
    expect(store.alerts.has(alert.alert_id)).toBe(true);
  });

  it('keeps the newest transactions first, each once', () => {
    store.apply(snapshot);
    const seq = transaction.apply_seq;
    const rows = [seq + 2, seq + 1, seq].map((apply_seq) => ({ ...transaction, apply_seq }));
    store.apply(delta(snapshot.number + 1, { transactions: rows }));
    expect(store.transactions.map((row) => row.apply_seq)).toEqual([seq + 2, seq + 1, seq]);

    const many = Array.from({ length: TRANSACTIONS_MAX + 10 }, (_, index) => ({
      ...transaction,
      apply_seq: seq + 3 + index,
    }));
    store.apply(delta(snapshot.number + 2, { transactions: many }));
    expect(store.transactions).toHaveLength(TRANSACTIONS_MAX);
    expect(store.transactions[0]?.apply_seq).toBe(seq + 3 + TRANSACTIONS_MAX + 9);
  });
});
