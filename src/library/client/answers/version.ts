/** Reads what `--version` prints. */

import { RuntimeError } from '../runtime-error.js';
import type { RuntimeVersion } from './answers.js';

/**
 * Reads `NAME version VERSION`, and below it lines such as `commit: …` and `spec: …`.
 * @throws RuntimeError 'answer' when there is no such line
 */
export function parseVersion(text: string, argv: readonly string[]): RuntimeVersion {
  const [, name, version] = /^(\S+) version:? (\S+)/m.exec(text) ?? [];
  if (name === undefined || version === undefined) {
    throw new RuntimeError(`${argv[0]} printed no version: ${JSON.stringify(text.slice(0, 200))}`, {
      code: 'answer',
      argv,
    });
  }
  const line = (key: string): string | undefined => new RegExp(`^${key}: *(\\S+)`, 'm').exec(text)?.[1];
  const commit = line('commit');
  const spec = line('spec');
  return { name, version, ...(commit && { commit }), ...(spec && { spec }), text: text.trimEnd() };
}
