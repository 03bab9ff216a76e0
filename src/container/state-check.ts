import type { StateFile } from './state-schema.js';

/** Says what is wrong with a value found at `where`; undefined when it is right. */
type Check = (value: unknown, where: string) => string | undefined;

const text: Check = (value, where) => (typeof value === 'string' ? undefined : `${where} is not a string`);
const flag: Check = (value, where) => (typeof value === 'boolean' ? undefined : `${where} is not a boolean`);
const number: Check = (value, where) => (Number.isFinite(value) ? undefined : `${where} is not a number`);
const count: Check = (value, where) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : `${where} is not a whole number from 0 on`;

const oneOf =
  (...values: unknown[]): Check =>
  (value, where) =>
    values.includes(value) ? undefined : `${where} is none of ${values.join(', ')}`;

const list =
  (item: Check): Check =>
  (value, where) => {
    if (!Array.isArray(value)) return `${where} is not an array`;
    for (const [i, entry] of value.entries()) {
      const wrong = item(entry, `${where}/${i}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const record =
  (item: Check): Check =>
  (value, where) => {
    if (!isObject(value)) return `${where} is not an object`;
    for (const key in value) {
      const wrong = item(value[key], `${where}/${key}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };

const object =
  (fields: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  (value, where) => {
    if (!isObject(value)) return `${where || 'the document'} is not an object`;
    for (const key in value) {
      if (!Object.hasOwn(fields, key) && !Object.hasOwn(optional, key)) return `${where}/${key} is unknown`;
    }
    for (const key in fields) {
      if (!Object.hasOwn(value, key)) return `${where}/${key} is missing`;
      const wrong = fields[key]?.(value[key], `${where}/${key}`);
      if (wrong !== undefined) return wrong;
    }
    for (const key in optional) {
      const wrong = value[key] === undefined ? undefined : optional[key]?.(value[key], `${where}/${key}`);
      if (wrong !== undefined) return wrong;
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
  cgroup: object({ paths: record(text), made: list(text) }, { systemd: object({ unit: text, user: flag }) }),
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
  return document(value, '');
}
