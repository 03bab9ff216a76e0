import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { criuResponse, RequestType } from '../../src/criu/messages.js';
import { encodeMessage, type MessageOf } from '../../src/criu/protobuf.js';
import type { TestConfig } from '../helpers/config.js';
import { lives } from '../helpers/lives.js';
import { plainEnv, project } from '../helpers/runtime.js';
import type { Ended } from './command.js';
import type { Site } from './site.js';

/** What a container is when a command is tried on it. */
export type Before = 'none' | 'created' | 'running' | 'paused' | 'stopped';

/** A command whose own calls are tried. */
export interface TriedCommand {
  readonly name: string;
  readonly before: Before;
  readonly args: (site: Site) => string[];
  /** Its status when it has done its work: else 0. */
  readonly status?: number;
  /** What the container is afterwards; undefined: gone. Else as before. */
  readonly after?: Before | undefined;
  /** What it writes says all that it does, and is the same each time. */
  readonly prints?: true;
  readonly change?: (config: TestConfig, site: Site) => void;
  readonly env?: (site: Site) => Record<string, string>;
  /** Before each try, with the container there. */
  readonly prepare?: (site: Site) => Promise<void>;
  /** What isn't done, of a command that says it is. */
  readonly missing?: (site: Site) => string | undefined;
}

const filter: TriedCommand['change'] = (config) => {
  // Another one each time, so that none is found in the cache.
  const errnoRet = 1 + Math.floor(Math.random() * 4000);
  const syscalls = [{ names: ['mkdirat'], action: 'SCMP_ACT_ERRNO' as const, errnoRet }];
  config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
};

const full: TriedCommand['change'] = (config, site) => {
  const hook = { path: site.programs.probe, args: ['probe', '--end', '0'] };
  config.linux.resources.pids = { limit: 50 };
  config.linux.resources.memory = { limit: 1 << 28 };
  config.hooks = { createRuntime: [hook], poststart: [hook], poststop: [hook] };
  config.linux.uidMappings = config.linux.gidMappings = [{ containerID: 0, hostID: 100_000, size: 1000 }];
  config.linux.namespaces.push({ type: 'user' });
};

const bundle = (site: Site) => ['--bundle', site.bundle];
const pidFile = (site: Site) => join(site.directory, 'pid');
const specDirectory = (site: Site) => join(site.directory, 'spec');
const mountsFile = (site: Site) => join(site.directory, 'mounts.json');

const writeMounts = (site: Site) => {
  const source = site.hooks;
  writeFileSync(mountsFile(site), JSON.stringify([{ destination: '/added', source, options: ['bind', 'ro'] }]));
};

const images = (site: Site) => join(site.directory, 'images');
const criuDirectory = (site: Site) => join(site.directory, 'criu');

/** One that says it has dumped the container, whose process it ends. */
const criuEnv = (site: Site) => {
  const answer = (response: MessageOf<typeof criuResponse>) =>
    Buffer.from(encodeMessage(criuResponse, response)).toString('hex');
  const { version, dump } = RequestType;
  const does = [
    ['get'],
    ['put', answer({ type: version, success: true, version: { major: 4, minor: 0 } })],
    ['get'],
    ['kill', site.pid],
    ['put', answer({ type: dump, success: true })],
  ];
  return {
    PATH: `${criuDirectory(site)}:${plainEnv.PATH}`,
    FAKE_CRIU: JSON.stringify(does),
    FAKE_CRIU_GOT: join(site.directory, 'criu-got'),
  };
};

const isMounted = (site: Site) => readFileSync(`/proc/${site.pid}/mountinfo`, 'utf8').includes(' /added ');

const pids = (site: Site) => {
  const group = site.groups().find((path) => existsSync(join(path, 'pids.max')));
  return group === undefined ? 'none' : readFileSync(join(group, 'pids.max'), 'utf8').trim();
};

const create = (name: string, change?: TriedCommand['change']): TriedCommand => ({
  name,
  before: 'none',
  after: 'created',
  args: (site) => ['create', ...bundle(site), '--pid-file', pidFile(site), site.id],
  ...(change && { change }),
  missing: (site) => (readFileSync(pidFile(site), 'utf8') === String(site.pid) ? undefined : 'its pid'),
});

const ends: TriedCommand['change'] = (config) => {
  config.process.args = ['/probe', '--end', '7'];
};

/** What makes containers. */
export const makingCommands: readonly TriedCommand[] = [
  create('create'),
  create('create with a new filter', filter),
  create('create with hooks, limits and a user namespace', full),
  {
    name: 'run',
    before: 'none',
    after: undefined,
    status: 7,
    prints: true,
    args: (site) => ['run', ...bundle(site), site.id],
    change: ends,
  },
  {
    name: 'run --detach',
    before: 'none',
    after: 'running',
    args: (site) => ['run', '--detach', ...bundle(site), site.id],
  },
];

/** Every other command. */
export const otherCommands: readonly TriedCommand[] = [
  { name: 'start', before: 'created', after: 'running', args: ({ id }) => ['start', id] },
  { name: 'start with hooks', before: 'created', after: 'running', args: ({ id }) => ['start', id], change: full },
  {
    name: 'exec',
    before: 'running',
    status: 7,
    prints: true,
    args: ({ id }) => ['exec', id, '/probe', '--end', '7'],
  },
  { name: 'exec --detach', before: 'running', args: ({ id }) => ['exec', '--detach', id, '/probe', '--wait'] },
  { name: 'kill', before: 'running', after: 'stopped', args: ({ id }) => ['kill', id, 'KILL'] },
  { name: 'kill of a created one', before: 'created', after: 'stopped', args: ({ id }) => ['kill', id, 'TERM'] },
  { name: 'delete', before: 'stopped', after: undefined, args: ({ id }) => ['delete', id] },
  { name: 'delete with hooks', before: 'stopped', after: undefined, args: ({ id }) => ['delete', id], change: full },
  { name: 'delete --force', before: 'running', after: undefined, args: ({ id }) => ['delete', '--force', id] },
  {
    name: 'delete --force of a created one',
    before: 'created',
    after: undefined,
    args: ({ id }) => ['delete', '--force', id],
  },
  { name: 'state', before: 'running', prints: true, args: ({ id }) => ['state', id] },
  { name: 'list', before: 'running', args: () => ['list', '--format', 'json'] },
  { name: 'ps', before: 'running', prints: true, args: ({ id }) => ['ps', '--format', 'json', id] },
  { name: 'ps as a table', before: 'running', args: ({ id }) => ['ps', id, '-o', 'pid'] },
  { name: 'pause', before: 'running', after: 'paused', args: ({ id }) => ['pause', id] },
  { name: 'resume', before: 'paused', after: 'running', args: ({ id }) => ['resume', id] },
  {
    name: 'update',
    before: 'running',
    args: ({ id }) => ['update', '--pids-limit', '77', '--memory', '512M', id],
    missing: (site) => (pids(site) === '77' ? undefined : `the limit of pids, which is ${pids(site)}`),
  },
  { name: 'events --stats', before: 'running', args: ({ id }) => ['events', '--stats', id] },
  {
    name: 'checkpoint',
    before: 'running',
    after: undefined,
    args: (site) => ['checkpoint', '--image-path', images(site), site.id],
    prepare: async (site) => {
      rmSync(images(site), { recursive: true, force: true });
      mkdirSync(criuDirectory(site), { recursive: true });
      copyFileSync(join(project, 'test/helpers/fake-criu.py'), join(criuDirectory(site), 'criu'));
      chmodSync(join(criuDirectory(site), 'criu'), 0o755);
    },
    env: criuEnv,
  },
  {
    name: 'mounts add',
    before: 'running',
    args: (site) => ['mounts', 'add', site.id, mountsFile(site)],
    prepare: async (site) => writeMounts(site),
    missing: (site) => (isMounted(site) ? undefined : 'the mount'),
  },
  {
    name: 'mounts remove',
    before: 'running',
    args: (site) => ['mounts', 'remove', site.id, mountsFile(site)],
    prepare: async (site) => {
      writeMounts(site);
      succeeded(await site.call(['mounts', 'add', site.id, mountsFile(site)]));
    },
    missing: (site) => (isMounted(site) ? 'the removal' : undefined),
  },
  {
    name: 'spec',
    before: 'none',
    args: (site) => ['spec', '--bundle', specDirectory(site)],
    prepare: async (site) => {
      rmSync(specDirectory(site), { recursive: true, force: true });
      mkdirSync(specDirectory(site));
    },
    missing: (site) => (existsSync(join(specDirectory(site), 'config.json')) ? undefined : 'the file'),
  },
  { name: 'features', before: 'none', prints: true, args: () => ['features'] },
  { name: 'explain', before: 'none', prints: true, args: (site) => ['explain', ...bundle(site), site.id] },
];

/** @throws Error with what it says when it has failed. */
export function succeeded(ended: Ended): Ended {
  if (ended.status !== 0) throw new Error(ended.stderr || `status ${ended.status}`);
  return ended;
}

/** Brings a container of the site about. @returns the pid of its process, 0 for none */
export async function bringAbout(site: Site, before: Before): Promise<number> {
  if (before === 'none') return 0;
  const pid = join(site.directory, 'first-pid');
  const how = before === 'created' ? ['create'] : ['run', '--detach'];
  succeeded(await site.call([...how, ...bundle(site), '--pid-file', pid, site.id]));
  const number = Number(readFileSync(pid, 'utf8'));
  if (before === 'paused') succeeded(await site.call(['pause', site.id]));
  if (before === 'stopped') {
    succeeded(await site.call(['kill', site.id, 'KILL']));
    await dead(number);
  }
  return number;
}

/** Until a process is dead; false when that takes longer than seconds. */
export async function dead(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (!lives(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  return false;
}
