/** How messages repeat what a user wrote: in quotes and cut, so that no input can make them long or break their lines. */

/** The most UTF-16 units of a user's text that a message repeats. */
const most = 200;

/** Text in double quotes, with control characters escaped as in JSON, cut to 200 characters. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/** Text without quotes; the first 197 characters and `...` when it is longer than 200. */
export function shorten(text: string): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

/** What moves the cursor, colours or reorders text on a terminal. */
const controls = /(?![\n\t])[\p{Control}\p{Bidi_Control}\u2028\u2029]/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text for a terminal: control characters but newlines and tabs are escaped as in JSON, so that no input can colour or hide what is said. */
export const withoutControls = (text: string): string => text.replace(controls, escaped);

/** Lines of text for a terminal, each ended by a newline. No input can add one: newlines and tabs within them are escaped too. */
export function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${onOneLine(line)}\n`).join('');
}

/** Whether text has only characters that URIs may have. */
function isUriText(text: string): boolean {
  try {
    return encodeURI(text).length === text.length;
  } catch {
    // Half of a surrogate pair.
    return false;
  }
}

/**
 * Whether text is printable ASCII, of which nothing has to be escaped: found out much faster than by the characters that have to be. Most is
 * what URIs are made of, and QuickJS sees that five times as fast as by a regular expression.
 */
export const isPlain = (text: string): boolean => isUriText(text) || /^[ -~]*$/.test(text);

/** Text for a terminal on one line. */
export const onOneLine = (text: string): string =>
  isPlain(text) ? text : withoutControls(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
