import t from 'tap';
import type { CgroupHost } from '../../../src/cgroup/plan/cgroup-host.js';
import { type CgroupOptions, planCgroup } from '../../../src/cgroup/plan/plan-cgroup.js';
import type { DeviceRule, Linux, Spec } from '../../../src/config/spec.js';

const controller = (name: string, mountPoint = `/sys/fs/cgroup/${name}`, self = '/') => ({
  name,
  mountPoint,
  root: '/',
  self,
});
const hybrid: CgroupHost = {
  mode: 'hybrid',
  controllers: [
    controller('cpu', '/sys/fs/cgroup/cpu,cpuacct'),
    controller('cpuacct', '/sys/fs/cgroup/cpu,cpuacct'),
    controller('cpuset'),
    controller('memory', '/sys/fs/cgroup/memory', '/own'),
    controller('devices'),
    controller('freezer'),
    controller('name=systemd', '/sys/fs/cgroup/systemd'),
  ],
  unified: { mountPoint: '/sys/fs/cgroup/unified', root: '/', self: '/', controllers: ['hugetlb'] },
};
const unified: CgroupHost = {
  mode: 'unified',
  controllers: [],
  unified: {
    mountPoint: '/sys/fs/cgroup',
    root: '/',
    self: '/user.slice/x.scope',
    controllers: ['cpu', 'memory', 'pids'],
  },
};
const nothing: CgroupHost = { mode: 'none', controllers: [] };

const options: CgroupOptions = { id: 'id', manager: 'cgroupfs', rootless: false, hostRoot: true };
const user = { rootless: true, hostRoot: false };
const plan = (linux: Linux, host: CgroupHost, more: Partial<CgroupOptions> = {}) =>
  planCgroup({ ociVersion: '1.3.0', linux } as Spec, { ...options, ...more }, host);

t.test('hybrid: one directory a hierarchy, below our own', async (t) => {
  const { paths, join, cloneInto, operations, manager } = plan({}, hybrid);
  t.equal(manager, 'cgroupfs');
  t.same(paths, {
    'cpu,cpuacct': '/sys/fs/cgroup/cpu,cpuacct/id',
    cpuset: '/sys/fs/cgroup/cpuset/id',
    memory: '/sys/fs/cgroup/memory/own/id',
    devices: '/sys/fs/cgroup/devices/id',
    freezer: '/sys/fs/cgroup/freezer/id',
    'name=systemd': '/sys/fs/cgroup/systemd/id',
    '': '/sys/fs/cgroup/unified/id',
  });
  t.equal(cloneInto, '/sys/fs/cgroup/unified/id');
  t.equal(join.length, 6);
  t.notOk(join.includes('/sys/fs/cgroup/unified/id/cgroup.procs'));
  t.same(
    [...new Set(operations.map(({ op }) => op))],
    ['make', 'inherit-cpuset', 'write'],
    'nothing is enabled in v2, devices are v1',
  );
});

t.test('hybrid: a controller of v2 is enabled when a limit needs it', async (t) => {
  const { operations } = plan(
    { cgroupsPath: '/a/b', resources: { hugepageLimits: [{ pageSize: '2MB', limit: 1 }] } },
    hybrid,
  );
  t.same(
    operations.filter(({ op }) => op === 'enable'),
    ['', '/a'].map((directory) => ({
      op: 'enable',
      path: `/sys/fs/cgroup/unified${directory}`,
      controllers: ['hugetlb'],
      needed: { hugetlb: '/linux/resources/hugepageLimits/0' },
      pointer: '/linux/cgroupsPath',
    })),
  );
});

t.test('unified: beside the runtime, every controller on from the mount down', async (t) => {
  const { paths, join, cloneInto, operations } = plan({ resources: { pids: { limit: 5 } } }, unified);
  t.same(paths, { '': '/sys/fs/cgroup/user.slice/id' });
  t.same(join, []);
  t.equal(cloneInto, '/sys/fs/cgroup/user.slice/id');
  t.same(
    operations.map(({ op, path }) => `${op} ${path}`),
    [
      'make /sys/fs/cgroup/user.slice/id',
      'enable /sys/fs/cgroup',
      'enable /sys/fs/cgroup/user.slice',
      'device-filter /sys/fs/cgroup/user.slice/id',
      'write /sys/fs/cgroup/user.slice/id/pids.max',
    ],
  );
  t.match(operations[1], { controllers: ['cpu', 'memory', 'pids'], needed: { pids: '/linux/resources/pids/limit' } });
});

t.test('unified: a pids limit of 0 lets no process be cloned into the cgroup', async (t) => {
  const { join, cloneInto } = plan({ cgroupsPath: '/a', resources: { pids: { limit: 0 } } }, unified);
  t.equal(cloneInto, '');
  t.same(join, ['/sys/fs/cgroup/a/cgroup.procs']);
});

t.test("unified: a cgroup of its own that it may write is given to the container's user", async (t) => {
  const mount = { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid'] };
  const own = { type: 'cgroup' };
  const user = [own, { type: 'user' }];
  const uidMappings = [{ containerID: 0, hostID: 100000, size: 10 }];
  const owner = (linux: Linux, uid: number, options = mount.options, host = unified) => {
    const config = { ociVersion: '1.3.0', linux, mounts: [{ ...mount, options }], process: { user: { uid, gid: 0 } } };
    const { operations } = planCgroup(
      config as Spec,
      { id: 'id', manager: 'cgroupfs', rootless: false, hostRoot: true },
      host,
    );
    const last = operations[operations.length - 1];
    return last?.op === 'own' ? last.uid : undefined;
  };
  t.equal(owner({ namespaces: user, uidMappings } as Linux, 3), 100003);
  t.equal(owner({ namespaces: user, uidMappings } as Linux, 10), undefined, 'not mapped');
  t.equal(owner({ namespaces: user, uidMappings } as Linux, 3, ['ro']), undefined, 'read-only');
  t.equal(owner({ namespaces: [own] } as Linux, 7), 7);
  t.equal(owner({ namespaces: [own] } as Linux, 0), undefined, 'root has it');
  t.equal(owner({ namespaces: [] }, 7), undefined, 'no namespace of its own');
  t.equal(owner({ namespaces: [{ type: 'cgroup', path: '/x' }] } as Linux, 7), undefined, 'joined');
  t.equal(owner({ namespaces: [own, { type: 'user', path: '/x' }] } as Linux, 7), undefined, 'mapped elsewhere');
});

t.test('no hierarchy, or none to be used', async (t) => {
  const empty = { manager: 'none', paths: {}, operations: [], cloneInto: '', join: [], warnings: [] };
  t.same(plan({}, nothing), empty);
  t.same(plan({ cgroupsPath: '/a' }, unified, { manager: 'disabled' }), empty);
  t.throws(() => plan({ cgroupsPath: '/a' }, nothing), {
    code: 'unsupported',
    fields: { pointer: '/linux/cgroupsPath' },
  });
  for (const [host, manager] of [
    [nothing, 'cgroupfs'],
    [unified, 'disabled'],
  ] as const)
    t.throws(() => plan({ resources: { memory: { limit: 1 } } }, host, { manager }), {
      code: 'unsupported',
      fields: { pointer: '/linux/resources/memory/limit' },
    });
});

t.test('device rules without a cgroup', async (t) => {
  const at = '/linux/resources/devices';
  const deny = { allow: false, access: 'rwm' };
  const fuse = { allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' } as const;
  const everything = { allow: true, access: 'rwm' };
  const rules = (...devices: DeviceRule[]): Linux => ({ resources: { devices } });
  const refused = (pointer: string, message: RegExp) => ({ code: 'unsupported', fields: { pointer }, message });
  for (const rootless of [false, true]) {
    for (const restriction of [
      rules(deny),
      rules(deny, fuse),
      rules(fuse),
      rules(everything, { ...fuse, allow: false }),
    ])
      t.throws(() => plan(restriction, nothing, { rootless }), refused(at, /no cgroup hierarchy is mounted/));
    for (const none of [rules(), rules(everything), rules(deny, everything), rules(everything, fuse)])
      t.same(plan(none, nothing, { rootless }).warnings, []);
  }
  t.same(plan(rules(deny), nothing, user).warnings, [], 'nothing is in reach of a user');
  t.throws(
    () => plan(rules(deny), nothing, { rootless: false, hostRoot: false }),
    refused(at, /no cgroup/),
    'said not to be rootless',
  );

  const disabled = { manager: 'disabled' } as const;
  for (const sent of [rules(deny), rules(deny, fuse)])
    t.match(plan(sent, unified, disabled), {
      manager: 'none',
      operations: [],
      warnings: [{ pointer: at, text: /^cgroups are disabled by --cgroup-manager: the device rules are not in force/ }],
    });
  t.throws(
    () => plan(rules(deny, { ...fuse, allow: false }), unified, disabled),
    refused(`${at}/1`, /disabled by --cgroup-manager/),
  );
  t.same(plan(rules(everything), unified, disabled).warnings, []);
  t.same(plan(rules(deny), unified, { ...disabled, ...user }).warnings, []);
});

t.test('rootless: only what was delegated', async (t) => {
  const closed: CgroupHost = { ...unified, unified: { ...unified.unified!, writable: false } };
  const open: CgroupHost = { ...unified, unified: { ...unified.unified!, writable: true } };
  t.equal(plan({ resources: { devices: [{ allow: false }] } }, closed, user).manager, 'none');
  t.throws(() => plan({ resources: { pids: { limit: 1 } } }, closed, user), {
    code: 'unsupported',
    fields: { pointer: '/linux/resources/pids/limit' },
  });
  t.equal(plan({ cgroupsPath: '/a' }, closed, user).manager, 'cgroupfs', 'asked for by name: tried');
  const usable = plan({ resources: { devices: [{ allow: false }], pids: { limit: 1 } } }, open, user);
  t.equal(usable.manager, 'cgroupfs');
  t.notOk(
    usable.operations.some(({ op }) => op === 'device-filter'),
    'the kernel takes no rules from a user',
  );
});

t.test('rootless, said of the root of the host: device rules are tried', async (t) => {
  const resources = { devices: [{ allow: false }], pids: { limit: 1 } };
  const { operations } = plan({ resources }, unified, { rootless: true });
  t.match(
    operations.filter(({ op }) => op === 'device-filter'),
    [{ mayBeRefused: true, pointer: '/linux/resources/devices' }],
  );
  const writes = plan({ resources: { devices: [{ allow: false }] } }, hybrid, { rootless: true }).operations.filter(
    ({ op }) => op === 'write',
  );
  t.ok(writes.length > 10);
  t.ok(writes.every((operation) => operation.op === 'write' && operation.mayBeRefused));
  const enforced = plan({ resources }, unified).operations.find(({ op }) => op === 'device-filter');
  t.notOk(enforced?.op === 'device-filter' && enforced.mayBeRefused);
});

t.test('device rules without anything to keep them', async (t) => {
  const host: CgroupHost = { mode: 'legacy', controllers: [controller('pids')] };
  t.equal(plan({}, host).manager, 'cgroupfs');
  t.throws(() => plan({ resources: { devices: [{ allow: false }] } }, host), {
    code: 'unsupported',
    fields: { pointer: '/linux/resources/devices' },
  });
});

t.test('the owner of the cgroup in a user namespace that is joined', (t) => {
  const config: Spec = {
    ociVersion: '1.3.0',
    process: { cwd: '/', user: { uid: 5, gid: 0 } },
    mounts: [{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' }],
    linux: { namespaces: [{ type: 'cgroup' }, { type: 'user', path: '/proc/7/ns/user' }] },
  };
  const owners = (options: Partial<CgroupOptions>) =>
    planCgroup(
      config,
      { id: 'c1', manager: 'cgroupfs', rootless: false, hostRoot: true, ...options },
      unified,
    ).operations.filter(({ op }) => op === 'own');
  const gid = [{ containerID: 0, hostID: 0, size: 1 }];
  t.match(owners({ joinedMaps: { uid: [{ containerID: 0, hostID: 300000, size: 10 }], gid } }), [{ uid: 300005 }]);
  t.same(owners({}), [], 'whose ids are not known');
  t.end();
});
