// Busts and corrections: what they do to the rows of transactions that a page shows.

import type { ReversedBy, Transaction } from './contract';
import { plain } from './plain';

/** `rows` with those marked that `later` takes back. A row that changes is replaced; without one, `rows` itself. */
export function markReversed(rows: Transaction[], later: readonly Transaction[]): Transaction[] {
  const reversals = new Map<number, ReversedBy>();
  for (const { reverses, apply_seq, kind, transaction_id } of later) {
    if (reverses !== null && kind !== 'EXECUTION') reversals.set(reverses, { apply_seq, kind, transaction_id });
  }
  const isMarked = (row: Transaction) => row.reversed_by === null && reversals.has(row.apply_seq);
  if (!rows.some(isMarked)) return rows;
  return rows.map((row) => (isMarked(row) ? { ...row, reversed_by: reversals.get(row.apply_seq)! } : row));
}

/** To be shown: what a row has to do with busts and corrections; empty where that is nothing. */
export function reversalText(row: Transaction): string {
  const parts: string[] = [];
  if (row.kind !== 'EXECUTION') {
    parts.push(`${row.kind === 'BUST' ? 'bust' : 'correction'} of ${plain(row.ref_transaction_id ?? '')}`);
  }
  const by = row.reversed_by;
  if (by) parts.push(`${by.kind === 'BUST' ? 'busted' : 'corrected'} by ${plain(by.transaction_id)}`);
  if (row.counted_only) {
    const what = by ? (by.kind === 'BUST' ? 'bust' : 'correction') : 'bust or correction';
    parts.push(`only counted: its ${what} came before it`);
  }
  return parts.join(' · ');
}

/** Class of a side: a bust is no trade of that side. */
export function sideClass({ kind, side }: Pick<Transaction, 'kind' | 'side'>): string {
  return kind === 'BUST' ? 'muted' : side.toLowerCase();
}
