// Transactions per minute and the firm's gross over the last hour, from cumulative totals.

import type { Decimal, MetricsPoint, Timestamp } from '../core/contract';

const MINUTE_MS = 60_000;
const MINUTES_MAX = 60;

interface Minute {
  first: number;
  last: number;
  gross: Decimal;
}

export interface Series {
  /** Start of each minute, seconds since the epoch. */
  time: number[];
  per_minute: number[];
  gross: Decimal[];
}

export class Rates {
  private readonly minutes = new Map<number, Minute>();

  load(points: MetricsPoint[]): void {
    for (const point of points) this.observe(point.timestamp, point.total_transactions, point.total_exposure);
  }

  clear(): void {
    this.minutes.clear();
  }

  observe(at: Timestamp, total: number, gross: Decimal): void {
    const key = Math.floor(Date.parse(at) / MINUTE_MS);
    const minute = this.minutes.get(key);
    if (minute === undefined) this.minutes.set(key, { first: total, last: total, gross });
    else if (total >= minute.last) Object.assign(minute, { last: total, gross });
    if (this.minutes.size > 2 * MINUTES_MAX) this.trim();
  }

  series(): Series {
    this.trim();
    const keys = [...this.minutes.keys()].sort((a, b) => a - b);
    const series: Series = { time: [], per_minute: [], gross: [] };
    keys.forEach((key, index) => {
      const minute = this.minutes.get(key)!;
      const before = keys[index - 1];
      // Where minutes are missing the difference is spread over them: the total is right, the peak unknown.
      const from = before === undefined ? key - 1 : before;
      const count = minute.last - (before === undefined ? minute.first : this.minutes.get(before)!.last);
      for (let filled = from + 1; filled <= key; filled += 1) {
        series.time.push((filled * MINUTE_MS) / 1000);
        series.per_minute.push(Math.max(0, count / (key - from)));
        series.gross.push(minute.gross);
      }
    });
    return series;
  }

  private trim(): void {
    const newest = Math.max(...this.minutes.keys());
    for (const key of this.minutes.keys()) if (key <= newest - MINUTES_MAX) this.minutes.delete(key);
  }
}
