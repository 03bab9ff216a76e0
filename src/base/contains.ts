/**
 * Whether a long text contains a part; as String.includes, but several times as fast in QuickJS, whose `includes` and `indexOf` compare
 * at every position of the text, where `split` looks for the first character.
 */
export function contains(text: string, part: string): boolean {
  return text.split(part, 2).length > 1;
}
