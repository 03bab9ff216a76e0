/** Annotations that crun has and runc has not; `TSRUNC=crun` runs them against crun. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { placeOfCalls, pureV2 } from '../helpers/pure-v2.js';
import { type CallOptions, kind, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const notRunc = differs({ runc: 'it knows none of these', youki: 'it knows none of these' });

function call(args: string[], wrapper: string[] = [], options: CallOptions = {}) {
  return box.call(args, { ...placeOfCalls, ...options, wrapper: [...(placeOfCalls.wrapper ?? []), ...wrapper] });
}

function run(
  script: string,
  annotations: Record<string, string>,
  change: (config: TestConfig) => void = () => {},
  wrapper: string[] = [],
) {
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', script];
    config.annotations = annotations;
    change(config);
  });
  return call(['run', '--bundle', bundle, box.id('run')], wrapper);
}

const inGroups = ['setpriv', '--groups', '4242,4343'];
const groups = `sed -n 's/^Groups:[[:space:]]*//p' /proc/self/status`;

t.test('keep_original_groups: the process has the groups of the caller', { skip: skipIf(notRunc) }, (t) => {
  const keep = { 'run.oci.keep_original_groups': '1' };
  const withGroups = (config: TestConfig) => {
    config.process.user = { uid: 0, gid: 0, additionalGids: [7] };
  };
  t.equal(run(groups, keep, withGroups, inGroups).stdout.trim(), '4242 4343');
  t.equal(run(groups, { 'run.oci.keep_original_groups': '0' }, withGroups, inGroups).stdout.trim(), '7');
  t.equal(run(groups, {}, () => {}, inGroups).stdout.trim(), '');

  const id = box.id('exec');
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
    config.annotations = keep;
  });
  t.equal(call(['run', '-d', '--bundle', bundle, id], inGroups).status, 0);
  t.equal(call(['exec', id, 'sh', '-c', groups], ['setpriv', '--groups', '99']).stdout.trim(), '99', 'and so of exec');
  t.end();
});

const hookKinds = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;

t.test('hooks.stdout and hooks.stderr: every hook appends there', { skip: skipIf(notRunc) }, (t) => {
  const directory = box.directory('hooks');
  const [out, err] = [join(directory, 'out'), join(directory, 'err')];
  const env = ['PATH=/bin:/usr/bin'];
  const hook = (name: string) => ({ path: '/bin/sh', args: ['sh', '-c', `echo ${name}; echo not ${name} >&2`], env });
  const result = run('true', { 'run.oci.hooks.stdout': out, 'run.oci.hooks.stderr': err }, (config) => {
    config.hooks = Object.fromEntries(hookKinds.map((name) => [name, [hook(name)]]));
  });
  t.equal(result.status, 0, result.stderr);
  // crun has the files open while it makes the container alone.
  const wanted = kindIs('crun') ? hookKinds.filter((name) => readFileSync(out, 'utf8').includes(name)) : hookKinds;
  t.same(readFileSync(out, 'utf8').trim().split('\n').sort(), [...wanted].sort());
  t.ok(wanted.includes('createContainer') && wanted.includes('createRuntime'));
  if (kind === 'tsrunc') t.same(readFileSync(err, 'utf8').trim().split('\n').length, 6);
  t.end();
});

t.test('hooks.stdout that can not be opened: before anything is made', { skip: skipIf(notRunc) }, (t) => {
  const mark = join(box.directory('mark'), 'mark');
  const { status, stderr } = run('true', { 'run.oci.hooks.stdout': '/no/such/directory/out' }, (config) => {
    config.hooks = { createRuntime: [{ path: '/bin/touch', args: ['touch', mark] }] };
  });
  t.not(status, 0);
  t.notOk(existsSync(mark));
  t.match(stderr, /no such file or directory/i);
  if (kind === 'tsrunc') t.match(stderr, '/annotations/run.oci.hooks.stdout');
  t.end();
});

t.test(
  'hooks.stdout that is a fifo: nothing waits for a reader',
  { skip: skipIf(notRunc, differs({ crun: 'waits' })) },
  (t) => {
    const fifo = join(box.directory('hooks'), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const told = /annotations.run\.oci\.hooks\.stdout.* nobody reads the fifo/;
    const configure = (config: TestConfig) => {
      config.annotations = { 'run.oci.hooks.stdout': fifo };
      config.hooks = { poststop: [{ path: '/bin/sh', args: ['sh', '-c', 'echo poststop'] }] };
    };
    t.match(box.call(['create', '--bundle', box.bundle(configure), box.id()]), { status: 1, stderr: told });
    const end = openSync(fifo, constants.O_RDWR);
    const { id } = box.started(configure);
    t.equal(box.call(['kill', id, 'KILL']).status, 0);
    box.waitStopped(id);
    closeSync(end);
    t.match(box.call(['delete', id]), { status: 0, stderr: told });
    t.end();
  },
);

t.test('seccomp_fail_unknown_syscall', { skip: skipIf(notRunc) }, (t) => {
  const profile = (config: TestConfig) => {
    config.linux.seccomp = {
      defaultAction: 'SCMP_ACT_LOG',
      architectures: [],
      syscalls: [
        { names: ['no_such_call'], action: 'SCMP_ACT_ALLOW' },
        { names: ['write', 'exit_group', 'execve', 'brk', 'mmap', 'arch_prctl'], action: 'SCMP_ACT_ALLOW' },
      ],
    };
  };
  const value = (value: string) => run('echo ran', { 'run.oci.seccomp_fail_unknown_syscall': value }, profile);
  // crun keeps the filter of a run without the annotation, and asks no more.
  if (kind === 'tsrunc') t.equal(value('0').stdout, 'ran\n');
  // Twice, for the same reason.
  for (const attempt of ['first', 'second']) {
    const { status, stdout, stderr } = value('1');
    t.not(status, 0, attempt);
    t.equal(stdout, '');
    if (kind === 'tsrunc') {
      t.match(stderr, '/linux/seccomp/syscalls/0/names/0');
      t.match(stderr, 'no_such_call');
    }
  }
  t.end();
});

t.test(
  'delegate-cgroup: the process is below its cgroup, which is the root of its cgroup namespace',
  { skip: skipIf(notRunc, !existsSync('/proc/self/ns/cgroup') && 'no cgroup namespaces') },
  (t) => {
    const id = box.id('delegate');
    const bundle = box.bundle((config) => {
      config.process.args = ['sleep', '1000'];
      config.linux.namespaces.push({ type: 'cgroup' });
      config.linux.cgroupsPath = `/${id}`;
      config.annotations = { 'run.oci.delegate-cgroup': 'payload' };
    });
    const options = { wrapper: pureV2.wrapper };
    const made = box.call(['run', '-d', '--bundle', bundle, id], options);
    t.equal(made.status, 0, made.stderr);
    const seen = box.call(['exec', id, 'cat', '/proc/1/cgroup'], options).stdout;
    t.equal(/^0::(.*)$/m.exec(seen)?.[1], '/payload');
    const { pid } = JSON.parse(box.call(['state', id], options).stdout);
    const own = readFileSync(`/proc/${pid}/cgroup`, 'utf8').match(/^0::(.*)$/m)?.[1];
    t.equal(own, `/${id}/payload`);
    t.equal(box.call(['delete', '--force', id], options).status, 0, runtime);
    t.notOk(existsSync(`/sys/fs/cgroup/unified/${id}`));
    t.end();
  },
);

box.end(t);
