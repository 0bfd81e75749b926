import { describe, expect, it } from 'vitest';
import {
  compareDecimal,
  formatCompactMoney,
  formatCount,
  formatDecimal,
  formatMoney,
  formatPercent,
  formatRate,
  trimZeros,
} from '../src/lib/core/decimal';

const MINUS = '\u2212';

describe('formatDecimal', () => {
  it('keeps digits a double would lose', () => {
    expect(formatDecimal('9007199254740993.0001')).toBe('9,007,199,254,740,993.0001');
    expect(formatDecimal('123456789012345678901234567890.12345678')).toBe(
      '123,456,789,012,345,678,901,234,567,890.12345678',
    );
  });

  it.each([
    ['0', '0'],
    ['999', '999'],
    ['1000', '1,000'],
    ['-1234567.5', `${MINUS}1,234,567.5`],
    ['0.125', '0.125'],
  ])('groups thousands of %s', (value, text) => expect(formatDecimal(value)).toBe(text));

  it.each([
    ['2.5', 0, '2'],
    ['3.5', 0, '4'],
    ['-2.5', 0, `${MINUS}2`],
    ['0.0050', 2, '0.00'],
    ['0.0150', 2, '0.02'],
    ['0.00501', 2, '0.01'],
    ['999.995', 2, '1,000.00'],
    ['7', 2, '7.00'],
  ])('rounds %s to %i places half to even', (value, places, text) => expect(formatDecimal(value, places)).toBe(text));

  it('shows no minus on what rounds to zero', () => expect(formatDecimal('-0.0001', 2)).toBe('0.00'));

  it.each(['', '1e6', '1,000', 'NaN', '.5', '1.'])('refuses %j', (value) =>
    expect(() => formatDecimal(value)).toThrow(),
  );
});

describe('formatMoney', () => {
  it('puts the sign before the currency', () =>
    expect(formatMoney('-1250000.0000', 'USD')).toBe(`${MINUS}$1,250,000.00`));
  it('writes out a currency without a sign of its own', () => expect(formatMoney('12.3', 'CHF')).toBe('CHF 12.30'));
});

describe('formatCompactMoney', () => {
  it.each([
    ['0', '$0'],
    ['999.4', '$999'],
    ['999.5', '$1.00K'],
    ['1234', '$1.23K'],
    ['999994.9', '$999.99K'],
    ['999995.1', '$1.00M'],
    ['18402113.2', '$18.40M'],
    ['-1204331.05', `${MINUS}$1.20M`],
    ['5000000000000000', '$5,000.00T'],
  ])('%s', (value, text) => expect(formatCompactMoney(value, 'USD')).toBe(text));
});

it('shows ratios as per cent', () => {
  expect(formatPercent('1.2500')).toBe('125.0%');
  expect(formatPercent('0.0005')).toBe('0.0%');
  expect(formatPercent('0.0015')).toBe('0.2%');
});

describe('compareDecimal', () => {
  it('tells apart what a double cannot', () => {
    expect(compareDecimal('9007199254740993', '9007199254740992')).toBe(1);
    expect(compareDecimal('0.1', '0.10000000000000000001')).toBe(-1);
  });
  it('knows equal values of different length', () => expect(compareDecimal('1.50', '1.5')).toBe(0));
  it('orders by size and sign', () => {
    const sorted = ['10', '-2', '9.99', '0', '-10'].sort(compareDecimal);
    expect(sorted).toEqual(['-10', '-2', '0', '9.99', '10']);
  });
});

it.each([
  ['3.0000', '3'],
  ['0.9500', '0.95'],
  ['1000', '1000'],
  ['0.0', '0'],
])('trims %s', (value, text) => expect(trimZeros(value)).toBe(text));

it('shows counts and rates', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(formatRate(2.1)).toBe('2.1/s');
  expect(formatRate(12345.6)).toBe('12,346/s');
});
