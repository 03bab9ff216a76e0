import t from 'tap';
import type { Linux, Process, Seccomp } from '../../../src/config/spec.js';
import { CAP_SYS_ADMIN, capabilityList } from '../../../src/plan/process/capabilities.js';
import { containerEnvironment, dedupe, lookup } from '../../../src/plan/process/environment.js';
import { indexOf, names, newOnes, plan, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';
import { hybridRoot, rootlessUser, unifiedRoot } from '../../helpers/plan-hosts.js';

const planOf = (process: Partial<Process>, facts = unifiedRoot, seccomp?: Seccomp) =>
  plan(specWith({ process, linux: { namespaces: newOnes('mount'), ...(seccomp && { seccomp }) } }), facts);

t.test('environment', (t) => {
  t.same(dedupe(['A=1', 'B=2', 'A=3=4', 'C']), ['B=2', 'A=3=4', 'C']);
  t.equal(lookup(['AB=1', 'A=2=3'], 'A'), '2=3');
  t.equal(lookup(['AB=1'], 'A'), undefined);
  t.same(containerEnvironment(undefined, { listenFds: 0, notifySocket: false }), []);
  t.end();
});

t.test('HOME and PATH', (t) => {
  const made = planOf({ env: ['HOME=/h', 'PATH=/x'], args: ['a', 'b'] });
  t.notOk(names(made).includes('home'));
  t.match(stepsOf(made, 'find-executable'), [{ name: 'a', path: '/x' }]);
  t.match(stepsOf(planOf({ env: [], user: { uid: 7 } }), 'home'), [{ uid: 7 }]);
  t.equal(stepsOf(planOf({ env: [] }), 'find-executable')[0]?.path, '', 'as runc: nothing is searched');
  t.match(
    problemsOf(() => planOf({ args: [] })),
    [/process\/args: there is nothing to execute/],
  );
  t.end();
});

t.test('the order of what takes rights away', (t) => {
  const process = { noNewPrivileges: true, rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }], oomScoreAdj: -5 };
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW' };
  t.same(
    names(planOf(process, unifiedRoot, seccomp)).filter((name) => name !== 'device-node' && name !== 'symlink'),
    [
      'oom-score-adj',
      'rlimit',
      'dumpable',
      'setsid',
      'session-keyring',
      'tree-propagation',
      'open-root',
      'pivot-root',
      'reopen-null',
      'no-new-privileges',
      'umask',
      'cwd',
      'own-stdio',
      'bounding-set',
      'user',
      'cwd',
      'capabilities',
      'home',
      'find-executable',
      'rlimit',
      'ready',
      'wait-start',
      'seccomp',
      'exec',
    ],
  );
  t.end();
});

t.test('ids', (t) => {
  const made = planOf({ user: { uid: 1, gid: 2, umask: 0o77, additionalGids: [3, 0x01020304] }, cwd: '/w' });
  const [user] = stepsOf(made, 'user');
  t.match(user, { uid: 1, gid: 2, setGroups: 1 });
  t.same([...user!.groups], [3, 0, 0, 0, 4, 3, 2, 1]);
  t.match(stepsOf(made, 'umask'), [{ mask: 0o77 }]);
  t.match(stepsOf(planOf({}), 'umask'), [{ mask: 0o22 }]);
  t.match(stepsOf(made, 'own-stdio'), [{ uid: 1, pipes: 0 }]);
  t.match(stepsOf(made, 'cwd'), [
    { path: '/w', attempt: 1 },
    { path: '/w', attempt: 0 },
  ]);
  t.match(stepsOf(made, 'make-directory'), [{ path: '/w', pointer: '/process/cwd' }]);
  t.notOk(names(planOf({ cwd: '//.' })).includes('make-directory'), 'the root is there');
  const inside = { ...unifiedRoot, rootless: true, inUserNamespace: true };
  t.equal(stepsOf(planOf({}, inside), 'user')[0]?.setGroups, 2, 'setgroups may be denied there');
  t.end();
});

t.test('what takes rights over the host comes before a user namespace', (t) => {
  const before = (process: Partial<Process>, facts = hybridRoot) => {
    const linux: Linux = {
      namespaces: newOnes('mount', 'user'),
      uidMappings: [{ containerID: 0, hostID: 100000, size: 2000 }],
      gidMappings: [{ containerID: 0, hostID: 100000, size: 2000 }],
    };
    const made = plan(specWith({ process, linux }), facts);
    const steps = made.steps.slice(0, indexOf(made, 'unshare'));
    return steps.filter(({ step }) => ['own-stdio', 'scheduler', 'io-priority'].includes(step));
  };
  const user = { uid: 1000, gid: 0 };
  const ioPriority = { class: 'IOPRIO_CLASS_RT', priority: 4 };
  const process = { user, scheduler: { policy: 'SCHED_FIFO', priority: 1 }, ioPriority };
  const stdio = { step: 'own-stdio', uid: 101000, pipes: 1, pointer: '/process/user/uid' };
  t.match(before(process), [stdio, { step: 'scheduler', policy: 1 }, { step: 'io-priority' }]);
  const scheduler = { policy: 'SCHED_RR', priority: 1, flags: ['SCHED_FLAG_RESET_ON_FORK'] };
  t.match(before({ ...process, scheduler }), [stdio, { step: 'io-priority' }], 'a fork would undo it');
  t.match(before({ terminal: true }), [], "a terminal is the container's own");
  t.match(before(process, rootlessUser), [], 'without those rights');
  t.end();
});

t.test('capabilities', (t) => {
  const made = planOf({
    capabilities: {
      bounding: ['CAP_KILL', 'CAP_BPF', 'CAP_NEW_ONE'],
      effective: ['CAP_KILL'],
      permitted: ['CAP_KILL', 'CAP_NET_RAW'],
      inheritable: ['CAP_NET_RAW'],
      ambient: ['CAP_KILL', 'CAP_NET_RAW'],
    },
  });
  const [set] = stepsOf(made, 'capabilities');
  t.same(capabilityList(stepsOf(made, 'bounding-set')[0]!.keep), ['CAP_KILL', 'CAP_BPF']);
  t.same(capabilityList(set!.effective), ['CAP_KILL']);
  t.same(capabilityList(set!.ambient), ['CAP_NET_RAW'], 'what is inheritable and permitted');
  t.same(made.warnings, [], 'of names that nobody knows the checks of the configuration warn');
  const older = planOf(
    { capabilities: { bounding: ['CAP_BPF'] } },
    { ...unifiedRoot, lastCapability: 37, boundingCapabilities: (1n << 38n) - 1n },
  );
  t.match(older.warnings, [{ text: /^CAP_BPF can't be granted/, pointer: '/process/capabilities/bounding/0' }]);
  t.equal(stepsOf(older, 'bounding-set')[0]?.keep, 0n);
  t.end();
});

t.test('CVE-2022-29162: no inheritable capabilities unless asked for; none at all without the field', (t) => {
  const made = planOf({ capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] } });
  t.equal(stepsOf(made, 'capabilities')[0]?.inheritable, 0n);
  t.match(stepsOf(planOf({}), 'capabilities'), [{ effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n }]);
  t.equal(stepsOf(planOf({}), 'bounding-set')[0]?.keep, 0n);
  t.end();
});

t.test('the filter', (t) => {
  const profile: Seccomp = { defaultAction: 'SCMP_ACT_ALLOW' };
  const notify: Seccomp = { ...profile, syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }] };
  const place = (process: Partial<Process>, seccomp: Seccomp) => {
    const made = planOf(process, unifiedRoot, seccomp);
    t.equal(made.seccomp?.step, indexOf(made, 'seccomp'));
    return indexOf(made, 'seccomp') < indexOf(made, 'ready') ? 'early' : 'late';
  };
  const admin = { capabilities: { effective: ['CAP_SYS_ADMIN'], permitted: ['CAP_SYS_ADMIN'] } };
  t.equal(place({ noNewPrivileges: true }, profile), 'late');
  t.equal(place(admin, profile), 'late');
  t.equal(place({ noNewPrivileges: true }, notify), 'early', 'the listener is sent off by create');
  t.equal(place({}, profile), 'early');

  const borrowed = stepsOf(planOf({}, unifiedRoot, profile), 'capabilities');
  t.equal(borrowed.length, 2, 'CAP_SYS_ADMIN is held for the filter');
  t.equal(borrowed[0]?.effective, CAP_SYS_ADMIN);
  t.equal(borrowed[0]?.inheritable, 0n);
  t.equal(borrowed[1]?.permitted, 0n, 'and given back at once');
  const made = planOf({}, unifiedRoot, profile);
  t.ok(made.steps.findLastIndex(({ step }) => step === 'capabilities') < indexOf(made, 'ready'));
  t.end();
});

t.test('flags of the filter', (t) => {
  const flagsOf = (seccomp: Partial<Seccomp>) =>
    stepsOf(
      planOf({ noNewPrivileges: true }, unifiedRoot, { defaultAction: 'SCMP_ACT_ALLOW', ...seccomp }),
      'seccomp',
    )[0]?.flags;
  const syscalls = [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }];
  t.equal(flagsOf({}), 4, 'SPEC_ALLOW when none are named');
  t.equal(flagsOf({ flags: [] }), 0);
  t.equal(flagsOf({ flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC'] }), 3);
  t.equal(flagsOf({ flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] }), 0, 'means nothing without a listener');
  t.equal(flagsOf({ flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], syscalls }), 32 | 8);
  t.equal(
    flagsOf({ flags: ['SECCOMP_FILTER_FLAG_TSYNC'], syscalls }),
    1 | 8 | 16,
    'seccomp(2): TSYNC_ESRCH with a listener',
  );
  t.match(
    problemsOf(() => flagsOf({ flags: ['X'] })),
    [/linux\/seccomp\/flags\/0/],
  );
  t.end();
});

t.test('limits are raised first and set last', (t) => {
  const rlimits = [
    { type: 'RLIMIT_NOFILE', soft: 3, hard: 4 },
    { type: 'RLIMIT_CORE', soft: -1, hard: 18446744073709551615n },
  ];
  const made = planOf({ rlimits });
  t.match(stepsOf(made, 'rlimit'), [
    { resource: 7, raise: 1 },
    { resource: 4, raise: 1 },
    { resource: 7, soft: 3n, hard: 4n, raise: 0, pointer: '/process/rlimits/0' },
    { resource: 4, soft: 0xffffffffffffffffn, hard: 0xffffffffffffffffn, raise: 0 },
  ]);
  t.match(
    problemsOf(() => planOf({ rlimits: [{ type: 'RLIMIT_X', soft: 1, hard: 1 }] })),
    [/^config \/process\/rlimits\/0\/type/],
  );
  t.end();
});

t.test("labels that the host can't set are errors", (t) => {
  const process = { apparmorProfile: 'p', selinuxLabel: 'u:r:t:s0' };
  const made = planOf(process, hybridRoot);
  t.match(stepsOf(made, 'apparmor-profile'), [{ profile: 'p' }]);
  t.match(stepsOf(made, 'selinux-label'), [{ label: 'u:r:t:s0' }]);
  t.equal(stepsOf(made, 'session-keyring')[0]?.label, 'u:r:t:s0');
  const problems = problemsOf(() => planOf(process, { ...unifiedRoot, apparmor: false }));
  t.match(problems, [/^unsupported \/process\/apparmorProfile/, /^unsupported \/process\/selinuxLabel/]);
  t.end();
});

t.test('everything wrong is told at once', (t) => {
  const spec = specWith({
    process: { args: [], selinuxLabel: 'x', ioPriority: { class: 'Z' } },
    mounts: [{ destination: '/', type: 'tmpfs' }],
    linux: { namespaces: newOnes('mount'), personality: { domain: 'VMS' } },
  });
  const pointers = problemsOf(() => plan(spec, rootlessUser)).map((text) => text.split(/[ :]/)[1]);
  t.same(pointers, [
    '/mounts/0/destination',
    '/process/ioPriority/class',
    '/process/selinuxLabel',
    '/linux/personality/domain',
    '/process/args',
  ]);
  t.throws(() => plan({ ...spec, process: undefined } as never), { code: 'config', fields: { pointer: '/process' } });
  t.end();
});
