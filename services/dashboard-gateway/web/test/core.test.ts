import { describe, expect, it } from 'vitest';
import { csvCell } from '../src/lib/core/csv';
import { largest } from '../src/lib/core/largest';
import { formatRoute, parseRoute } from '../src/lib/core/route';
import { formatAge, formatClockMillis, formatStamp, isBefore } from '../src/lib/core/time';
import { formatAlertValue, sentence } from '../src/lib/core/words';
import { Rates } from '../src/lib/data/rates';

describe('times', () => {
  it('shows UTC as it came, with every place where there is room and else cut and not rounded', () => {
    expect(formatStamp('2026-03-02T14:30:05.999999Z', 'utc')).toBe('02 Mar 2026 14:30:05.999999 UTC');
    expect(formatStamp('2026-03-02T14:30:05.123456789Z', 'utc')).toBe('02 Mar 2026 14:30:05.123456789 UTC');
    expect(formatStamp('2026-03-02T14:30:05.120000Z', 'utc')).toBe('02 Mar 2026 14:30:05.120 UTC');
    expect(formatStamp('2026-03-02T14:30:05.000000Z', 'utc')).toBe('02 Mar 2026 14:30:05.000 UTC');
    expect(formatClockMillis('2026-03-02T14:30:05.999999999Z', 'utc')).toBe('14:30:05.999');
    expect(formatClockMillis('2026-03-02T14:30:05Z', 'utc')).toBe('14:30:05.000');
  });

  it('tells which of two instants is earlier, of six places or nine', () => {
    expect(isBefore('2026-03-02T14:30:05.123456Z', '2026-03-02T14:30:05.123456001Z')).toBe(true);
    expect(isBefore('2026-03-02T14:30:05.123456001Z', '2026-03-02T14:30:05.123456Z')).toBe(false);
    expect(isBefore('2026-03-02T14:30:05.123456Z', '2026-03-02T14:30:05.123456Z')).toBe(false);
    expect(isBefore('2026-03-02T14:30:05.123456999Z', '2026-03-02T14:30:05.123457Z')).toBe(true);
  });

  it.each([
    [-5, '0s'],
    [59_999, '59s'],
    [60_000, '1m 00s'],
    [3_599_000, '59m 59s'],
    [3_600_000 + 5 * 60_000, '1h 05m'],
    [26 * 3_600_000, '1d 2h'],
  ])('%i ms is %s old', (age, text) => expect(formatAge(age)).toBe(text));
});

describe('routes', () => {
  it.each(['A/B', 'x y', '<img>', 'ü%', '#'])('carries the id %j', (id) => {
    expect(parseRoute(formatRoute({ view: 'client', id }))).toEqual({ view: 'client', id });
  });
  it('carries alerts and the system', () => {
    expect(parseRoute('#/alert/4711')).toEqual({ view: 'alert', id: 4711 });
    expect(parseRoute('#/system')).toEqual({ view: 'system' });
  });
  it.each(['', '#/', '#/alert/x', '#/client/', '#/client/%E0%A4%A', '#/other/1'])('shows nothing for %j', (hash) => {
    expect(parseRoute(hash)).toBeNull();
  });
});

it('shows an alert value in the unit of its rule', () => {
  expect(formatAlertValue({ alert_type: 'HIGH_FIRM_EXPOSURE' }, '1250000.0000', 'USD')).toBe('$1,250,000.00');
  expect(formatAlertValue({ alert_type: 'HIGH_TRANSACTION_VELOCITY' }, '18', 'USD')).toBe('18 in window');
  expect(formatAlertValue({ alert_type: 'ANOMALY_DETECTED' }, '4.3718', 'USD')).toBe('4.37 σ');
  expect(formatAlertValue({ alert_type: 'PRICE_DEVIATION' }, '-37.63000001', 'USD')).toBe('-37.63000001');
  expect(sentence('client_anomaly')).toBe('Client anomaly');
});

describe('transactions per minute', () => {
  const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 2, 2, 14, minute, second)).toISOString();

  it('is the growth of the total from minute to minute', () => {
    const rates = new Rates();
    rates.observe(at(0, 59), 100, '1');
    rates.observe(at(1, 10), 130, '2');
    rates.observe(at(1, 59), 160, '3');
    rates.observe(at(2, 1), 161, '4');
    expect(rates.series().per_minute).toEqual([0, 60, 1]);
    expect(rates.series().gross).toEqual(['1', '3', '4']);
  });

  it('spreads what came over minutes it did not see', () => {
    const rates = new Rates();
    rates.observe(at(0), 100, '1');
    rates.observe(at(3), 160, '1');
    expect(rates.series().per_minute).toEqual([0, 20, 20, 20]);
  });

  it('counts what it saw itself in its first minute', () => {
    const rates = new Rates();
    rates.observe(at(0, 1), 5, '1');
    rates.observe(at(0, 30), 25, '1');
    expect(rates.series().per_minute).toEqual([20]);
  });

  it('keeps an hour', () => {
    const rates = new Rates();
    for (let minute = 0; minute < 200; minute += 1) rates.observe(at(minute), minute, '1');
    expect(rates.series().time).toHaveLength(60);
  });
});

it('finds the largest, each once, the earlier of equals first', () => {
  const of = (count: number, ...sizes: number[]) =>
    largest(
      sizes.map((size, index) => ({ size, index })),
      count,
      (row) => row.size,
    ).map((row) => row.index);
  expect(of(3, 1, 9, 5, 9, 7)).toEqual([1, 3, 4]);
  expect(of(2, 4, 4, 4)).toEqual([0, 1]);
  expect(of(5, 0, 3, -1, 2)).toEqual([1, 3]);
  expect(of(3)).toEqual([]);
});

it('writes no cell that a spreadsheet would run', () => {
  expect(csvCell('=HYPERLINK("x")')).toBe(`'=HYPERLINK("x")`);
  expect(csvCell('-1+cmd')).toBe("'-1+cmd");
  expect(csvCell('-12.5000')).toBe('-12.5000');
  expect(csvCell(null)).toBe('');
});
