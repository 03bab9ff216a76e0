/** The three kinds of comparison: containers that are run, processes executed in one, limits of one that are changed. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Process, Resources, Spec } from '../../src/config/spec.js';
import { type Facts, factsOf, settingText } from './facts.js';
import { makeConfig } from './grammar/config.js';
import { makeProcess } from './grammar/process.js';
import { makeResources } from './grammar/resources.js';
import { jsonText } from './json-text.js';
import { type Launched, launch, type Peer } from './launch.js';
import { settingsOf } from './outside.js';
import type { Random } from './random.js';
import { makeRoot, type World } from './world.js';

/** What is given to both runtimes. */
export interface Case {
  readonly config: Spec;
  readonly processes?: Process[];
  readonly updates?: Resources[];
}

export interface Ran {
  readonly facts: Facts;
  /** What the runtime said when it refused something; of a step behind its name, as `exec0:`. */
  readonly refusals: string[];
}

export interface Mode {
  make(random: Random, world: World): Case;
  run(world: World, peer: Peer, given: Case): Promise<Ran>;
}

export type ModeName = 'run' | 'exec' | 'update';

/** Of every container: the two runtimes have one after the other. */
export const containerId = `tt${process.pid}x-differential`;

function prepare(world: World, config: Spec): void {
  makeRoot(world);
  rmSync(join(world.bundle, 'hooks.log'), { force: true });
  writeFileSync(join(world.bundle, 'config.json'), jsonText(config));
}

/** What hooks wrote down, in order, without what changes from run to run. */
function addHooks(facts: Facts, world: World): void {
  const inside = join(world.bundle, 'rootfs/hooks.log');
  for (const [where, file] of Object.entries({ host: join(world.bundle, 'hooks.log'), container: inside })) {
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    lines.forEach((line, i) => {
      for (const [name, value] of Object.entries(JSON.parse(line) as Record<string, unknown>)) {
        const text = name === 'state' ? stateText(String(value)) : JSON.stringify(value);
        facts.set(`hooks:${where} ${i}:${name}`, text);
      }
    });
  }
}

function stateText(text: string): string {
  const state = JSON.parse(text) as Record<string, unknown>;
  if (typeof state.pid === 'number' && state.pid > 0) state.pid = 'a number';
  // A map: its order says nothing.
  if (state.annotations) state.annotations = Object.fromEntries(Object.entries(state.annotations).sort());
  return JSON.stringify(state);
}

/** What there should be no more of when a container has been deleted. */
function addLeft(facts: Facts, world: World, peer: Peer): void {
  const states = existsSync(peer.root) ? readdirSync(peer.root).filter((name) => name === containerId) : [];
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${world.bundle}/`));
  facts.set('left:state', states.join(' '));
  facts.set('left:mounts', mounts.map((line) => line.split(' ')[4]).join(' '));
}

const remove = (world: World, peer: Peer): Promise<Launched> =>
  launch(world, peer, ['delete', '--force', containerId], false);

const run: Mode = {
  make: (random, world) => ({ config: makeConfig(random, world, containerId) }),
  async run(world, peer, { config }) {
    prepare(world, config);
    const launched = await launch(world, peer, ['run', '--bundle', world.bundle, containerId], true);
    const facts = factsOf(world, launched);
    addHooks(facts, world);
    addLeft(facts, world, peer);
    if (facts.get('left:state') !== '') await remove(world, peer);
    return { facts, refusals: launched.inside ? [] : [launched.stderr.trim()] };
  },
};

/** A configuration whose process stays, without what the run mode has compared already. */
function makeLasting(random: Random, world: World): Spec {
  const config = makeConfig(random, world, containerId);
  delete config.hooks;
  config.process!.args = ['/probe', '--wait'];
  return config;
}

/** Starts the container, has `act` done to it, removes it. */
async function withContainer(
  world: World,
  peer: Peer,
  config: Spec,
  act: (facts: Facts, refusals: string[]) => Promise<void>,
): Promise<Ran> {
  prepare(world, config);
  const pidFile = join(world.home, 'container.pid');
  const facts: Facts = new Map();
  const refusals: string[] = [];
  const started = await launch(
    world,
    peer,
    ['run', '--detach', '--pid-file', pidFile, '--bundle', world.bundle, containerId],
    false,
  );
  facts.set('outcome', started.status === 0 ? 'ran' : 'refused');
  if (started.status === 0) await act(facts, refusals);
  else refusals.push(started.stderr.trim());
  await remove(world, peer);
  addLeft(facts, world, peer);
  return { facts, refusals };
}

const exec: Mode = {
  make: (random, world) => {
    const config = makeLasting(random, world);
    const most = config.linux?.uidMappings === undefined ? 4294967294 : 65535;
    const density = random.pick([0.1, 0.3, 0.6]);
    const processes = Array.from({ length: 3 }, () =>
      makeProcess(random, { density, most, raises: world.raises, isExec: true }),
    );
    return { config, processes };
  },
  run: (world, peer, { config, processes = [] }) =>
    withContainer(world, peer, config, async (facts, refusals) => {
      const file = join(world.home, 'process.json');
      // Both join the container's, or each has one of its own.
      const keyrings = new Set<unknown>();
      for (const [i, one] of processes.entries()) {
        writeFileSync(file, jsonText(one));
        const launched = await launch(world, peer, ['exec', '--process', file, containerId], true);
        if (launched.inside === undefined) refusals.push(`exec${i}:${launched.stderr.trim()}`);
        else keyrings.add(launched.inside.keyringNumber);
        for (const [name, text] of factsOf(world, launched, 'process')) facts.set(`exec${i}:${name}`, text);
      }
      facts.set('keyrings', keyrings.size > 1 ? 'several' : 'one');
    }),
};

const update: Mode = {
  make: (random, world) => {
    const config = makeLasting(random, world);
    const updates = Array.from({ length: 4 }, () => makeResources(random, world, { density: 0.4, isUpdate: true }));
    return { config, updates };
  },
  run: (world, peer, { config, updates = [] }) =>
    withContainer(world, peer, config, async (facts, refusals) => {
      const file = join(world.home, 'resources.json');
      const pid = Number(readFileSync(join(world.home, 'container.pid'), 'utf8'));
      for (const [i, resources] of updates.entries()) {
        writeFileSync(file, jsonText(resources));
        const launched = await launch(world, peer, ['update', '--resources', file, containerId], false);
        facts.set(`update${i}:outcome`, launched.status === 0 ? 'done' : 'refused');
        if (launched.status !== 0) refusals.push(`update${i}:${launched.stderr.trim()}`);
        for (const [name, text] of Object.entries(settingsOf(pid, world.controllers)))
          facts.set(`update${i}:cgroup:${name}`, settingText(name, text));
      }
    }),
};

export const modes: Readonly<Record<ModeName, Mode>> = { run, exec, update };
