// What is wrong with the coverage: a field or a requirement without a row, a row whose test or code is not there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from '../load-table.mjs';
import { mentions, pathOf, testsOf } from './test-titles.mjs';

/** Where tests run containers. */
const RUNS_CONTAINERS = /^(?:integration|security|faults|engines)\//;

/** A file and a title of `DIRECTORY/FILE: title`. */
export function splitReference(reference) {
  const at = reference.indexOf(': ');
  return { file: reference.slice(0, at), title: reference.slice(at + 2) };
}

/** What is wrong with the name of a test; '' when it is there. */
function wrongReference(reference) {
  const { file, title } = splitReference(reference);
  const tests = testsOf(file);
  if (tests === undefined) return `${pathOf(file)} is not there`;
  return tests.has(title) ? '' : `${pathOf(file)} has no test "${title}"`;
}

/** The last name of a pointer. */
const memberOf = (pointer) => pointer.split('/').findLast((part) => part !== '*' && part !== '');

/**
 * Compares the fields of a schema with their rows.
 * @param {string} what names the schema in messages
 * @param {import('./schema-fields.mjs').Field[]} fields
 * @param {Map<string, import('./coverage-data.mjs').FieldRow>} rows
 * @param {(pointer: string) => boolean} isRead whether some code was seen to look at it
 * @returns {string[]} problems
 */
export function wrongFields(what, fields, rows, isRead) {
  const problems = [];
  const leaves = fields.filter(({ hasMembers }) => !hasMembers);
  for (const { pointer } of leaves) {
    const row = rows.get(pointer);
    if (row === undefined) problems.push(`${what} ${pointer}: no row`);
    else problems.push(...wrongRow(pointer, row, isRead).map((text) => `${what} ${pointer}: ${text}`));
  }
  const known = new Set(leaves.map(({ pointer }) => pointer));
  for (const pointer of rows.keys())
    if (!known.has(pointer)) problems.push(`${what} ${pointer}: a row, and no such field`);
  return problems;
}

function wrongRow(pointer, { tests, acts, but, ignored }, isRead) {
  const member = memberOf(pointer);
  const problems = tests.map(wrongReference).filter(Boolean);
  if (tests.length === 0) problems.push('no test');
  if (but === undefined && !tests.some((reference) => RUNS_CONTAINERS.test(reference)))
    problems.push('no test that runs a container');
  const texts = tests.map((reference) => {
    const { file, title } = splitReference(reference);
    return testsOf(file)?.get(title)?.text ?? '';
  });
  if (problems.length === 0 && !texts.some((text) => mentions(text, member)))
    problems.push(`none of its tests mentions ${member}`);
  for (const file of acts) {
    const path = join(top, file);
    if (!existsSync(path)) problems.push(`${file} is not there`);
    else if (!mentions(readFileSync(path, 'utf8'), member)) problems.push(`${file} does not mention ${member}`);
  }
  if (ignored === undefined && acts.length === 0 && !isRead(pointer)) problems.push('no code looks at it');
  return problems;
}

/**
 * Compares our schema with the fields of the specification.
 * @param {readonly string[]} wanted pointers of the specification
 * @param {readonly string[]} ours
 * @param {Record<string, string>} extra fields that we have besides, and why
 */
export function missingFields(what, wanted, ours, extra) {
  const here = new Set(ours);
  const there = new Set(wanted);
  return [
    ...wanted.filter((pointer) => !here.has(pointer)).map((pointer) => `${what} ${pointer}: not in spec-schemas`),
    ...ours
      .filter((pointer) => !there.has(pointer) && extra[pointer] === undefined)
      .map((pointer) => `${what} ${pointer}: not in the specification`),
  ];
}

/**
 * What is wrong with the requirements.
 * @param {import('./coverage-data.mjs').RequirementRow[]} rows
 * @param {Record<string, Record<string, Record<string, number>>>} words how often the specification has each, by page and section
 */
export function wrongRequirements(rows, words) {
  const problems = [];
  const seen = new Map();
  for (const { page, section, level, count, says, tests, binds } of rows) {
    const at = `${page}#${section} "${says}"`;
    seen.set(`${page} ${section} ${level}`, (seen.get(`${page} ${section} ${level}`) ?? 0) + count);
    problems.push(
      ...tests
        .map(wrongReference)
        .filter(Boolean)
        .map((text) => `${at}: ${text}`),
    );
    if (tests.length === 0 && binds === undefined) problems.push(`${at}: neither a test nor whom it binds`);
  }
  for (const [page, sections] of Object.entries(words))
    for (const [section, levels] of Object.entries(sections))
      for (const [level, count] of Object.entries(levels)) {
        const found = seen.get(`${page} ${section} ${level}`) ?? 0;
        seen.delete(`${page} ${section} ${level}`);
        if (found !== count) problems.push(`${page}#${section}: ${level} ${count} times, in rows ${found} times`);
      }
  for (const place of seen.keys()) problems.push(`${place}: not in the specification`);
  return problems;
}
