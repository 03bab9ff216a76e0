import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { type TestConfig, withoutNamespace, withUserNamespace } from '../helpers/config.js';
import { criuEnv, noCriu, noMemoryTracking, withCriu } from '../helpers/criu.js';
import { inTerminal, receiver, type TerminalStep } from '../helpers/python.js';
import { plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

/** Waits until `what` gives something. */
async function until<T>(what: () => T | undefined | false, why: string): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const value = what();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${why}: did not come`);
}

const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done';

/** A container that counts into DATA/out, where DATA is bound at /data. */
function counting(data: string, script = `exec >/data/out 2>&1; ${COUNT}`) {
  return (config: TestConfig) => {
    config.process.args = ['sh', '-c', script];
    config.mounts.push({ destination: '/data', type: 'bind', source: data, options: ['bind', 'rw'] });
  };
}

const numbers = (file: string): number[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : [];
const beyond = (file: string, count: number): Promise<number> =>
  until(() => numbers(file).length > count && numbers(file).length, `${count} lines in ${file}`);
/** State of a process as ps has it; '' when there is none. */
const stateOf = (pid: number): string =>
  existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.slice(0, 1) : '';
const isSequence = (list: number[]): boolean => list.every((number, i) => number === i + 1);

function startCounting(change: (config: TestConfig) => void = () => {}, script?: string) {
  const data = box.directory('data');
  const made = box.started((config) => {
    counting(data, script)(config);
    change(config);
  });
  return { ...made, data, out: join(data, 'out'), images: join(box.directory('images'), 'checkpoint') };
}

const checkpoint = (id: string, images: string, ...options: string[]) =>
  box.call(['checkpoint', '--image-path', images, ...options, id], withCriu);
const restore = (id: string, bundle: string, images: string, ...options: string[]) =>
  box.call(['restore', '--image-path', images, '--bundle', bundle, ...options, id], withCriu);

t.test('a container that counts goes on counting, whole', { skip: skipIf(noCriu) }, async (t) => {
  const { id, bundle, out, images } = startCounting();
  const before = box.state(id);
  await beyond(out, 3);
  const dumped = checkpoint(id, images);
  t.equal(dumped.status, 0, dumped.stderr);
  t.equal(dumped.stdout + dumped.stderr, '', 'nothing is printed');
  t.not(box.call(['state', id]).status, 0, 'the container is gone');
  t.match(stateOf(before.pid), /^$|[ZX]/, 'and its process is dead');
  const at = numbers(out).length;
  t.ok(existsSync(join(images, 'descriptors.json')));

  const pidFile = join(box.directory(), 'pid');
  // As go-runc writes it.
  const restored = restore(id, bundle, images, '--detach', '-no-subreaper', '--pid-file', pidFile);
  t.equal(restored.status, 0, restored.stderr);
  t.equal(restored.stdout + restored.stderr, '');
  await beyond(out, at + 3);
  t.ok(isSequence(numbers(out)), 'no number is missing or there twice');

  const state = box.state(id);
  t.equal(state.status, 'running');
  t.equal(String(state.pid), readFileSync(pidFile, 'utf8'));
  t.match(box.call(['list']).stdout, new RegExp(`${id} +${state.pid} +running`));
  const exec = box.call(['exec', id, 'sh', '-c', 'cat /proc/1/cmdline | tr "\\0" " "; hostname; ls -A /sys/firmware']);
  t.match(exec.stdout, /^sh -c exec .*box\n$/s, 'its pid, its namespaces and masked directories');
  t.equal(exec.status, 0, exec.stderr);
  t.equal(box.call(['pause', id]).status, 0);
  t.equal(box.state(id).status, 'paused');
  t.equal(box.call(['resume', id]).status, 0);
  t.match(JSON.parse(box.call(['events', '--stats', id]).stdout), {
    type: 'stats',
    data: { pids: { current: Number } },
  });
  t.equal(box.call(['kill', id, 'KILL']).status, 0);
  box.waitStopped(id);
  const deleted = box.call(['delete', id]);
  t.equal(deleted.status, 0, deleted.stderr);
  t.not(box.call(['state', id]).status, 0);
});

t.test('--leave-running, and a second checkpoint of what was restored', { skip: skipIf(noCriu) }, async (t) => {
  const { id, bundle, out, images } = startCounting();
  const { pid } = box.state(id);
  const at = await beyond(out, 1);
  const dumped = checkpoint(id, images, '--leave-running', '--work-path', `${images}.work`);
  t.equal(dumped.status, 0, dumped.stderr);
  t.ok(existsSync(`${images}.work/dump.log`), 'the log is in the work directory');
  t.notOk(existsSync(join(images, 'dump.log')));
  t.match(box.state(id), { status: 'running', pid });
  await beyond(out, at + 3);

  // A file that has grown since would be refused.
  t.equal(checkpoint(id, images, '--work-path', `${images}.work`).status, 0);
  const first = restore(id, bundle, images, '--detach', '--work-path', `${images}.work`);
  t.equal(first.status, 0, first.stderr);
  t.ok(existsSync(`${images}.work/restore.log`));
  const paused = box.call(['pause', id]);
  t.equal(paused.status, 0, paused.stderr);
  const second = checkpoint(id, `${images}2`);
  t.equal(second.status, 0, second.stderr);
  const count = numbers(out).length;
  const again = restore(id, bundle, `${images}2`, '--detach');
  t.equal(again.status, 0, again.stderr);
  if (box.state(id).status === 'paused') box.call(['resume', id]);
  await beyond(out, count + 2);
});

t.test('a pre-dump, then the rest', { skip: skipIf(noCriu, noMemoryTracking()) }, async (t) => {
  const { id, bundle, out, images } = startCounting();
  await beyond(out, 1);
  const first = checkpoint(id, `${images}-first`, '--pre-dump');
  t.equal(first.status, 0, first.stderr);
  t.equal(box.state(id).status, 'running');
  const last = checkpoint(id, images, '--parent-path', '../checkpoint-first');
  t.equal(last.status, 0, last.stderr);
  t.ok(readlinkSync(join(images, 'parent')));
  const at = numbers(out).length;
  t.equal(restore(id, bundle, images, '--detach').status, 0);
  await beyond(out, at + 2);
  t.ok(isSequence(numbers(out)));
});

t.test(
  'without memory tracking a pre-dump is refused',
  { skip: skipIf(noCriu, tsruncOnly('its own text'), noMemoryTracking() === false && 'this kernel has it') },
  async (t) => {
    const { id, images } = startCounting();
    const result = checkpoint(id, images, '--pre-dump');
    t.equal(result.status, 1);
    t.match(result.stderr, /can't track memory changes/);
    t.equal(box.state(id).status, 'running');
  },
);

/** The runtime in the background of the test. */
function inBackground(args: string[]): { child: ChildProcess; closed: Promise<number | null> } {
  const child = spawn(runtime, ['--root', box.root, ...args], { env: criuEnv, stdio: 'ignore' });
  const closed = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, closed };
}

/** The runtime with a pipe for its stdout, which Node would make a socket; gives what came out of it. */
function piped(args: string[], out: string): () => string {
  const words = [runtime, '--root', box.root, ...args].map((word) => `'${word}'`).join(' ');
  const script = `{ ${words} </dev/null; } 2>&1 | cat >${out} &`;
  spawnSync('sh', ['-c', script], { env: criuEnv, stdio: 'ignore' });
  return () => (existsSync(out) ? readFileSync(out, 'utf8') : '');
}

t.test('pipes on stdio are the new ones after a restore', { skip: skipIf(noCriu) }, async (t) => {
  const id = box.id();
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', COUNT];
  });
  const directory = box.directory();
  const images = join(directory, 'checkpoint');
  const first = piped(['run', '--detach', '--bundle', bundle, id], join(directory, 'first'));
  await until(() => first().split('\n').length > 3, 'output');
  const dumped = checkpoint(id, images);
  t.equal(dumped.status, 0, dumped.stderr);
  t.match(JSON.parse(readFileSync(join(images, 'descriptors.json'), 'utf8'))[1], /^pipe:\[\d+\]$/);
  const restoring = ['restore', '--detach', '--bundle', bundle, '--image-path', images, id];
  const second = piped(restoring, join(directory, 'second'));
  await until(() => second().split('\n').length > 3, 'output after the restore');
  box.remove(id);
  const all = (first() + second()).trim().split('\n').map(Number);
  t.ok(isSequence(all), all.join(' '));
});

t.test('in the foreground: the exit status, and nothing stays', { skip: skipIf(noCriu) }, async (t) => {
  const script = 'exec >/data/out 2>&1; trap "exit 7" USR1; echo 1; while :; do sleep 0.05; done';
  const { id, bundle, out, images } = startCounting(() => {}, script);
  await beyond(out, 0);
  t.equal(checkpoint(id, images).status, 0);
  const { child, closed } = inBackground(['restore', '--bundle', bundle, '--image-path', images, id]);
  await until(() => box.call(['state', id]).stdout.includes('"running"'), 'running');
  child.kill('SIGUSR1');
  t.equal(await closed, 7);
  t.not(box.call(['state', id]).status, 0, 'it was deleted');
});

t.test('a terminal goes to the console socket again', { skip: skipIf(noCriu) }, async (t) => {
  const change = (config: TestConfig) => {
    config.process.terminal = true;
    config.process.args = ['sh', '-c', 'while read line; do echo "got $line"; done'];
  };
  const directory = box.directory();
  const images = join(directory, 'checkpoint');
  const first = await receiver(join(directory, 'one'), 'console', 'before\n');
  const { id, bundle } = box.create(change, { flags: ['--console-socket', join(directory, 'one')] });
  t.equal(box.call(['start', id]).status, 0);
  await until(() => box.call(['exec', id, 'cat', '/proc/1/wchan']).status === 0, 'exec');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const dumped = checkpoint(id, images);
  t.equal(dumped.status, 0, dumped.stderr);
  t.match((await first.lines())[1]?.output, /got before\r\n/);

  const refused = restore(id, bundle, images, '--detach');
  t.match(refused.stderr, /console socket/);
  const second = await receiver(join(directory, 'two'), 'console', 'after\n');
  const restored = restore(id, bundle, images, '--detach', '--console-socket', join(directory, 'two'));
  t.equal(restored.status, 0, restored.stderr);
  await new Promise((resolve) => setTimeout(resolve, 300));
  box.remove(id);
  const [message, output] = await second.lines();
  t.equal(message?.fds, 1);
  t.match(output?.output, /got after\r\n/);
});

t.test(
  "--shell-job: the caller's terminal, then that of the caller of restore",
  { skip: skipIf(noCriu, tsruncOnly('runc wants a console socket')) },
  async (t) => {
    const id = box.id();
    const script = 'echo ready; while read line; do [ "$line" = end ] && exit; echo "got $line"; done';
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', script];
    });
    const images = join(box.directory(), 'checkpoint');
    const command = [runtime, '--root', box.root].join(' ');
    const terminal = (line: string, steps: TerminalStep[]) => {
      const path = `PATH=${criuEnv.PATH}`;
      return inTerminal(['env', path, 'sh', '-c', line], steps).output;
    };
    const first = [
      `${command} run --detach --bundle ${bundle} ${id}`,
      'sleep 0.5',
      `${command} checkpoint --image-path ${images} ${id} && echo not refused`,
      `${command} checkpoint --shell-job --image-path ${images} ${id} && echo written`,
    ];
    const output = terminal(first.join('; '), [['expect', 'ready']]);
    t.match(output, /^ready\r\ncriu dump failed[\s\S]*written/);
    const state = `${command} state ${id}`;
    const second = [
      `${command} restore --detach --shell-job --bundle ${bundle} --image-path ${images} ${id}`,
      `while ${state} | grep -q '"running"'; do sleep 0.1; done`,
    ];
    const steps: TerminalStep[] = [
      ['send', 'two\n'],
      ['expect', 'got two'],
      ['send', 'end\n'],
    ];
    t.match(terminal(second.join('; '), steps), /got two\r\n/);
    box.waitStopped(id);
  },
);

t.test('--tcp-established: a connection within the container goes on', { skip: skipIf(noCriu) }, async (t) => {
  const script = `nc() { busybox nc "$@"; }; exec >/dev/null 2>&1; cd /
    sleep 1000 | nc -l -p 5000 >/data/out & sleep 0.2; { ${COUNT}; } | nc 127.0.0.1 5000`;
  const { id, bundle, out, images } = startCounting(() => {}, script);
  await beyond(out, 3);
  const refused = checkpoint(id, images);
  t.not(refused.status, 0);
  t.equal(box.state(id).status, 'running');
  const dumped = checkpoint(id, images, '--tcp-established');
  t.equal(dumped.status, 0, dumped.stderr);
  const at = numbers(out).length;
  const restored = restore(id, bundle, images, '--detach', '--tcp-established');
  t.equal(restored.status, 0, restored.stderr);
  await beyond(out, at + 3);
  t.ok(isSequence(numbers(out)));
});

t.test(
  'a user namespace: its root may read the images, and nobody else',
  { skip: skipIf(noCriu, tsruncOnly('runc leaves the images to root')) },
  async (t) => {
    const { id, bundle } = box.started((config) => {
      withUserNamespace(config);
      config.process.args = ['sh', '-c', 'exec >/dev/null 2>&1; while :; do sleep 0.1; done'];
    });
    const parent = box.directory('parent');
    const images = join(parent, 'checkpoint');
    const dumped = checkpoint(id, images);
    t.equal(dumped.status, 0, dumped.stderr);
    chmodSync(join(images, 'core-1.img'), 0o600);
    t.equal(statSync(images).mode & 0o777, 0o700);
    const restored = restore(id, bundle, images, '--detach');
    t.equal(restored.status, 0, restored.stderr);
    t.match(statSync(images), { uid: 0, gid: 100000 });
    t.equal(statSync(images).mode & 0o777, 0o710);
    t.match(statSync(join(images, 'core-1.img')), { uid: 0, gid: 100000 });
    t.equal(statSync(join(images, 'core-1.img')).mode & 0o777, 0o640);
    t.match(box.call(['exec', id, 'cat', '/proc/self/uid_map']).stdout, /^ +0 +100000 +65536\n$/);
    t.match(readFileSync(`/proc/${box.state(id).pid}/uid_map`, 'utf8'), / 100000 /);
  },
);

t.test('a joined network namespace stays what it is', { skip: skipIf(noCriu) }, async (t) => {
  const holder = spawn('unshare', ['--net', 'sleep', '1000'], { stdio: 'ignore', env: plainEnv });
  t.teardown(() => holder.kill('SIGKILL'));
  const path = `/proc/${holder.pid}/ns/net`;
  await until(() => readlinkSync(path) !== readlinkSync('/proc/self/ns/net'), 'the namespace');
  const { id, bundle, out, images } = startCounting((config) => {
    withoutNamespace(config, 'network');
    config.linux.namespaces.push({ type: 'network', path });
  });
  await beyond(out, 1);
  const dumped = checkpoint(id, images);
  t.equal(dumped.status, 0, dumped.stderr);
  const at = numbers(out).length;
  const restored = restore(id, bundle, images, '--detach');
  t.equal(restored.status, 0, restored.stderr);
  await beyond(out, at + 2);
  t.equal(readlinkSync(`/proc/${box.state(id).pid}/ns/net`), readlinkSync(path));
});

t.test(
  'bind mounts: a file, behind a symlink, one in another, and the directories for them',
  { skip: skipIf(noCriu) },
  async (t) => {
    const outside = box.directory('outside');
    writeFileSync(join(outside, 'file'), 'old\n');
    mkdirSync(join(outside, 'inner'));
    const { id, bundle, out, images } = startCounting((config) => {
      config.mounts.push(
        { destination: '/var/run/bound', type: 'bind', source: join(outside, 'file'), options: ['bind', 'ro'] },
        { destination: '/data/inner', type: 'bind', source: join(outside, 'inner'), options: ['rbind'] },
      );
      config.mounts.push({ destination: '/made/here', type: 'tmpfs', source: 'tmpfs' });
    });
    const rootfs = join(bundle, 'rootfs');
    t.ok(readdirSync(rootfs).length > 0);
    await beyond(out, 1);
    t.equal(box.call(['exec', id, 'sh', '-c', 'echo kept >/made/here/x']).status, 0);
    const dumped = checkpoint(id, images);
    t.equal(dumped.status, 0, dumped.stderr);

    // Another copy of the bundle, as a migration brings it: its mount points aren't made yet.
    const fresh = box.bundle();
    writeFileSync(join(fresh, 'config.json'), readFileSync(join(bundle, 'config.json')));
    writeFileSync(join(outside, 'file'), 'new\n');
    const at = numbers(out).length;
    const restored = restore(id, fresh, images, '--detach');
    t.equal(restored.status, 0, restored.stderr);
    await beyond(out, at + 2);
    const seen = box.call(['exec', id, 'sh', '-c', 'cat /var/run/bound /made/here/x; echo no >/var/run/bound']);
    t.equal(seen.stdout, 'new\nkept\n');
    t.match(seen.stderr, /Read-only/i);
  },
);

t.test('a mount point behind a symlink', { skip: skipIf(noCriu) }, async (t) => {
  const data = box.directory('data');
  const bundle = box.bundle((config) => {
    counting(data)(config);
    config.mounts.push({ destination: '/link/bound', type: 'bind', source: data, options: ['bind'] });
  });
  mkdirSync(join(bundle, 'rootfs/real'));
  symlinkSync('/real', join(bundle, 'rootfs/link'));
  const id = box.id();
  const images = join(box.directory(), 'checkpoint');
  t.equal(box.call(['run', '--detach', '--bundle', bundle, id]).status, 0);
  await beyond(join(data, 'out'), 1);
  const dumped = checkpoint(id, images);
  t.equal(dumped.status, 0, dumped.stderr);
  const restored = restore(id, bundle, images, '--detach');
  t.equal(restored.status, 0, restored.stderr);
  t.match(box.call(['exec', id, 'ls', '/real/bound']).stdout, /out/);
});

t.test('hooks: those of the runtime run again, those of the container do not', { skip: skipIf(noCriu) }, async (t) => {
  const log = join(box.directory(), 'log');
  const hook = (name: string) => [
    { path: '/bin/sh', args: ['sh', '-c', `echo ${name} $(cat | tr -d ' \\n') >>${log}`] },
  ];
  const { id, bundle, out, images } = startCounting((config) => {
    config.hooks = {
      prestart: hook('prestart'),
      createRuntime: hook('createRuntime'),
      poststart: hook('poststart'),
      poststop: hook('poststop'),
    };
  });
  await beyond(out, 1);
  t.equal(checkpoint(id, images).status, 0);
  const names = () =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
  t.same(names(), ['prestart', 'createRuntime', 'poststart', 'poststop']);
  const restored = restore(id, bundle, images, '--detach');
  t.equal(restored.status, 0, restored.stderr);
  t.same(names().slice(4), ['prestart', 'createRuntime']);
  const { pid } = box.state(id);
  t.match(readFileSync(log, 'utf8').trim().split('\n').at(-1), new RegExp(`"pid":${pid}\\b`));
});

t.test('a hook that fails: nothing of the container is left', { skip: skipIf(noCriu) }, async (t) => {
  const flag = join(box.directory(), 'flag');
  const { id, bundle, out, images } = startCounting((config) => {
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', `[ ! -e ${flag} ] || exit 3`] }] };
  });
  await beyond(out, 1);
  t.equal(checkpoint(id, images).status, 0);
  writeFileSync(flag, '');
  const result = restore(id, bundle, images, '--detach');
  t.equal(result.status, 1);
  t.match(result.stderr, /(createRuntime hook|running hook #0).*exit status 3/s);
  t.not(box.call(['state', id]).status, 0);
});

t.test(
  'a restore that is killed on the way is removed by delete --force',
  { skip: skipIf(noCriu, tsruncOnly('runc leaves a mount')) },
  async (t) => {
    const flag = join(box.directory(), 'flag');
    const { id, bundle, out, images } = startCounting((config) => {
      const script = `[ ! -e ${flag} ] || { echo $$ >${flag}; exec sleep 1000; }`;
      config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', script] }] };
    });
    await beyond(out, 1);
    t.equal(checkpoint(id, images).status, 0);
    writeFileSync(flag, '');
    const { child, closed } = inBackground(['restore', '--detach', '--bundle', bundle, '--image-path', images, id]);
    await until(() => readFileSync(flag, 'utf8') !== '', 'the hook');
    // Even where criu hangs, with the processes it restores in its hands.
    spawnSync('pkill', ['-STOP', '-P', String(child.pid), '-x', 'criu|ld-linux-x86-64|criu:.*']);
    child.kill('SIGKILL');
    await closed;
    // The hook is a process of the host: nobody but its runtime would end it.
    process.kill(Number(readFileSync(flag, 'utf8')), 'SIGKILL');
    t.equal(box.state(id).status, 'stopped');
    const deleted = box.call(['delete', '--force', id]);
    t.equal(deleted.status, 0, deleted.stderr);
    t.not(box.call(['state', id]).status, 0);
  },
);

t.test(
  'a dump that fails leaves the container running, and says where and why',
  { skip: skipIf(noCriu) },
  async (t) => {
    // Open files of the host can't be taken along.
    const file = join(box.directory(), 'out');
    const id = box.id();
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', COUNT];
    });
    const images = join(box.directory(), 'checkpoint');
    t.equal(box.call(['run', '--detach', '--bundle', bundle, id]).status, 0);
    const work = join(box.directory(), 'work');
    const result = checkpoint(id, images, '--work-path', work);
    t.not(result.status, 0, file);
    t.match(result.stderr, /criu/);
    t.ok(existsSync(join(work, 'dump.log')));
    t.equal(box.state(id).status, 'running');
    t.equal(box.call(['exec', id, 'true']).status, 0, 'not frozen');
    if (tsruncOnly('its own text')) return;
    t.match(result.stderr, `its log is ${join(work, 'dump.log')}:\n`);
    t.match(result.stderr, /Error \(criu\//);
    t.match(result.stderr, /Dumping FAILED/);
  },
);

t.test('what is refused', { skip: skipIf(noCriu) }, async (t) => {
  const { id, bundle } = box.create();
  const images = join(box.directory(), 'checkpoint');
  const refuse = (args: string[], text: RegExp, options = withCriu) => {
    const result = box.call(args, options);
    t.not(result.status, 0, args.join(' '));
    t.match(result.stderr, text);
  };
  refuse(['checkpoint', '--image-path', images, id], /created/);
  refuse(
    ['restore', '--image-path', box.directory(), '--bundle', bundle, id],
    /container with given ID already exists/,
  );
  t.equal(box.call(['kill', id, 'KILL']).status, 0);
  box.waitStopped(id);
  refuse(['checkpoint', '--image-path', images, id], /stopped/);
  refuse(['checkpoint', '--image-path', images, box.id()], /does not exist/);

  const { id: running } = startCounting();
  refuse(['checkpoint', '--image-path', images, '--parent-path', '/tmp', running], /--parent-path must be relative/);
  refuse(['checkpoint', '--image-path', images, '--parent-path', '../none', running], /parent-path/);
  refuse(
    ['checkpoint', '--image-path', images, '--page-server', 'here', running],
    /page-server|page server|ADDRESS:PORT/i,
  );
  refuse(['checkpoint', '--image-path', images, '--manage-cgroups-mode', 'odd', running], /manage.cgroups.mode/i);
  refuse(['checkpoint', '--image-path', images, '--empty-ns', 'user', running], /user/);
  refuse(['checkpoint', '--image-path', images, '--lazy-pages', '--status-fd', '77', running], /status-fd/);
  const fresh = box.id();
  refuse(['restore', '--image-path', box.directory('empty'), '--bundle', bundle, fresh], /descriptors\.json/);
  if (tsruncOnly('its own texts')) return;
  refuse(
    ['restore', '--image-path', '/no/images', '--bundle', bundle, fresh],
    /\/no\/images: no such file or directory/,
  );
  refuse(['restore', '--lsm-mount-context'], /flag needs an argument/);
  const without = { env: { PATH: '/nowhere' } };
  refuse(
    ['checkpoint', '--image-path', images, running],
    /criu: executable file not found in \$PATH; install CRIU/,
    without,
  );
  refuse(['restore', '--image-path', images, '--bundle', bundle, fresh], /install CRIU/, without);
  t.equal(box.state(running).status, 'running');
  t.not(box.call(['state', fresh]).status, 0);
});

t.test(
  'a FIFO among what criu opens is refused and not waited for, and no symlink is written through',
  { skip: skipIf(noCriu, tsruncOnly('runc waits')) },
  async (t) => {
    const { id, bundle, out, images } = startCounting();
    await beyond(out, 1);
    const fifo = (path: string) => {
      rmSync(path, { force: true });
      spawnSync('mkfifo', [path]);
    };
    const refused = (result: { status: number | null; stderr: string }, path: string, what = 'a FIFO') => {
      t.equal(result.status, 1, result.stderr);
      t.match(result.stderr, `${path} is ${what}; must be a regular file`);
    };
    const work = box.directory('work');
    fifo(join(work, 'dump.log'));
    refused(checkpoint(id, images, '--work-path', work), join(work, 'dump.log'));
    const other = join(box.directory(), 'other');
    const link = (path: string) => {
      rmSync(path, { force: true });
      symlinkSync(other, path);
    };
    const linked = box.directory('linked');
    for (const name of ['stats-dump', 'pstree.img']) {
      link(join(linked, name));
      refused(checkpoint(id, linked), join(linked, name), 'a symbolic link');
      rmSync(join(linked, name));
    }
    const earlier = join(dirname(linked), 'earlier');
    mkdirSync(earlier);
    fifo(join(earlier, 'inventory.img'));
    refused(checkpoint(id, linked, '--parent-path', '../earlier'), '/../earlier/inventory.img');
    t.equal(box.state(id).status, 'running');
    t.equal(checkpoint(id, images).status, 0);
    link(join(images, 'stats-restore'));
    refused(restore(id, bundle, images, '--detach'), join(images, 'stats-restore'), 'a symbolic link');
    fifo(join(images, 'stats-restore'));
    refused(restore(id, bundle, images, '--detach'), join(images, 'stats-restore'));
    rmSync(join(images, 'stats-restore'));
    t.notOk(existsSync(other));

    const descriptors = join(images, 'descriptors.json');
    const text = readFileSync(descriptors);
    fifo(descriptors);
    refused(restore(id, bundle, images, '--detach'), descriptors);
    rmSync(descriptors);
    symlinkSync('/dev/zero', descriptors);
    refused(restore(id, bundle, images, '--detach'), descriptors, 'a symbolic link');
    rmSync(descriptors);
    writeFileSync(descriptors, Buffer.alloc(1 << 17, ' '));
    t.match(restore(id, bundle, images, '--detach').stderr, `${descriptors}: file too large`);
    writeFileSync(descriptors, text);

    fifo(join(images, 'odd.img'));
    refused(restore(id, bundle, images, '--detach'), join(images, 'odd.img'));
    rmSync(join(images, 'odd.img'));
    fifo(join(work, 'restore.log'));
    refused(restore(id, bundle, images, '--detach', '--work-path', work), join(work, 'restore.log'));
    t.not(box.call(['state', id]).status, 0, 'nothing of it is left');
    const restored = restore(id, bundle, images, '--detach');
    t.equal(restored.status, 0, restored.stderr);
  },
);

t.test(
  'NOTIFY_SOCKET: restore --detach waits for no readiness, as it may be told',
  { skip: skipIf(noCriu) },
  async (t) => {
    const data = box.directory('data');
    const host = await receiver(join(box.directory(), 'notify'), 'notify');
    t.teardown(() => host.child.kill());
    const notifying = { env: { ...criuEnv, NOTIFY_SOCKET: host.socket } };
    const { id, bundle } = box.create(counting(data), notifying);
    const start = inBackground(['start', id]);
    await beyond(join(data, 'out'), 1);
    const images = join(box.directory('images'), 'checkpoint');
    const dumped = checkpoint(id, images);
    t.equal(dumped.status, 0, dumped.stderr);
    await start.closed;
    const at = numbers(join(data, 'out')).length;
    const restored = box.call(['restore', '--image-path', images, '--bundle', bundle, '--detach', id], notifying);
    t.equal(restored.status, 0, restored.stderr);
    await beyond(join(data, 'out'), at + 2);
    t.equal(box.call(['exec', id, 'ls', '-A', '/run/notify']).stdout, '', 'the directory without a socket');
    host.child.kill();
    t.same(await host.lines(), [], 'the service manager was told nothing');
  },
);

t.test('options for security labels reach criu, whose word on them counts', { skip: skipIf(noCriu) }, async (t) => {
  const { id, bundle, out, images } = startCounting();
  await beyond(out, 1);
  t.equal(checkpoint(id, images).status, 0);
  t.not(restore(id, bundle, images, '--detach', '--lsm-profile', 'odd').status, 0);
  t.match(readFileSync(join(images, 'restore.log'), 'utf8'), /invalid argument odd for --lsm-profile/);
  // Where nothing of the images has a label, there is none to change.
  const restored = restore(id, bundle, images, '--detach', '--lsm-mount-context', 'system_u:object_r:x:s0');
  t.equal(restored.status, 0, restored.stderr);
});

t.test('help says what podman looks for', { skip: skipIf(differs({ runc: 'the control of it' })) }, async (t) => {
  t.equal(box.call(['checkpoint', '--help']).status, 0);
  t.match(JSON.parse(box.call(['features']).stdout).annotations, { 'org.tsrunc.checkpoint.enabled': 'true' });
});

box.end(t);
