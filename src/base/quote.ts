/** The most characters of what a user wrote that a message repeats. */
const most = 200;

/** Text as it may appear in a message: in quotes, control characters escaped, cut when it is long. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/** Text as it is, cut when it is long. */
export function shorten(text: string): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}
