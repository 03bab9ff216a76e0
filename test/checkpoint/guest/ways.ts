/** Ways to make a checkpoint and to restore it: in steps, over a socket, lazily, under other names, in the foreground. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../../engines/guest/case.js';
import { attempt, until } from '../../engines/guest/command.js';
import { type Box, exists } from './box.js';
import { counting } from './program.js';

const memory = `
import mmap
pages = mmap.mmap(-1, 8 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for at in range(0, len(pages), 4096):
    pages[at:at + 8] = at.to_bytes(8, 'little')
ready()
for step in ('first', 'second', 'third'):
    go(step)
    pages[4096:4096 + len(step)] = step.encode()
    put('did-' + step, '')
go()
wrong = [at for at in range(0, len(pages), 4096) if at != 4096 and int.from_bytes(pages[at:at + 8], 'little') != at]
say([wrong, pages[4096:4096 + 5].decode()])
`;

/** Bytes of memory in a directory of images. */
async function pagesIn(images: string): Promise<number> {
  const names = (await readdir(images)).filter((name) => /^pages-.*\.img$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(images, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

let port = 27_000;

/** A process of criu beside the case. */
function criu(box: Box, words: readonly string[]) {
  const child = spawn('criu', words, { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  box.atEnd(() => child.kill('SIGKILL'));
  return { child, ended };
}

const listens = async (box: Box, at: number) =>
  await until(`port ${at}`, box.signal, async () => {
    const hex = at.toString(16).toUpperCase().padStart(4, '0');
    return readFileSync('/proc/net/tcp', 'utf8').includes(`:${hex} 00000000:0000 0A`) ? true : undefined;
  });

/** A command of the runtime in the foreground of a shell, whose stdout is a pipe: Node would make it a socket. */
async function piped(box: Box, ...words: readonly string[]) {
  const directory = join(box.context.directory, box.name());
  await mkdir(directory);
  const file = async (name: string) => await readFile(join(directory, name), 'utf8').catch(() => '');
  const later = async (name: string) =>
    await until(name, box.signal, async () => ((await file(name)).endsWith('\n') ? await file(name) : undefined));
  const line = `{ sh -c 'echo $$ >pid; exec "$@"' sh "$@" 2>/dev/null </dev/null; echo $? >status; } | cat >out`;
  spawn('sh', ['-c', line, 'sh', ...box.words(...words)], { cwd: directory, stdio: 'ignore' });
  return {
    output: async () => await file('out'),
    pid: async () => Number(await later('pid')),
    status: async () => Number(await later('status')),
  };
}

export const wayCases: readonly Case<Box>[] = [
  {
    name: '--pre-dump twice, the second upon the first, then the dump upon that',
    async show(box) {
      const container = await box.python(memory);
      const step = async (name: string) => {
        await container.poke(name);
        await container.told(`did-${name}`);
      };
      const images: string[] = [];
      for (const [name, ...flags] of [
        ['first', '--pre-dump'],
        ['second', '--pre-dump', '--parent-path', '../one'],
        ['third', '--parent-path', '../two'],
      ] as const) {
        await step(name);
        const directory = join(box.context.directory, ['one', 'two', 'three'][images.length]!);
        const outcome = await container.checkpoint(directory, ...flags);
        equal(outcome.status, 0, await box.why(outcome, join(directory, 'dump.log')));
        if (name !== 'third') equal((await container.state()).status, 'running');
        images.push(directory);
      }
      equal(readlinkSync(join(images[2]!, 'parent')), '../two');
      equal(readlinkSync(join(images[1]!, 'parent')), '../one');
      const sizes = await Promise.all(images.map(pagesIn));
      ok(sizes[0]! > 8 << 20, `${sizes}`);
      ok(sizes[1]! < 6 << 20 && sizes[2]! < 6 << 20, `only what may have changed: ${sizes}`);
      await box.restore(container.id, container.bundle, images[2]!);
      deepEqual(await container.goOn(), [[], 'third']);
      return sizes.map((size) => `${(size / (1 << 20)).toFixed(1)} MiB`).join(', ');
    },
  },
  {
    name: '--pre-dump --auto-dedup: pages that a later step has are dropped from the earlier one',
    async show(box) {
      const container = await box.python(memory);
      const [one, two] = ['one', 'two'].map((name) => join(box.context.directory, name)) as [string, string];
      equal((await container.checkpoint(one, '--pre-dump')).status, 0);
      await container.poke('first');
      await container.told('did-first');
      const outcome = await container.checkpoint(two, '--parent-path', '../one', '--auto-dedup');
      equal(outcome.status, 0, await box.why(outcome, join(two, 'dump.log')));
      await box.restore(container.id, container.bundle, two);
      for (const name of ['second', 'third']) await container.poke(name);
      deepEqual(await container.goOn(), [[], 'third']);
    },
  },
  {
    name: '--page-server: memory goes to a page server of criu',
    async show(box) {
      const container = await box.python(memory);
      const images = box.images();
      await mkdir(images);
      const at = port++;
      const server = criu(box, ['page-server', '--images-dir', images, '--port', String(at)]);
      await listens(box, at);
      const local = box.images();
      const outcome = await container.checkpoint(local, '--page-server', `127.0.0.1:${at}`);
      equal(outcome.status, 0, await box.why(outcome, join(local, 'dump.log')));
      equal(await server.ended, 0);
      equal(await pagesIn(local), 0);
      ok((await pagesIn(images)) > 8 << 20);
      // Memory joins the rest, as somebody who migrates would have it.
      equal((await attempt(['sh', '-c', `cp -a ${local}/. ${images}/`])).status, 0);
      await box.restore(container.id, container.bundle, images);
      for (const name of ['first', 'second', 'third']) await container.poke(name);
      deepEqual(await container.goOn(), [[], 'third']);
    },
  },
  {
    name: '--page-server where nobody listens: the error says so, and the container goes on',
    async show(box) {
      const container = await box.python(counting);
      const images = box.images();
      const outcome = await container.checkpoint(images, '--page-server', '127.0.0.1:1');
      notEqual(outcome.status, 0);
      match(outcome.stderr, /Can't connect to server/);
      equal((await container.state()).status, 'running');
      await container.counts(await container.count());
    },
  },
  {
    name: '--lazy-pages: memory is fetched from the page server while the container runs; --status-fd tells when',
    async show(box) {
      const container = await box.python(memory);
      const images = box.images();
      const at = port++;
      const told = join(box.context.directory, 'status');
      const status = openSync(told, 'w');
      const log = join(box.context.directory, 'log');
      const [path = '', ...words] = box.words(
        ...['--log', log, 'checkpoint', '--lazy-pages', '--page-server', `127.0.0.1:${at}`, '--status-fd', '3'],
        ...['--image-path', images, container.id],
      );
      const child = spawn(path, words, { stdio: ['ignore', 'ignore', 'ignore', status] });
      closeSync(status);
      box.atEnd(() => child.kill('SIGKILL'));
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await Promise.race([
        until('the status', box.signal, async () => ((await stat(told)).size > 0 ? true : undefined)),
        ended.then(async (code) => {
          const said = readFileSync(log, 'utf8');
          throw new Error(
            `ended with ${code}: ${await box.why({ status: 1, stdout: '', stderr: said }, join(images, 'dump.log'))}`,
          );
        }),
      ]);
      equal(readFileSync(told).toString('hex'), '00');
      const lazy = criu(box, [
        ...['lazy-pages', '--page-server', '--address', '127.0.0.1', '--port', String(at)],
        ...['-D', images, '-W', images],
      ]);
      await until('the socket of lazy pages', box.signal, async () =>
        (await exists(join(images, 'lazy-pages.socket'))) ? true : undefined,
      );
      const other = await box.copy(container.bundle, (config) => {
        config.linux.cgroupsPath = `${config.linux.cgroupsPath}-lazy`;
      });
      const restored = await box.restore(box.name(), other, images, '--lazy-pages');
      for (const name of ['first', 'second', 'third']) await restored.poke(name);
      deepEqual(await restored.goOn(), [[], 'third']);
      equal(await lazy.ended, 0, 'lazy-pages');
      equal(await ended, 0, 'checkpoint');
      notEqual((await box.call('state', container.id)).status, 0, 'the first one is gone');
    },
  },
  {
    name: '--leave-running, and its image under another id, in another bundle: both count, and are told apart',
    async show(box) {
      const container = await box.python(counting);
      const { pid } = await container.state();
      const at = await container.count();
      const images = await container.dump('--leave-running');
      deepEqual(await container.state().then((state) => [state.status, state.pid]), ['running', pid]);
      await container.counts(at);
      const bundle = await box.copy(container.bundle, (config) => {
        config.linux.cgroupsPath = `${config.linux.cgroupsPath}-twin`;
        config.hostname = 'twin';
      });
      const twin = await box.restore(box.name(), bundle, images);
      const state = await twin.state();
      equal(state.status, 'running');
      notEqual(state.pid, pid);
      equal(state.bundle, bundle);
      notEqual(await twin.cgroup(), await container.cgroup());
      await twin.counts(await twin.count());
      await container.counts(await container.count());
      equal(readlinkSync(`/proc/${pid}/ns/pid`) === readlinkSync(`/proc/${state.pid}/ns/pid`), false);
      await box.ok('kill', container.id, 'KILL');
      await until('its end', box.signal, async () =>
        (await container.state()).status === 'stopped' ? true : undefined,
      );
      await box.ok('delete', container.id);
      await twin.counts(await twin.count());
    },
  },
  {
    name: 'under another id, in the same bundle; then a second checkpoint of what was restored',
    async show(box) {
      const container = await box.python(counting);
      const images = await container.dump();
      notEqual((await box.call('state', container.id)).status, 0);
      const other = await box.restore(box.name(), container.bundle, images);
      const at = await other.count();
      await other.counts(at);
      const again = await other.roundTrip();
      await other.counts(at + 1);
      equal(await exists(join(again, 'inventory.img')), true);
      await box.ok('pause', other.id);
      equal((await other.state()).status, 'paused');
      await box.ok('resume', other.id);
      await other.exec('true');
      await box.ok('delete', '--force', other.id);
    },
  },
  {
    name: 'restore under an id that is taken is refused, and that container goes on',
    async show(box) {
      const container = await box.python(counting);
      const images = await container.dump('--leave-running');
      const outcome = await box.call(
        'restore',
        '--bundle',
        container.bundle,
        '--image-path',
        images,
        '-d',
        container.id,
      );
      notEqual(outcome.status, 0);
      match(outcome.stderr, /container with given ID already exists/);
      await container.counts(await container.count());
    },
  },
  {
    name: 'in the foreground: signals, exit status, output to pipes; nothing stays',
    async show(box) {
      const bundle = await box.bundle((config) => {
        const count = 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done';
        config.process.args = ['sh', '-c', `trap "echo bye; exit 9" TERM; ${count}`];
      });
      const container = box.container(bundle);
      const first = await piped(box, 'run', '--bundle', bundle, container.id);
      await until('output', box.signal, async () => ((await first.output()).includes('3') ? true : undefined));
      const images = await container.dump();
      await first.status();
      const before = (await first.output()).trim().split('\n').map(Number);
      const second = await piped(box, 'restore', '--bundle', bundle, '--image-path', images, container.id);
      await until('output', box.signal, async () => ((await second.output()).includes('\n') ? true : undefined));
      process.kill(await second.pid(), 'SIGTERM');
      equal(await second.status(), 9);
      const after = (await second.output()).trim().split('\n');
      equal(after.pop(), 'bye');
      const all = [...before, ...after.map(Number)];
      deepEqual(
        all,
        all.map((_, i) => i + 1),
      );
      notEqual((await box.call('state', container.id)).status, 0);
      equal(await exists(join(box.root, container.id)), false);
    },
  },
  {
    name: '--work-path, --pid-file, --link-remap',
    async show(box) {
      const container = await box.python(counting);
      const work = join(box.context.directory, 'work');
      const at = await container.count();
      const images = await container.dump('--work-path', work, '--link-remap');
      equal(await exists(join(work, 'dump.log')), true);
      equal(await exists(join(images, 'dump.log')), false);
      const pidFile = join(box.context.directory, 'pid');
      await box.restore(container.id, container.bundle, images, '--work-path', work, '--pid-file', pidFile);
      equal(Number(readFileSync(pidFile, 'utf8')), await container.pid());
      await container.counts(at);
    },
  },
];
