import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test("run ends with the process's status", { skip: skipIf() }, async (t) => {
  for (const status of [0, 1, 7, 127, 255]) t.equal(box.sh(`exit ${status}`).status, status);
});

t.test('or 128 + the signal that killed it', { skip: skipIf() }, async (t) => {
  // The first process of a pid namespace can't be killed by itself; from outside KILL always works.
  const id = box.id();
  const { directory, read } = box.fifo();
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', 'echo ready > /fifo/fifo; sleep 1000'];
    config.mounts.push({ destination: '/fifo', source: directory, options: ['bind'] });
  });
  const child = spawn(runtime, ['--root', box.root, 'run', '--bundle', bundle, id], { env: plainEnv, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.equal(read(), 'ready\n');
  t.equal(box.call(['kill', id, 'KILL']).status, 0);
  t.equal(await ended, 137);
  const shared = box.sh('kill -USR1 $$', (config) => {
    config.linux.namespaces = config.linux.namespaces.filter((one) => one.type !== 'pid');
  });
  t.equal(shared.status, 138);
});

t.test('signals sent to run reach the container', { skip: skipIf() }, async (t) => {
  // 34 is SIGRTMIN, which the C library of bin/tsrunc keeps for itself.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGHUP', 34] as const) {
    const { directory, read } = box.fifo();
    const bundle = box.bundle((config) => {
      config.process.args = [
        'sh',
        '-c',
        `trap "exit 42" ${String(signal).replace('SIG', '')}; echo ready > /fifo/fifo; while :; do sleep 1 & wait; done`,
      ];
      config.mounts.push({ destination: '/fifo', source: directory, options: ['bind'] });
    });
    const child = spawn(runtime, ['--root', box.root, 'run', '--bundle', bundle, box.id()], {
      env: plainEnv,
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    t.equal(read(), 'ready\n');
    // child.kill knows no 34.
    process.kill(child.pid!, signal);
    t.equal(await ended, 42, String(signal));
  }
});

t.test('a foreground run uses no processor while it waits', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const { directory, read } = box.fifo();
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', 'echo ready > /fifo/fifo; exec sleep 1000'];
    config.mounts.push({ destination: '/fifo', source: directory, options: ['bind'] });
  });
  // /dev/null as stdin is readable at any time: polling it would never wait.
  const child = spawn(runtime, ['--root', box.root, 'run', '--bundle', bundle, id], { env: plainEnv, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.equal(read(), 'ready\n');
  const used = () => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = used();
  // Some tenths of a second, of which a busy wait would take most: a tick is 10 ms.
  for (let i = 0; i < 30; i++) box.call(['exec', id, 'true']);
  t.ok(used() - before <= 2, 'at most two ticks');
  box.call(['kill', id, 'KILL']);
  t.equal(await ended, 137);
});

t.test('exec', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  for (const status of [0, 3, 255]) t.equal(box.call(['exec', id, 'sh', '-c', `exit ${status}`]).status, status);
  t.equal(box.call(['exec', id, 'sh', '-c', 'kill -TERM $$']).status, 143);
  t.equal(box.call(['exec', id, 'no-such-program']).status, 255, 'it could not be run at all');
});

t.test('a foreground run with processes left over ends all the same', { skip: skipIf() }, async (t) => {
  const result = box.sh('sleep 1000 > /dev/null 2>&1 & exit 5');
  t.equal(result.status, 5);
});

t.test('the init of a container reaps nothing for it: zombies are its own affair', { skip: skipIf() }, async (t) => {
  const { id } = box.started((config) => (config.process.args = ['sh', '-c', '(sleep 0.01 &) ; exec sleep 1000']));
  const { pid } = box.state(id);
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const isZombie = (child: string) => child !== '' && /\) Z /.test(readFileSync(`/proc/${child}/stat`, 'utf8'));
  for (let tries = 0; !isZombie(children()) && tries < 500; tries++) await sleep(10);
  t.ok(isZombie(children()), 'the child that it was left with has ended and stays');
});

box.end(t);
