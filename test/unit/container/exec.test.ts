import t from 'tap';
import type { Process, Spec } from '../../../src/config/spec.js';
import { execCgroup } from '../../../src/container/exec/exec-cgroup.js';
import { execProcess } from '../../../src/container/exec/exec-process.js';
import type { ExecOptions } from '../../../src/container/options.js';
import type { StateFile } from '../../../src/container/state/state-schema.js';
import { cgroupForExec } from '../../../src/plan/plan-exec.js';

const options: ExecOptions = {
  args: ['ls'],
  env: [],
  tty: false,
  additionalGids: [],
  detach: false,
  noNewPrivs: false,
  capabilities: [],
  preserveFds: 0,
  cgroups: [],
  ignorePaused: false,
};

const spec: Spec = {
  ociVersion: '1.3.0',
  process: {
    args: ['sh'],
    cwd: '/srv',
    env: ['A=1'],
    terminal: true,
    user: { uid: 5, gid: 6, additionalGids: [7] },
    capabilities: { bounding: ['CAP_KILL'], inheritable: ['CAP_KILL'] },
  },
};

const nothing = () => {};

t.test("exec takes the configuration's process with the changes of the command line", async (t) => {
  t.match(execProcess(spec, options, nothing), {
    args: ['ls'],
    cwd: '/srv',
    env: ['A=1'],
    terminal: false,
    user: { uid: 5, gid: 6, additionalGids: [7] },
  });
  const changed = execProcess(
    spec,
    {
      ...options,
      cwd: '/',
      env: ['B=2'],
      tty: true,
      user: { uid: 1 },
      additionalGids: [8],
      noNewPrivs: true,
      capabilities: ['CAP_SYS_TIME'],
      processLabel: 'l',
      apparmor: 'p',
    },
    nothing,
  );
  t.match(changed, {
    cwd: '/',
    env: ['A=1', 'B=2'],
    terminal: true,
    user: { uid: 1, gid: 6, additionalGids: [7, 8] },
    noNewPrivileges: true,
    selinuxLabel: 'l',
    apparmorProfile: 'p',
  });
});

t.test('added capabilities are not inheritable (CVE-2022-29162)', async (t) => {
  const { capabilities } = execProcess(spec, { ...options, capabilities: ['CAP_SYS_TIME'] }, nothing);
  t.strictSame(capabilities, {
    bounding: ['CAP_KILL', 'CAP_SYS_TIME'],
    effective: ['CAP_SYS_TIME'],
    permitted: ['CAP_SYS_TIME'],
    inheritable: ['CAP_KILL'],
  });
  const both = execProcess(spec, { ...options, capabilities: ['CAP_SYS_TIME', 'CAP_KILL'] }, nothing).capabilities;
  t.strictSame(both?.inheritable, ['CAP_KILL']);
  t.strictSame(both?.ambient, ['CAP_KILL'], 'what is inheritable already is ambient too, or it would be lost');
});

t.test('a capability that nobody knows is left out with a warning', async (t) => {
  const warnings: string[] = [];
  const added = { ...options, capabilities: ['CAP_FOO', 'CAP_SYS_TIME'] };
  const { capabilities } = execProcess(spec, added, ({ message }) => warnings.push(message));
  t.strictSame(capabilities?.bounding, ['CAP_KILL', 'CAP_SYS_TIME']);
  t.strictSame(warnings, ['--cap: "CAP_FOO" is no known capability and is left out']);
});

t.test("a process file that is silent on what confines gets the container's", async (t) => {
  const confined: Spec = {
    ociVersion: '1.3.0',
    process: {
      args: ['sh'],
      cwd: '/srv',
      env: ['A=1'],
      terminal: true,
      user: { uid: 5, gid: 6, umask: 0o77, additionalGids: [7] },
      capabilities: { bounding: ['CAP_KILL'] },
      noNewPrivileges: true,
      rlimits: [{ type: 'RLIMIT_NPROC', soft: 1, hard: 1 }],
      apparmorProfile: 'profile',
      selinuxLabel: 'label',
      oomScoreAdj: 5,
      scheduler: { policy: 'SCHED_BATCH' },
      ioPriority: { class: 'IOPRIO_CLASS_IDLE', priority: 0 },
      execCPUAffinity: { final: '0' },
    },
  };
  const run = (process: Process, more: Partial<ExecOptions> = {}) =>
    execProcess(confined, { ...options, args: [], process, ...more }, nothing);
  const { args: _args, cwd: _cwd, env: _env, terminal: _terminal, ...rest } = confined.process!;
  t.strictSame(run({ args: ['x'], cwd: '/' }), { ...rest, args: ['x'], cwd: '/' });
  const own: Process = {
    args: ['x'],
    cwd: '/',
    env: ['B=2'],
    terminal: false,
    user: { uid: 0, gid: 0, umask: 0o22, additionalGids: [] },
    capabilities: {},
    noNewPrivileges: false,
    rlimits: [],
    apparmorProfile: 'unconfined',
    selinuxLabel: 'other',
    oomScoreAdj: 0,
    scheduler: { policy: 'SCHED_OTHER' },
    ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 4 },
    execCPUAffinity: { final: '1' },
  };
  t.strictSame(run(own), own, 'what it says holds');
  t.match(run({ args: ['x'], cwd: '/', user: { uid: 0, gid: 0 }, apparmorProfile: '', selinuxLabel: '' }), {
    user: { uid: 0, gid: 0, umask: 0o77, additionalGids: undefined },
    apparmorProfile: 'profile',
    selinuxLabel: 'label',
  });
  const restrictions = { noNewPrivs: true, processLabel: 'l', apparmor: 'p' };
  t.strictSame(
    run(own, { cwd: '/x', ...restrictions }),
    { ...own, noNewPrivileges: true, selinuxLabel: 'l', apparmorProfile: 'p' },
    'and so does what the command line restricts',
  );
});

const state = (paths: Record<string, string>) => ({ cgroup: { paths, made: [] } }) as unknown as StateFile;

t.test('--cgroup leads below the cgroup of the container and nowhere else', async (t) => {
  const v2 = state({ '': '/sys/fs/cgroup/c' });
  t.strictSame(execCgroup(v2, []), { cloneInto: '/sys/fs/cgroup/c', join: [] });
  t.strictSame(execCgroup(v2, ['/sub//x/.']).cloneInto, '/sys/fs/cgroup/c/sub/x');
  for (const path of ['..', '../x', 'a/../../b', 'a/..'])
    t.throws(() => execCgroup(v2, [path]), { code: 'usage' }, path);
  const v1 = state({ 'cpu,cpuacct': '/c/cpu/x', memory: '/c/memory/x' });
  for (const paths of [['cpu:a', 'cpuacct:'], ['a', '/'], ['cpu:a', 'b'], [':a']]) {
    t.throws(() => execCgroup(v1, paths), { code: 'usage' }, paths.join(' '));
  }
  t.strictSame(execCgroup(v2, ['/x\ny']).cloneInto, '/sys/fs/cgroup/c/x\ny', 'never the cgroup above');
  t.strictSame(execCgroup(v1, ['cpuacct:sub']).join, ['/c/cpu/x/sub/tasks', '/c/memory/x/tasks']);
  t.strictSame(execCgroup(v1, ['sub']).join, ['/c/cpu/x/sub/tasks', '/c/memory/x/sub/tasks']);
  t.throws(() => execCgroup(v1, ['pids:sub']), { code: 'usage', message: /no cgroup of the controller pids/ });
});

t.test('with an initial affinity the process is not born in the cgroup', async (t) => {
  const cgroup = { cloneInto: '/cg/box', join: [] };
  t.same(cgroupForExec({ cwd: '/' }, cgroup), cgroup);
  const entered = cgroupForExec({ cwd: '/', execCPUAffinity: { initial: '0' } }, cgroup);
  t.same(entered, { cloneInto: '', join: ['/cg/box/cgroup.procs'] });
  t.same(cgroupForExec({ cwd: '/', execCPUAffinity: { initial: '0' } }, entered), entered);
});
