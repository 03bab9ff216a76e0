/** Checks the ids of containers. */
import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';

/** NAME_MAX, as the id is the name of the state directory. */
const MAXIMUM = 255;

/**
 * Checks the id of a container: letters, digits and `_+.-`, which makes it safe as the name of a directory.
 * @throws TsruncError 'usage' with the words that callers look for
 */
export function checkContainerId(id: string): void {
  if (id === '') throw new TsruncError('usage', 'container id cannot be empty');
  if (!isContainerId(id)) {
    throw new TsruncError('usage', `invalid container ID format: ${quote(id)}`, {
      hint: 'an id is made of letters, digits and the characters _ + . -',
    });
  }
  if (id.length > MAXIMUM) {
    throw new TsruncError('usage', `invalid container ID format: ${id.length} characters, at most ${MAXIMUM} fit`);
  }
}

/** Whether a name consists of the characters that an id may have; its length isn't checked. */
export function isContainerId(name: string): boolean {
  return /^[A-Za-z0-9_+.-]+$/.test(name) && name !== '.' && name !== '..';
}
