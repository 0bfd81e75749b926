// Decimal strings to text for people, exactly: digits are moved, never passed through a float.

import type { Decimal } from './contract';

const MINUS = '\u2212';
const SYMBOLS: Record<string, string> = { USD: '$', EUR: '€', GBP: '£', JPY: '¥' };
const UNITS = ['', 'K', 'M', 'B', 'T'] as const;

interface Scaled {
  digits: bigint;
  scale: number;
}

function parse(text: Decimal): Scaled {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`not a decimal: ${JSON.stringify(text)}`);
  const point = text.indexOf('.');
  if (point < 0) return { digits: BigInt(text), scale: 0 };
  return { digits: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

function roundHalfEven({ digits, scale }: Scaled, places: number): bigint {
  if (scale <= places) return digits * 10n ** BigInt(places - scale);
  const unit = 10n ** BigInt(scale - places);
  const negative = digits < 0n;
  const size = negative ? -digits : digits;
  const rest = (size % unit) * 2n;
  let quotient = size / unit;
  if (rest > unit || (rest === unit && quotient % 2n === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

function group(integer: string): string {
  return integer.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `digits` counts units of 10^-places. */
function print(digits: bigint, places: number): { negative: boolean; text: string } {
  const negative = digits < 0n;
  const padded = (negative ? -digits : digits).toString().padStart(places + 1, '0');
  const integer = group(padded.slice(0, padded.length - places));
  return { negative, text: places === 0 ? integer : `${integer}.${padded.slice(-places)}` };
}

/** With thousands separators, rounded half to even to `places`, or as exact as it came without `places`. */
export function formatDecimal(value: Decimal, places?: number): string {
  const scaled = parse(value);
  const kept = places ?? scaled.scale;
  const { negative, text } = print(roundHalfEven(scaled, kept), kept);
  return negative ? MINUS + text : text;
}

/** Without zeros at the end of the fraction: 3.0000 is 3, 0.9500 is 0.95. */
export function trimZeros(value: Decimal): Decimal {
  return value.includes('.') ? value.replace(/\.?0+$/, '') : value;
}

function withCurrency(negative: boolean, text: string, currency: string): string {
  const symbol = SYMBOLS[currency];
  return (negative ? MINUS : '') + (symbol === undefined ? `${currency} ${text}` : symbol + text);
}

export function formatMoney(value: Decimal, currency: string, places = 2): string {
  const { negative, text } = print(roundHalfEven(parse(value), places), places);
  return withCurrency(negative, text, currency);
}

/** For tight places: $18.40M. */
export function formatCompactMoney(value: Decimal, currency: string): string {
  const scaled = parse(value);
  for (let unit = 0; ; unit += 1) {
    const places = unit === 0 ? 0 : 2;
    const rounded = roundHalfEven({ digits: scaled.digits, scale: scaled.scale + 3 * unit }, places);
    const size = rounded < 0n ? -rounded : rounded;
    if (size >= 1000n * 10n ** BigInt(places) && unit < UNITS.length - 1) continue;
    const { negative, text } = print(rounded, places);
    return withCurrency(negative, text + UNITS[unit], currency);
  }
}

/** A ratio as per cent: 1.2500 is 125.0%. */
export function formatPercent(ratio: Decimal, places = 1): string {
  const { digits, scale } = parse(ratio);
  const { negative, text } = print(roundHalfEven({ digits: digits * 100n, scale }, places), places);
  return `${negative ? MINUS : ''}${text}%`;
}

export function compareDecimal(a: Decimal, b: Decimal): number {
  // Reading a double keeps the order: where two differ, so do the decimals, and only equal ones need their digits.
  const difference = Number(a) - Number(b);
  if (difference !== 0) return Math.sign(difference);
  const [x, y] = [parse(a), parse(b)];
  const scale = Math.max(x.scale, y.scale);
  const [left, right] = [roundHalfEven(x, scale), roundHalfEven(y, scale)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** For pixels only. */
export function toPixels(value: Decimal | null): number {
  return value === null ? 0 : Number(value);
}

export function formatCount(value: number): string {
  return group(Math.trunc(value).toString());
}

export function formatRate(perSecond: number): string {
  if (perSecond >= 100) return `${formatCount(Math.round(perSecond))}/s`;
  return `${perSecond.toFixed(perSecond >= 10 ? 0 : 1)}/s`;
}
