// Splits, renames and positions that people set: in words, and in the order in which a person looks for them.

import type { Adjustment } from './contract';
import { formatCount, formatDecimal } from './decimal';
import { plain, plainProse } from './plain';
import { isBefore } from './time';
import { sentence } from './words';

export function isPending(adjustment: Adjustment): boolean {
  return adjustment.state === 'PENDING';
}

/** To be shown: Split 10:1, Rename to META, Set position of CLIENT_009 to −7.5. */
export function changeText({ kind, ratio, new_symbol, client_id, quantity }: Adjustment): string {
  switch (kind) {
    case 'SPLIT':
      return `Split ${plain(ratio ?? '')}`;
    case 'RENAME':
      return `Rename to ${plain(new_symbol ?? '')}`;
    case 'SET_POSITION':
      return `Set position of ${plain(client_id ?? '')} to ${formatDecimal(quantity ?? '0')}`;
  }
}

/** To be shown: what became of one that waits no longer; `stamp` shows an instant. */
export function outcomeText(adjustment: Adjustment, stamp: (at: string) => string): string {
  const { state, applied_as, withdrawn_by, withdrawn_at, why } = adjustment;
  switch (state) {
    case 'PENDING':
      return '';
    case 'APPLIED':
      return `Applied as input ${applied_as}`;
    case 'REFUSED':
      return `Refused: ${plain(why ?? '')}`;
    case 'WITHDRAWN':
      return `${sentence(state)} by ${plain(withdrawn_by ?? '')} ${stamp(withdrawn_at ?? '')}: ${plainProse(why ?? '')}`;
  }
}

/** Of those that wait, how many are listed. */
export const WAITING_SHOWN = 100;

/** To be shown: that more wait than are listed; `waiting` is how many do, if that is known. */
export function moreWaitText(waiting: number | undefined): string {
  const next = `The next ${formatCount(WAITING_SHOWN)}`;
  return waiting === undefined ? `${next} are listed; more wait` : `${next} of ${formatCount(waiting)} that wait`;
}

/** Each once: those that wait, the next to be applied first, then the others, the newest first. */
export function inOrder(adjustments: readonly Adjustment[]): Adjustment[] {
  const once = [...new Map(adjustments.map((one) => [one.adjustment_id, one])).values()];
  const later = once.filter((one) => !isPending(one)).sort((a, b) => b.adjustment_id - a.adjustment_id);
  return [...once.filter(isPending).sort(byInstant), ...later];
}

function byInstant(a: Adjustment, b: Adjustment): number {
  if (isBefore(a.effective_at, b.effective_at)) return -1;
  return isBefore(b.effective_at, a.effective_at) ? 1 : a.adjustment_id - b.adjustment_id;
}
