import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import t from 'tap';
import { splitPointer } from '../../../src/base/json-pointer.js';
import { validateConfig } from '../../../src/config/generated/validators.js';
import { parseJson } from '../../../src/config/json/json-text.js';
import { everyPointer, fixtureConfigs, project } from '../../helpers/config-helpers.js';

/** The specification's own schema, as Debian's golang-github-opencontainers-specs-dev installs it. */
const directory = '/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema';
const skip = existsSync(directory) ? false : `${directory} is not there (golang-github-opencontainers-specs-dev)`;

type Schema = { [key: string]: unknown };
type Files = Map<string, Schema>;

function read(directory: string): Files {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8')) as Schema]));
}

/** Draft-04 names its schemas by `id`, which would be in the way of `$ref`s between files. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([name, value]) => !(/^(\$schema|id)$/.test(name) && typeof value === 'string'),
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutIds(value)]));
}

function theirs(): ValidateFunction {
  const ajv = new Ajv({ strict: false });
  for (const [name, schema] of read(directory)) ajv.addSchema(withoutIds(schema) as Schema, name);
  return ajv.getSchema('config-schema.json') as ValidateFunction;
}

/** Where ours is meant to differ from theirs, and why. The place is that of the change. */
const differences: readonly [place: RegExp, why: string][] = [
  [/^\/(vm|windows|solaris|zos|freebsd)(\/|$)/, 'sections of other platforms are not looked into'],
  [/^\/linux\/(timeOffsets|netDevices|memoryPolicy)/, 'newer than their version'],
  [/^\/linux\/intelRdt\/(schemata|enableMonitoring)/, 'newer than their version'],
  [/^\/process\/(scheduler|ioPriority|execCPUAffinity)/, 'newer than their version'],
  [/^\/process\/rlimits\/\d+\/type$/, 'the limits that getrlimit(2) has are known'],
  [/^\/process\/oomScoreAdj$/, 'the range of the kernel'],
  [/^\/linux\/rootfsPropagation$/, 'Docker gives the recursive ones too'],
  [/^\/linux\/resources\/memory\/swappiness$/, 'the range of the kernel'],
  [/^\/linux\/resources\/devices\/\d+\/type$/, 'the types that the specification has'],
  [/^\/linux\/devices\/\d+\/fileMode$/, 'they stop at 512, which leaves out setuid, setgid, sticky'],
  [/^\/linux\/resources\/blockIO\/throttle\w+\/\d+(\/rate)?$/, 'rate is required by the text of the specification'],
  [/^\/linux\/personality(\/domain)?$/, 'domain is required by the text of the specification'],
  [/^\/hooks\/\w+\/\d+\/timeout$/, 'bounded, since it is a number of 64 bits'],
  [/Mappings\/\d+\/size$/, 'an empty mapping is none'],
  [/^\/linux\/resources\/pids(\/limit)?$/, 'the range of the kernel; by the text of 1.3 limit may be left out'],
];

const replacements: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  70000,
  2 ** 33,
  '',
  'x',
  'CAP_X',
  [],
  [null],
  {},
  { a: 1 },
];

/** Their schema knows no bigint. */
function asNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(asNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asNumbers(inner)]));
}

/** What their older version refuses for being newer. */
function withoutNews(config: Schema): Schema {
  const copy = structuredClone(config);
  const linux = copy.linux as { namespaces: { type: string }[] };
  linux.namespaces = linux.namespaces.filter(({ type }) => type !== 'time');
  return copy;
}

/** Runs act while config has value at pointer (nothing when it's undefined), and puts back what was there. */
function withChange<T>(config: unknown, pointer: string, value: unknown, act: () => T): T {
  const parts = splitPointer(pointer);
  const last = parts.pop() ?? '';
  const holder = parts.reduce((inner, part) => inner[part] as Schema, config as Schema);
  const before = Array.isArray(holder) ? [...holder] : { ...holder };
  if (value !== undefined) holder[last] = value;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
  try {
    return act();
  } finally {
    Object.assign(holder, before);
  }
}

t.test('ours and theirs take and refuse the same', { skip }, async (t) => {
  const validate = theirs();
  let compared = 0;
  for (const [name, text] of fixtureConfigs()) {
    const config = withoutNews(parseJson(text).value as Schema);
    const numbers = asNumbers(config);
    t.ok(validate(numbers), `${name} is taken by theirs: ${JSON.stringify(validate.errors)}`);
    t.same(validateConfig(config).errors, [], `${name} is taken by ours`);
    const seen = new Set<string>();
    for (const [pointer] of everyPointer(config)) {
      if (pointer === '' || differences.some(([place]) => place.test(pointer))) continue;
      // One item of a list stands for all, but for the places that differ in shape.
      const shape = pointer.replace(
        /\/(names|args|env|options|bounding|effective|permitted|syscalls|mounts)\/\d+/g,
        '/$1/*',
      );
      if (seen.has(shape)) continue;
      seen.add(shape);
      for (const value of replacements) {
        const wanted = withChange(numbers, pointer, value, () => validate(numbers));
        const found = withChange(config, pointer, value, () => validateConfig(config).errors.length === 0);
        compared++;
        if (found !== wanted) {
          t.fail(
            `${name} ${pointer} = ${JSON.stringify(value)}: ours ${found ? 'takes' : 'refuses'} it, theirs does not`,
          );
        }
      }
    }
  }
  t.comment(`${compared} changed configs compared`);
});

/** Names of the properties a schema has, as paths: `process/user/uid`, `mounts/*` + `/type`. */
function properties(files: Files, file: string, schema: Schema, path: string, into: Set<string>, depth = 0): void {
  if (depth > 12) return;
  const next = (inner: unknown, at: string, from = file) => {
    properties(files, from, inner as Schema, at, into, depth + 1);
  };
  if (typeof schema.$ref === 'string') {
    const [other = '', pointer = ''] = schema.$ref.split('#');
    const target = other === '' ? file : other;
    const parts = pointer.split('/').slice(1);
    next(
      parts.reduce((inner, part) => inner[part] as Schema, files.get(target) as Schema),
      path,
      target,
    );
    return;
  }
  for (const list of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const inner of (schema[list] as unknown[] | undefined) ?? []) next(inner, path);
  }
  for (const [name, inner] of Object.entries((schema.properties as Schema | undefined) ?? {})) {
    const at = path === '' ? name : `${path}/${name}`;
    into.add(at);
    next(inner, at);
  }
  if (schema.items !== undefined) next(schema.items, `${path}/*`);
  if (typeof schema.additionalProperties === 'object') next(schema.additionalProperties, `${path}/*`);
}

const pairs = [
  ['config-schema.json', 'config.schema.json'],
  ['state-schema.json', 'state.schema.json'],
  ['features-schema.json', 'features.schema.json'],
] as const;

for (const [theirName, ourName] of pairs) {
  const missing = skip || (existsSync(join(directory, theirName)) ? false : `${theirName} is not in this version`);
  t.test(`${ourName} has every property of theirs`, { skip: missing }, async (t) => {
    const names = (files: Files, name: string) => {
      const found = new Set<string>();
      properties(files, name, files.get(name) as Schema, '', found);
      return found;
    };
    const ours = names(read(join(project, 'spec-schemas')), ourName);
    for (const name of names(read(directory), theirName)) {
      if (!/^(vm|windows|solaris|zos|freebsd)\//.test(name)) t.ok(ours.has(name), name);
    }
  });
}
