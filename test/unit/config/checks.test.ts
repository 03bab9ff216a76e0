import t from 'tap';
import { loadConfig } from '../../../src/config/load.js';
import { base, changed, mistakes } from '../../helpers/config-helpers.js';

interface Assertions {
  equal(found: unknown, wanted: unknown, name: string): unknown;
  ok(value: unknown, name: string): unknown;
}

/** A value at a pointer, and the start of every message it gives; none when it is right. */
type Case = [pointer: string, value: unknown, ...messages: string[]];

function all(t: Assertions, cases: readonly Case[], config: unknown = base): void {
  for (const [pointer, value, ...messages] of cases) {
    const found = mistakes(changed(config, pointer, value));
    const name = `${pointer} ${JSON.stringify(value)}`;
    t.equal(found.length, messages.length, `${name}: ${found.join(' | ')}`);
    messages.forEach((message, index) => {
      t.ok(found[index]?.startsWith(message), `${name}: ${found[index]} begins with ${message}`);
    });
  }
}

const without = (type: string) =>
  changed(
    base,
    '/linux/namespaces',
    (base.linux.namespaces as { type: string }[]).filter((namespace) => namespace.type !== type),
  );

t.test('ociVersion', async (t) => {
  all(t, [
    ['/ociVersion', '1.0.0'],
    ['/ociVersion', '1.0.0-rc5'],
    ['/ociVersion', '1.0.2-dev'],
    ['/ociVersion', '1.3.0+dev'],
    ['/ociVersion', '1.99.0'],
    ['/ociVersion', '0.9.0', '/ociVersion: is "0.9.0", which is not supported; must be 1.x.y'],
    ['/ociVersion', '2.0.0', '/ociVersion: is "2.0.0", which is not supported'],
    ['/ociVersion', '1.0', '/ociVersion: is "1.0"; must be a version'],
    ['/ociVersion', 'invalid', '/ociVersion: is "invalid"; must be a version'],
    ['/ociVersion', '', '/ociVersion: is ""'],
    ['/ociVersion', undefined, '/ociVersion: is missing'],
  ]);
});

t.test('root, names, annotations', async (t) => {
  all(t, [
    ['/root', undefined, '/root: is missing; must be given on Linux'],
    ['/root/path', '', '/root/path: is empty'],
    ['/hostname', 'a'.repeat(64)],
    ['/hostname', 'é'.repeat(33), '/hostname: has 66 bytes; must have at most 64'],
    ['/domainname', 'example.org'],
    ['/annotations', { a: '' }],
    ['/annotations', { '': 'a' }, '/annotations/: has an empty key'],
    ['/process', undefined],
  ]);
  all(t, [['/hostname', 'a', '/hostname: would change the name of the host']], without('uts'));
  all(t, [['/domainname', 'a', '/domainname: would change']], without('uts'));
  all(t, [['/hostname', '']], without('uts'));
});

t.test('process', async (t) => {
  all(t, [
    ['/process/cwd', 'a', '/process/cwd: is "a"; must be an absolute path'],
    ['/process/cwd', '', '/process/cwd: is ""'],
    ['/process/args', undefined, '/process/args: is missing'],
    ['/process/args', [''], '/process/args/0: is empty'],
    ['/process/env', ['A=', 'A=1', 'B=c=d']],
    [
      '/process/env',
      ['A', '=b'],
      '/process/env/0: is "A", which has no "="',
      '/process/env/1: is "=b", which has no name',
    ],
    ['/process/consoleSize', { height: 0, width: 65535 }],
    ['/process/consoleSize', { height: 65536, width: 1 }, '/process/consoleSize/height: is 65536'],
    ['/process/user/umask', 0o777],
    ['/process/user/umask', 0o1000, '/process/user/umask: is 512; must be at most 511'],
    ['/process/ioPriority', { class: 'IOPRIO_CLASS_RT', priority: 8 }, '/process/ioPriority/priority: is 8'],
    ['/process/ioPriority', { class: 'IOPRIO_CLASS_IDLE' }],
    ['/process/ioPriority', { class: 'IDLE' }, '/process/ioPriority/class: "IDLE" is not known'],
    ['/process/execCPUAffinity', { initial: '0-3, 7', final: '' }],
    [
      '/process/execCPUAffinity',
      { initial: '3-0' },
      '/process/execCPUAffinity/initial: is "3-0"; must be a list of CPUs',
    ],
    ['/process/execCPUAffinity', { final: 'a' }, '/process/execCPUAffinity/final: is "a"; must be a list of CPU'],
    [
      '/process/rlimits',
      [{ type: 'RLIMIT_FOO', soft: 1, hard: 1 }],
      '/process/rlimits/0/type: "RLIMIT_FOO" is not known',
    ],
    [
      '/process/rlimits',
      [{ type: 'RLIMIT_CPU', soft: 2, hard: 1 }],
      '/process/rlimits/0/soft: is 2; must be at most hard',
    ],
    [
      '/process/rlimits',
      [
        { type: 'RLIMIT_CPU', soft: 1, hard: 1 },
        { type: 'RLIMIT_CPU', soft: 1, hard: 1 },
      ],
      '/process/rlimits/1/type: RLIMIT_CPU was given before at /process/rlimits/0',
    ],
  ]);
});

t.test('capabilities', async (t) => {
  const sets = { bounding: ['CAP_NEW'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'], ambient: ['CAP_KILL'] };
  const { warnings } = loadConfig(JSON.stringify(changed(base, '/process/capabilities', sets)), 'config.json');
  t.same(
    warnings.map(({ pointer }) => pointer),
    ['/process/capabilities/bounding/0', '/process/capabilities/ambient/0'],
  );
  all(t, [
    ['/process/capabilities', { effective: ['CAP_NEW'] }],
    [
      '/process/capabilities',
      { effective: ['CAP_KILL'] },
      '/process/capabilities/effective/0: CAP_KILL is not in permitted',
    ],
  ]);
});

t.test('scheduler', async (t) => {
  const at = '/process/scheduler';
  all(t, [
    [at, { policy: 'SCHED_OTHER', nice: -20 }],
    [at, { policy: 'SCHED_BATCH', nice: 20 }, `${at}/nice: is 20; must be between -20 and 19`],
    [at, { policy: 'SCHED_FIFO', priority: 99 }],
    [at, { policy: 'SCHED_FIFO' }, `${at}/priority: is missing; SCHED_FIFO needs one between 1 and 99`],
    [at, { policy: 'SCHED_RR', priority: 100 }, `${at}/priority: is 100`],
    [at, { policy: 'SCHED_OTHER', priority: 1 }, `${at}/priority: is given with SCHED_OTHER`],
    [
      at,
      { policy: 'SCHED_OTHER', runtime: 1, period: 2 },
      `${at}/runtime: is given with`,
      `${at}/period: is given with`,
    ],
    [at, { policy: 'SCHED_DEADLINE', runtime: 2000, deadline: 3000, period: 4000 }],
    [
      at,
      { policy: 'SCHED_DEADLINE', runtime: 2000, deadline: 1000 },
      `${at}/deadline: is 1000; must be at least runtime`,
    ],
    [
      at,
      { policy: 'SCHED_DEADLINE', runtime: 2000, deadline: 3000, period: 1 },
      `${at}/period: is 1; must be at least`,
    ],
    [at, { policy: 'SCHED_DEADLINE', deadline: 3000 }, `${at}/runtime: is 0; must be at least 1024`],
    [at, { policy: 'SCHED_ISO' }, `${at}/policy: is SCHED_ISO`],
    [at, { policy: 'FIFO' }, `${at}/policy: "FIFO" is not known`],
    [at, { policy: 'SCHED_OTHER', flags: ['X'] }, `${at}/flags/0: "X" is not known`],
  ]);
});

t.test('mounts', async (t) => {
  const at = '/mounts/0';
  const mount = (fields: object) => [{ destination: '/a', ...fields }];
  const map = [{ containerID: 0, hostID: 1, size: 1 }];
  all(t, [
    ['/mounts', mount({ type: 'tmpfs', options: ['size=1m', 'mode=755'] })],
    ['/mounts', mount({ type: 'none', source: '/a', options: ['rbind', 'ro', 'rprivate', 'rro'] })],
    ['/mounts', mount({ type: 'bind', source: '/a' })],
    ['/mounts', mount({ options: ['remount', 'ro'] })],
    ['/mounts', mount({ options: ['rshared'] })],
    ['/mounts', mount({}), `${at}/type: is missing`],
    [
      '/mounts',
      mount({ type: 'bind', source: '/a', options: ['ro', 'size=1m', 'uid=0'] }),
      `${at}/options/1: is "size=1m"`,
      `${at}/options/2`,
    ],
    ['/mounts', mount({ type: 'bind' }), `${at}/source: is missing`],
    ['/mounts', mount({ type: 'tmpfs', destination: '' }), `${at}/destination: is empty`],
    ['/mounts', mount({ type: 'tmpfs', destination: '/./' }), `${at}/destination: is the root of the container`],
    ['/mounts', mount({ type: 'bind', source: '/a', uidMappings: map, gidMappings: map })],
    ['/mounts', mount({ type: 'bind', source: '/a', uidMappings: map }), `${at}/gidMappings: is missing`],
    ['/mounts', mount({ type: 'bind', source: '/a', gidMappings: map }), `${at}/uidMappings: is missing`],
    ['/mounts', mount({ type: 'bind', source: '/a', options: ['idmap'] }), `${at}/options/0: has no mappings`],
    ['/mounts', [{ type: 'tmpfs' }], `${at}/destination: is missing`],
    ['/mounts', [5, { destination: '', type: 'proc' }], `${at}: is the number 5`, '/mounts/1/destination: is empty'],
  ]);
  const text = JSON.stringify(changed(base, '/mounts', mount({ type: 'tmpfs', destination: 'a/b' })));
  const { spec, warnings } = loadConfig(text, 'config.json');
  t.equal(spec.mounts?.[0]?.destination, '/a/b');
  t.equal(warnings[0]?.pointer, '/mounts/0/destination');
});

t.test('a mask of the root', async (t) => {
  for (const path of ['/', '//', '/./', '/..', '/a/..', '/a/b/../..'])
    all(t, [
      ['/linux/maskedPaths', ['/a', path], `/linux/maskedPaths/1: is "${path}", the root file system itself`],
      ['/linux/readonlyPaths', [path]],
    ]);
  all(t, [
    ['/linux/maskedPaths', [''], '/linux/maskedPaths/0: is ""; must be an absolute path'],
    ['/linux/readonlyPaths', ['proc'], '/linux/readonlyPaths/0: is "proc"; must be an absolute path'],
  ]);
});

t.test('options of a mount that would be passed over in silence', async (t) => {
  const at = '/mounts/0/options';
  const mount = (type: string | undefined, ...options: string[]) => [
    { destination: '/a', source: '/a', ...(type !== undefined && { type }), options },
  ];
  const bad = (type: string | undefined, ...options: string[]): [string, unknown, string] => [
    '/mounts',
    mount(type, ...options),
    `${at}/${options.length - 1}: is ${JSON.stringify(options.at(-1))}`,
  ];
  // Of the file system, whichever way a bind is known: no word but two that the OCI's own tests have.
  for (const type of ['bind', 'rbind', 'none', '', undefined, 'tmpfs']) {
    for (const word of ['RO', 'readonly', 'ro,nosuid,nodev', 'ro ', 'uid=0', 'nr_inodes=1', 'size=1m,ro', 'noacl', ''])
      all(t, [bad(type, 'bind', word)]);
  }
  for (const type of ['bind', 'rbind', 'none', 'tmpfs'])
    for (const word of ['mode=755', 'size=1k']) all(t, [bad(type, 'rbind', word)]);
  for (const type of ['', undefined]) all(t, [['/mounts', mount(type, 'bind', 'mode=755', 'size=1k')]]);
  const acl = JSON.stringify(changed(base, '/mounts', mount('bind', 'bind', 'noacl')));
  t.throws(
    () => loadConfig(acl, 'config.json'),
    { message: /a bind mount takes none$/ },
    'not the word itself as a guess',
  );
  // Words that look like an option of the mount.
  for (const word of ['RO', 'readonly', 'read-only', 'NoSuid', 'no-exec', 'no_dev', ' nosuid', 'Bind'])
    for (const type of ['tmpfs', '9p', 'ext4', 'proc', 'cgroup', 'remount']) {
      const options = type === 'remount' ? ['remount', word] : [word];
      all(t, [bad(type === 'remount' ? 'tmpfs' : type, ...options)]);
    }
  all(t, [
    ['/mounts', mount('tmpfs', 'nosuid,size=1m,mode=755')],
    ['/mounts', mount('tmpfs', 'size=1m,RO'), `${at}/0: is "RO"; must be "ro"`],
    // File systems that would take anything.
    ['/mounts', mount('ramfs', 'mode=755', 'noexec,ro')],
    ['/mounts', mount('ramfs', 'size=1m'), `${at}/0: is "size=1m", which ramfs passes over; must be one of mode`],
    ['/mounts', mount('ramfs', 'remount,mode=1'), `${at}/0: is "remount", which ramfs passes over`],
    ['/mounts', mount('bpf', 'delegate_cmds=any', 'nosuch'), `${at}/1: is "nosuch"`],
    ['/mounts', mount('debugfs', 'uid=1', 'x=y'), `${at}/1: is "x=y"`],
    ['/mounts', mount('tracefs', 'size=1'), `${at}/0`],
    ['/mounts', mount('pstore', 'size=1'), `${at}/0`],
    ['/mounts', mount('tmpfs', 'remount', 'idmap'), '/mounts/0: is a remount, which maps no ids'],
    ['/mounts', mount('tmpfs', 'remount', 'dirsync'), `${at}/1: is "dirsync", which no remount can set`],
    ['/mounts', mount('tmpfs', 'dirsync')],
  ]);
  const warned = (type: string | undefined, ...options: string[]) =>
    loadConfig(JSON.stringify(changed(base, '/mounts', mount(type, ...options))), 'config.json').warnings.map(
      ({ pointer }) => pointer,
    );
  t.same(
    warned(undefined, 'bind', 'size=1k', 'ro', 'sync', 'iversion', 'tmpcopyup'),
    [1, 3, 4, 5].map((i) => `${at}/${i}`),
  );
  t.same(warned('cgroup', 'ro', 'lazytime'), [`${at}/1`]);
  t.same(warned('tmpfs', 'sync', 'iversion', 'tmpcopyup'), []);
});

t.test('hooks', async (t) => {
  all(t, [
    ['/hooks/prestart', [{ path: '/a', env: ['A=b'], timeout: 1 }]],
    ['/hooks/createRuntime', [{ path: 'a' }], '/hooks/createRuntime/0/path: is "a"; must be an absolute path'],
    ['/hooks/poststart', [{ path: '/a', timeout: 0 }], '/hooks/poststart/0/timeout: is 0; must be at least 1'],
    ['/hooks/poststop', [{ path: '/a', env: ['A'] }], '/hooks/poststop/0/env/0: is "A"'],
    ['/hooks/startContainer', [{}], '/hooks/startContainer/0/path: is missing'],
  ]);
});

t.test('namespaces and id mappings', async (t) => {
  const at = '/linux/namespaces';
  const map = [{ containerID: 0, hostID: 1000, size: 10 }];
  const mapped = { namespaces: [{ type: 'user' }], uidMappings: map, gidMappings: map };
  const uid = (...entries: [number, number, number][]) => ({
    ...mapped,
    uidMappings: entries.map(([containerID, hostID, size]) => ({ containerID, hostID, size })),
  });
  const lines = (count: number, pointer = 0) =>
    uid(...Array.from({ length: count }, (_, i): [number, number, number] => [i, pointer + i, 1]));
  all(t, [
    [
      at,
      [
        { type: 'pid', path: '' },
        { type: 'mount', path: '/a' },
      ],
    ],
    [at, [{ type: 'pid', path: 'a' }], `${at}/0/path: is "a"; must be an absolute path`],
    [at, [{ type: 'pid' }, { type: 'pid', path: '/a' }], `${at}/1/type: "pid" was given before at ${at}/0`],
    [at, [{ type: 'user' }], '/linux/uidMappings: is missing', '/linux/gidMappings: is missing'],
    [at, [{ type: 'user', path: '/proc/1/ns/user' }]],
    ['/linux', mapped],
    [
      '/linux',
      { ...mapped, namespaces: [] },
      '/linux/uidMappings: has no user namespace',
      '/linux/gidMappings: has no',
    ],
    ['/linux', { ...mapped, gidMappings: [] }, '/linux/gidMappings: is missing'],
    ['/linux', uid([0, 0, 0]), '/linux/uidMappings/0/size: is 0'],
    ['/linux', uid([0, 10, 10], [10, 0, 10])],
    ['/linux', uid([0, 10, 10], [9, 30, 1]), '/linux/uidMappings/1/containerID: overlaps with /linux/uidMappings/0'],
    ['/linux', uid([0, 10, 10], [10, 19, 1]), '/linux/uidMappings/1/hostID: overlaps with /linux/uidMappings/0'],
    ['/linux', uid([0, 0, 4294967295])],
    ['/linux', uid([1, 0, 4294967295]), '/linux/uidMappings/0/containerID: reaches to 4294967295'],
    ['/linux', lines(340)],
    ['/linux', lines(341), '/linux/uidMappings: has 341 entries; must have at most 340'],
    ['/linux', lines(340, 1_000_000), '/linux/uidMappings: makes a map of '],
  ]);
});

t.test('time offsets', async (t) => {
  const at = '/linux/timeOffsets';
  all(t, [
    [at, { monotonic: { secs: -5, nanosecs: 999999999 }, boottime: {} }],
    [at, { monotonic: { nanosecs: 1000000000 } }, `${at}/monotonic/nanosecs: is 1000000000`],
    [at, { realtime: null }, `${at}/realtime: "realtime" is no clock`],
    [at, { realtime: { secs: 1 } }, `${at}/realtime: "realtime" is no clock`],
    [
      '/linux',
      { namespaces: [{ type: 'time', path: '/a' }], timeOffsets: { boottime: {} } },
      `${at}: is given for a time`,
    ],
  ]);
  all(
    t,
    [
      [at, { boottime: { secs: 1 } }, `${at}: has no time namespace`],
      [at, {}],
    ],
    without('time'),
  );
});

t.test('devices', async (t) => {
  const at = '/linux/devices';
  const device = (fields: object) => [{ type: 'c', path: '/dev/a', major: 1, minor: 2, ...fields }];
  all(t, [
    [at, device({ fileMode: 0o1666 })],
    [at, device({ fileMode: 0o20666 })],
    [at, device({ fileMode: 0o200666 }), `${at}/0/fileMode: is 65974`],
    [at, device({ path: 'dev/a' }), `${at}/0/path: is "dev/a"`],
    [at, device({ major: undefined }), `${at}/0/major: is missing; must be given for a device of type "c"`],
    [at, device({ type: 'p', major: undefined, minor: undefined })],
    [at, device({ major: 4096 }), `${at}/0/major: is 4096`],
    [at, device({ minor: -1 }), `${at}/0/minor: is -1`],
    [at, device({ type: 'x' }), `${at}/0/type: "x" is not known`],
    [at, [...device({}), ...device({ type: 'u' })]],
    [at, [...device({}), ...device({ minor: 3 })], `${at}/1/path: is another device than ${at}/0`],
  ]);
  const warned = (...devices: object[]) =>
    loadConfig(JSON.stringify(changed(base, at, devices)), 'config.json').warnings.map(({ pointer }) => pointer);
  const [one] = device({ fileMode: 0o20666, uid: 0 });
  t.same(warned(one!, { ...one, uid: undefined }), [], 'the very same again, as engines have it');
  t.same(warned(one!, { ...one, fileMode: 0o600 }, { ...one, gid: 5 }), [`${at}/1`, `${at}/2`]);
});

t.test('network devices', async (t) => {
  const at = '/linux/netDevices';
  all(t, [
    [at, { eth0: {}, eth1: { name: 'data' } }],
    [at, { 'a/b': {} }, `${at}/a~1b: "a/b" is no name of an interface`],
    [at, { '..': {}, 'a b': {}, 'a:b': {} }, `${at}/..: `, `${at}/a b: `, `${at}/a:b: `],
    [at, { eth0: { name: 'a'.repeat(16) } }, `${at}/eth0/name: `],
    [at, { eth0: { name: 'eth1' }, eth1: {} }, `${at}/eth1: would have the name eth1`],
    [at, { eth0: { name: 'in%d' }, eth1: { name: 'in%d' } }],
    [
      at,
      { eth0: { name: 'in%s' }, eth1: { name: '%d%d' } },
      `${at}/eth0/name: "in%s" is no template`,
      `${at}/eth1/name: `,
    ],
  ]);
  all(t, [[at, { eth0: {} }, `${at}: has no network namespace`]], without('network'));
});

t.test('paths', async (t) => {
  all(t, [
    ['/linux/cgroupsPath', '/a/..b/c'],
    ['/linux/cgroupsPath', 'system.slice:docker:id'],
    ['/linux/cgroupsPath', '/a/../b', '/linux/cgroupsPath: is "/a/../b"; must be without ".."'],
    ['/linux/maskedPaths', ['/a', 'b'], '/linux/maskedPaths/1: is "b"; must be an absolute path'],
    ['/linux/readonlyPaths', ['', '/b'], '/linux/readonlyPaths/0: is ""'],
    ['/linux/rootfsPropagation', 'rslave'],
    ['/linux/rootfsPropagation', 'slaves', '/linux/rootfsPropagation: "slaves" is not known; did you mean "slave"?'],
  ]);
  const host = without('mount');
  all(t, [['/linux/maskedPaths', ['/a'], '/linux/maskedPaths: would hide paths of the host']], host);
  all(
    t,
    [
      ['/linux/readonlyPaths', ['/a'], '/linux/readonlyPaths: would hide'],
      ['/linux/maskedPaths', []],
    ],
    host,
  );
});

t.test('sysctl', async (t) => {
  const at = '/linux/sysctl';
  const own = changed(without(''), '/linux/namespaces/0', { type: 'user', path: '/a' });
  all(
    t,
    [
      [at, { 'net.ipv4.conf.eth0/100.forwarding': '1', 'net/ipv4/conf/eth0.101/forwarding': '1' }],
      [
        at,
        {
          'kernel.shmmax': '1',
          'kernel/sem': '1',
          'fs.mqueue.msg_max': '1',
          'kernel.domainname': 'a',
          'user.max_a': '1',
        },
      ],
      [at, { 'kernel.hostname': 'a' }, `${at}/kernel.hostname: would set the hostname`],
      [at, { 'vm.swappiness': '1' }, `${at}/vm.swappiness: "vm.swappiness" belongs to no namespace`],
      [at, { 'kernel.shmmaxx': '1' }, `${at}/kernel.shmmaxx: `],
      [
        at,
        { 'net/../kernel/core_pattern': '1' },
        `${at}/net~1..~1kernel~1core_pattern: "net/../kernel/core_pattern" is no`,
      ],
      [at, { 'net.//.//.kernel': '1' }, `${at}/net.~1~1.~1~1.kernel: `],
      [at, { net: '1', '': '1' }, `${at}/net: "net" is no kernel parameter`, `${at}/: "" is no kernel parameter`],
      [at, { 'net.a.b': '1', 'net/a/b': '2' }, `${at}/net~1a~1b: "net/a/b" is the same as "net.a.b"`],
    ],
    own,
  );
  for (const [type, name] of [
    ['ipc', 'kernel.sem'],
    ['network', 'net.core.somaxconn'],
    ['uts', 'kernel.domainname'],
    ['user', 'user.max_mnt_namespaces'],
  ] as const) {
    all(
      t,
      [[at, { [name]: '1' }, `${at}/${name}: "${name}" would change the host; must have "${type}"`]],
      without(type),
    );
  }
});

t.test('seccomp', async (t) => {
  const at = '/linux/seccomp';
  const rules = (rule: object, more: object = {}) => ({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', ...rule }],
    ...more,
  });
  all(t, [
    [at, rules({ errnoRet: 38, args: [{ index: 5, value: 1, op: 'SCMP_CMP_EQ' }] })],
    [at, rules({ names: [] }), `${at}/syscalls/0/names: is an empty array; must have at least one item`],
    [at, rules({ names: [''] }), `${at}/syscalls/0/names/0: is empty`],
    [at, rules({ action: 'ERRNO' }), `${at}/syscalls/0/action: "ERRNO" is not known`],
    [at, rules({ action: 'SCMP_ACT_ALLOW', errnoRet: 1 }), `${at}/syscalls/0/errnoRet: is given with SCMP_ACT_ALLOW`],
    [at, rules({ errnoRet: 0 })],
    [at, rules({ errnoRet: 4094 })],
    [at, rules({ errnoRet: 4095 }), `${at}/syscalls/0/errnoRet: is 4095; must be at most 4094`],
    [at, rules({ action: 'SCMP_ACT_TRACE', errnoRet: 65535 })],
    [at, rules({ args: [{ index: 6, value: 1, op: 'SCMP_CMP_EQ' }] }), `${at}/syscalls/0/args/0/index: is 6`],
    [at, rules({ args: [{ index: 1, value: 1, op: 'EQ' }] }), `${at}/syscalls/0/args/0/op: "EQ" is not known`],
    [at, rules({ args: [{ index: 1, op: 'SCMP_CMP_EQ' }] }), `${at}/syscalls/0/args/0/value: is missing`],
    [at, rules({}, { defaultErrnoRet: 1 }), `${at}/defaultErrnoRet: is given with SCMP_ACT_ALLOW`],
    [at, rules({}, { architectures: ['x86'] }), `${at}/architectures/0: "x86" is not known`],
    [at, rules({}, { flags: ['LOG'] }), `${at}/flags/0: "LOG" is not known`],
    [at, rules({}, { listenerPath: '/run/agent' })],
    [at, rules({}, { listenerMetadata: 'a' }), `${at}/listenerMetadata: is given without listenerPath`],
    [at, rules({ action: 'SCMP_ACT_NOTIFY' }, { listenerPath: '/run/agent' })],
    [at, rules({ action: 'SCMP_ACT_NOTIFY' }), `${at}/listenerPath: is missing`],
    [at, rules({ action: 'SCMP_ACT_NOTIFY' }, { listenerPath: 'agent' }), `${at}/listenerPath: is "agent"`],
    [
      at,
      rules({ action: 'SCMP_ACT_NOTIFY', names: ['mkdir', 'write'] }, { listenerPath: '/run/agent' }),
      `${at}/syscalls/0/names/1: is "write" with SCMP_ACT_NOTIFY`,
    ],
    [at, { defaultAction: 'SCMP_ACT_NOTIFY', listenerPath: '/a' }, `${at}/defaultAction: is SCMP_ACT_NOTIFY`],
    [at, {}, `${at}/defaultAction: is missing`],
  ]);
});

t.test('seccomp: comparisons that would be passed over, or read otherwise', async (t) => {
  const at = '/linux/seccomp';
  const comparing = (args: object[], action = 'SCMP_ACT_ERRNO', defaultAction = 'SCMP_ACT_ALLOW') => ({
    defaultAction,
    syscalls: [{ names: ['mkdir'], action, args }],
  });
  const arg = (op: string, value: unknown, valueTwo?: unknown, index = 0) => ({ index, op, value, valueTwo });
  const second = `${at}/syscalls/0/args/0/valueTwo`;
  const twice = `${at}/syscalls/0/args: compares one argument more than once`;
  const looser = (...args: object[]) => comparing(args, 'SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO');
  all(t, [
    [at, comparing([arg('SCMP_CMP_EQ', 1, 0)])],
    [at, comparing([arg('SCMP_CMP_EQ', 1, 5)]), `${second}: is 5 with SCMP_CMP_EQ`],
    [at, comparing([arg('SCMP_CMP_MASKED_EQ', 0x7e020000, 0x20000)])],
    [at, comparing([arg('SCMP_CMP_MASKED_EQ', 4, 5)]), `${second}: is 5; must have no bit that the mask, value 4`],
    [at, comparing([arg('SCMP_CMP_GE', 1), arg('SCMP_CMP_LE', 3)])],
    [at, looser(arg('SCMP_CMP_GE', 1), arg('SCMP_CMP_LE', 3, undefined, 1))],
    [at, looser(arg('SCMP_CMP_EQ', 1), arg('SCMP_CMP_EQ', 3))],
    [at, looser(arg('SCMP_CMP_GE', 1), arg('SCMP_CMP_LE', 3)), twice],
    [at, looser(arg('SCMP_CMP_EQ', 1), arg('SCMP_CMP_EQ', 3), arg('SCMP_CMP_EQ', 3, 0, 1)), twice],
    [at, comparing([arg('SCMP_CMP_NE', 1), arg('SCMP_CMP_NE', 2)], 'SCMP_ACT_LOG', 'SCMP_ACT_TRAP'), twice],
  ]);
});

t.test('resources', async (t) => {
  const at = '/linux/resources';
  all(t, [
    [
      `${at}/devices`,
      [{ allow: false }, { allow: false, access: '' }, { allow: true, type: '', major: -1, access: 'r' }],
    ],
    [
      `${at}/devices`,
      [{ allow: true, type: 'c' }],
      `${at}/devices/0/access: is missing; must be given for a rule that allows`,
    ],
    [`${at}/devices`, [{ allow: true, access: '' }], `${at}/devices/0/access: is empty; must be given for a rule that`],
    [`${at}/devices`, [{ allow: true, type: 'p', access: 'r' }], `${at}/devices/0/type: "p" is not known`],
    [`${at}/devices`, [{ allow: true, access: 'rx' }], `${at}/devices/0/access: is "rx"; must be made of r, w and m`],
    [
      `${at}/devices`,
      [{ allow: true, major: -2, minor: 2 ** 20, access: 'r' }],
      `${at}/devices/0/major: `,
      `${at}/devices/0/minor: `,
    ],
    [`${at}/memory`, { limit: -1, swap: -1, reservation: 0 }],
    [`${at}/memory`, { limit: -2 }, `${at}/memory/limit: is -2; must be a number of bytes, or -1`],
    [`${at}/memory`, { limit: 100, swap: 99 }, `${at}/memory/swap: is 99`],
    [`${at}/memory`, { limit: 100, swap: 100 }],
    [`${at}/memory`, { swap: 100 }, `${at}/memory/swap: is 100, of memory and swap together; must have a limit`],
    [`${at}/memory`, { swappiness: 101 }, `${at}/memory/swappiness: is 101; must be at most 100`],
    [`${at}/cpu`, { shares: 0, quota: -1, period: 0, idle: 1, cpus: '0-1', mems: '' }],
    [`${at}/cpu`, { idle: 2 }, `${at}/cpu/idle: is 2; must be 0 or 1`],
    [`${at}/cpu`, { period: 999 }, `${at}/cpu/period: is 999`],
    [`${at}/cpu`, { quota: 999 }, `${at}/cpu/quota: is 999`],
    [`${at}/cpu`, { quota: 1000, burst: 1001 }, `${at}/cpu/burst: is 1001; must be at most quota`],
    [`${at}/cpu`, { cpus: '1-', mems: 'a' }, `${at}/cpu/cpus: is "1-"`, `${at}/cpu/mems: is "a"`],
    [`${at}/pids`, { limit: -1 }],
    [`${at}/pids`, {}],
    [`${at}/pids`, { max: 5 }, `${at}/pids/max: is not known`],
    [`${at}/blockIO`, { weight: 0, leafWeight: 1000 }],
    [
      `${at}/blockIO`,
      { weight: 9, leafWeight: 1001 },
      `${at}/blockIO/weight: is 9`,
      `${at}/blockIO/leafWeight: is 1001`,
    ],
    [
      `${at}/blockIO`,
      { weightDevice: [{ major: 8, minor: 0 }] },
      `${at}/blockIO/weightDevice/0: has neither weight nor`,
    ],
    [
      `${at}/blockIO`,
      { throttleReadBpsDevice: [{ major: 8, minor: -1, rate: 1 }] },
      `${at}/blockIO/throttleReadBpsDevice/0/minor`,
    ],
    [
      `${at}/hugepageLimits`,
      [
        { pageSize: '2MB', limit: 1 },
        { pageSize: '2MB', limit: 2 },
      ],
      `${at}/hugepageLimits/1/pageSize: `,
    ],
    [`${at}/network`, { priorities: [{ name: '', priority: 1 }] }, `${at}/network/priorities/0/name: is empty`],
    [`${at}/rdma`, { mlx: {} }, `${at}/rdma/mlx: has neither hcaHandles nor hcaObjects`],
    [`${at}/unified`, { 'memory.high': 'max', 'x.y': '1' }],
    [`${at}/unified`, { 'memory.max': ' ' }, `${at}/unified/memory.max: is empty; must be what the file takes`],
    [
      `${at}/unified`,
      { 'a/b': '', '..': '' },
      `${at}/unified/a~1b: "a/b" is no file`,
      `${at}/unified/..: ".." is no file`,
    ],
  ]);
});

t.test('intelRdt, memoryPolicy, personality', async (t) => {
  const policy = '/linux/memoryPolicy';
  all(t, [
    ['/linux/intelRdt', { closID: 'a', schemata: ['L3:0=f'] }],
    ['/linux/intelRdt', { closID: '..' }, '/linux/intelRdt/closID: is ".."'],
    ['/linux/intelRdt', { closID: 'a/b' }, '/linux/intelRdt/closID: is "a/b"'],
    ['/linux/intelRdt', { closID: '/' }],
    ['/linux/intelRdt', { schemata: ['L3:0=f', 'L3:0=f\nMB:0=1'] }, '/linux/intelRdt/schemata/1: has several lines'],
    [
      '/linux/intelRdt',
      { memBwSchema: 'L3:0=1' },
      '/linux/intelRdt/memBwSchema: is "L3:0=1"; must be one line beginning',
    ],
    [policy, { mode: 'MPOL_BIND', nodes: '0-1,3' }],
    [policy, { mode: 'MPOL_PREFERRED' }],
    [policy, { mode: 'MPOL_BIND' }, `${policy}/nodes: is missing; MPOL_BIND needs nodes`],
    [policy, { mode: 'MPOL_LOCAL', nodes: '0' }, `${policy}/nodes: is given with MPOL_LOCAL`],
    [policy, { mode: 'MPOL_BIND', nodes: '1024' }, `${policy}/nodes: is "1024"; must be a list of nodes`],
    [policy, { mode: 'BIND', nodes: '0' }, `${policy}/mode: "BIND" is not known`],
    [policy, { mode: 'MPOL_BIND', nodes: '0', flags: ['X'] }, `${policy}/flags/0: "X" is not known`],
    [
      policy,
      { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'] },
      `${policy}/flags: has MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES`,
    ],
    ['/linux/personality', { domain: 'LINUX32', flags: [] }],
    ['/linux/personality', { domain: 'LINUX', flags: ['X'] }, '/linux/personality/flags: is not empty'],
  ]);
});
