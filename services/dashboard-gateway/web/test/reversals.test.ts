import { describe, expect, it } from 'vitest';
import contract from '../../api/openapi.json';
import { EXECUTION_KINDS, QUARANTINE_KINDS, type QuarantinedMessage, type Transaction } from '../src/lib/core/contract';
import { actionsOn, byNeed, kindWords, waitingText } from '../src/lib/core/quarantine';
import { markReversed, reversalText, sideClass } from '../src/lib/core/reversals';

// The contract's own examples: a bust, and the execution that it took back.
const listed = contract.paths['/api/v1/transactions'].get.responses['200'].content['application/json'].example;
const [bust, busted] = listed.items as [Transaction, Transaction];
const execution: Transaction = { ...busted, reversed_by: null };

const quarantined = contract.paths['/api/v1/quarantine'].get.responses['200'].content['application/json'].example
  .items as unknown as QuarantinedMessage[];
const rejected = quarantined.find(({ kind }) => kind === 'REJECTED')!;
const awaiting = quarantined.find(({ kind }) => kind === 'AWAITING_EXECUTION')!;
const held = quarantined.find(({ kind }) => kind === 'HELD_PRICE')!;
const conflict: QuarantinedMessage = { ...awaiting, quarantine_id: 9, kind: 'CONFLICT' };

it('knows the kinds of the contract', () => {
  expect(EXECUTION_KINDS).toEqual(contract.components.schemas.ExecutionKind.enum);
  expect(QUARANTINE_KINDS).toEqual(contract.components.schemas.QuarantineKind.enum);
});

describe('the words for a row', () => {
  const by = (kind: 'BUST' | 'CORRECTION') => ({ apply_seq: 9, kind, transaction_id: 'X-1' });
  const correction: Transaction = { ...bust, kind: 'CORRECTION', ref_transaction_id: 'T-1' };

  it.each<[string, Transaction]>([
    ['', execution],
    ['busted by BX-000000000017', busted],
    ['bust of T-000000181202', bust],
    ['corrected by X-1', { ...execution, reversed_by: by('CORRECTION') }],
    ['correction of T-1', correction],
    ['correction of T-1 · busted by X-1', { ...correction, reversed_by: by('BUST') }],
    [
      'busted by X-1 · only counted: its bust came before it',
      { ...execution, counted_only: true, reversed_by: by('BUST') },
    ],
    [
      'corrected by X-1 · only counted: its correction came before it',
      { ...execution, counted_only: true, reversed_by: by('CORRECTION') },
    ],
    ['only counted: its bust or correction came before it', { ...execution, counted_only: true }],
  ])('%j', (text, row) => expect(reversalText(row)).toBe(text));

  it('show a foreign id as it is', () => {
    expect(reversalText({ ...bust, ref_transaction_id: 'T\u202e1 ' })).toBe('bust of T\\u{202e}1\\u{20}');
    const reversed_by = { ...busted.reversed_by!, transaction_id: 'B\u200b' };
    expect(reversalText({ ...busted, reversed_by })).toBe('busted by B\\u{200b}');
  });
});

it('colours a bust as no trade of its side', () => {
  expect(sideClass(bust)).toBe('muted');
  expect(sideClass(execution)).toBe('sell');
});

it('marks rows by what came since, and gives the same rows where nothing did', () => {
  const rows = [execution];
  expect(markReversed(rows, [execution])).toBe(rows);
  expect(markReversed(rows, [bust])).toEqual([busted]);
  expect(markReversed([busted], [bust])).toEqual([busted]);
  expect(rows).toEqual([execution]);
});

describe('the quarantine', () => {
  it('lets a person drop what awaits its execution, and not apply it', () => {
    expect(actionsOn(awaiting)).toEqual(['drop']);
    expect(actionsOn(conflict)).toEqual(['apply', 'drop']);
    expect(actionsOn(rejected)).toEqual([]);
  });

  it('lets a person make a held price the mark, or drop it', () => {
    expect(actionsOn(held)).toEqual(['apply', 'drop']);
    expect(kindWords(held)).toBe('Held price.');
    const decision = { ...held.decision!, state: 'DROPPED', user: 'risk-engine' } as const;
    expect(actionsOn({ ...held, decision })).toEqual([]);
    expect(kindWords({ ...held, decision })).toBe('Price was held.');
  });

  it('leaves nothing to do about what is decided', () => {
    const decision = { state: 'APPLIED', user: 'risk-engine', at: null, reason: 'its execution has come' } as const;
    expect(actionsOn({ ...awaiting, decision })).toEqual([]);
    expect(kindWords({ ...awaiting, decision })).toBe('Awaited execution.');
    expect([awaiting, conflict, rejected].map(kindWords)).toEqual(['Awaiting execution.', 'Conflict.', '']);
  });

  it('shows first what a person has to decide, then what the engine does', () => {
    const order = byNeed([
      rejected,
      awaiting,
      { ...held, quarantine_id: 7 },
      conflict,
      { ...rejected, quarantine_id: 1 },
    ]);
    expect(order.map(({ quarantine_id }) => quarantine_id)).toEqual([9, 7, 2, 3, 1]);
  });

  it('says apart what waits for a person and what does not', () => {
    const nothing = { conflicts: 0, executions: 0, held_prices: 0, adjustments: 3 };
    expect(waitingText(nothing)).toBe('');
    expect(waitingText({ ...nothing, conflicts: 1, executions: 2 })).toBe(
      '1 conflict waits for a decision · 2 busts and corrections wait for their executions',
    );
    expect(waitingText({ ...nothing, held_prices: 1 })).toBe('1 price is held until another comes');
  });
});
