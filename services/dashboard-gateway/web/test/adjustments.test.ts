import { describe, expect, it } from 'vitest';
import contract from '../../api/openapi.json';
import { changeText, inOrder, isPending, moreWaitText, outcomeText } from '../src/lib/core/adjustments';
import { ADJUSTMENT_KINDS, ADJUSTMENT_STATES, type Adjustment } from '../src/lib/core/contract';

const listed = contract.paths['/api/v1/adjustments'].get.responses['200'].content['application/json'].example
  .items as Adjustment[];
const [pending, withdrawn, position, rename, refused] = listed as [
  Adjustment,
  Adjustment,
  Adjustment,
  Adjustment,
  Adjustment,
];

it('knows the kinds and states of the contract', () => {
  expect(ADJUSTMENT_KINDS).toEqual(contract.components.schemas.AdjustmentKind.enum);
  expect(ADJUSTMENT_STATES).toEqual(contract.components.schemas.AdjustmentState.enum);
});

describe('the words for an adjustment', () => {
  const outcome = (adjustment: Adjustment) => outcomeText(adjustment, (at) => `at ${at.slice(11, 19)}`);

  it('say what changes', () => {
    expect(listed.map(changeText)).toEqual([
      'Split 10:1',
      'Split 4:1',
      'Set position of CLIENT_009 to −7.5',
      'Rename to META',
      'Split 2:1',
    ]);
  });

  it('say what became of it', () => {
    expect(outcome(pending)).toBe('');
    expect(outcome(withdrawn)).toBe('Withdrawn by a.schmidt at 14:41:10: the issuer took it back');
    expect(outcome(position)).toBe('Applied as input 88001');
    expect(outcome(refused)).toBe('Refused: symbol XYZ: nobody has traded it');
  });

  it('show foreign text as it is', () => {
    expect(changeText({ ...rename, new_symbol: 'M\u200bETA' })).toBe('Rename to M\\u{200b}ETA');
    expect(changeText({ ...position, client_id: 'C ' })).toBe('Set position of C\\u{20} to −7.5');
    expect(outcome({ ...refused, why: 'a\u202eb' })).toBe('Refused: a\\u{202e}b');
    expect(outcome({ ...withdrawn, withdrawn_by: 'x\u200b', why: 'two\nlines' })).toBe(
      'Withdrawn by x\\u{200b} at 14:41:10: two\nlines',
    );
  });
});

describe('the order', () => {
  const waits = (adjustment_id: number, effective_at: string) => ({ ...pending, adjustment_id, effective_at });

  it('has those that wait first, the next to be applied before the others, and each once', () => {
    const first = waits(9, '2026-03-08T00:00:00.000000Z');
    const exact = waits(8, '2026-03-08T00:00:00.000000001Z');
    const order = inOrder([pending, first, exact, rename, refused, withdrawn, pending, rename]);
    expect(order.map((one) => one.adjustment_id)).toEqual([9, 8, 5, 4, 2, 1]);
    expect(order.filter(isPending)).toHaveLength(3);
  });

  it('has those of one instant in the order of arrival, as they are applied', () => {
    const same = waits(7, pending.effective_at);
    expect(inOrder([same, pending])).toEqual([pending, same]);
  });
});

it('says that more wait than are listed, and how many where that is known', () => {
  expect(moreWaitText(2345)).toBe('The next 100 of 2,345 that wait');
  expect(moreWaitText(undefined)).toBe('The next 100 are listed; more wait');
});
