/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest';
import { plain, plainProse } from '../src/lib/core/plain';
import { entityName } from '../src/lib/core/words';

describe('text from feeds', () => {
  it.each(['a', 'Zürich', 'a b', '日本語', 'مرحبا', '€💶', 'c:\\x', ''])('shows %j as it is', (text) => {
    expect(plain(text)).toBe(text);
    expect(plainProse(text)).toBe(text);
  });

  it.each([
    0x00, 0x1b, 0x7f, 0x80, 0x85, 0x9f, 0xad, 0x61c, 0x180e, 0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
    0x202e, 0x2060, 0x2066, 0x2069, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xffff, 0x1fffe, 0xe0000, 0xe0041, 0xe007f, 0xe0100,
    0x10ffff,
  ])('escapes the hidden character %i', (code) => {
    const text = `a${String.fromCodePoint(code)}b`;
    for (const shown of [plain(text), plainProse(text)]) {
      expect(shown).toMatch(/^a\\(x[0-9a-f]{2}|u\{[0-9a-f]+\})b$/);
    }
  });

  it('writes escapes as the services do', () => {
    expect(plain('a\u202eb')).toBe('a\\u{202e}b');
    expect(plain('a\tb')).toBe('a\\x09b');
    expect(plain('\u{e0041}')).toBe('\\u{e0041}');
    expect(plain('\ud800')).toBe('\\u{d800}');
  });

  it('lets blanks be seen that would not be', () => {
    expect(plain('ACME ')).toBe('ACME\\u{20}');
    expect(plain(' ')).toBe('\\u{20}');
    expect(plain(' A  B ')).toBe('\\u{20}A\\u{20} B\\u{20}');
    expect(plain('A \u00a0')).toBe('A\\u{20}\\u{a0}');
    expect(plain('A\u3000B')).toBe('A\\u{3000}B');
  });

  it('leaves a comment its lines and blanks', () => {
    expect(plainProse('10\u00a0000\n two\u202e\tlines ')).toBe('10\u00a0000\n two\\u{202e}\tlines ');
  });

  it('is how an entity is named', () => {
    expect(entityName({ entity_type: 'CLIENT', entity_id: 'A\u200b' })).toBe('A\\u{200b}');
    expect(entityName({ entity_type: 'FIRM', entity_id: '' })).toBe('Firm');
  });
});

// Markup that puts a text of a feed on the page without plain() or plainProse().
const TEXT_OF_FEEDS =
  /\{[^{}#/:@]*(\.(client_id|symbol|entity_id|message|acknowledged_by|assigned_to|actor|transaction_id|ref_transaction_id|currency|publisher|stream|reason|payload|source|detail|updated_by|ratio|new_symbol|requested_by|withdrawn_by|why)\b|\btx\[field\])[^{}]*\}/g;

it('every text of a feed in the markup goes through plain()', () => {
  const found: string[] = [];
  const files = import.meta.glob<string>('../src/**/*.svelte', { query: '?raw', import: 'default', eager: true });
  expect(Object.keys(files).length).toBeGreaterThan(20);
  for (const [file, source] of Object.entries(files)) {
    const markup = source
      .replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>/g, '')
      .replace(/\son\w+=\{(?:[^{}]|\{[^{}]*\})*\}/g, ' ') // handlers
      .replace(/\s(?:bind|style|class|id):?[\w-]*=\{(?:[^{}]|\{[^{}]*\})*\}/g, ' ')
      .replace(/\{#each[^\n]*\}\n/g, ' ');
    for (const [expression] of markup.matchAll(TEXT_OF_FEEDS)) {
      if (!/plain(Prose)?\(|format\w*\(/.test(expression)) found.push(`${file}: ${expression}`);
    }
  }
  expect(found).toEqual([]);
});
