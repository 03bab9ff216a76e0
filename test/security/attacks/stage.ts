/** What attacks are played with, and how each tells what came of it. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestConfig } from '../../helpers/config.js';
import { whileSwapping } from '../../helpers/python.js';
import type { CallResult } from '../../helpers/runtime.js';
import type { Sandbox } from '../../helpers/sandbox.js';

/**
 * What came of an attack. `held`: the runtime did what was asked of it, or refused, and the attacker has gained nothing. `fell`: the
 * attacker has what it was after. `unplayed`: it couldn't be tried, so that nothing is known.
 */
export interface Outcome {
  readonly result: 'held' | 'fell' | 'unplayed';
  /** What was seen, in a few words. */
  readonly why: string;
  /** Of a race: how often it was run, how many containers of these started, and in how many the attack worked. */
  readonly race?: { readonly rounds: number; readonly started: number; readonly fallen: number };
}

export const held = (why = ''): Outcome => ({ result: 'held', why });
export const fell = (why: string): Outcome => ({ result: 'fell', why });
export const unplayed = (why: string): Outcome => ({ result: 'unplayed', why });

/** Where an attack is played. */
export interface Stage {
  readonly box: Sandbox;
  /** Of a race. */
  readonly rounds: number;
}

export type Play = (stage: Stage) => Outcome | Promise<Outcome>;

/** Why a runtime didn't do what it should have done without an attacker: the last line it wrote. */
export const complaint = ({ stderr, status }: CallResult): string =>
  stderr.trim().split('\n').at(-1)!.slice(0, 160) || `status ${status}`;

/**
 * Runs what an attack is made of, without the attacker: a runtime that doesn't start it can't be said to hold.
 * @returns the outcome that says so, or undefined when the container said `started`
 */
export function control(
  { box }: Pick<Stage, 'box'>,
  change: (config: TestConfig) => void,
  prepare: (rootfs: string) => void = () => {},
): Outcome | undefined {
  const bundle = box.bundle((config) => {
    change(config);
    shell(config, 'echo started');
  });
  prepare(join(bundle, 'rootfs'));
  const result = runOnce(box, bundle);
  return result.stdout.includes('started') ? undefined : unplayed(complaint(result));
}

/** The shell line that a container runs; what it prints is looked at. */
export function shell(config: TestConfig, line: string): void {
  config.process.args = ['sh', '-c', line];
}

/** Leaves out the mounts at and below a path. */
export function withoutMounts(config: TestConfig, path: string): void {
  config.mounts = config.mounts.filter(
    ({ destination }) => destination !== path && !destination.startsWith(`${path}/`),
  );
}

/** The container has /proc of the image alone, and nothing that needs another. */
export function withoutProc(config: TestConfig): void {
  withoutMounts(config, '/proc');
  config.linux.maskedPaths = [];
  config.linux.readonlyPaths = [];
}

/** Adds capabilities to all sets but the inheritable and the ambient one. */
export function withCapabilities(config: TestConfig, ...names: string[]): void {
  for (const set of ['bounding', 'effective', 'permitted'] as const) config.process.capabilities[set]!.push(...names);
}

/** Replaces what the image has at a path by a symlink. */
export function putLink(bundle: string, path: string, target: string): void {
  const place = join(bundle, 'rootfs', path);
  rmSync(place, { recursive: true, force: true });
  symlinkSync(target, place);
}

/** A bundle whose root file system is changed as well. */
export function bundleWith(box: Sandbox, change: (config: TestConfig) => void, prepare: (bundle: string) => void) {
  const bundle = box.bundle(change);
  prepare(bundle);
  return bundle;
}

let runs = 0;

/** `run` of a bundle in the foreground; whatever is left is removed at once, and not once more at the end. */
export function runOnce(box: Sandbox, bundle: string): CallResult {
  const id = `${box.prefix}-attack-${++runs}`;
  const result = box.call(['run', '--bundle', bundle, id]);
  if (result.status !== 0) box.remove(id);
  return result;
}

/** A volume in which `d`, a directory, and `link`, a symlink, change places. */
export interface Swapped {
  readonly volume: string;
  readonly directory: string;
  readonly link: string;
}

/** @param target where the link leads */
export function swappedVolume(box: Sandbox, target: string): Swapped {
  const volume = box.directory('volume');
  const [directory, link] = [join(volume, 'd'), join(volume, 'link')];
  mkdirSync(directory);
  symlinkSync(target, link);
  return { volume, directory, link };
}

/**
 * Runs one bundle many times while the two names are swapped.
 * @param fallen what the attack has gained in a round, '' for nothing; its traces are to be removed
 */
export async function race(
  { box, rounds }: Stage,
  bundle: (round: number) => string,
  { directory, link }: Swapped,
  fallen: (result: CallResult, round: number) => string,
): Promise<Outcome> {
  const count = { rounds, started: 0, fallen: 0 };
  let gain = '';
  let last: CallResult | undefined;
  await whileSwapping(directory, link, () => {
    for (let round = 0; round < rounds; round++) {
      const result = runOnce(box, bundle(round));
      if (result.status === 0) count.started++;
      else last = result;
      const what = fallen(result, round);
      if (what !== '') count.fallen++;
      gain ||= what;
    }
  });
  if (gain !== '') return { ...fell(gain), race: count };
  if (count.started === 0 && last) return { ...unplayed(`no container started: ${complaint(last)}`), race: count };
  return { ...held(), race: count };
}

/** What the kernel's own /proc says, on the host. */
export const hostFile = (path: string): string => readFileSync(path, 'utf8');
