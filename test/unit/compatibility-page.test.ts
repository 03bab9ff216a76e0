import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commandTable } from '../../src/cli/command-table.js';
import { globalOptions } from '../../src/cli/shared-options.js';

const top = process.cwd();
const page = readFileSync(join(top, 'docs/compatibility.md'), 'utf8');
const pages = ['compatibility.md', 'log.md'].map(
  (name) => [name, readFileSync(join(top, 'docs', name), 'utf8')] as const,
);

t.test('every test that a row names is there', async (t) => {
  for (const [name, text] of pages) {
    const named = [...text.matchAll(/`((?:unit|integration|security|conformance|differential)\/[\w/-]+)`/g)].map(
      ([, file]) => file!,
    );
    t.ok(named.length > 10, name);
    for (const file of new Set(named)) t.ok(existsSync(join(top, 'test', `${file}.test.ts`)), `${name}: ${file}`);
  }
});

t.test('a row that differs on purpose has six cells, the last with its test', async (t) => {
  const rows = page
    .slice(page.indexOf('## Where tsrunc differs on purpose'))
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (what|---) /.test(line));
  t.ok(rows.length > 20);
  for (const row of rows) {
    const cells = row.split(/(?<!\\)\|/).slice(1, -1);
    t.equal(cells.length, 6, row);
    t.match(cells[5], /^ `\w+\/[\w/-]+`(, `\w+\/[\w/-]+`)* $/, row);
  }
});

t.test('every row of every table names its test', async (t) => {
  const tables = page.split(/\n\n/).filter((block) => block.startsWith('| '));
  t.ok(tables.length > 8);
  for (const [heading = '', , ...rows] of tables.map((block) => block.trim().split('\n'))) {
    t.match(heading, /\| test \|$/);
    for (const row of rows) t.match(row, /\| `\w+\/[\w/-]+`(, `\w+\/[\w/-]+`)* \|$/, row);
  }
});

t.test('every command has its row, and every global option', async (t) => {
  const section = (heading: string) => {
    const start = page.indexOf(`\n## ${heading}\n`);
    return page.slice(start, page.indexOf('\n## ', start + 1));
  };
  for (const { name } of commandTable) t.match(section('Commands'), new RegExp(`\`${name}[ \`]`), name);
  const options = globalOptions.filter(({ name }) => name !== 'help' && name !== 'version');
  for (const { name } of options) t.match(section('Options'), `\`--${name}`, name);
});

t.test('links lead to pages that are there', async (t) => {
  const docs = new Set(readdirSync(join(top, 'docs')));
  for (const [name, text] of pages)
    for (const [, target = ''] of text.matchAll(/\]\(([\w-]+\.md)\)/g)) t.ok(docs.has(target), `${name}: ${target}`);
});
