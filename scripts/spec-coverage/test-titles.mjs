// What the test files hold: the titles of their tests, and the text that each test can reach in its file.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { top } from '../load-table.mjs';

/**
 * A test by its title, and its code: the call itself, and whatever of the top level of its file it names, and so on.
 * @typedef {{ title: string, text: string }} TitledTest
 */

const files = new Map();

/** Where a test file lies; a case of an engine is no test of its own file. */
export const pathOf = (name) => `test/${name}${name.startsWith('engines/') ? '' : '.test'}.ts`;

/**
 * The tests of a file; undefined when there is no such file. The title of one that is made in a loop is its template, as it
 * is written: `${type}: absent means inherited`.
 * @param {string} name as in docs/compatibility.md: `integration/mounts`, and `engines/guest/docker/security`
 * @returns {Map<string, TitledTest> | undefined}
 */
export function testsOf(name) {
  if (!files.has(name)) files.set(name, read(join(top, pathOf(name))));
  return files.get(name);
}

function read(path) {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const declared = topLevel(source);
  const tests = new Map();
  const visit = (node) => {
    const title = titleOf(node);
    if (title !== undefined && !tests.has(title))
      tests.set(title, { title, text: reach(enclosingLoop(node), declared) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return tests;
}

/** The title of a call of `test`, or of `row` in the file of the compatibility table; the name of a case of an engine. */
function titleOf(node) {
  if (ts.isObjectLiteralExpression(node)) {
    const member = (name) => node.properties.find((one) => one.name?.getText() === name);
    const name = member('show') && member('name')?.initializer;
    return name && ts.isStringLiteralLike(name) ? name.text : undefined;
  }
  if (!ts.isCallExpression(node)) return undefined;
  const { expression: callee, arguments: given } = node;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : '';
  if (name !== 'test' && name !== 'row') return undefined;
  const [first] = given;
  if (first === undefined || given.length < 2) return undefined;
  if (ts.isStringLiteralLike(first)) return first.text;
  return ts.isTemplateExpression(first) ? first.getText().slice(1, -1) : undefined;
}

/** What a test in a loop is tried with stands at the head of the loop. */
function enclosingLoop(node) {
  for (let outer = node.parent; outer && !ts.isSourceFile(outer); outer = outer.parent)
    if (ts.isForOfStatement(outer)) return outer;
  return node;
}

/** Names of the top level, and the statement that each is declared by. */
function topLevel(source) {
  const declared = new Map();
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name) declared.set(statement.name.text, statement);
    if (ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations)
        if (ts.isIdentifier(name)) declared.set(name.text, statement);
  }
  return declared;
}

function reach(start, declared) {
  const nodes = new Set([start]);
  // A set gives what is added meanwhile, too.
  for (const node of nodes) {
    const visit = (inner) => {
      if (ts.isIdentifier(inner) && declared.has(inner.text)) nodes.add(declared.get(inner.text));
      ts.forEachChild(inner, visit);
    };
    visit(node);
  }
  return [...nodes].map((node) => node.getText()).join('\n');
}

/** True when the text has the word, not as a part of another. */
export const mentions = (text, word) => new RegExp(`(?<![\\w$])${word.replaceAll('$', '\\$')}(?![\\w$])`).test(text);
