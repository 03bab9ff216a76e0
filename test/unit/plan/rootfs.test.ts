import t from 'tap';
import * as flags from '../../../src/native/flags.js';
import type { HostFacts } from '../../../src/plan/host-facts.js';
import { indexOf, names, newOnes, plan, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';
import { hybridRoot, rootlessUser, unifiedRoot } from '../../helpers/plan-hosts.js';

const { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE, MOUNT_ATTR_RDONLY } = flags;

t.test('propagation', (t) => {
  const of = (rootfsPropagation?: string) => {
    const made = plan(
      specWith({ linux: { namespaces: newOnes('mount'), ...(rootfsPropagation && { rootfsPropagation }) } }),
    );
    return [stepsOf(made, 'tree-propagation')[0]?.flags, stepsOf(made, 'root-propagation')[0]?.flags].map(Number);
  };
  t.same(of(), [MS_SLAVE | MS_REC, Number.NaN]);
  t.same(of('slave'), [MS_SLAVE | MS_REC, MS_SLAVE]);
  t.same(of('shared'), [MS_SHARED, MS_SHARED], 'mounts that are private on the host stay so');
  t.same(of('rshared'), [MS_SHARED | MS_REC, MS_SHARED | MS_REC]);
  t.same(of('private'), [MS_PRIVATE | MS_REC, MS_PRIVATE]);
  t.same(of('unbindable'), [MS_SLAVE | MS_REC, MS_UNBINDABLE]);
  t.match(
    problemsOf(() => of('sharded')),
    [/linux\/rootfsPropagation: .*sharded/],
  );
  t.end();
});

t.test('a cloned root is attached where there is access, but for hooks at its path', (t) => {
  const maps = [{ containerID: 0, hostID: 5, size: 9 }];
  const linux = { namespaces: newOnes('mount', 'user'), uidMappings: maps, gidMappings: maps };
  const path = (...args: Parameters<typeof plan>) => stepsOf(plan(...args), 'open-root')[0]?.path;
  t.equal(path(specWith({ linux })), '/');
  t.equal(path(specWith({ linux, spec: { hooks: { createContainer: [{ path: '/h' }] } } })), '/bundle/rootfs');
  t.equal(path(specWith({ linux }), unifiedRoot, { noPivot: true }), '/bundle/rootfs');
  t.equal(path(specWith()), '/bundle/rootfs');
  t.end();
});

t.test('--no-pivot', (t) => {
  const made = plan(specWith(), unifiedRoot, { noPivot: true });
  t.ok(names(made).includes('move-root'));
  t.notOk(names(made).includes('pivot-root'));
  t.end();
});

t.test('read-only root comes after the mounts, before paths are hidden', (t) => {
  const spec = specWith({
    spec: { root: { path: 'rootfs', readonly: true } },
    linux: { namespaces: newOnes('mount'), maskedPaths: ['/proc/kcore'], readonlyPaths: ['/proc/sys'] },
  });
  const order = ['pivot-root', 'root-readonly', 'readonly-path', 'mask-path'];
  t.same(
    names(plan(spec)).filter((name) => order.includes(name)),
    order,
  );
  t.end();
});

t.test(
  'masked and read-only paths as the text says, and where `..` follows a name as the kernel finds them too',
  (t) => {
    const of = (...readonlyPaths: string[]) =>
      stepsOf(plan(specWith({ linux: { namespaces: newOnes('mount'), readonlyPaths } })), 'readonly-path').map(
        ({ path }) => path,
      );
    t.same(of('/', '//', '/./', '/..', '/../..'), ['/', '/', '/', '/', '/']);
    t.same(of('/a//b/', '/a/./b/.', '/../a', '/.a/..b/...'), ['/a/b', '/a/b', '/a', '/.a/..b/...']);
    t.same(of('/a/../b/', '/../a/b/.././.'), ['/b', '/a/../b', '/a', '/../a/b/..']);
    const linux = { namespaces: newOnes('mount'), maskedPaths: ['/a/../b'] };
    t.match(stepsOf(plan(specWith({ linux })), 'mask-path'), [{ path: '/b' }, { path: '/a/../b' }]);
    t.end();
  },
);

t.test('devices', (t) => {
  const linux = {
    namespaces: newOnes('mount'),
    devices: [
      { type: 'c' as const, path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o20660, uid: 1, gid: 2 },
      { type: 'p' as const, path: '/dev/pipe' },
      { type: 'u' as const, path: '/dev/zero', major: 1, minor: 5, fileMode: 0o600 },
    ],
  };
  const made = plan(specWith({ linux }));
  const nodes = stepsOf(made, 'device-node');
  t.match(nodes[0], { path: '/dev/fuse', type: flags.S_IFCHR, major: 10, minor: 229, mode: 0o660, uid: 1, gid: 2 });
  t.match(nodes[1], { type: flags.S_IFIFO, mode: 0o666 });
  t.same(nodes.filter(({ path }) => path === '/dev/zero').length, 1, "the config's in place of the default");
  t.equal(nodes.length, 3 + 5);
  t.same(
    stepsOf(made, 'symlink').map(({ path }) => path),
    ['/dev/fd', '/dev/stdin', '/dev/stdout', '/dev/stderr', '/dev/ptmx'],
  );
  t.match(stepsOf(plan(specWith({ linux }), { ...unifiedRoot, kcore: true }), 'symlink').at(-1), {
    path: '/dev/core',
    target: '/proc/kcore',
  });
  const bound = plan(specWith({ linux }), rootlessUser);
  t.same(
    stepsOf(bound, 'device-node').map(({ path }) => path),
    ['/dev/pipe'],
  );
  const binds = stepsOf(bound, 'device-bind');
  t.equal(binds.length, 7);
  t.match(binds[0], { path: '/dev/fuse', type: flags.S_IFCHR, major: 10, minor: 229, mode: 0o660, uid: 1, gid: 2 });
  t.match(binds[2], { path: '/dev/null', type: flags.S_IFCHR, major: 1, minor: 3, mode: 0o666, pointer: '' });
  t.same(
    bound.warnings.map(({ pointer }) => pointer).filter((pointer) => pointer.startsWith('/linux/devices')),
    ['/linux/devices/0', '/linux/devices/2'],
    'what a bound node has of its own',
  );
  const mayNot = plan(specWith(), { ...unifiedRoot, boundingCapabilities: 0n });
  t.equal(stepsOf(mayNot, 'device-node').length, 0);
  t.equal(stepsOf(mayNot, 'device-bind').length, 6);
  t.end();
});

t.test('devices of a user namespace are made before it, with ids of the host', (t) => {
  const devices = [
    { type: 'c' as const, path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o660, uid: 1, gid: 2 },
    { type: 'p' as const, path: '/dev/pipe' },
  ];
  const maps = [{ containerID: 0, hostID: 5000, size: 3 }];
  const linux = { namespaces: newOnes('mount', 'user'), uidMappings: maps, gidMappings: maps };
  const made = plan(specWith({ linux: { ...linux, devices } }));
  const ahead = stepsOf(made, 'device-ahead');
  t.equal(ahead.length, 7);
  t.match(ahead[0], { path: '/dev/fuse', mode: 0o660, uid: 5001, gid: 5002, pointer: '/linux/devices/0' });
  t.match(stepsOf(made, 'device-bind')[0], { tree: ahead[0]?.slot, uid: 1, gid: 2, mode: 0o660 });
  t.ok(made.steps.findLastIndex(({ step }) => step === 'device-ahead') < indexOf(made, 'unshare'));
  t.same(
    made.warnings.filter(({ pointer }) => pointer.startsWith('/linux/devices')),
    [],
    'nothing is left out',
  );
  t.match(
    problemsOf(() => plan(specWith({ linux: { ...linux, devices: [{ ...devices[0]!, gid: 3 }] } }))),
    [/^config \/linux\/devices\/0\/gid: 3 is not mapped/],
  );
  const label = 'system_u:object_r:x_t:s0';
  const labelled = plan(specWith({ linux: { ...linux, mountLabel: label } }), { ...unifiedRoot, selinux: true });
  t.match(stepsOf(labelled, 'device-directory'), [{ label, context: 'context' }]);
  for (const facts of [rootlessUser, { ...unifiedRoot, boundingCapabilities: 0n }])
    t.same(stepsOf(plan(specWith({ linux }), facts), 'device-ahead'), []);
  t.end();
});

t.test("/dev/ptmx is always the container's own", (t) => {
  const devices = [{ type: 'c' as const, path: '/dev//ptmx', major: 5, minor: 2 }];
  for (const facts of [unifiedRoot, rootlessUser]) {
    const made = plan(specWith({ linux: { namespaces: newOnes('mount'), devices } }), facts);
    const links = stepsOf(made, 'symlink').filter(({ path }) => path === '/dev/ptmx');
    t.match(links, [{ target: 'pts/ptmx', cover: 1 }]);
    t.notOk([...stepsOf(made, 'device-node'), ...stepsOf(made, 'device-bind')].some(({ path }) => /ptmx/.test(path)));
  }
  t.end();
});

t.test('a bound /dev is left alone', (t) => {
  const made = plan(specWith({ mounts: [{ destination: '/dev/', source: '/dev', options: ['rbind'] }] }));
  for (const name of ['device-node', 'symlink', 'reopen-null'] as const) t.notOk(names(made).includes(name), name);
  t.end();
});

const cgroup = [{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid'] }];

t.test('cgroup v2', (t) => {
  const own = plan(specWith({ mounts: cgroup }));
  t.match(stepsOf(own, 'mount-fs'), [{ type: 'cgroup2', target: '/sys/fs/cgroup' }]);
  const inOurs = specWith({ mounts: cgroup, linux: { namespaces: newOnes('mount') } });
  t.match(stepsOf(plan(inOurs), 'mount-bind'), [{ source: '/sys/fs/cgroup', target: '/sys/fs/cgroup' }]);
  const rootless = plan(inOurs, rootlessUser);
  t.match(stepsOf(rootless, 'mount-bind'), [{ source: rootless.cgroup.paths[''], target: '/sys/fs/cgroup' }]);
  t.end();
});

t.test(
  'a joined cgroup namespace is not that of the user namespace made beside it: cgroups are bound, read-only',
  (t) => {
    const maps = [{ containerID: 0, hostID: 5, size: 9 }];
    const namespaces = [...newOnes('mount', 'user'), { type: 'cgroup' as const, path: '/proc/7/ns/cgroup' }];
    const linux = { namespaces, uidMappings: maps, gidMappings: maps };
    const made = plan(specWith({ mounts: cgroup, linux }));
    t.notOk(stepsOf(made, 'mount-fs').some(({ type }) => type === 'cgroup2'));
    const bind = stepsOf(made, 'mount-bind').find(({ target }) => target === '/sys/fs/cgroup');
    t.ok((bind!.recursiveSet & BigInt(MOUNT_ATTR_RDONLY)) !== 0n);
    const alone = plan(
      specWith({ mounts: cgroup, linux: { namespaces: namespaces.filter(({ type }) => type !== 'user') } }),
    );
    t.ok(stepsOf(alone, 'mount-fs').some(({ type }) => type === 'cgroup2'));
    t.end();
  },
);

t.test('CVE-2023-25809: without a cgroup namespace a rootless container may only read', (t) => {
  const mounts = [{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['rw'] }];
  const [bind] = stepsOf(
    plan(specWith({ mounts, linux: { namespaces: newOnes('mount') } }), rootlessUser),
    'mount-bind',
  );
  t.equal(bind?.recursiveSet, BigInt(MOUNT_ATTR_RDONLY), 'and what is mounted below');
  const [free] = stepsOf(plan(specWith({ mounts, linux: { namespaces: newOnes('mount') } })), 'mount-bind');
  t.equal(free?.recursiveSet, 0n);
  t.end();
});

t.test('cgroup v1: a directory for each hierarchy, links for controllers together', (t) => {
  const own = plan(specWith({ mounts: cgroup }), hybridRoot);
  const [base, ...hierarchies] = stepsOf(own, 'mount-fs');
  t.match(base, { type: 'tmpfs', parameters: ['mode=755'] });
  t.match(
    hierarchies.find(({ target }) => target.endsWith('cpu,cpuacct')),
    { type: 'cgroup', parameters: ['cpu', 'cpuacct'] },
  );
  t.ok(hierarchies.some(({ parameters }) => parameters[0] === 'name=systemd'));
  t.match(stepsOf(own, 'symlink')[0], { path: '/sys/fs/cgroup/cpu', target: 'cpu,cpuacct' });
  const last = stepsOf(own, 'mount-attributes')[0];
  t.match(last, { mount: base?.keep, target: '/sys/fs/cgroup', setAttributes: BigInt(MOUNT_ATTR_RDONLY) });
  t.ok(indexOf(own, 'mount-attributes') > own.steps.findLastIndex(({ step }) => step === 'mount-fs'));
  const shared = plan(specWith({ mounts: cgroup, linux: { namespaces: newOnes('mount') } }), hybridRoot);
  const sources = stepsOf(shared, 'mount-bind').map(({ source }) => source);
  t.ok(sources.includes(shared.cgroup.paths.memory!), sources.join(' '));
  t.end();
});

t.test("without cgroups of its own the container sees the runtime's", (t) => {
  const made = plan(specWith({ mounts: cgroup, linux: { namespaces: newOnes('mount') } }), hybridRoot, {
    cgroupManager: 'disabled',
  });
  t.ok(stepsOf(made, 'mount-bind').some(({ source }) => source === '/sys/fs/cgroup/memory/user.slice'));
  const attributes = (facts: HostFacts, cgroupManager: 'cgroupfs' | 'disabled') =>
    stepsOf(plan(specWith({ mounts: [{ ...cgroup[0]!, options: ['rw'] }] }), facts, { cgroupManager }), 'mount-fs')
      .filter(({ type }) => type === 'cgroup2')
      .map((step) => step.attributes & BigInt(MOUNT_ATTR_RDONLY));
  t.same(
    attributes(rootlessUser, 'disabled'),
    [BigInt(MOUNT_ATTR_RDONLY)],
    "the caller's, in a namespace of its own too",
  );
  t.same(attributes(rootlessUser, 'cgroupfs'), [0n]);
  t.same(attributes(unifiedRoot, 'disabled'), [0n], 'root may have it');
  const none = { ...unifiedRoot, cgroup: { mode: 'none' as const, controllers: [] } };
  const nothing = () => plan(specWith({ mounts: cgroup }), none, { cgroupManager: 'disabled' });
  t.match(problemsOf(nothing), [/unsupported \/mounts\/0/]);
  t.end();
});

t.test('names and kernel parameters', (t) => {
  const spec = specWith({
    spec: { hostname: 'h', domainname: 'd' },
    linux: {
      namespaces: newOnes('mount', 'uts', 'network'),
      sysctl: { 'net.ipv4.conf.eth0/1.forwarding': '1', 'kernel/shmmax': '5' },
    },
  });
  const made = plan(spec);
  t.match(stepsOf(made, 'hostname'), [{ name: 'h', pointer: '/hostname' }]);
  t.match(stepsOf(made, 'domainname'), [{ name: 'd' }]);
  t.match(stepsOf(made, 'sysctl'), [
    { path: 'net/ipv4/conf/eth0.1/forwarding', pointer: '/linux/sysctl/net.ipv4.conf.eth0~11.forwarding' },
    { path: 'kernel/shmmax', value: '5' },
  ]);
  t.end();
});

t.test('terminal, before the root is changed', (t) => {
  const made = plan(specWith({ process: { terminal: true, consoleSize: { height: 3, width: 4 }, user: { uid: 9 } } }));
  t.match(stepsOf(made, 'console'), [{ rows: 3, columns: 4, uid: 9, bind: 1 }]);
  t.ok(indexOf(made, 'console') < indexOf(made, 'pivot-root'));
  t.notOk(names(made).includes('own-stdio'));
  t.end();
});

t.test('readiness and socket activation', (t) => {
  const made = plan(specWith(), unifiedRoot, {
    notifyDirectory: '/run/tsrunc/c1/notify',
    listenFds: 2,
    preserveFds: 3,
  });
  t.match(stepsOf(made, 'mount-bind'), [{ source: '/run/tsrunc/c1/notify', target: '/run/notify' }]);
  const [exec] = stepsOf(made, 'exec');
  t.same(exec?.env, ['PATH=/bin', 'LISTEN_FDS=2', 'LISTEN_PID=1', 'NOTIFY_SOCKET=/run/notify/notify.sock']);
  t.equal(exec?.preserve, 3);
  t.end();
});

t.test('hooks', (t) => {
  const hook = { path: '/h', args: ['h', 'x'], env: ['A=1'], timeout: 2 };
  const hooks = { prestart: [hook], createContainer: [hook], startContainer: [{ path: '/s' }], poststop: [hook] };
  const made = plan(specWith({ spec: { hooks } }));
  t.match(stepsOf(made, 'hook'), [
    { path: '/h', args: ['h', 'x'], env: ['A=1'], timeout: 2000, state: 0, pointer: '/hooks/createContainer/0' },
    { path: '/s', args: ['/s'], env: [], timeout: 0, state: 1 },
  ]);
  const order = ['sync', 'hook', 'pivot-root', 'ready', 'wait-start', 'hook', 'exec'];
  t.same(
    names(made).filter((name) => order.includes(name)),
    order,
  );
  const fields = ({ env, home, filtered }: { env: readonly string[]; home: number; filtered: number }) => [
    env,
    home,
    filtered,
  ];
  const own = { createContainer: [{ path: '/c' }], startContainer: [{ path: '/s' }, { path: '/t', env: [] }] };
  const process = { env: ['A=1', 'HOME=', 'A=2'], noNewPrivileges: true };
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW' };
  t.same(stepsOf(plan(specWith({ process, linux: { seccomp }, spec: { hooks: own } })), 'hook').map(fields), [
    [['PATH=/runtime/bin'], 0, 0],
    [['A=2'], 1, 1],
    [[], 0, 1],
  ]);
  const early = plan(specWith({ process: { env: [] }, linux: { seccomp }, spec: { hooks: own } }));
  t.same(
    stepsOf(early, 'hook').map(({ filtered }) => filtered),
    [0, 0, 0],
    'the filter is there before them',
  );
  t.match(made.hooks, { prestart: [{ pointer: '/hooks/prestart/0' }], createRuntime: [], poststop: [{}] });
  t.notOk(names(plan(specWith({ spec: { hooks: { poststop: [hook] } } }))).includes('sync'), 'nothing to wait for');
  t.end();
});

t.test('network devices and resctrl', (t) => {
  const linux = {
    namespaces: newOnes('mount', 'network'),
    netDevices: { eth1: { name: 'a' }, eth2: {} },
    intelRdt: { l3CacheSchema: 'L3:0=f', memBwSchema: 'MB:0=20', schemata: ['MB:0=10'] },
  };
  const made = plan(specWith({ linux }));
  t.match(made.netDevices, [{ name: 'eth1', newName: 'a', pointer: '/linux/netDevices/eth1' }, { newName: 'eth2' }]);
  t.ok(names(made).includes('sync'));
  t.match(made.intelRdt, {
    closID: 'c1',
    explicit: false,
    schemata: ['L3:0=f', 'MB:0=20', 'MB:0=10'],
    monitoring: false,
  });
  const monitored = plan(specWith({ linux: { intelRdt: { closID: 'gold', enableMonitoring: true } } }));
  t.match(monitored.intelRdt, { closID: 'gold', explicit: true, schemata: [], monitoring: true });
  const old = plan(specWith({ linux: { intelRdt: { enableCMT: true, enableMBM: true } as object } }));
  t.match(old.intelRdt, { monitoring: false });
  t.equal(plan(specWith()).intelRdt, undefined);
  const problems = problemsOf(() =>
    plan(specWith({ linux: { ...linux, namespaces: newOnes('mount') } }), rootlessUser),
  );
  t.match(problems, [/unsupported \/linux\/netDevices/, /config \/linux\/netDevices/]);
  t.end();
});
