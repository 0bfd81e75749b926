/** The `count` rows of the largest size above zero, largest first; of equal ones the earlier. One pass, whatever the number of rows. */
export function largest<T>(rows: Iterable<T>, count: number, size: (row: T) => number): T[] {
  const kept: { row: T; size: number }[] = [];
  for (const row of rows) {
    const candidate = { row, size: size(row) };
    const least = kept.length === count ? kept.at(-1)!.size : 0;
    if (!(candidate.size > least)) continue;
    const place = kept.findIndex((one) => one.size < candidate.size);
    kept.splice(place < 0 ? kept.length : place, 0, candidate);
    if (kept.length > count) kept.pop();
  }
  return kept.map(({ row }) => row);
}
