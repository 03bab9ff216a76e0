import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { type TestConfig, withoutNamespace } from '../helpers/config.js';
import { lives } from '../helpers/lives.js';
import { pureV2 } from '../helpers/pure-v2.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** Clock ticks of CPU time that a process had. */
const ticks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

for (const [where, options, skip] of [
  ['v1 or hybrid', {}, false],
  ['cgroup2 alone', pureV2, differs({ runc: 'wants CAP_SYS_RESOURCE' }) || needsFile('/sys/fs/cgroup')],
] as const)
  t.test(`a paused container stands still: ${where}`, { skip: skipIf(skip) }, async (t) => {
    const call = (...args: string[]) => box.call(args, options);
    const { id } = box.started((config) => (config.process.args = ['sh', '-c', 'while :; do :; done']), options);
    const { pid } = JSON.parse(call('state', id).stdout);
    const paused = call('pause', id);
    t.equal(paused.status, 0, paused.stderr);
    t.equal(paused.stdout + paused.stderr, '');
    t.equal(JSON.parse(call('state', id).stdout).status, 'paused');
    t.match(call('list').stdout, new RegExp(`${id} .* paused `));
    const before = ticks(pid);
    await sleep(60);
    t.equal(ticks(pid), before, 'no CPU time while paused');

    const again = call('pause', id);
    t.equal(again.status, 1);
    t.match(again.stderr, /container not running/);
    const exec = call('exec', id, 'true');
    t.equal(exec.status, 255);
    t.match(exec.stderr, /cannot exec in a paused container/);

    const resumed = call('resume', id);
    t.equal(resumed.status, 0, resumed.stderr);
    t.equal(resumed.stdout + resumed.stderr, '');
    t.equal(JSON.parse(call('state', id).stdout).status, 'running');
    const twice = call('resume', id);
    t.equal(twice.status, 1);
    t.match(twice.stderr, /container not paused/);
    t.equal(call('exec', id, 'true').status, 0);
    call('delete', '--force', id);
  });

t.test('a created container can be paused, and started after resume', { skip: skipIf() }, async (t) => {
  const { id } = box.create((config) => (config.process.args = ['sleep', '1000']));
  t.equal(box.call(['pause', id]).status, 0);
  t.equal(box.state(id).status, 'paused');
  t.match(box.call(['start', id]).stderr, /cannot start a container in the paused state/);
  t.equal(box.call(['resume', id]).status, 0);
  t.equal(box.state(id).status, 'created');
  t.equal(box.call(['start', id]).status, 0);
});

t.test(
  'a paused container can be killed and deleted',
  { skip: skipIf(differs({ runc: 'it stays frozen' })) },
  async (t) => {
    const { id } = box.started();
    box.call(['pause', id]);
    t.equal(box.call(['kill', id, 'KILL']).status, 0);
    box.waitStopped(id);
    t.equal(box.state(id).status, 'stopped');
    t.equal(box.call(['delete', id]).status, 0);
    const forced = box.started();
    box.call(['pause', forced.id]);
    t.equal(box.call(['delete', '--force', forced.id]).status, 0);
  },
);

t.test('a stopped or unknown container', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  t.match(box.call(['pause', id]), { status: 1, stderr: /container not running/ });
  t.match(box.call(['resume', id]), { status: 1, stderr: /container not paused/ });
  t.match(box.call(['pause', 'unknown']), { status: 1, stderr: /container does not exist/ });
  t.match(box.call(['resume', 'unknown']), { status: 1, stderr: /container does not exist/ });
});

t.test(
  'exec --ignore-paused waits for resume',
  { skip: skipIf(differs({ runc: 'came with 1.1, hangs' })) },
  async (t) => {
    const { id } = box.started();
    box.call(['pause', id]);
    const exec = box.call(['exec', '--ignore-paused', id, 'true'], { timeout: 500 });
    t.equal(exec.signal, 'SIGKILL', 'it waits');
    t.equal(box.call(['resume', id], { timeout: 5000 }).status, 0, 'and resume does not wait for it');
  },
);

/** The hierarchies that have a freezer, with the file that freezes and what is written to it. */
const freezers = [
  ['/sys/fs/cgroup/freezer', 'freezer.state', 'FROZEN'],
  ['/sys/fs/cgroup/unified', 'cgroup.freeze', '1'],
  ['/sys/fs/cgroup', 'cgroup.freeze', '1'],
] as const;

for (const [mount, file, value] of freezers) {
  const there = existsSync(mount) && (value === 'FROZEN' || existsSync(`${mount}/cgroup.controllers`));
  for (const [pids, change] of [
    ['its own', () => {}],
    ["the host's", (config: TestConfig) => withoutNamespace(config, 'pid')],
  ] as const)
    t.test(
      `delete --force of a container with a frozen cgroup below its own, in ${mount}, pid namespace: ${pids}`,
      { skip: skipIf(!there && `no freezer at ${mount}`, differs({ runc: 'waits for it for ever' })) },
      async (t) => {
        const path = `/${box.prefix}-frozen`;
        const { id } = box.started((config) => {
          config.linux.cgroupsPath = path;
          config.process.args = ['sh', '-c', 'sleep 1000 & sleep 1000 & wait'];
          change(config);
        });
        const inside = () => readFileSync(`${mount}${path}/cgroup.procs`, 'utf8').split('\n').filter(Boolean);
        for (let tries = 0; inside().length < 3 && tries < 500; tries++) await sleep(10);
        const { pid } = box.state(id);
        const other = inside().find((one) => Number(one) !== pid)!;
        mkdirSync(`${mount}${path}/below`);
        writeFileSync(`${mount}${path}/below/cgroup.procs`, other);
        writeFileSync(`${mount}${path}/below/${file}`, value);
        t.ok(lives(other) && existsSync(`${mount}${path}`));
        const deleted = box.call(['delete', '--force', id], { timeout: 15_000 });
        t.equal(deleted.status, 0, deleted.stderr);
        t.notOk(lives(other), 'the frozen process is gone');
        t.notOk(existsSync(`${mount}${path}`), 'and so is its cgroup');
      },
    );
}

box.end(t);
