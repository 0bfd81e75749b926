// What can be done about records in the quarantine.

import type { QuarantinedMessage } from './contract';

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

/** Those that wait for a person first, then those that wait for their execution; otherwise as they were. */
export function byNeed(messages: readonly QuarantinedMessage[]): QuarantinedMessage[] {
  const need = (message: QuarantinedMessage) => -actionsOn(message).length;
  return messages.toSorted((a, b) => need(a) - need(b));
}
