// How text from feeds is shown, so that it cannot pass for another text: the page's side of
// libs/base/include/risk/base/text.hpp, with the same characters and the same escapes.

// Controls, direction marks, zero-width and other default-ignorable characters, line separators, noncharacters, and
// halves of surrogate pairs.
const HIDDEN =
  '\\u{0}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{34f}\\u{61c}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}\\u{180b}-\\u{180f}' +
  '\\u{200b}-\\u{200f}\\u{2028}-\\u{202e}\\u{2060}-\\u{206f}\\u{3164}\\u{d800}-\\u{dfff}\\u{fdd0}-\\u{fdef}' +
  '\\u{fe00}-\\u{fe0f}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffb}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}' +
  Array.from({ length: 17 }, (_, plane) => {
    const end = plane * 0x10000 + 0xffff;
    return `\\u{${(end - 1).toString(16)}}\\u{${end.toString(16)}}`;
  }).join('');
const ODD_BLANKS = '\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{202f}\\u{205f}\\u{2800}\\u{3000}';
const NOT_PLAIN = new RegExp(`[${HIDDEN}${ODD_BLANKS}]`, 'gu');
// Blanks at an end, and all but the last of several: a page shows several as one.
const UNSEEN_BLANK = new RegExp(`^ | $| (?=[ ${ODD_BLANKS}])`, 'gu');
const NOT_PLAIN_IN_PROSE = new RegExp(`(?![\\n\\t])[${HIDDEN}]`, 'gu');

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/** An id, a name, a message, a reason: one line, with what would not be seen as itself escaped. */
export function plain(text: string): string {
  return text.replace(UNSEEN_BLANK, escapeCharacter).replace(NOT_PLAIN, escapeCharacter);
}

/** What a person wrote: its lines and blanks stay. */
export function plainProse(text: string): string {
  return text.replace(NOT_PLAIN_IN_PROSE, escapeCharacter);
}
