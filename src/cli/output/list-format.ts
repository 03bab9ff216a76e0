/** The forms of `list --format` besides table and json: columns by name, and templates. */
import { TsruncError } from '../../base/error.js';
import { nearest } from '../../base/nearest.js';
import { quote } from '../../base/quote.js';
import type { ContainerState } from '../../container/options.js';
import { formatTable } from '../table.js';
import { ageOf } from './age.js';

/** A container with what only this command needs of it. */
export interface ListedContainer extends ContainerState {
  /** The name of the owner. */
  readonly user: string;
}

type Value = string | number | Readonly<Record<string, string>>;

/** The columns and fields, under the names that json has for them, and age. */
const fields: Readonly<Record<string, (container: ListedContainer, now: number) => Value>> = {
  id: ({ id }) => id,
  pid: ({ pid }) => pid,
  status: ({ status }) => status,
  bundle: ({ bundle }) => bundle,
  rootfs: ({ rootfs }) => rootfs,
  created: ({ created }) => created,
  age: ({ created }, now) => ageOf(created, now),
  owner: ({ user }) => user,
  ociVersion: ({ ociVersion }) => ociVersion,
  annotations: ({ annotations }) => annotations,
};
const names = Object.keys(fields);

/** A format that was understood: makes the text of the containers. */
export type ListFormat = (containers: readonly ListedContainer[], now: number) => string;

/**
 * Reads the value of --format: columns (`id,pid,status`), or a template (`{{.ID}} {{.Status}}`), with a line for each container. Of
 * Go's templates, which docker takes, it knows fields, `json`, and the escapes \t and \n. Case makes no difference in names.
 * @throws TsruncError 'usage' that names the columns or fields there are
 */
export function readListFormat(format: string): ListFormat {
  return format.includes('{{') ? readTemplate(format) : readColumns(format);
}

function readColumns(format: string): ListFormat {
  const columns = format.split(',').map((word) => {
    const name = fieldCalled(word.trim());
    if (name !== undefined) return name;
    throw wrong(format, `there is no column ${quote(word.trim())}`, word.trim(), 'columns');
  });
  return (containers, now) => {
    const rows = containers.map((one) => columns.map((name) => textOf(fields[name]!(one, now))));
    return formatTable([columns.map((name) => name.toUpperCase()), ...rows]);
  };
}

function readTemplate(format: string): ListFormat {
  if (/^table\s/.test(format))
    throw new TsruncError('usage', `list: invalid value ${quote(format)} for flag --format: templates make no tables`, {
      hint: 'name columns, e.g. --format id,pid,status',
    });
  const parts = format
    .split(/\{\{(.*?)\}\}/s)
    .map((text, i) => (i % 2 ? readAction(format, text.trim()) : literal(format, text)));
  return (containers, now) =>
    containers
      .map((one) => `${parts.map((part) => (typeof part === 'string' ? part : part(one, now))).join('')}\n`)
      .join('');
}

function literal(format: string, text: string): string {
  if (text.includes('{{')) throw wrong(format, '"{{" has no "}}"', '', 'fields');
  return text.replace(/\\([tn])/g, (_, letter) => (letter === 't' ? '\t' : '\n'));
}

/** What stands between {{ and }}: a field, `json` and a field, or `json .` for all of them. */
function readAction(format: string, action: string): (container: ListedContainer, now: number) => string {
  const [, json, word = ''] = /^(json\s+)?\.(\w*)$/.exec(action) ?? [];
  if (json && word === '')
    return (one, now) => JSON.stringify(Object.fromEntries(names.map((name) => [name, fields[name]!(one, now)])));
  const name = fieldCalled(word);
  if (name === undefined) throw wrong(format, `${quote(action)} is no field`, word, 'fields');
  return (one, now) => (json ? JSON.stringify(fields[name]!(one, now)) : textOf(fields[name]!(one, now)));
}

const fieldCalled = (word: string): string | undefined =>
  names.find((name) => name.toLowerCase() === word.toLowerCase());

/** A value as text; annotations as NAME=VALUE, with commas between them. */
function textOf(value: Value): string {
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, text]) => `${name}=${text}`)
    .join(',');
}

function wrong(format: string, what: string, word: string, known: 'columns' | 'fields'): TsruncError {
  const near = nearest(word, [...names, 'table', 'json']);
  const list =
    known === 'fields' ? `fields are .${names.join(', .')}` : `give table, json, or some of ${names.join(', ')}`;
  return new TsruncError('usage', `list: invalid value ${quote(format)} for flag --format: ${what}`, {
    hint: near ? `did you mean ${near}? ${list}` : list,
  });
}
