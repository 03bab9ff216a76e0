/** Any configuration that the schema accepts is planned, or refused at a place of it; and the plan gets to init as it is. */
import { deepStrictEqual, fail, ok } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { decodeUtf8, encodeUtf8 } from '../../src/base/bytes.js';
import { TsruncError } from '../../src/base/error.js';
import { splitPointer } from '../../src/base/json-pointer.js';
import { parseJson } from '../../src/config/json/json-text.js';
import { writeJson } from '../../src/config/json/json-write.js';
import { loadConfig, loadMounts, loadProcess, loadResources } from '../../src/config/load.js';
import type { ValidationFinding } from '../../src/config/validate/validate.js';
import { nodeNative } from '../../src/hosts/node/host.js';
import { validateConfig } from '../../src/library/pure/validate-config.js';
import { explainJson, explainText } from '../../src/plan/explain/explain.js';
import { planContainer } from '../../src/plan/plan-container.js';
import { encodeSteps } from '../../src/plan/steps/encode.js';
import { decodeSteps } from '../helpers/decode-steps.js';
import { hybridRoot, options, rootlessUser, unifiedRoot } from '../helpers/plan-hosts.js';
import { holds } from '../helpers/property.js';
import { fromSchema } from '../helpers/schema-arbitrary.js';

const native = nodeNative();
const systemd = { user: false, version: 255, controlGroup: '' };
const hosts = [
  { host: unifiedRoot, options },
  {
    host: { ...unifiedRoot, selinux: true, kcore: true },
    options: { ...options, noPivot: true, foreground: true, preserveFds: 3 },
  },
  { host: hybridRoot, options: { ...options, noNewKeyring: true } },
  { host: rootlessUser, options },
  {
    host: { ...unifiedRoot, cgroup: { ...unifiedRoot.cgroup, systemd } },
    options: { ...options, cgroupManager: 'systemd' as const },
  },
  {
    host: { ...unifiedRoot, cgroup: { mode: 'none', controllers: [] } },
    options: { ...options, cgroupManager: 'disabled' as const },
  },
] as readonly { host: typeof unifiedRoot; options: typeof options }[];

/** That a pointer names a value of the document, or a member that an object or list of it lacks. */
function isNamed(pointer: string, document: unknown, what: string): void {
  ok(pointer === '' || pointer.startsWith('/'), `${what}: ${JSON.stringify(pointer)}`);
  let value = document;
  const parts = splitPointer(pointer);
  for (const [i, part] of parts.entries()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      // What is missing may be as deep as the specification has it: /linux/resources where there is no linux.
      const rest = parts.slice(i);
      if (
        (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) &&
        rest.every((one) => !/^\d+$/.test(one))
      )
        return;
      fail(`${what}: ${pointer} is not in the document`);
    }
    value = (value as Record<string, unknown>)[part];
  }
}

/** That what was thrown is an error about a place of the document. */
function isRefusal(error: unknown, document: unknown): void {
  if (!(error instanceof TsruncError) || !['config', 'unsupported'].includes(error.code)) throw error;
  for (const problem of error.fields.problems ?? [error]) {
    ok(problem.fields.pointer !== undefined, `no pointer: ${problem.message}`);
    isNamed(problem.fields.pointer, document, problem.message);
  }
}

/** Like the schema's configurations, but with what every container needs, so that more of them are planned. */
const sound = fromSchema('config.schema.json').map((config) => {
  const { process, linux, ...rest } = config as Record<string, object | undefined>;
  return {
    ...rest,
    ociVersion: '1.3.0',
    root: { path: 'rootfs' },
    process: { ...process, cwd: '/', args: ['sh'] },
    linux: {
      ...linux,
      namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'network' }, { type: 'uts' }, { type: 'ipc' }],
    },
  };
});
const configs = fc.oneof(fromSchema('config.schema.json'), sound);

/** Each of the sections by itself, with all else as it must be. */
const sections = fc.oneof(
  ...(['process', 'linux', 'hooks'] as const).map((name) =>
    fromSchema(`${name}.schema.json`).map((section) => withSection({ [name]: section })),
  ),
  fromSchema('seccomp.schema.json').map((seccomp) => withSection({ linux: { seccomp } })),
  fromSchema('resources.schema.json').map((resources) => withSection({ linux: { resources } })),
  fc.array(fromSchema('mount.schema.json'), { minLength: 1, maxLength: 3 }).map((mounts) => withSection({ mounts })),
);

function withSection({ process, linux, ...section }: Record<string, unknown>): unknown {
  return {
    ociVersion: '1.3.0',
    root: { path: 'rootfs' },
    process: { cwd: '/', args: ['sh'], ...(process as object | undefined) },
    linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }], ...(linux as object | undefined) },
    ...section,
  };
}

/** With U+FFFD in the place of halves of surrogate pairs, which UTF-8 has none for. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return decodeUtf8(encodeUtf8(value));
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, wellFormed(inner)]));
}

let planned = 0;
let refused = 0;

/** Plans a configuration for every host. */
function plan(config: unknown): void {
  const text = writeJson(config);
  const document = parseJson(text).value;
  let spec: ReturnType<typeof loadConfig>['spec'];
  try {
    spec = loadConfig(text, 'config.json').spec;
  } catch (error) {
    refused++;
    isRefusal(error, document);
    const errors = validateConfig(text).filter(({ severity }) => severity === 'error');
    ok(errors.length > 0, `validate finds nothing in what is refused: ${(error as Error).message}`);
    return;
  }
  for (const { host, options: given } of hosts) {
    let plan: ReturnType<typeof planContainer>;
    try {
      plan = planContainer(spec, given, host);
    } catch (error) {
      refused++;
      isRefusal(error, document);
      continue;
    }
    planned++;
    for (const { pointer, text: words } of plan.warnings) isNamed(pointer, document, words);
    const steps = plan.steps.map(({ pointer: _, ...step }) => wellFormed(step));
    deepStrictEqual(decodeSteps(encodeSteps(native, plan.steps)), steps);
    JSON.stringify(explainJson(plan));
    ok(explainText(plan, spec).endsWith('\n'));
  }
}

t.test('what the schema accepts is planned, or refused with a pointer', async (t) => {
  holds(t, 'sections', 1000, sections, plan, (config) => writeJson(config));
  holds(t, 'configurations', 300, configs, plan, (config) => writeJson(config));
  t.comment(`${planned} planned, ${refused} refused`);
  t.ok(planned > 500 && refused > 500, 'some are planned and some refused');
});

/** Checks the findings of validate; they are never an exception. */
function validate(text: string, kind: 'config' | 'process' | 'resources' | 'mounts'): ValidationFinding[] {
  const findings = validateConfig(text, { kind, advise: true }) as ValidationFinding[];
  const lines = text.split('\n').length;
  for (const { position, message, pointer } of findings) {
    ok(message !== '' && !/undefined|\[object|NaN/.test(message.replace(/"[^"]*"/g, '')), message);
    if (position !== undefined)
      ok(position.line >= 1 && position.line <= lines && position.column >= 1, `${pointer} ${message}`);
  }
  return findings;
}

/** A document with one value in it replaced by any other. */
const changed = fc
  .tuple(fc.oneof(sound, sections), fc.nat(), fc.jsonValue({ maxDepth: 1, stringUnit: 'binary' }))
  .map(([config, at, value]) => {
    const document = JSON.parse(writeJson(config)) as object;
    const places: [Record<string, unknown>, string][] = [];
    const collect = (holder: object): void => {
      for (const [name, inner] of Object.entries(holder)) {
        places.push([holder as Record<string, unknown>, name]);
        if (typeof inner === 'object' && inner !== null) collect(inner);
      }
    };
    collect(document);
    const [holder, name] = places[at % places.length]!;
    holder[name] = value;
    return document;
  });

t.test('whatever is in a file, validate answers', async (t) => {
  holds(
    t,
    'configurations with one value changed',
    800,
    changed,
    (config) => {
      const text = writeJson(config);
      validate(text, 'config');
      plan(config);
    },
    (config) => writeJson(config),
  );
  const kinds = ['config', 'process', 'resources', 'mounts'] as const;
  const texts = fc.oneof(
    fc.json({ stringUnit: 'binary' }),
    fc.string({ unit: 'binary' }),
    fc
      .constantFrom('process', 'resources', 'mount')
      .chain((name) => fromSchema(`${name}.schema.json`).map((value) => writeJson(value))),
  );
  holds(t, 'any text as any kind of file', 1000, fc.tuple(texts, fc.constantFrom(...kinds)), ([text, kind]) => {
    validate(text, kind);
  });
  const load = { config: loadConfig, process: loadProcess, resources: loadResources, mounts: loadMounts };
  holds(t, 'and it is loaded, or refused', 1000, fc.tuple(texts, fc.constantFrom(...kinds)), ([text, kind]) => {
    try {
      load[kind](text, 'file.json');
    } catch (error) {
      if (!(error instanceof TsruncError) || error.code !== 'config') throw error;
      ok(
        validate(text, kind).some(({ severity }) => severity === 'error'),
        error.message,
      );
    }
  });
});
