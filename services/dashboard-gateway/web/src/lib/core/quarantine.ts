// What can be done about records in the quarantine.

import type { QuarantinedMessage, QuarantineKind, Summary } from './contract';
import { formatCount } from './decimal';

export type QuarantineAction = 'apply' | 'drop';

export function waits(message: QuarantinedMessage): boolean {
  return message.decision?.state === 'WAITING';
}

/** What a person may decide. What awaits its execution can only be dropped: the engine applies it when that comes. */
export function actionsOn(message: QuarantinedMessage): QuarantineAction[] {
  if (!waits(message)) return [];
  return message.kind === 'AWAITING_EXECUTION' ? ['drop'] : ['apply', 'drop'];
}

/** What kind of record it is, as the first words about it; none of one that was just rejected. */
export function kindWords({ kind, decision }: QuarantinedMessage): string {
  switch (kind) {
    case 'REJECTED':
      return '';
    case 'CONFLICT':
      return 'Conflict.';
    case 'AWAITING_EXECUTION':
      return decision?.state === 'WAITING' ? 'Awaiting execution.' : 'Awaited execution.';
    case 'HELD_PRICE':
      return decision?.state === 'WAITING' ? 'Held price.' : 'Price was held.';
  }
}

const NEED: QuarantineKind[] = ['CONFLICT', 'HELD_PRICE', 'AWAITING_EXECUTION'];

/** Those that wait for a person first, then those about which the engine decides; otherwise as they were. */
export function byNeed(messages: readonly QuarantinedMessage[]): QuarantinedMessage[] {
  const need = (message: QuarantinedMessage) => (waits(message) ? NEED.indexOf(message.kind) : NEED.length);
  return messages.toSorted((a, b) => need(a) - need(b));
}

/** What waits in the quarantine, and for what; empty where nothing does. */
export function waitingText({ conflicts, executions, held_prices }: Summary['waiting']): string {
  const parts: string[] = [];
  const add = (count: number, one: string, many: string) => {
    if (count > 0) parts.push(`${formatCount(count)} ${count === 1 ? one : many}`);
  };
  add(conflicts, 'conflict waits for a decision', 'conflicts wait for a decision');
  add(executions, 'bust or correction waits for its execution', 'busts and corrections wait for their executions');
  add(held_prices, 'price is held until another comes', 'prices are held until others come');
  return parts.join(' · ');
}
