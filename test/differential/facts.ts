/** What was observed, as texts under names that are the same for both runtimes; what cannot be the same is left out. */
import { readlinkSync } from 'node:fs';
import type { Launched } from './launch.js';
import type { Outside } from './outside.js';
import type { World } from './world.js';

/** Names like `mounts:/proc:options`: the area, what in it, which part of that. */
export type Facts = Map<string, string>;

/**
 * What `run` or `exec` of the probe showed.
 * @param part all, or the process alone: the mounts and limits that exec finds are those of run
 */
export function factsOf(world: World, launched: Launched, part: 'all' | 'process' = 'all'): Facts {
  const facts: Facts = new Map();
  const isGone = launched.inside !== undefined && launched.outside === undefined;
  facts.set('outcome', launched.inside === undefined ? 'refused' : isGone ? 'killed' : 'ran');
  if (launched.inside !== undefined) facts.set('status', String(launched.status));
  if (launched.inside === undefined || launched.outside === undefined) return facts;
  addInside(facts, launched.inside);
  addOutside(facts, world, launched.outside);
  if (part === 'process') {
    for (const fact of facts.keys()) if (/^(mounts|tree|sysctl|cgroup:[^:]*\/)/.test(fact)) facts.delete(fact);
  }
  return facts;
}

function addInside(facts: Facts, inside: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(inside)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) {
        // Which kind the three are is the caller's affair: runc copies, tsrunc passes them on.
        const isStream = name === 'descriptors' && Number(key) < 3;
        facts.set(`${name}:${key}`, isStream ? 'open' : String(inner));
      }
    } else if (name !== 'keyringNumber') {
      facts.set(
        name,
        Array.isArray(value) ? JSON.stringify(value) : String(value).replace(/^\/proc\/\d+/, '/proc/PID'),
      );
    }
  }
}

const statusFields =
  /^(Umask|Uid|Gid|Groups|Threads|SigBlk|SigIgn|SigCgt|ShdPnd|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp\w*|Speculation\w*|Cpus_allowed|Mems_allowed|THP_enabled|TracerPid)$/;

function addOutside(facts: Facts, world: World, { files, namespaces, cgroup }: Outside): void {
  addMounts(facts, files.mountinfo ?? '');
  for (const line of (files.status ?? '').split('\n')) {
    const [name = '', text = ''] = line.split(':\t');
    if (statusFields.test(name)) facts.set(`kernel:${name}`, text.trim());
    if (name === 'NSpid') facts.set('kernel:pid namespaces', String(text.split('\t').length));
  }
  for (const name of [
    'uid_map',
    'gid_map',
    'setgroups',
    'oom_score_adj',
    'timens_offsets',
    'coredump_filter',
    'loginuid',
  ])
    facts.set(`kernel:${name}`, (files[name] ?? '').trim().replaceAll(/ +/g, ' '));
  const fields = (files.stat ?? '').slice((files.stat ?? '').lastIndexOf(')') + 2).split(' ');
  facts.set('kernel:terminal', fields[4] ?? '');
  for (const line of (files.cgroup ?? '').trim().split('\n')) {
    const [, name = '', path = ''] = line.split(':');
    facts.set(`cgroup:${name}:path`, path);
  }
  for (const [name, text] of Object.entries(cgroup)) facts.set(`cgroup:${name}`, settingText(name, text));
  for (const [name, link] of Object.entries(namespaces)) facts.set(`namespaces:${name}`, whose(world, name, link));
}

/** The kernel lists devices in the order in which they were allowed, which says nothing. */
export function settingText(name: string, text: string): string {
  return name.endsWith('devices.list') ? text.split('\n').sort().join('\n') : text;
}

/** Whose namespace it is: the host's, one that was joined, or the container's own. */
function whose(world: World, name: string, link: string): string {
  if (readlinkSync(`/proc/self/ns/${name}`) === link) return 'of the host';
  const isJoined = Object.values(world.namespaces).some(
    (path) => path.endsWith(`/${name}`) && readlinkSync(path) === link,
  );
  return isJoined ? 'joined' : 'own';
}

/** Lines of mountinfo, those that lie on others behind them: the kernel lists them by the age of their descriptors. */
function inOrder(mountinfo: string): string[][] {
  const lines = mountinfo
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const parents = new Map(lines.map(([id = '', parent = '']) => [id, parent]));
  const depthOf = (id: string | undefined): number => (id === undefined ? 0 : 1 + depthOf(parents.get(id)));
  return lines
    .map((fields) => ({ fields, depth: depthOf(fields[0]) }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ fields }) => fields);
}

function addMounts(facts: Facts, mountinfo: string): void {
  const seen = new Map<string, number>();
  for (const fields of inOrder(mountinfo)) {
    const dash = fields.indexOf('-');
    const [, , , root = '', place = '', options = ''] = fields.map((field) =>
      field.replace(/^(\/proc)?\/\d+(?=\/status$)/, '$1/PID'),
    );
    const [type = '', source = '', superblock = ''] = fields.slice(dash + 1);
    const before = seen.get(place) ?? 0;
    seen.set(place, before + 1);
    const name = before === 0 ? place : `${place}#${before}`;
    facts.set(`mounts:${name}:is`, `${type} ${root}`);
    facts.set(`mounts:${name}:source`, source);
    facts.set(`mounts:${name}:options`, options);
    facts.set(`mounts:${name}:superblock`, superblock);
    const propagation = fields.slice(6, dash).map((word) => word.replace(/:\d+$/, ''));
    facts.set(`mounts:${name}:propagation`, propagation.join(' '));
  }
}

/** A fact that two runtimes differ in. */
export interface Difference {
  readonly fact: string;
  /** undefined: not there. */
  readonly tsrunc: string | undefined;
  readonly runc: string | undefined;
}

export function differences(tsrunc: Facts, runc: Facts): Difference[] {
  // Of what one has refused, or didn't live to be looked at, the rest says nothing: `outcome`, or `exec1:outcome` for the facts that begin so.
  const all = [...new Set([...tsrunc.keys(), ...runc.keys()])];
  const isNone = (outcome: string | undefined): boolean => outcome === 'refused' || outcome === 'killed';
  const refused = all
    .filter((fact) => fact.endsWith('outcome') && (isNone(tsrunc.get(fact)) || isNone(runc.get(fact))))
    .map((fact) => fact.slice(0, -'outcome'.length));
  // What comes after an update that one has refused begins with other limits.
  const refusedUpdate = Math.min(...refused.map((prefix) => Number(/^update(\d)/.exec(prefix)?.[1] ?? Infinity)));
  const counts = (fact: string): boolean => {
    if (fact.startsWith('left:')) return true;
    const [prefix = '', update] = /^(?:exec\d:|update(\d):)?/.exec(fact) ?? [];
    if (Number(update) > refusedUpdate || (refused.includes('') && prefix !== '')) return false;
    if (fact !== `${prefix}outcome`) return !refused.includes(prefix);
    // One whose filter lets no call wait may be gone before it is looked at, or not.
    const statuses = [tsrunc, runc].map((facts) => facts.get(`${prefix}status`));
    return statuses[0] === undefined || statuses[0] !== statuses[1];
  };
  return all
    .filter((fact) => counts(fact) && tsrunc.get(fact) !== runc.get(fact))
    .map((fact) => ({ fact, tsrunc: tsrunc.get(fact), runc: runc.get(fact) }));
}
