import type { Timestamp } from './contract';

export type Zone = 'utc' | 'local';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(kind: 'clock' | 'date', zone: Zone): Intl.DateTimeFormat {
  const key = kind + zone;
  const known = formats.get(key);
  if (known) return known;
  const timeZone = zone === 'utc' ? 'UTC' : undefined;
  const made =
    kind === 'clock'
      ? new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone })
      : new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric', timeZone });
  formats.set(key, made);
  return made;
}

export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : 'local';
}

/** 14:30:05 */
export function formatClock(at: Timestamp | number, zone: Zone): string {
  return format('clock', zone).format(typeof at === 'number' ? at : Date.parse(at));
}

/** 14:30:05.123; the fraction is cut from the text, not rounded. */
export function formatClockMillis(at: Timestamp, zone: Zone): string {
  const point = at.indexOf('.');
  const millis =
    point < 0
      ? '000'
      : at
          .slice(point + 1, point + 4)
          .replace('Z', '')
          .padEnd(3, '0');
  return `${formatClock(at, zone)}.${millis}`;
}

/** 14:30:05.123456789: all places that the instant has, three at least. */
function formatClockExact(at: Timestamp, zone: Zone): string {
  const rest = /\.\d{3}(\d*?)0*Z$/.exec(at)?.[1] ?? '';
  return formatClockMillis(at, zone) + rest;
}

/** 02 Mar 2026 14:30:05.123 UTC, with all places that the instant has. */
export function formatStamp(at: Timestamp, zone: Zone): string {
  return `${format('date', zone).format(Date.parse(at))} ${formatClockExact(at, zone)} ${zoneName(zone)}`;
}

/** Whether an instant is before another. A Date has only milliseconds, and texts have six places or nine. */
export function isBefore(a: Timestamp, b: Timestamp): boolean {
  return padded(a) < padded(b);
}

/** For a sort: below 0 where a is before b. */
export function compareTimes(a: Timestamp | null | undefined, b: Timestamp | null | undefined): number {
  if (a == null || b == null) return a == null ? (b == null ? 0 : -1) : 1;
  return isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0;
}

function padded(at: Timestamp): string {
  return at.slice(0, -1).padEnd('2026-03-02T14:30:05.123456789'.length, '0');
}

/** How long, in the two largest units that matter: 8s, 3m 12s, 1h 05m, 2d 4h. */
export function formatAge(milliseconds: number): string {
  const age = Math.max(0, milliseconds);
  if (age < MINUTE) return `${Math.floor(age / SECOND)}s`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m ${pad(Math.floor((age % MINUTE) / SECOND))}s`;
  if (age < DAY) return `${Math.floor(age / HOUR)}h ${pad(Math.floor((age % HOUR) / MINUTE))}m`;
  return `${Math.floor(age / DAY)}d ${Math.floor((age % DAY) / HOUR)}h`;
}

function pad(value: number): string {
  return value.toString().padStart(2, '0');
}
