import type { StateFile } from './state-schema.js';

/**
 * Says what is wrong with a value, undefined when it is right: the pointer from the value to what is wrong in it, and why.
 * Pointers are put together on the way back: every command checks a state, and hardly any is wrong.
 */
type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === 'string' ? undefined : ' is not a string');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : ' is not a boolean');
const number: Check = (value) => (Number.isFinite(value) ? undefined : ' is not a number');
const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : ' is not a whole number from 0 on';

const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value) ? undefined : ` is none of ${values.join(', ')}`;

const list =
  (item: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return ' is not an array';
    for (let i = 0; i < value.length; i++) {
      const wrong = item(value[i]);
      if (wrong !== undefined) return `/${i}${wrong}`;
    }
    return undefined;
  };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const record =
  (item: Check): Check =>
  (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const key in value) {
      const wrong = item(value[key]);
      if (wrong !== undefined) return `/${key}${wrong}`;
    }
    return undefined;
  };

const object =
  (fields: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const key in value) {
      if (!Object.hasOwn(fields, key) && !Object.hasOwn(optional, key)) return `/${key} is unknown`;
    }
    for (const key in fields) {
      if (!Object.hasOwn(value, key)) return `/${key} is missing`;
      const wrong = fields[key]?.(value[key]);
      if (wrong !== undefined) return `/${key}${wrong}`;
    }
    for (const key in optional) {
      const wrong = value[key] === undefined ? undefined : optional[key]?.(value[key]);
      if (wrong !== undefined) return `/${key}${wrong}`;
    }
    return undefined;
  };

const hook = object({ path: text }, { args: list(text), env: list(text), timeout: number });

const fields: Record<Exclude<keyof StateFile, 'stdio'>, Check> = {
  version: oneOf(1),
  id: text,
  ociVersion: text,
  pid: count,
  startTime: count,
  phase: oneOf('creating', 'created', 'running'),
  bundle: text,
  rootfs: text,
  created: text,
  annotations: record(text),
  owner: count,
  sharedPids: flag,
  cgroup: object(
    { paths: record(text), made: list(text) },
    {
      mark: text,
      unmarked: flag,
      weak: record(text),
      systemd: object({ unit: text, user: flag }, { below: text }),
    },
  ),
  intelRdt: text,
  notify: flag,
  hooks: object({ poststart: list(hook), poststop: list(hook) }),
  laterSteps: list(object({ index: count, step: text, from: text, about: text })),
};

const document = object(fields, { stdio: list(text) });

/**
 * Checks a parsed state.json: strict, no field more and none less than stateSchema says.
 * @returns what is wrong first, or undefined; then the value is a StateFile.
 */
export function stateProblem(value: unknown): string | undefined {
  const wrong = document(value);
  return wrong?.startsWith(' ') ? `the document${wrong}` : wrong;
}
