import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type CallOptions, execute, plainEnv } from './runtime.js';

interface Found {
  directory?: string;
  why?: string;
}

/** Directories that may have a criu: those of PATH, and the trees that scripts/criu.mjs makes. */
function directories(): string[] {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tsrunc');
  const trees = existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name, 'criu-bin')) : [];
  return [...plainEnv.PATH.split(':'), ...trees].filter((directory) => existsSync(join(directory, 'criu')));
}

/** The first criu that works with this kernel. */
function find(): Found {
  const all = directories();
  if (all.length === 0) return { why: 'criu is not installed' };
  let why = '';
  for (const directory of all) {
    const { stdout, stderr } = execute([join(directory, 'criu'), 'check']);
    if (stdout.includes('Looks good')) return { directory };
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
  PATH: found.directory === undefined ? plainEnv.PATH : `${found.directory}:${plainEnv.PATH}`,
};

export const withCriu: CallOptions = { env: criuEnv };

/** Why criu can't track which memory changes, or false. */
export function noMemoryTracking(): string | false {
  if (noCriu) return noCriu;
  const { status, stderr } = execute(['criu', 'check', '--feature', 'mem_dirty_track'], withCriu);
  return status === 0 ? false : `no tracking of memory changes here: ${stderr.trim()}`;
}
