// What docs/standalone.md says of each file that is built: stack, code, tables, checked calls.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';
import { isStandalone } from '../../helpers/standalone.js';
import { weaknesses } from './elf.js';

const at = (name: string): string => join(project, name);
const standalone = at('bin/tsrunc');
const noStandalone = !isStandalone(standalone) && 'bin/tsrunc is not the standalone executable';

/** Object files, or archives of them, of a part of the native half. */
const objects = (directory: string): Buffer[] =>
  readdirSync(at(directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(o|a)$/.test(name))
    .map((name) => readFileSync(at(join(directory, name))));

const mention = (files: Buffer[], symbol: string): boolean => files.some((file) => file.includes(symbol));

const files = [
  // Its tables are constants: below.
  { name: 'bin/tsrunc', relro: false, skip: noStandalone },
  { name: 'build/Release/tsrunc-init', relro: false, skip: false as const },
  { name: 'build/Release/tsrunc.node', relro: true, skip: false as const },
  ...['tsrunc', 'tsrunc-init', 'tsrunc.node'].map((name) => ({
    name: `build/aarch64/${name}`,
    relro: name === 'tsrunc.node',
    skip: !existsSync(at(`build/aarch64/${name}`)) && 'needs what scripts/cross-compile.mjs builds',
  })),
];

for (const { name, relro, skip } of files) {
  t.test(`${name}: no executable stack, no writable code, read-only tables`, { skip }, async (t) => {
    t.strictSame(weaknesses(readFileSync(at(name)), relro), []);
  });
}

t.test('a program without all that is found', async (t) => {
  const directory = t.testdir({ 'program.c': 'int main(void) { return 0; }' });
  const built = (...flags: string[]): Buffer => {
    const program = join(directory, 'program');
    const result = spawnSync('g++', [...flags, '-o', program, join(directory, 'program.c')], { encoding: 'utf8' });
    t.equal(result.status, 0, result.stderr);
    return readFileSync(program);
  };
  t.strictSame(weaknesses(built('-pie', '-fPIE', '-Wl,-z,execstack,-z,norelro,-z,lazy'), true), [
    'executable stack',
    'no RELRO',
    'binds late',
  ]);
  t.strictSame(weaknesses(built('-static', '-nostdlib', '-Wl,-N,-e,main'), false), ['writable code']);
  t.strictSame(weaknesses(built('-pie', '-fPIE', '-Wl,-z,relro,-z,now'), true), []);
});

t.test('functions with arrays check the stack, calls with a known buffer their size', async (t) => {
  const parts = [
    { name: 'init', files: objects('build/Release/obj.target/tsrunc-init'), calls: false },
    { name: 'addon', files: objects('build/Release/obj.target/tsrunc'), calls: true },
    ...(noStandalone ? [] : [{ name: 'standalone', files: objects('build/standalone'), calls: true }]),
  ];
  for (const { name, files, calls } of parts) {
    t.ok(mention(files, '__stack_chk_fail'), `${name}: stack protector`);
    // Init has no C library.
    if (calls)
      t.match(
        files.some((file) => /__\w+_chk\0/.test(file.toString('latin1'))),
        true,
        `${name}: FORTIFY`,
      );
  }
  const directory = t.testdir({ 'f.c': 'void g(char *); void f(void) { char text[64]; g(text); }' });
  const control = join(directory, 'f.o');
  spawnSync('g++', ['-fno-stack-protector', '-c', '-o', control, join(directory, 'f.c')]);
  t.notOk(mention([readFileSync(control)], '__stack_chk_fail'), 'an object without is told apart');
});

t.test('init ends when a canary on its stack is not what it was', async (t) => {
  const directory = t.testdir();
  const program = join(directory, 'smashed');
  const source = join(directory, 'smashed.cc');
  // Init's own start, with a function in the place of its work that writes over the end of an array.
  const main = readFileSync(at('addon/init/main.cc'), 'utf8').replace(
    /\[\[noreturn\]\] void start\(int argc, char \*\*argv\) \{/,
    `[[gnu::noinline]] void overflow(volatile char *to, int size) { for (int i = 0; i < size; i++) to[i] = 1; }
    [[gnu::noinline]] int smash(int size) { volatile char text[32]; overflow(text, size); return text[3]; }
    [[noreturn]] void start(int argc, char **argv) { if (argc > 1) sys::exit(smash(argc == 2 ? 32 : 64));`,
  );
  writeFileSync(source, main.replaceAll('#include "', `#include "${at('addon/init')}/`));
  const lists = ['language', 'freestanding', 'hardenedInit', 'freestandingLink'];
  const flags = spawnSync(process.execPath, [at('scripts/compiler-flags.mjs'), ...lists], { encoding: 'utf8' });
  const built = 'build/Release/obj.target/tsrunc-init/addon/init';
  const rest = readdirSync(at(built)).filter((name) => name.endsWith('.o') && name !== 'main.o');
  const compiled = spawnSync(
    'g++',
    [...flags.stdout.trim().split(' '), '-w', '-o', program, source, ...rest.map((name) => at(join(built, name)))],
    { encoding: 'utf8', cwd: project },
  );
  t.equal(compiled.status, 0, compiled.stderr);
  t.equal(spawnSync(program, ['within']).status, 1, 'an array that is filled');
  t.match(spawnSync(program, ['over', 'it']).signal, /^SIG(ILL|TRAP)$/, 'one that is written over');
});

/** The sections of a file: where each is, and whether it can be written to. */
function sectionsOf(file: string): { name: string; address: number; writable: boolean }[] {
  const table = execFileSync('readelf', ['-SW', file], { encoding: 'utf8' });
  return [...table.matchAll(/^ *\[ *\d+\] (\S+) +\S+ +([0-9a-f]+)(?: +[0-9a-f]+){3} +([A-Z]*) /gm)].map(
    ([, name = '', address = '', flags = '']) => ({
      name,
      address: Number.parseInt(address, 16),
      writable: flags.includes('W'),
    }),
  );
}

for (const { name, skip } of files.filter((file) => file.name.endsWith('/tsrunc'))) {
  t.test(`${name}: nothing but variables and the heap can be written to`, { skip }, async (t) => {
    const writable = sectionsOf(at(name)).filter((section) => section.writable);
    t.strictSame(writable.map((section) => section.name).sort(), ['.bss', '.bss.late', '.data', '.snapshot', '.tbss']);
  });
}

t.test('the tables of the standalone executable are read-only once it runs', { skip: noStandalone }, async (t) => {
  const tables = sectionsOf(standalone).find((section) => section.name === '.rodata.used')?.address ?? 0;
  t.ok(tables);
  // It waits for the limits on its standard input; before that it says in its log what it was called with.
  const child = spawn(standalone, ['--debug', 'update', '--resources', '-', 'nobody'], { stdio: 'pipe' });
  const ended = once(child, 'exit');
  try {
    await once(child.stderr, 'data');
    const maps = readFileSync(`/proc/${child.pid}/maps`, 'utf8')
      .split('\n')
      .map((line) => /^([0-9a-f]+)-([0-9a-f]+) (....)/.exec(line))
      .filter((found) => found !== null)
      .map(([, from, to, rights]) => ({
        from: Number.parseInt(from as string, 16),
        to: Number.parseInt(to as string, 16),
        rights,
      }));
    const found = maps.filter(({ from, to }) => from <= tables && to > tables);
    t.strictSame(
      found.map(({ rights }) => rights),
      ['r--p'],
    );
    t.strictSame(
      maps.filter(({ rights }) => rights?.includes('wx')),
      [],
    );
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});
