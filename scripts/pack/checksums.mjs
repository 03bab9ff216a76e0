// SHA256SUMS, as `sha256sum --check` reads it.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The SHA-256 of a file, in hexadecimal. */
export const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Writes SHA256SUMS of these files of `out`. */
export function checksums(out, names) {
  const lines = [...names].sort().map((name) => `${sha256(join(out, name))}  ${name}\n`);
  writeFileSync(join(out, 'SHA256SUMS'), lines.join(''));
}
