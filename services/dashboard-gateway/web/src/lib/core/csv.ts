/** A spreadsheet would run a text that begins like a formula; a quote in front keeps it a text. Numbers stay numbers. */
export function csvCell(value: unknown): string {
  const text = value == null ? '' : String(value);
  if (/^-?\d+(\.\d+)?$/.test(text)) return text;
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
