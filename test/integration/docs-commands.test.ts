/** The commands of the documentation work: those of a page one after the other, as somebody types them who reads it. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { commandsOf, type PageCommand } from '../helpers/page-commands.js';
import { notRun, pageRuns, usualRun } from '../helpers/page-runs.js';
import { execute, plainEnv, project, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const docs = readdirSync(join(project, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', ...docs.sort().map((name) => `docs/${name}`)];
const busybox = ['/usr/bin/busybox', '/bin/busybox'].find((path) => existsSync(path)) ?? '/bin/busybox';
/** Names of containers that the pages use. */
const names = ['box', 'web', 'one', 'two'];

/** A directory that is the reader's own machine: bin/tsrunc as in a clone, /usr/local, /srv and /tmp of its own. */
function machine(): { home: string; root: string } {
  const home = box.directory('reader');
  for (const path of ['bin', 'usr/local/bin', 'srv', 'tmp']) mkdirSync(join(home, path), { recursive: true });
  const root = join(home, 'run/tsrunc');
  const command = join(home, 'bin/tsrunc');
  writeFileSync(command, `#!/bin/sh\nexec ${runtime} --root ${root} "$@"\n`);
  chmodSync(command, 0o755);
  for (const path of ['docs', 'bench']) symlinkSync(join(project, path), join(home, path));
  return { home, root };
}

const reasonFor = ({ text }: PageCommand): string | undefined => notRun.find(([pattern]) => pattern.test(text))?.[1];

for (const page of pages) {
  const { before = '', words = {}, terminal = [], output: printed, skip } = pageRuns[page] ?? usualRun;
  const commands = commandsOf(page, printed);
  for (const command of commands) {
    const reason = skip ?? reasonFor(command);
    if (reason) t.test(`${page}:${command.line}: ${command.text}`, { skip: reason }, async () => {});
  }
  const run = skip === undefined ? commands.filter((command) => reasonFor(command) === undefined) : [];
  if (run.length === 0) continue;

  t.test(page, { skip: skipIf(tsruncOnly('the pages are ours')) }, async (t) => {
    const { home, root } = machine();
    const ids = Object.fromEntries(names.map((name) => [name, box.id(name)]));
    const here = (line: string): string =>
      Object.entries(words)
        .reduce((text, [word, is]) => text.replace(new RegExp(`(?<=\\s)${word}(?=\\s|$)`, 'g'), is), line)
        .replace(/(?<![\w.$}"'/])\/(usr\/local|srv|tmp|run\/tsrunc)\b/g, `${home}/$1`)
        .replace(/(?<=\s)(?:box|web|one|two)(?=\s|$)/g, (name) => ids[name]!);
    const script = [
      `cd ${home}`,
      ...(page === 'README.md' ? [] : [`PATH=$PWD/bin:$PATH`]),
      'set -e',
      before === '' ? '' : here(before),
      'set +e',
      ...run.flatMap(({ line, text }, i) => [
        `echo "=== ${page}:${line}"`,
        here(text),
        `status=$?; [ $status = 0 ] || { echo "=== line ${line} failed with $status"; exit 1; }`,
        `done=${i + 1}`,
      ]),
      'for id in $(tsrunc list -q); do tsrunc delete --force "$id"; done',
      'echo "=== all $done"',
    ].join('\n');
    const file = join(home, 'script');
    writeFileSync(file, script);
    const result = execute(['python3', join(project, 'test/helpers/in-terminal.py'), 'bash', file], {
      env: { ...plainEnv, BUSYBOX: busybox, HOME: home, TERM: 'xterm', TERMINAL_SECONDS: '120' },
      input: JSON.stringify(terminal),
      timeout: 150_000,
    });
    const { status, output } = JSON.parse(result.stdout) as { status: number; output: string };
    t.equal(status, 0, output.slice(-1500));
    t.ok(output.includes(`=== all ${run.length}`), 'all were run');
    t.same(existsSync(root) ? readdirSync(root).filter((name) => !name.startsWith('@')) : [], [], 'no state is left');
  });
}

t.test('each reason not to run a command is used', async (t) => {
  const all = pages.flatMap((page) => commandsOf(page));
  // Packages are on a page only where there is one about them.
  for (const [pattern] of notRun.slice(0, -1))
    t.ok(
      all.some(({ text }) => pattern.test(text)),
      String(pattern),
    );
});

t.test('the links of README and docs lead somewhere', async (t) => {
  const anchors = (path: string): string[] =>
    [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
  for (const page of [...pages, 'CONTRIBUTING.md'])
    for (const [, path = '', section] of readFileSync(join(project, page), 'utf8').matchAll(
      /\]\(((?!https?:)[\w./@-]*)(?:#([\w-]+))?\)/g,
    )) {
      const target = join(project, path === '' ? page : join(dirname(page), path));
      if (!existsSync(target)) t.fail(`${page} links to ${path}`);
      else if (section !== undefined && !anchors(target).includes(section))
        t.fail(`${page} links to ${path}#${section}`);
    }
});

box.end(t);
