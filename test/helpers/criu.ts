import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type CallOptions, execute, plainEnv } from './runtime.js';

interface Found {
  folder?: string;
  why?: string;
}

/** Folders that may have a criu: those of PATH, and the trees that scripts/criu.mjs makes. */
function folders(): string[] {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tsrunc');
  const trees = existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name, 'criu-bin')) : [];
  return [...plainEnv.PATH.split(':'), ...trees].filter((folder) => existsSync(join(folder, 'criu')));
}

/** The first criu that works with this kernel. */
function find(): Found {
  const all = folders();
  if (all.length === 0) return { why: 'criu is not installed' };
  let why = '';
  for (const folder of all) {
    const { stdout, stderr } = execute([join(folder, 'criu'), 'check']);
    if (stdout.includes('Looks good')) return { folder };
    why ||= stderr.trim().split('\n').at(-1) ?? '';
  }
  return { why: `criu check fails (${why}); node scripts/criu.mjs may make one that works` };
}

const found = find();

/** Why there is no criu here that works, or false. */
export const noCriu: string | false = found.why ?? false;

/** Environment with that criu in PATH. */
export const criuEnv: Record<string, string> = {
  ...plainEnv,
  PATH: found.folder === undefined ? plainEnv.PATH : `${found.folder}:${plainEnv.PATH}`,
};

export const withCriu: CallOptions = { env: criuEnv };

/** Why criu can't track which memory changes, or false. */
export function noMemoryTracking(): string | false {
  if (noCriu) return noCriu;
  const { status, stderr } = execute(['criu', 'check', '--feature', 'mem_dirty_track'], withCriu);
  return status === 0 ? false : `no tracking of memory changes here: ${stderr.trim()}`;
}
