/** Finds criu's executable. */
import { ENOENT } from '../base/errno.js';
import { TsruncError } from '../base/error.js';
import { DEFAULT_PATH, findProgram } from '../native/find-program.js';
import type { Native } from '../native/native.js';

/** criu's executable, and the environment to run it in, as NAME=VALUE. */
export interface Criu {
  readonly executable: string;
  readonly env: string[];
}

/**
 * Looks for criu in PATH, which criu is given as well: it looks there for iptables, nft and tar.
 * @param variables the runtime's environment
 * @throws TsruncError 'system' with ENOENT if no directory of PATH has it
 */
export function findCriu(native: Native, variables: Readonly<Record<string, string>>): Criu {
  const path = variables.PATH || DEFAULT_PATH;
  // A relative directory would lead elsewhere in each caller's working directory.
  const absolute = path.split(':').filter((directory) => directory.startsWith('/'));
  const executable = absolute.length === 0 ? undefined : findProgram(native, 'criu', absolute.join(':'));
  if (executable !== undefined)
    return { executable, env: Object.entries({ ...variables, PATH: path }).map(([name, value]) => `${name}=${value}`) };
  throw new TsruncError('system', 'criu: executable file not found in $PATH', {
    errno: ENOENT,
    hint: 'install CRIU 3.16 or newer (package criu), which does checkpoints',
  });
}
