import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { loadProcess, loadResources } from '../../../src/config/load.js';
import { base, changed, mistakesIn, project } from '../../helpers/config-helpers.js';

interface Row {
  field: string;
  low: bigint;
  high: bigint;
}

/** `-2^63` and `2^64-1` as numbers. */
function number(text: string): bigint {
  const [, sign, exponent, less = '0'] = /^(-?)2\^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (exponent === undefined) return BigInt(text);
  return (sign === '-' ? -1n : 1n) * 2n ** BigInt(exponent) - BigInt(less);
}

function rows(): Row[] {
  const text = readFileSync(join(project, 'docs/ranges.md'), 'utf8');
  return [...text.matchAll(/^\| `(\/[^`]+)` \| (\S+) \| (\S+) \|/gm)].map(([, field = '', low = '', high = '']) => ({
    field,
    low: number(low),
    high: number(high),
  }));
}

type Schema = Record<string, unknown> & {
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  $ref?: string;
  type?: string;
};

const directory = join(project, 'spec-schemas');
const schemas = new Map(
  readdirSync(directory).map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8')) as Schema]),
);

/** The pointers of every integer that a schema has, with `*` for items of lists and members of maps. */
function integers(schema: Schema, file: string, pointer = ''): string[] {
  if (schema.$ref !== undefined) {
    const [name = '', path = ''] = schema.$ref.split('#');
    const target = name || file;
    const found = path
      .split('/')
      .filter(Boolean)
      .reduce((inner, part) => inner[part] as Schema, schemas.get(target)!);
    return integers(found, target, pointer);
  }
  if (schema.type === 'integer') return [pointer];
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    integers(inner, file, `${pointer}/${name}`),
  );
  const rest =
    typeof schema.additionalProperties === 'object' ? integers(schema.additionalProperties, file, `${pointer}/*`) : [];
  return [...members, ...rest, ...(schema.items ? integers(schema.items, file, `${pointer}/*`) : [])];
}

// One object a place: a clone of the config keeps what is shared shared.
const mapping = () => ({ containerID: 0, hostID: 0, size: 1 });
const user = [...(base.linux.namespaces as object[]), { type: 'user' }];
const idmapped = [
  { destination: '/a', type: 'bind', source: '/a', uidMappings: [mapping()], gidMappings: [mapping()] },
];
const rule = {
  names: ['read'],
  action: 'SCMP_ACT_ERRNO',
  args: [{ index: 0, value: 2n ** 64n - 1n, op: 'SCMP_CMP_MASKED_EQ' }],
};
const device = { major: 1, minor: 1 };

/** What has to stand around a number for its range to be the only question; the first whose place the field begins with. */
const around: readonly [place: string, value: unknown][] = [
  ['/process/consoleSize', { height: 1, width: 1 }],
  ['/process/scheduler/nice', { policy: 'SCHED_OTHER' }],
  ['/process/scheduler/priority', { policy: 'SCHED_FIFO' }],
  ['/process/scheduler/runtime', { policy: 'SCHED_DEADLINE', deadline: 2n ** 63n - 1n, period: 0 }],
  ['/process/scheduler/deadline', { policy: 'SCHED_DEADLINE', runtime: 1024, period: 0 }],
  ['/process/scheduler', { policy: 'SCHED_DEADLINE', runtime: 1024, deadline: 1024 }],
  ['/process/ioPriority', { class: 'IOPRIO_CLASS_BE' }],
  ['/process/rlimits/*/soft', [{ type: 'RLIMIT_CPU', hard: 2n ** 64n - 1n }]],
  ['/process/rlimits', [{ type: 'RLIMIT_CPU', soft: 0 }]],
  ['/linux/uidMappings', [mapping()]],
  ['/linux/gidMappings', [mapping()]],
  ['/mounts', idmapped],
  ['/linux/devices', [{ type: 'c', path: '/dev/a', ...device }]],
  ['/linux/seccomp/defaultErrnoRet', { defaultAction: 'SCMP_ACT_ERRNO' }],
  ['/linux/seccomp', { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }],
  ['/linux/resources/devices', [{ allow: true, type: 'c', access: 'r' }]],
  ['/linux/resources/memory/swap', { limit: 1 }],
  ['/linux/resources/blockIO/weightDevice', [{ ...device, weight: 10 }]],
  ...['ReadBps', 'WriteBps', 'ReadIOPS', 'WriteIOPS'].map((name): [string, unknown] => [
    `/linux/resources/blockIO/throttle${name}Device`,
    [{ ...device, rate: 1 }],
  ]),
  ['/linux/resources/hugepageLimits', [{ pageSize: '2MB', limit: 0 }]],
  ['/linux/resources/network/priorities', [{ name: 'eth0', priority: 0 }]],
  ['/linux/resources/rdma', { '0': { hcaHandles: 0 } }],
  ...['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'].map(
    (kind): [string, unknown] => [`/hooks/${kind}`, [{ path: '/a' }]],
  ),
];

/** The object or list that a place of `around` stands for: the place itself, or what holds it. */
const holderOf = (place: string): string => {
  const fixed = place.includes('/*') ? place.slice(0, place.indexOf('/*')) : place;
  return /\/(nice|priority|runtime|deadline|defaultErrnoRet|swap)$/.test(fixed)
    ? fixed.slice(0, fixed.lastIndexOf('/'))
    : fixed;
};

/** A right config whose number at `field` is `value`; numbers beyond 2^53 go in as text. */
function configText(field: string, value: bigint): string {
  let config: object = base;
  if (/Mappings/.test(field)) {
    config = changed(config, '/linux/namespaces', user);
    config = changed(config, '/linux/uidMappings', [mapping()]);
    config = changed(config, '/linux/gidMappings', [mapping()]);
  }
  const context = around.find(([place]) => field.startsWith(place));
  if (context) config = changed(config, holderOf(context[0]), context[1]);
  const pointer = field.replaceAll('/*', '/0');
  if (/additionalGids/.test(field)) config = changed(config, '/process/user', { additionalGids: [0] });
  // A mapping that ends with the last id has room for one only.
  config = changed(config, pointer, '@');
  const text = JSON.stringify(config, (_key, inner) => (typeof inner === 'bigint' ? `#${inner}#` : inner));
  return text.replaceAll(/"#(\d+)#"/g, '$1').replace('"@"', String(value));
}

/** The part of a config that a file of its own holds. */
function part(text: string, section: (config: Record<string, Record<string, unknown>>) => unknown): string {
  const marked = text.replaceAll(/([:[,])(-?\d{16,})(?=[,}\]])/g, '$1"#$2#"');
  return JSON.stringify(section(JSON.parse(marked) as never)).replaceAll(/"#(-?\d+)#"/g, '$1');
}

function refused(load: () => unknown): string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return (error.fields.problems ?? [error]).map((problem) => `${problem.pointer ?? ''}: ${problem.message}`);
  }
}

/** The mistakes of the number where it may stand: in config.json, and in a process or resources file. */
function everywhere(field: string, value: bigint): string[][] {
  const text = configText(field, value);
  const found = [mistakesIn(text)];
  if (field.startsWith('/process/')) {
    found.push(
      refused(() =>
        loadProcess(
          part(text, (config) => config.process),
          'process.json',
        ),
      ),
    );
  }
  // With update a rate of 0 has a meaning of its own.
  if (field.startsWith('/linux/resources/') && !(field.endsWith('/rate') && value === 0n)) {
    found.push(
      refused(() =>
        loadResources(
          part(text, (config) => config.linux?.resources),
          'resources.json',
        ),
      ),
    );
  }
  return found;
}

t.test('every number of the schemas has its row, and only those', async (t) => {
  const known = integers(schemas.get('config.schema.json')!, 'config.schema.json');
  t.ok(known.length > 80, `${known.length} numbers`);
  t.same(
    rows()
      .map(({ field }) => field)
      .sort(),
    [...new Set(known)].sort(),
  );
});

t.test('both ends are taken, what lies beyond is refused with its field', async (t) => {
  for (const { field, low, high } of rows()) {
    const name = field.replaceAll('/*', '/0');
    // 0 where that has a meaning, beside the least that is a value.
    for (const value of [low, high]) {
      for (const found of everywhere(field, value)) t.same(found, [], `${field} ${value}`);
    }
    for (const value of [low - 1n, high + 1n]) {
      for (const found of everywhere(field, value)) {
        t.ok(
          found.some((line) => name.endsWith(line.slice(0, line.indexOf(':'))) && line.includes(String(value))),
          `${field} ${value}: ${found.join(' | ')}`,
        );
      }
    }
  }
});

t.test('what would be read as "unchanged" or "none" is said to be so', async (t) => {
  t.match(mistakesIn(configText('/process/user/uid', 4294967295n)), [
    '/process/user/uid: is 4294967295; must be at most 4294967294',
  ]);
  t.match(mistakesIn(configText('/linux/resources/blockIO/throttleReadBpsDevice/*/rate', 0n)), [/stands for no limit/]);
});
