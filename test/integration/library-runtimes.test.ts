/** The same calls of the client over tsrunc, runc and crun. */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { OciRuntime, RuntimeError, type Spec, type Terminal } from '../../src/library/index.js';
import type { TestConfig } from '../helpers/config.js';
import { type Candidate, candidates, rejection, specOf } from '../helpers/library.js';
import { lives } from '../helpers/lives.js';
import { added, cgroups, settled, snapshot } from '../helpers/machine.js';
import { Sandbox } from '../helpers/sandbox.js';

const box = new Sandbox(t);

/** What a dialogue has to give. */
const whole = /31 91.*20 50.*<typed>/s;

/** Expects a RuntimeError, and returns it. */
async function failure(t: Test, promise: PromiseLike<unknown>): Promise<RuntimeError> {
  const error = await rejection(t, promise);
  t.type(error, RuntimeError);
  return error as RuntimeError;
}

for (const candidate of candidates()) {
  t.test(candidate.name, { skip: candidate.skip }, (t) => cases(t, candidate));
}

async function cases(t: Test, { name, options }: Candidate): Promise<void> {
  const root = join(box.home, `state-${name}`);
  const isCrun = name === 'crun';
  const isTsrunc = name.startsWith('tsrunc');
  const runtime = new OciRuntime({ ...options, root });
  const before = snapshot();
  const sh = (script: string, change: (config: TestConfig) => void = () => {}): Spec =>
    specOf(box, ['sh', '-c', script], change);

  t.teardown(async () => {
    for (const { id } of await runtime.list()) await runtime.delete(id, { force: true });
  });

  t.test('who it is', async (t) => {
    const { name: said, version, text } = await runtime.version();
    t.equal(said, name.replace('-node', ''));
    t.match(version, /^\d+\.\d+/);
    t.match(text, version);
    const features = await runtime.features();
    t.ok(features.hooks?.includes('createRuntime'));
    t.ok(features.linux?.namespaces?.includes('pid'));
  });

  t.test('no container yet', async (t) => {
    t.same(await runtime.list(), []);
    const error = await failure(t, runtime.state('nobody'));
    t.equal(error.code, 'not-found', error.message);
    t.match(error.argv, [/./]);
    t.ok(error.argv.includes(`--root=${root}`));
    t.not(error.exitStatus, 0);
    t.match(error.message, /does not exist/);
    await runtime.delete('nobody', { force: true });
  });

  t.test('run: status and output, captured', async (t) => {
    const result = await runtime.run(box.id(), sh('echo out; echo err >&2; echo more >/dev/stderr; exit 3'));
    t.match(result, {
      exitCode: 3,
      signal: null,
      certain: true,
      stoppedBy: null,
      stdout: 'out\n',
      stderr: 'err\nmore\n',
    });
    t.same(Buffer.from(result.stdoutBytes).toString(), 'out\n');
    t.same([result.stdoutTruncated, result.stderrTruncated], [false, false]);
    t.same(await runtime.list(), [], 'it is deleted');
  });

  t.test('run: of a signal and of a status that looks like it, as much is said as can be known', async (t) => {
    const id = box.id();
    const process = runtime.run(id, sh('echo ready; exec sleep 1000'), { stdout: 'pipe' });
    await new Promise((resolve) => process.stdout.once('data', resolve));
    t.ok(process.kill('KILL'));
    t.match(await process, { exitCode: 137, signal: 'SIGKILL', certain: false });
    t.notOk(process.kill(), 'it has ended');
    t.match(await runtime.run(box.id(), sh('exit 143')), { exitCode: 143, signal: 'SIGTERM', certain: false });
  });

  t.test('run: what the runtime refuses is an error and no status', async (t) => {
    const error = await failure(t, runtime.run(box.id(), specOf(box, ['no-such-program'])));
    t.match(error.message, 'no-such-program');
    t.match(error.log.at(-1), { level: 'error' });
    t.match(error.stderr, 'no-such-program');
    if (isTsrunc) {
      t.match(error, { code: 'step', pointer: '/process/args/0', position: { line: 1 } });
      t.match(error.file, /config\.json$/);
    } else t.equal(error.code, 'failed');
    t.same(await runtime.list(), []);
  });

  t.test('run: a system call that fails', { skip: !isTsrunc && 'only tsrunc tells it' }, async (t) => {
    const error = await failure(
      t,
      runtime.run(
        box.id(),
        sh('true', (config) => {
          config.mounts.push({ destination: '/mnt', type: 'bind', source: '/no/such/source', options: ['bind'] });
        }),
      ),
    );
    t.match(error, { pointer: /^\/mounts\/\d+/, errno: 2, syscall: String, path: '/no/such/source' });
  });

  t.test('run: several mistakes', { skip: !isTsrunc && 'only tsrunc tells them' }, async (t) => {
    const spec = specOf(box, ['true'], (config) => {
      config.process.cwd = 'tmp';
      config.process.rlimits = [{ type: 'RLIMIT_NOFILES', soft: 1, hard: 1 }];
    });
    const error = await failure(t, runtime.run(box.id(), spec));
    t.equal(error.code, 'config');
    t.same(
      error.problems.map(({ pointer }) => pointer),
      ['/process/cwd', '/process/rlimits/0/type'],
    );
    t.match(error.problems[1]?.hint ?? error.problems[1]?.message, /RLIMIT_NOFILE/);
  });

  t.test('run: limits', async (t) => {
    const late = await runtime.run(box.id(), sh('echo begun; exec sleep 1000'), { timeout: 5000 });
    t.match(late, { stoppedBy: 'timeout', signal: 'SIGKILL', certain: true, stdout: 'begun\n' });
    const loud = await runtime.run(box.id(), specOf(box, ['yes']), { maxBuffer: 10, onMaxBuffer: 'kill' });
    t.match(loud, { stoppedBy: 'maxBuffer', stdout: 'y\ny\ny\ny\ny\n', stdoutTruncated: true });
    const long = await runtime.run(box.id(), sh('i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done; exit 4'), {
      maxBuffer: 4,
    });
    t.match(long, { exitCode: 4, stoppedBy: null, stdout: '0\n1\n', stdoutTruncated: true }, 'truncated, it goes on');
    t.same(await runtime.list(), []);
  });

  t.test('run: a bundle, and a configuration that is put into one', async (t) => {
    const bundle = box.bundle((config) => (config.process.args = ['echo', 'of the bundle']));
    t.match(await runtime.run(box.id(), bundle), { exitCode: 0, stdout: 'of the bundle\n' });
    const spec = sh('pwd', (config) => (config.root.path = 'rootfs'));
    t.match(await runtime.run(box.id(), spec, { bundle }), { stdout: '/\n' });
    t.match(readFileSync(join(bundle, 'config.json'), 'utf8'), /"pwd"/);
    const error = await failure(t, runtime.run(box.id(), spec));
    t.match(error, { code: 'usage', pointer: '/root/path' }, 'a relative root has nothing to be relative to');
  });

  t.test('words that look like options', async (t) => {
    const id = '--force';
    const calls = [
      () => runtime.create(id, sh('true')),
      () => runtime.run(id, sh('true')),
      () => runtime.exec(id, ['true']),
      () => runtime.exec(id, ['true'], { detach: true }),
      () => runtime.start(id),
      () => runtime.state(id),
      () => runtime.kill(id),
      () => runtime.ps(id),
      () => runtime.pause(id),
      () => runtime.resume(id),
      () => runtime.update(id, {}),
      () => runtime.stats(id),
      () => runtime.events(id).next(),
      () => runtime.checkpoint(id),
      () => runtime.delete(id),
    ];
    for (const call of calls) {
      const error = await rejection(t, (async () => await call())());
      t.type(error, TypeError, String(call));
      t.match(String(error), /container id "--force" begins with "-"/);
    }
    const main = box.id();
    await runtime.run(main, specOf(box, ['sleep', '1000']), { detach: true });
    const shown = await runtime.exec(main, ['sh', '-c', 'echo $0 $A', '--user'], {
      env: { A: '--detach' },
      stdout: 'capture',
    });
    t.equal(shown.stdout, '--user --detach\n');
    t.match(await failure(t, runtime.exec(main, ['true'], { cwd: '--detach' })), { message: /cwd|absolute|--detach/i });
    await runtime.delete(main, { force: true });
  });

  t.test('run: streams', async (t) => {
    const piped = runtime.run(box.id(), specOf(box, ['cat']), { stdin: 'pipe', stdout: 'pipe' });
    piped.stdin.end('through the container');
    t.equal(await text(piped.stdout), 'through the container');
    t.equal((await piped).exitCode, 0);
    t.throws(() => piped.stderr, TypeError, 'it was not asked for as a stream');

    const source = new PassThrough();
    const sink = new PassThrough();
    const own = runtime.run(box.id(), specOf(box, ['sh', '-c', 'read x; echo $x $x']), { stdin: source, stdout: sink });
    source.write('twice\n');
    t.equal((await own).exitCode, 0);
    t.equal(sink.read()?.toString(), 'twice twice\n');
    t.notOk(sink.writableEnded, 'the sink is its owner’s to end');

    const lots = await runtime.run(box.id(), specOf(box, ['true']), { stdin: { data: 'x'.repeat(1 << 20) } });
    t.equal(lots.exitCode, 0, 'what is not read is no error');
  });

  t.test('a life', async (t) => {
    const id = box.id();
    const made = await runtime.create(id, sh('trap "exit 7" TERM; echo ready; while :; do sleep 0.02; done'), {
      stdout: 'pipe',
    });
    const state = await runtime.state(id);
    t.match(state, { id, status: 'created', pid: made.pid });
    t.ok(existsSync(join(state.bundle, 'config.json')));
    const end = made.wait();
    await runtime.start(id);
    t.match(String(await new Promise((resolve) => made.stdout.once('data', resolve))), 'ready');
    t.match(await runtime.list(), [{ id, status: 'running', pid: made.pid }]);

    const wrong = await failure(t, runtime.start(id));
    if (!isCrun) t.equal(wrong.code, isTsrunc ? 'state' : wrong.code);
    t.equal((await failure(t, runtime.create(id, sh('true')))).code, 'exists');
    t.equal((await runtime.state(id)).status, 'running', 'it is untouched');

    const pids = await runtime.ps(id);
    t.ok(pids.includes(made.pid));
    await runtime.pause(id);
    t.equal((await runtime.state(id)).status, 'paused');
    await runtime.resume(id);
    // crun has no controllers here, where it is shown a hierarchy that a hybrid host leaves empty.
    if (!isCrun) await runtime.update(id, { pids: { limit: 77 } });
    if (isCrun) {
      const error = await failure(t, runtime.stats(id));
      t.equal(error.code, 'unsupported');
      t.match(error.message, /^crun has no command "events"/);
      t.equal((await failure(t, runtime.events(id).next())).code, 'unsupported');
    } else {
      const stats = await runtime.stats(id);
      t.equal(Number(stats.pids.limit), 77, 'the update is in force');
      t.ok(Number(stats.pids.current) >= 1);
      for await (const event of runtime.events(id, { interval: 20 })) {
        t.match(event, { type: 'stats', id });
        break;
      }
    }

    await runtime.kill(id, 'TERM');
    t.same(await end, { exitCode: 7, signal: null, known: true });
    t.equal((await runtime.state(id)).status, 'stopped');
    // What crun says of it depends on its version.
    t.match((await failure(t, runtime.kill(id, 'TERM'))).code, isCrun ? /^(failed|state)$/ : /^state$/);
    await runtime.delete(id);
    t.notOk(existsSync(state.bundle), 'the temporary bundle went with it');
    t.equal((await failure(t, runtime.delete(id))).code, 'not-found');
    made.stdout.destroy();
  });

  t.test('events end with the container', { skip: isCrun && 'crun has no events' }, async (t) => {
    const id = box.id();
    await runtime.run(id, specOf(box, ['sleep', '1000']), { detach: true });
    const seen: string[] = [];
    for await (const event of runtime.events(id, { interval: 30 })) {
      seen.push(event.type);
      // runc on cgroup v1 notices the end of the cgroup, not that of the process.
      if (seen.length === 2) await runtime.delete(id, { force: true });
    }
    t.same([...new Set(seen)], ['stats']);
  });

  t.test('exec', async (t) => {
    const id = box.id();
    await runtime.run(id, specOf(box, ['sleep', '1000']), { detach: true });
    t.match(await runtime.exec(id, ['sh', '-c', 'cat; echo err >&2; exit 9'], { stdin: { data: 'in' } }), {
      ...{ exitCode: 9, stdout: 'in', stderr: 'err\n' },
    });
    const options = { cwd: '/tmp', env: { A: 'b c' }, user: '1000:1000' };
    t.match(await runtime.exec(id, ['sh', '-c', 'echo "$A $(pwd) $(id -u):$(id -g)"'], options), {
      ...{ stdout: 'b c /tmp 1000:1000\n' },
    });
    const process = {
      args: ['sh', '-c', 'echo $B; pwd'],
      env: ['PATH=/bin', 'B=2'],
      cwd: '/bin',
      user: { uid: 0, gid: 0 },
    };
    t.match(await runtime.exec(id, process), { exitCode: 0, stdout: '2\n/bin\n' });
    const contradiction = await rejection(t, runtime.exec(id, process, { cwd: '/' }));
    t.match(contradiction, { message: /cwd .*Process/ });

    t.match(await runtime.exec(id, ['sh', '-c', 'exit 255']), { exitCode: 255 }, 'the status of the process');
    const error = await failure(t, runtime.exec(id, ['no-such-program']));
    t.match(error.message, 'no-such-program', 'and a failure of the runtime that has the same');

    t.match(await runtime.exec(id, ['sleep', '1000'], { timeout: 300 }), { stoppedBy: 'timeout' });
    // runc copies the output itself, and stays until nobody can write any more.
    if (name !== 'runc')
      t.match(
        await runtime.exec(id, ['sh', '-c', 'sleep 1000 & echo done']),
        {
          exitCode: 0,
          stdout: 'done\n',
        },
        'a child that keeps the pipe keeps nobody waiting',
      );
    const detached = await runtime.exec(id, ['sh', '-c', 'read x; echo $x; kill -9 $$'], {
      ...{ detach: true as const, stdin: 'pipe' as const, stdout: 'pipe' as const },
    });
    t.ok(lives(detached.pid));
    const end = detached.wait();
    detached.stdin.end('detached\n');
    t.equal(await text(detached.stdout), 'detached\n');
    t.same(await end, { exitCode: null, signal: 'SIGKILL', known: true });
    await runtime.delete(id, { force: true });
  });

  t.test('terminals', async (t) => {
    const terminal = { columns: 91, rows: 31 };
    // A runtime may set the size when the process runs already: runc does.
    const sized = (size: string) => `until [ "$(stty size)" = "${size}" ]; do sleep 0.02; done; stty size`;
    const script = `${sized('31 91')}; read line; ${sized('20 50')}; echo "<$line>"; exit 6`;
    const withTerminal = (config: TestConfig): void => {
      config.process.terminal = true;
    };
    const run = runtime.run(box.id(), sh(script, withTerminal), { terminal });
    t.match(await dialogue(run.terminal), whole);
    t.equal((await run).exitCode, 6);
    t.throws(() => run.stdout, TypeError);

    const id = box.id();
    const made = await runtime.create(id, sh(script), { terminal });
    await runtime.start(id);
    t.match(await dialogue(made.terminal), whole, 'by the console socket');
    made.terminal.resize(10, 10);
    await runtime.delete(id, { force: true });

    const main = box.id();
    await runtime.run(main, specOf(box, ['sleep', '1000']), { detach: true });
    const exec = runtime.exec(main, ['sh', '-c', script], { terminal });
    t.match(await dialogue(exec.terminal), whole);
    t.equal((await exec).exitCode, 6);
    const inner = await runtime.exec(main, ['sh', '-c', script], { detach: true, terminal });
    t.match(await dialogue(inner.terminal), whole);

    const hung = await runtime.exec(main, ['sh', '-c', 'echo up; exec sleep 1000'], { detach: true, terminal: true });
    await new Promise((resolve) => hung.terminal.once('data', resolve));
    const end = hung.wait();
    hung.terminal.destroy();
    t.match(await end, { signal: 'SIGHUP' }, 'who destroys it hangs up');
    await runtime.delete(main, { force: true });
  });

  t.test('descriptors are passed on', async (t) => {
    const file = join(box.directory(), 'three');
    writeFileSync(file, 'from descriptor 3');
    const fd = openSync(file, 'r');
    const result = await runtime.run(box.id(), sh('cat <&3; ls /proc/self/fd'), { preserveFds: [fd] });
    closeSync(fd);
    t.match(result.stdout, /^from descriptor 3/);
    t.same(result.stdout.replace('from descriptor 3', '').trim().split('\n').slice(0, 4), ['0', '1', '2', '3']);
    t.notMatch(result.stdout, /^5$/m, 'and no other');
  });

  t.test('nothing is left', async (t) => {
    t.same(await runtime.list(), []);
    // crun doesn't wait for the end of what it kills.
    await settled(() => added(before, snapshot()));
    t.same(
      cgroups().filter((path) => path.includes(`/${box.prefix}-`)),
      [],
    );
  });
}

/** Types a line once the size was told, after another resize; returns all output up to the hang-up. */
async function dialogue(terminal: Terminal): Promise<string> {
  let output = '';
  let typed = false;
  for await (const chunk of terminal) {
    output += chunk;
    if (typed || !output.includes('31 91')) continue;
    typed = true;
    terminal.resize(50, 20);
    terminal.write('typed\n');
  }
  return output;
}

box.end(t);
