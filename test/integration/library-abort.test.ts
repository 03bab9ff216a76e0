/** An operation of the client that is aborted, at every stage, leaves nothing and rejects with the signal's reason. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RuntimeError, Spec } from '../../src/library/index.js';
import { appears } from '../helpers/appears.js';
import type { TestConfig } from '../helpers/config.js';
import { clientOf, rejection, specOf } from '../helpers/library.js';
import { cgroups } from '../helpers/machine.js';
import { Sandbox } from '../helpers/sandbox.js';
import { kindIs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const runtime = clientOf(box);
const skip = skipIf(tsruncOnly('a runtime that is killed may leave processes'));
const reason = new Error('enough');

/** A hook that says that it runs, and then doesn't end. */
function waitingHook(name: 'createRuntime' | 'poststart' | 'poststop') {
  const reached = join(box.directory(), 'reached');
  const change = (config: TestConfig): void => {
    config.hooks = {
      [name]: [
        {
          path: '/bin/sh',
          args: ['sh', '-c', `: > ${reached}; exec sleep 1000`],
          env: [`REACHED=${reached}`, 'PATH=/bin:/usr/bin'],
        },
      ],
    };
  };
  return { reached, change };
}

/** The processes of a hook that is waiting. */
const processesOf = (reached: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`REACHED=${reached}\0`);
    } catch {
      return false;
    }
  });

/** The hook was ended, too: a signal is sent by then, but the kernel may not have got to it. */
async function endOf(reached: string, t: Test): Promise<void> {
  while (processesOf(reached).length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  t.pass('the hook has ended');
}

const sleeping = (change: (config: TestConfig) => void = () => {}): Spec => specOf(box, ['sleep', '1000'], change);

async function leavesNothing(t: Test, id: string): Promise<void> {
  const error = (await rejection(t, runtime.state(id))) as RuntimeError;
  t.equal(error.code, 'not-found');
  t.same(existsSync(box.root) ? readdirSync(box.root).filter((name) => name === id) : [], []);
  t.same(
    cgroups().filter((path) => path.endsWith(`/${id}`)),
    [],
  );
}

const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => /^tsrunc-(?:bundle|pid|tty)-/.test(name));

t.test('before anything is started', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const signal = AbortSignal.abort(reason);
  const before = temporary();
  const process = runtime.run(id, sleeping(), { signal, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
  t.equal(process.commandPid, undefined);
  t.equal(await rejection(t, process), reason);
  t.same(await process.stdout.toArray(), [], 'its streams are at their end');
  t.ok(process.stdin.destroyed);
  t.equal(process.kill(), false);
  const operations: (() => PromiseLike<unknown>)[] = [
    () => runtime.run(id, sleeping(), { signal, detach: true }),
    () => runtime.create(id, sleeping(), { signal }),
    () => runtime.exec(id, ['true'], { signal }),
    () => runtime.exec(id, ['true'], { signal, detach: true }),
    () => runtime.start(id, { signal }),
    () => runtime.kill(id, 'KILL', { signal }),
    () => runtime.delete(id, { signal }),
    () => runtime.state(id, { signal }),
    () => runtime.list({ signal }),
    () => runtime.ps(id, { signal }),
    () => runtime.pause(id, { signal }),
    () => runtime.resume(id, { signal }),
    () => runtime.update(id, {}, { signal }),
    () => runtime.stats(id, { signal }),
    () => runtime.events(id, { signal }).next(),
    () => runtime.checkpoint(id, { signal }),
    () => runtime.restore(id, sleeping(), { signal }),
    () => runtime.features({ signal }),
    () => runtime.version({ signal }),
  ];
  for (const operation of operations) t.equal(await rejection(t, operation()), reason, String(operation));
  await leavesNothing(t, id);
  t.same(
    temporary().filter((name) => !before.includes(name)),
    [],
  );
});

for (const name of ['run', 'create', 'run detached'] as const) {
  const operation = (id: string, spec: Spec, signal: AbortSignal): PromiseLike<unknown> => {
    if (name === 'create') return runtime.create(id, spec, { signal });
    return name === 'run' ? runtime.run(id, spec, { signal }) : runtime.run(id, spec, { signal, detach: true });
  };

  t.test(`${name}: while a hook of the creation runs`, { skip }, async (t) => {
    const id = box.id();
    const { reached, change } = waitingHook('createRuntime');
    const controller = new AbortController();
    const promise = operation(id, sleeping(change), controller.signal);
    const rejected = rejection(t, promise);
    await appears(reached);
    controller.abort(reason);
    t.equal(await rejected, reason);
    await leavesNothing(t, id);
  });

  t.test(`${name}: at any moment of the creation`, { skip }, async (t) => {
    const begin = performance.now();
    const undisturbed = box.id();
    await runtime.create(undisturbed, sleeping());
    const whole = performance.now() - begin;
    await runtime.delete(undisturbed, { force: true });
    const rounds = 12;
    for (let round = 0; round < rounds; round++) {
      const id = box.id();
      const signal = AbortSignal.timeout(Math.ceil((whole * round) / rounds));
      try {
        await operation(id, sleeping(), signal);
        await runtime.delete(id, { force: true });
      } catch (error) {
        t.equal(error, signal.reason);
      }
      await leavesNothing(t, id);
    }
  });
}

t.test('run: while the process runs', { skip }, async (t) => {
  const id = box.id();
  const controller = new AbortController();
  const spec = specOf(box, ['sh', '-c', 'echo up; sleep 1000 & sleep 1000']);
  const process = runtime.run(id, spec, { signal: controller.signal, stdout: 'pipe' });
  await new Promise((resolve) => process.stdout.once('data', resolve));
  controller.abort(reason);
  t.equal(await rejection(t, process), reason);
  t.ok(process.stdout.destroyed);
  await leavesNothing(t, id);
});

t.test('run: of an id that is taken leaves the other container alone', { skip }, async (t) => {
  const id = box.id();
  const bundle = box.bundle((config) => (config.process.args = ['sleep', '1000']));
  await runtime.run(id, bundle, { detach: true });
  const { pid } = await runtime.state(id);
  for (let delay = 0; delay < 8; delay++) {
    const signal = AbortSignal.timeout(delay);
    const error = (await rejection(t, runtime.run(id, sleeping(), { signal }))) as RuntimeError;
    t.ok(error === signal.reason || error.code === 'exists');
  }
  t.match(await runtime.state(id), { status: 'running', pid });
  await runtime.delete(id, { force: true });
});

t.test('exec: its process is killed, not the container', { skip: skipIf() }, async (t) => {
  const id = box.id();
  await runtime.run(id, sleeping(), { detach: true });
  for (const detach of [false, true]) {
    for (let delay = 0; delay < 40; delay += 8) {
      const signal = AbortSignal.timeout(delay);
      if (detach) {
        // A detached one that runs is its caller's to end.
        const ended = runtime.exec(id, ['sleep', '0.2'], { signal, detach: true }).then(
          (process) => process.wait(),
          () => undefined,
        );
        await ended;
      } else t.equal(await rejection(t, runtime.exec(id, ['sleep', '500'], { signal })), signal.reason);
    }
  }
  const controller = new AbortController();
  const process = runtime.exec(id, ['sh', '-c', 'echo up; exec sleep 500'], {
    ...{ signal: controller.signal, stdout: 'pipe' as const },
  });
  await new Promise((resolve) => process.stdout.once('data', resolve));
  controller.abort(reason);
  t.equal(await rejection(t, process), reason);
  // One that was detached when it was too late to abort it ends by itself, and the kernel kills the others when it gets to it.
  while ((await runtime.ps(id)).length > 1);
  t.equal((await runtime.ps(id)).length, 1, 'the process of the container is left');
  t.equal((await runtime.state(id)).status, 'running');
  await runtime.delete(id, { force: true });
});

t.test('delete: while a hook of it runs', { skip: skipIf(kindIs('crun') && 'crun waits for no hook') }, async (t) => {
  const id = box.id();
  const { reached, change } = waitingHook('poststop');
  await runtime.create(id, sleeping(change));
  const controller = new AbortController();
  const rejected = rejection(t, runtime.delete(id, { force: true, signal: controller.signal }));
  await appears(reached);
  controller.abort(reason);
  t.equal(await rejected, reason);
  const again = new AbortController();
  setTimeout(() => again.abort(reason), 500);
  await runtime.delete(id, { force: true, signal: again.signal }).catch(() => {});
  await leavesNothing(t, id);
  await endOf(reached, t);
});

t.test('start, events, wait', { skip: skipIf(tsruncOnly('hooks of start')) }, async (t) => {
  const id = box.id();
  const { reached, change } = waitingHook('poststart');
  const made = await runtime.create(id, sleeping(change));
  const controller = new AbortController();
  const starting = rejection(t, runtime.start(id, { signal: controller.signal }));
  await appears(reached);
  controller.abort(reason);
  t.equal(await starting, reason);
  await endOf(reached, t);

  const watching = new AbortController();
  const seen: string[] = [];
  const events = rejection(
    t,
    (async () => {
      for await (const event of runtime.events(id, { interval: 20, signal: watching.signal })) {
        seen.push(event.type);
        watching.abort(reason);
      }
    })(),
  );
  t.equal(await events, reason);
  t.same(seen, ['stats']);

  const waiting = AbortSignal.timeout(20);
  t.equal(await rejection(t, made.wait({ signal: waiting })), waiting.reason);
  await runtime.delete(id, { force: true });
});

t.test('a terminal that was being waited for', { skip }, async (t) => {
  const id = box.id();
  const { reached, change } = waitingHook('createRuntime');
  const controller = new AbortController();
  const made = rejection(t, runtime.create(id, sleeping(change), { terminal: true, signal: controller.signal }));
  await appears(reached);
  controller.abort(reason);
  t.equal(await made, reason);
  await leavesNothing(t, id);
});

box.end(t);
