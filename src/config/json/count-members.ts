/**
 * How many members the objects of a JSON text have. JSON.parse keeps the last one of a name, so fewer in its value than in
 * the text means that a name was given twice.
 */

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const space = 0x20;

/**
 * Never less than there are, and exactly as many where no string has a colon behind a quote or white space. Quick: most
 * configurations have no more to say than that this is the number that the schemas know.
 * @param text that JSON.parse took
 */
export function mostMembers(text: string): number {
  const parts = text.split(':');
  let count = 0;
  for (let part = parts.length - 2; part >= 0; part--) {
    const before = parts[part]!;
    const unit = before.charCodeAt(before.length - 1);
    if (unit === quote || unit <= space) count++;
  }
  return count;
}

/** The exact number; takes several times as long. */
export function countMembers(text: string): number {
  let count = 0;
  for (let open = text.indexOf('"'), close: number; open >= 0; open = text.indexOf('"', close + 1)) {
    close = open;
    do close = text.indexOf('"', close + 1);
    while (isEscaped(text, close));
    let next = close + 1;
    while (text.charCodeAt(next) <= space) next++;
    if (text.charCodeAt(next) === colon) count++;
  }
  return count;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first--;
  return (at - first) % 2 === 1;
}
