import t from 'tap';
import type { Process } from '../../../src/config/spec.js';
import * as flags from '../../../src/native/flags.js';
import { cgroupForExec, type ExecPlanOptions, planExec } from '../../../src/plan/plan-exec.js';
import { indexOf, names, newOnes, plainProcess, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';
import { rootlessUser, unifiedRoot } from '../../helpers/plan-hosts.js';

const { CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER } = flags;

const exec = (process: Partial<Process>, options: Partial<ExecPlanOptions> = {}, facts = unifiedRoot) =>
  planExec(
    { ...plainProcess, ...process },
    {
      spec: specWith(),
      id: 'c1',
      preserveFds: 0,
      namespaces: CLONE_NEWNS | CLONE_NEWPID,
      hasUserNamespace: false,
      cgroup: { cloneInto: '/sys/fs/cgroup/c1', join: [] },
      ...options,
    },
    facts,
  );

t.test('the steps of exec', (t) => {
  const made = exec({ execCPUAffinity: { initial: '0', final: '0-1' } });
  t.same(names(made), [
    'cpu-affinity',
    'join-cgroup',
    'dumpable',
    'join-process',
    'session-keyring',
    'close-proc',
    'fork',
    'setsid',
    'adopt-root',
    'cpu-affinity',
    'reopen-null',
    'umask',
    'cwd',
    'own-stdio',
    'bounding-set',
    'user',
    'cwd',
    'capabilities',
    'home',
    'find-executable',
    'ready',
    'exec',
  ]);
  t.match(made.slots, [{ kind: 'container-pidfd' }]);
  t.match(stepsOf(made, 'join-process'), [{ pidfd: 0, flags: CLONE_NEWNS | CLONE_NEWPID }]);
  t.same(stepsOf(exec({ cwd: '/w' }), 'make-directory'), [], 'exec makes no directories');
  t.match(stepsOf(made, 'session-keyring'), [{ name: '_ses.c1' }]);
  t.end();
});

t.test('what takes rights over the host comes before the namespaces of the container', (t) => {
  const idMaps = {
    uid: [{ containerID: 0, hostID: 200000, size: 10 }],
    gid: [{ containerID: 0, hostID: 7, size: 10 }],
  };
  const user = { uid: 3, gid: 0 };
  const made = exec({ user }, { hasUserNamespace: true, namespaces: CLONE_NEWUSER, idMaps });
  t.match(stepsOf(made, 'own-stdio'), [
    { uid: 200003, pipes: 1 },
    { uid: 3, pipes: 0 },
  ]);
  t.ok(indexOf(made, 'own-stdio') < indexOf(made, 'join-process'));
  t.end();
});

t.test('pointers are those of the process alone', (t) => {
  t.match(
    problemsOf(() => exec({ args: [], apparmorProfile: 'x' }, {}, { ...unifiedRoot, apparmor: false })),
    [/unsupported \/apparmorProfile/, /config \/args/],
  );
  t.match(
    problemsOf(() => exec({ execCPUAffinity: { initial: 'x' } })),
    [/execCPUAffinity\/initial/],
  );
  t.end();
});

t.test("the container's filter, personality and memory policy", (t) => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW' };
  const spec = specWith({
    linux: {
      namespaces: newOnes('mount'),
      seccomp,
      personality: { domain: 'LINUX32' },
      memoryPolicy: { mode: 'MPOL_LOCAL' },
    },
  });
  const made = exec({ noNewPrivileges: true }, { spec });
  t.equal(made.seccomp?.step, indexOf(made, 'seccomp'));
  t.equal(indexOf(made, 'exec') - indexOf(made, 'seccomp'), 1);
  t.ok(names(made).includes('personality') && names(made).includes('memory-policy'));
  t.end();
});

t.test('a user namespace, and no pid namespace', (t) => {
  const own = [{ containerID: 0, hostID: 1000, size: 1 }];
  const spec = specWith({ linux: { namespaces: newOnes('user', 'mount'), uidMappings: own, gidMappings: own } });
  const options = { spec, hasUserNamespace: true, namespaces: CLONE_NEWNS | CLONE_NEWUSER };
  const made = exec({}, options, rootlessUser);
  t.match(stepsOf(made, 'become'), [{ uid: 0, gid: 0 }]);
  t.equal(stepsOf(made, 'user')[0]?.setGroups, 0);
  t.notOk(names(made).includes('fork'));
  t.end();
});

t.test('terminal', (t) => {
  const made = exec({ terminal: true });
  t.match(stepsOf(made, 'console'), [{ bind: 0 }]);
  t.ok(indexOf(made, 'console') > indexOf(made, 'adopt-root'));
  t.ok(indexOf(made, 'wait-start') > indexOf(made, 'ready'), 'the runtime has its turn');
  t.notOk(names(exec({})).includes('wait-start'));
  t.end();
});

t.test("a container in the host's mount namespace is entered by the root of its init", (t) => {
  const made = exec({}, { namespaces: CLONE_NEWPID });
  t.notOk(names(made).includes('adopt-root'));
  const [enter] = stepsOf(made, 'enter-root');
  t.match(made.slots[enter!.root], { kind: 'container-root' });
  t.ok(indexOf(made, 'enter-root') > indexOf(made, 'join-process'));
  t.ok(indexOf(made, 'enter-root') < indexOf(made, 'fork'), 'before the container can see the process');
  t.end();
});

t.test('execCPUAffinity.initial comes before the cgroup, final behind it', (t) => {
  const cgroup = { cloneInto: '/sys/fs/cgroup/c', join: ['/sys/fs/cgroup/memory/c/tasks'] };
  const execCPUAffinity = { initial: '0', final: '1' };
  const made = exec({ execCPUAffinity }, { cgroup });
  const bornIn = (process: Partial<Process>) => cgroupForExec({ ...plainProcess, ...process }, cgroup).cloneInto;
  t.equal(bornIn({ execCPUAffinity }), '', 'not born in the cgroup');
  t.same(
    stepsOf(made, 'join-cgroup').map(({ path }) => path),
    [...cgroup.join, '/sys/fs/cgroup/c/cgroup.procs'],
  );
  const order = names(made).filter((name) => name === 'cpu-affinity' || name === 'join-cgroup');
  t.same(order, ['cpu-affinity', 'join-cgroup', 'join-cgroup', 'cpu-affinity']);
  t.equal(bornIn({ execCPUAffinity: { final: '1' } }), cgroup.cloneInto);
  t.end();
});
