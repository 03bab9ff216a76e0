// What test/spec-coverage says: which tests prove a field, which a requirement; and what the specification has.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { top } from '../load-table.mjs';

/**
 * A row of a field.
 * @typedef {object} FieldRow
 * @property {string[]} tests `DIRECTORY/FILE: title` each
 * @property {string[]} acts files that act on it, where neither checks nor planner look at it
 * @property {string} [but] why no container of these tests can show its effect
 * @property {string} [ignored] why it has none
 */

/**
 * A row of a requirement.
 * @typedef {object} RequirementRow
 * @property {string} page
 * @property {string} section its anchor, or its heading where it has none
 * @property {string} level MUST, MUST NOT, SHOULD or SHOULD NOT
 * @property {number} count how many such words of the section it stands for
 * @property {string} says
 * @property {string[]} tests
 * @property {string} [binds] whom it binds in place of a runtime on Linux
 * @property {string} [differs] what tsrunc does otherwise, on purpose
 */

export const dataDirectory = join(top, 'test/spec-coverage');

const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** `/a/{b,c}` is `/a/b` and `/a/c`. */
function expanded(pointer) {
  const [all, before, words, after] = /^(.*?)\{([^}]*)\}(.*)$/.exec(pointer) ?? [];
  return all === undefined ? [pointer] : words.split(',').flatMap((word) => expanded(`${before}${word}${after}`));
}

/**
 * The rows of fields/NAME.json.
 * @returns {Map<string, FieldRow>} by pointer
 */
export function fieldRows(directory, name) {
  const rows = new Map();
  for (const [pattern, value] of Object.entries(json(join(directory, 'fields', `${name}.json`)))) {
    const plain = typeof value === 'string' || Array.isArray(value);
    const { test, acts, but, ignored } = plain ? { test: value } : value;
    for (const pointer of expanded(pattern)) {
      if (rows.has(pointer)) throw new Error(`fields/${name}.json has ${pointer} twice`);
      rows.set(pointer, { tests: list(test), acts: list(acts), but, ignored });
    }
  }
  return rows;
}

/** The rows of every file of requirements/, in the order of the pages. */
export function requirementRows(directory) {
  const pages = join(directory, 'requirements');
  const order = ['runtime', 'runtime-linux', 'config', 'config-linux', 'features', 'features-linux'];
  const names = readdirSync(pages).map((name) => basename(name, '.md.json'));
  names.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return names.flatMap((page) =>
    Object.entries(json(join(pages, `${page}.md.json`))).flatMap(([section, rows]) =>
      rows.map(({ test, count = 1, ...row }) => ({ page: `${page}.md`, section, count, ...row, tests: list(test) })),
    ),
  );
}

/** What the specification has: its fields, and how often it uses each word, by page and section. */
export const specification = (directory) => json(join(directory, 'specification.json'));
