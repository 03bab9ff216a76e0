/**
 * Counts the members of all objects in a JSON text. JSON.parse keeps only the last member of a name: when its value has fewer
 * members than the text, a name was given twice.
 */

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const space = 0x20;

/**
 * A quick upper bound of the number of members. It is exact unless a string holds a colon after a quote or white space. For most
 * files it is as many as the schemas know in the value, and then no name can have been given twice.
 * @param text JSON that JSON.parse accepts
 */
export function mostMembers(text: string): number {
  // Nearly all colons follow a quote. Those are counted by how much shorter the text is without them: split would have QuickJS make a string for
  // each.
  const others = text.replaceAll('":', '');
  const parts = others.split(':');
  let count = (text.length - others.length) / 2;
  for (let part = parts.length - 2; part >= 0; part--) {
    const before = parts[part]!;
    const unit = before.charCodeAt(before.length - 1);
    if (unit === quote || unit <= space) count++;
  }
  return count;
}

/** The exact number of members; takes several times as long. text must be JSON that JSON.parse accepts. */
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
