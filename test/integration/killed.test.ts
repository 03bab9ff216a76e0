import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lives } from '../helpers/lives.js';
import { cgroups } from '../helpers/machine.js';
import { execute, plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

/** After `delete --force` nothing of the container may be there, whatever its create left half done. */
function leavesNothing(t: import('tap').Test, id: string, when: string) {
  const list = box.call(['list', '-q']);
  t.equal(list.status, existsSync(box.root) ? 0 : 1, `${when}: list works`);
  const result = box.call(['delete', '--force', id]);
  t.equal(result.status, 0, `${when}: ${result.stderr}`);
  t.same(existsSync(box.root) ? readdirSync(box.root).filter((name) => name === id) : [], [], when);
  t.same(
    cgroups().filter((path) => path.endsWith(`/${id}`)),
    [],
    when,
  );
}

t.test('a container that is there is seen by all of these', { skip: skipIf() }, async (t) => {
  const { id } = box.create();
  t.match(box.call(['list', '-q']).stdout, id);
  t.ok(readdirSync(box.root).includes(id));
  t.ok(cgroups().some((path) => path.endsWith(`/${id}`)));
  leavesNothing(t, id, 'created');
});

for (const hook of ['prestart', 'createRuntime'] as const) {
  t.test(`killed in a ${hook} hook`, { skip: skipIf(differs({ runc: 'leaves processes' })) }, async (t) => {
    const id = box.id(hook);
    const bundle = box.bundle(
      (config) => (config.hooks = { [hook]: [{ path: '/bin/sh', args: ['sh', '-c', 'kill -9 $PPID; sleep 5'] }] }),
    );
    const result = box.call(['create', '--bundle', bundle, id]);
    t.not(result.status, 0);
    leavesNothing(t, id, hook);
  });
}

t.test('killed at any moment', { skip: skipIf(differs({ runc: 'leaves processes' })) }, async (t) => {
  // How long an undisturbed create takes here, at its fastest of three, decides where the kills fall.
  const times = [1, 2, 3].map((round) => {
    const bundle = box.bundle();
    const begin = process.hrtime.bigint();
    box.call(['create', '--bundle', bundle, box.id(`undisturbed${round}`)]);
    return Number(process.hrtime.bigint() - begin) / 1e6;
  });
  const whole = Math.min(...times);
  const rounds = 40;
  let killed = 0;
  for (let round = 0; round < rounds; round++) {
    const id = box.id(`at${round}`);
    const bundle = box.bundle((config) => (config.process.args = ['sleep', '1000']));
    const child = spawn(runtime, ['--root', box.root, 'create', '--bundle', bundle, id], {
      env: plainEnv,
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    const moment = (whole * (round + 1)) / rounds;
    // What is tested is the moment itself: no event could stand for it.
    await new Promise((resolve) => setTimeout(resolve, moment));
    child.kill('SIGKILL');
    if ((await ended) === 'SIGKILL') killed++;
    leavesNothing(t, id, `after ${moment.toFixed(1)} of ${whole.toFixed(1)} ms`);
  }
  t.comment(`${killed} of ${rounds} were killed before they had ended`);
  t.ok(killed > 0, 'some were');
});

t.test('init killed while it waits for start', { skip: skipIf() }, async (t) => {
  const { id } = box.create();
  process.kill(box.state(id).pid, 'SIGKILL');
  box.waitStopped(id);
  t.equal(box.state(id).status, 'stopped');
  const start = box.call(['start', id]);
  t.equal(start.status, 1);
  t.match(start.stderr, /stopped/);
  leavesNothing(t, id, 'init');
});

t.test('start killed at any moment', { skip: skipIf() }, async (t) => {
  for (let round = 0; round < 10; round++) {
    const { id } = box.create((config) => (config.process.args = ['sleep', '1000']));
    const child = spawn(runtime, ['--root', box.root, 'start', id], { env: plainEnv, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, round * 6));
    child.kill('SIGKILL');
    await ended;
    t.match(box.state(id).status, /^(created|running)$/);
    leavesNothing(t, id, `round ${round}`);
  }
});

t.test(
  'the lock of a dead command that another process has inherited',
  { skip: skipIf(tsruncOnly('its lock')) },
  async (t) => {
    const { id } = box.started();
    const hold = 'exec 9<"$1"; flock 9; sleep 1000 >/dev/null 2>&1 & echo $!';
    const heir = Number(execute(['sh', '-c', hold, 'sh', join(box.root, id)]).stdout);
    t.ok(lives(heir));
    t.match(box.call(['delete', '--force', id]), {
      status: 0,
      stderr: new RegExp(`process ${heir} has inherited the lock`),
    });
    t.notOk(lives(heir));
  },
);

t.test(
  'a pid that was taken by another process is not touched',
  { skip: skipIf(differs({ runc: 'not looked at' })) },
  async (t) => {
    const { id } = box.started();
    const { pid } = box.state(id);
    process.kill(pid, 'SIGKILL');
    box.waitStopped(id);
    t.equal(box.state(id).status, 'stopped');
    t.match(box.call(['kill', id, 'KILL']).stderr, /container not running/);
  },
);

box.end(t);
