/** Who may import whom in src: the table of docs/architecture.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import t from 'tap';

/** Lower rooms first: a file imports from its own room and from those before it. */
const rooms = [
  'base',
  'native',
  'config',
  'dbus',
  'systemd',
  'cgroup',
  'plan',
  'criu',
  'container',
  'doctor',
  'cli',
  'hosts',
  'library',
];
/** A directory that is larger is a hall without walls. */
const MOST_FILES = 25;

const top = join(process.cwd(), 'src');
const files = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.d)\.ts$/.test(name));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** The files that one imports, for their types alone too. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(top, file), 'utf8');
  const specifiers = [...text.matchAll(/\b(?:from|import) '(\.[^']+)\.js'/g)].map(([, specifier]) => specifier!);
  return specifiers.map((specifier) => normalize(join(dirname(file), `${specifier}.ts`)));
}

const roomOf = (file: string): string => file.split('/')[0]!;

t.test('no file imports from a higher room', async (t) => {
  const unknown = files.filter((file) => !rooms.includes(roomOf(file)));
  t.same(unknown, [], 'each room has its place');
  const upward = files.flatMap((file) =>
    imports
      .get(file)!
      .filter((other) => rooms.indexOf(roomOf(other)) > rooms.indexOf(roomOf(file)))
      .map((other) => `${file} imports ${other}`),
  );
  t.same(upward, []);
  const missing = files.flatMap((file) => imports.get(file)!.filter((other) => !imports.has(other)));
  t.same(missing, [], 'all of them were found');
  t.ok(files.length > 200);
});

t.test('no circle of imports', async (t) => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'open') circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (state.has(file)) return;
    state.set(file, 'open');
    for (const other of imports.get(file) ?? []) visit(other, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  t.same(circles, []);
});

t.test('no directory is a hall', async (t) => {
  const count = new Map<string, number>();
  for (const file of files) count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1);
  t.same(
    [...count].filter(([, number]) => number > MOST_FILES),
    [],
  );
});
