/** Whole configurations. */
import type { Hook, Hooks, Root, Spec } from '../../../src/config/spec.js';
import type { Random } from '../random.js';
import type { World } from '../world.js';
import { makeLinux } from './linux.js';
import { makeMounts } from './mounts.js';
import { makeProcess } from './process.js';

function makeRoot(random: Random, world: World): Root {
  const path = random.pick([
    'rootfs',
    'rootfs',
    'rootfs',
    './rootfs',
    'rootfs/',
    `${world.bundle}/rootfs`,
    '../bundle/rootfs',
  ]);
  return { path, ...(random.chance(0.5) && { readonly: random.chance(0.5) }) };
}

/** A hook that writes down what it was given: those that run in the container write into its root. */
function makeHook(random: Random, world: World, point: keyof Hooks): Hook {
  const inside = point === 'startContainer';
  const path = inside ? '/probe' : world.probe;
  const file = inside ? '/hooks.log' : `${world.bundle}/hooks.log`;
  return {
    path,
    args: ['hook', '--hook', file, point, ...random.some(['more', ''], 1)],
    ...(random.chance(0.7) && { env: random.someTwice(['A=1', 'B=', 'PATH=/nowhere', 'HOME=/x'], 3) }),
    ...(random.chance(0.3) && { timeout: 10 }),
  };
}

function makeHooks(random: Random, world: World): Hooks {
  const make = (point: keyof Hooks) => () =>
    Array.from({ length: random.int(0, 2) }, () => makeHook(random, world, point));
  return random.members<Required<Hooks>>(
    {
      prestart: make('prestart'),
      createRuntime: make('createRuntime'),
      createContainer: make('createContainer'),
      startContainer: make('startContainer'),
      poststart: make('poststart'),
      poststop: make('poststop'),
    },
    0.4,
  );
}

const annotations = {
  'org.example.one': '1',
  'org.example.empty': '',
  'org.opencontainers.image.os': 'linux',
  'with space': 'ü',
};

/** @param id of the container, which its cgroup may be named for */
export function makeConfig(random: Random, world: World, id: string): Spec {
  const density = random.pick([0.05, 0.15, 0.3, 0.6]);
  const linux = makeLinux(random, world, { density, id });
  const hasOwnNames = linux.namespaces?.some(({ type, path }) => type === 'uts' && path === undefined);
  const names = () => random.pick(['box', 'a', 'UPPER.lower-1', 'x'.repeat(63), 'x'.repeat(64), 'under_score', '']);
  const optional = random.members<Required<Pick<Spec, 'hostname' | 'domainname' | 'hooks' | 'annotations'>>>(
    {
      hostname: () => (hasOwnNames || random.chance(0.05) ? names() : ''),
      domainname: () => (hasOwnNames || random.chance(0.05) ? names() : ''),
      hooks: () => makeHooks(random, world),
      annotations: () =>
        random.members(
          Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, () => text])),
          0.5,
        ) as Record<string, string>,
    },
    density,
  );
  const most = linux.uidMappings === undefined ? 4294967294 : 65535;
  return {
    ociVersion: random.pick(['1.0.0', '1.0.2', '1.2.0', '1.2.1']),
    root: makeRoot(random, world),
    process: makeProcess(random, { density, most, raises: world.raises, isExec: false }),
    mounts: makeMounts(random, world, density),
    ...optional,
    linux,
  };
}
