import { ENOENT } from '../base/errno.js';
import { TsruncError } from '../base/error.js';
import { S_IFMT, S_IFREG } from '../native/flags.js';
import type { Native } from '../native/native.js';

/** For a caller without PATH, as podman may be. criu itself looks for iptables, nft and tar there. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Path of the executable, and the environment to run it in. */
export interface Criu {
  readonly executable: string;
  readonly env: string[];
}

/**
 * Where criu is, and the environment to run it in.
 * @throws TsruncError 'system' when no folder of PATH has it.
 */
export function findCriu(native: Native, variables: Readonly<Record<string, string>>): Criu {
  const path = variables.PATH || DEFAULT_PATH;
  for (const folder of path.split(':')) {
    const executable = `${folder}/criu`;
    const stat = folder.startsWith('/') ? native.stat(executable, true) : null;
    if (stat !== null && (stat.mode & S_IFMT) === S_IFREG && (stat.mode & 0o111) !== 0) {
      return {
        executable,
        env: Object.entries({ ...variables, PATH: path }).map(([name, value]) => `${name}=${value}`),
      };
    }
  }
  throw new TsruncError('system', 'criu: executable file not found in $PATH', {
    errno: ENOENT,
    hint: 'install CRIU 3.16 or newer (package criu), which does checkpoints',
  });
}
