/** The pages for contributors name files, scripts and sections that are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import * as paths from '../../src/container/state/paths.js';

const top = process.cwd();
const directories = ['addon', 'bench', 'docs', 'scripts', 'spec-schemas', 'src', 'test'];
const pages = ['CONTRIBUTING.md', 'docs/architecture.md', 'docs/standalone.md'];

const files = [
  ...readdirSync(top),
  ...directories.flatMap((directory) =>
    readdirSync(join(top, directory), { recursive: true, encoding: 'utf8' }).map((name) => `${directory}/${name}`),
  ),
];

/** What GitHub makes of a heading for links. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

for (const page of pages) {
  const text = readFileSync(join(top, page), 'utf8');

  t.test(`${page}: each file that it names is one file of the tree`, async (t) => {
    const named = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|cjs|cc|h|json|in|gyp|md|8))\b[^`]*`/g)].map(
      ([, name]) => name!,
    );
    t.ok(named.length > 5);
    for (const name of new Set(named)) {
      if (/NAME/.test(name) || /^build\//.test(name)) continue;
      const found = files.filter((file) => file === name || file.endsWith(`/${name}`));
      t.equal(found.length, 1, `${name}: ${found.join(', ')}`);
    }
  });

  t.test(`${page}: each directory, script and link is there`, async (t) => {
    for (const [, path = ''] of text.matchAll(/`((?:addon|docs|scripts|src|test)\/[\w/-]+)`/g))
      t.ok(existsSync(join(top, path)), path);
    const { scripts } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name = ''] of text.matchAll(/npm run ([\w:-]+)/g)) t.ok(Object.hasOwn(scripts, name), name);
    for (const [, path = '', section] of text.matchAll(/\]\(([\w./-]*)(?:#([\w-]+))?\)/g)) {
      const target = path === '' ? page : join(dirname(page), path);
      t.ok(existsSync(join(top, target)), target);
      if (section === undefined) continue;
      const headings = [...readFileSync(join(top, target), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, one]) => one!);
      t.ok(headings.map(anchor).includes(section), `${target}#${section}`);
    }
  });
}

t.test('whatever the documentation and the sources name by its path is there', async (t) => {
  const named = /(?<![\w/.$}-])(?:addon|docs|scripts|src|spec-schemas|test)\/[\w./-]+\.(?:ts|mjs|cc|h|json|md)\b/g;
  const texts = files.filter(
    (file) => /^(?:docs|src|addon)\/.*\.(?:md|ts|cc|h)$/.test(file) && !/generated/.test(file),
  );
  let count = 0;
  for (const file of texts) {
    for (const [path] of readFileSync(join(top, file), 'utf8').matchAll(named)) {
      if (!existsSync(join(top, path))) t.fail(`${file} names ${path}`);
      count++;
    }
  }
  t.ok(count > 100, `${count} paths`);
});

t.test('docs/protocol.md has a row for whatever a state directory holds', async (t) => {
  const text = readFileSync(join(top, 'docs/protocol.md'), 'utf8');
  const names = Object.values(paths).filter((value) => typeof value === 'string');
  t.equal(names.length, 6);
  for (const name of names) t.match(text, new RegExp(`^\\|.*\`${name}/?\`.*\\|$`, 'm'), name);
});

t.test('.editorconfig says what the formatter does', async (t) => {
  const config = readFileSync(join(top, '.editorconfig'), 'utf8');
  const { formatter } = JSON.parse(readFileSync(join(top, 'biome.json'), 'utf8')) as {
    formatter: { indentStyle: string; indentWidth: number; lineWidth: number };
  };
  const first = (key: string) => new RegExp(`^${key} = (.*)$`, 'm').exec(config)?.[1];
  t.equal(first('indent_style'), formatter.indentStyle);
  t.equal(first('indent_size'), String(formatter.indentWidth));
  t.equal(first('max_line_length'), String(formatter.lineWidth));
});
