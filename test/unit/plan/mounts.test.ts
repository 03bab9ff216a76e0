import t from 'tap';
import { cleanPath, isAtOrBelow } from '../../../src/base/path.js';
import type { Linux, Mount, Namespace } from '../../../src/config/spec.js';
import * as flags from '../../../src/native/flags.js';
import { NO_SLOT } from '../../../src/plan/steps/step-table.js';
import { indexOf, newOnes, plan, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';
import { hybridRoot, options, rootlessUser, unifiedRoot } from '../../helpers/plan-hosts.js';

const planOf = (mounts: Mount[], facts = unifiedRoot) => plan(specWith({ mounts }), facts);
const maps = {
  uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
  gidMappings: [{ containerID: 0, hostID: 2000, size: 10 }],
};

t.test('paths', (t) => {
  t.equal(cleanPath('/a/../b//c/./'), '/b/c');
  t.equal(cleanPath('../..'), '/');
  t.ok(isAtOrBelow('/proc/sys', '/proc'));
  t.notOk(isAtOrBelow('/process', '/proc'));
  t.ok(isAtOrBelow('/a', '/'));
  t.end();
});

t.test('a file system', (t) => {
  const made = planOf([
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'size=1m', 'sync'] },
  ]);
  const [step] = stepsOf(made, 'mount-fs');
  t.match(step, {
    type: 'tmpfs',
    source: 'shm',
    target: '/dev/shm',
    parameters: ['sync', 'size=1m'],
    pointer: '/mounts/0',
  });
  t.equal(step?.attributes, BigInt(flags.MOUNT_ATTR_NOSUID));
  t.equal(step?.inheritMode, 1, 'a tmpfs without mode= takes that of the directory');
  t.end();
});

t.test('CVE-2019-16884, CVE-2025-52881: what would hide /proc is refused', (t) => {
  const refuse = (destination: string, type = 'tmpfs') =>
    problemsOf(() => planOf([{ destination, type, source: type }])).map((text) => text.split(':')[0]);
  t.same(refuse('/'), ['config /mounts/0/destination']);
  t.same(refuse('/a/..'), ['config /mounts/0/destination']);
  t.same(refuse('/proc'), ['config /mounts/0/destination']);
  t.same(refuse('/proc/self/attr'), ['config /mounts/0/destination']);
  t.same(refuse('/sys/../proc/x'), ['config /mounts/0/destination']);
  t.same(refuse('/proc', 'proc'), []);
  t.same(refuse('/proc/meminfo'), []);
  t.same(refuse('/proc/sys/kernel/ns_last_pid'), []);
  t.same(refuse('/process'), []);
  t.end();
});

t.test('CVE-2019-19921, CVE-2023-28642: /proc and /sys are real directories', (t) => {
  const made = planOf([
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro'] },
    { destination: '/mnt', type: 'tmpfs', source: 'tmpfs' },
  ]);
  t.same(
    stepsOf(made, 'mount-fs').map(({ mustBeDirectory }) => mustBeDirectory),
    [1, 1, 0],
  );
  t.equal(stepsOf(made, 'mount-fs')[1]?.attributes, BigInt(flags.MOUNT_ATTR_RDONLY), 'read-only as a mount');
  t.same(stepsOf(made, 'mount-fs')[1]?.parameters, [], 'not as a file system: a pod shares it');
  t.end();
});

t.test('a disk is read-only as a file system too', (t) => {
  const [step] = stepsOf(
    planOf([{ destination: '/d', type: 'ext4', source: '/dev/sdb', options: ['ro'] }]),
    'mount-fs',
  );
  t.same(step?.parameters, ['ro']);
  t.end();
});

t.test('a read-only tmpfs or /dev is closed once all is made in it', (t) => {
  const made = planOf([{ destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['ro', 'nosuid'] }]);
  t.equal(stepsOf(made, 'mount-fs')[0]?.attributes, BigInt(flags.MOUNT_ATTR_NOSUID));
  const [late] = stepsOf(made, 'mount-attributes');
  t.match(late, { target: '/dev', setAttributes: BigInt(flags.MOUNT_ATTR_RDONLY), recursive: 0 });
  t.equal(late?.mount, stepsOf(made, 'mount-fs')[0]?.keep, 'the mount that was made, whatever lies at its path');
  t.ok(indexOf(made, 'mount-attributes') > indexOf(made, 'pivot-root'));
  t.end();
});

t.test('bind mounts', (t) => {
  const made = planOf([
    { destination: '/a', source: 'data', options: ['bind', 'ro', 'exec'] },
    { destination: '/b', type: 'bind', source: '/srv', options: ['rbind', 'rro', 'rslave'] },
  ]);
  const [first, second] = stepsOf(made, 'mount-bind');
  t.match(first, { source: '/bundle/data', recursive: 0, target: '/a' });
  t.equal(first?.setAttributes, BigInt(flags.MOUNT_ATTR_RDONLY));
  t.equal(first?.clearAttributes, BigInt(flags.MOUNT_ATTR_NOEXEC));
  t.match(second, {
    source: '/srv',
    recursive: 1,
    recursiveSet: BigInt(flags.MOUNT_ATTR_RDONLY),
    pointer: '/mounts/1',
  });
  t.match(stepsOf(made, 'mount-propagation'), [
    { mount: second?.keep, flags: BigInt(flags.MS_SLAVE | flags.MS_REC), pointer: '/mounts/1' },
  ]);
  t.end();
});

t.test('mistakes in bind mounts', (t) => {
  const made = () =>
    planOf([
      { destination: '/a', options: ['bind'] },
      { destination: '/b', source: '/b', options: ['bind'] },
    ]);
  t.match(problemsOf(made), [/mounts\/0\/source: .*needs a source/]);
  t.end();
});

t.test('remount', (t) => {
  const made = planOf([
    { destination: '/a', type: 'tmpfs', options: ['remount', 'ro', 'size=2m', 'sync'] },
    { destination: '/b', options: ['remount', 'bind', 'nosuid'] },
  ]);
  t.match(stepsOf(made, 'mount-reconfigure'), [
    { mount: NO_SLOT, target: '/a', parameters: ['sync', 'size=2m'], iversion: 0 },
  ]);
  t.match(stepsOf(made, 'mount-attributes'), [
    { target: '/a', setAttributes: BigInt(flags.MOUNT_ATTR_RDONLY) },
    { target: '/b', setAttributes: BigInt(flags.MOUNT_ATTR_NOSUID) },
  ]);
  t.same(stepsOf(made, 'mount-fs'), []);
  t.end();
});

t.test('iversion has no word in fsconfig', (t) => {
  const made = planOf([{ destination: '/d', type: 'ext4', source: '/dev/sdb', options: ['iversion'] }]);
  t.match(stepsOf(made, 'mount-reconfigure'), [
    { mount: stepsOf(made, 'mount-fs')[0]?.keep, parameters: [], iversion: 1 },
  ]);
  const off = planOf([{ destination: '/d', options: ['remount', 'noiversion'] }]);
  t.match(stepsOf(off, 'mount-reconfigure'), [{ mount: NO_SLOT, target: '/d', iversion: 2 }]);
  t.end();
});

t.test('id-mapped mounts are cloned and mapped before the namespaces', (t) => {
  const mount: Mount = { destination: '/m', source: '/srv', options: ['rbind', 'ridmap'], ...maps };
  const made = planOf([mount, { ...mount, destination: '/n' }]);
  t.same(made.slots.filter(({ kind }) => kind === 'user-namespace').length, 1, 'the same maps, one namespace');
  const [tree] = stepsOf(made, 'clone-tree');
  const [idmap] = stepsOf(made, 'idmap-tree');
  t.equal(idmap?.tree, tree?.slot);
  t.equal(stepsOf(made, 'mount-bind')[0]?.tree, tree?.slot);
  t.ok(tree!.slot >= made.slots.length, 'behind the slots of the runtime');
  t.ok(indexOf(made, 'idmap-tree') < indexOf(made, 'dumpable'));
  t.match(
    problemsOf(() => planOf([mount], rootlessUser)),
    [/unsupported \/mounts\/0: .*needs root/],
  );
  const without = () => planOf([{ destination: '/m', source: '/srv', options: ['bind', 'idmap'] }]);
  t.match(problemsOf(without), [/config \/mounts\/0: .*uidMappings/]);
  t.end();
});

t.test('in a user namespace, sources are opened before it is made', (t) => {
  const linux = {
    namespaces: newOnes('pid', 'mount', 'user'),
    uidMappings: maps.uidMappings,
    gidMappings: maps.gidMappings,
  };
  const mounts = [{ destination: '/a', source: '/srv', options: ['bind'] }];
  const made = plan(specWith({ linux, mounts }));
  const last = made.steps.findLastIndex(({ step }) => step === 'clone-tree');
  t.ok(last < indexOf(made, 'unshare'));
  t.same(
    stepsOf(made, 'clone-tree')
      .slice(0, 2)
      .map(({ source }) => source),
    ['/bundle/rootfs', '/srv'],
  );
  t.notOk(plan(specWith({ linux, mounts }), rootlessUser).steps.some(({ step }) => step === 'clone-tree'));
  const bad = { destination: '/p', type: 'devpts', source: 'devpts', options: ['gid=5', 'uid=11'] };
  t.match(
    problemsOf(() => plan(specWith({ linux, mounts: [bad] }))),
    [/mounts\/0\/options: uid=11: no mapping for uid 11/],
  );
  t.end();
});

t.test('mountLabel', (t) => {
  const linux = { namespaces: newOnes('mount'), mountLabel: 'u:r:t:s0:c1,c2', maskedPaths: ['/proc/kcore'] };
  const mounts = [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/t', type: 'tmpfs', source: 'tmpfs' },
  ];
  const labelled = plan(specWith({ linux, mounts }), hybridRoot);
  t.same(
    stepsOf(labelled, 'mount-fs').map(({ parameters }) => parameters),
    [[], ['context=u:r:t:s0:c1,c2']],
  );
  t.equal(stepsOf(labelled, 'mask-path')[0]?.label, linux.mountLabel);
  const unlabelled = plan(specWith({ linux, mounts }), unifiedRoot);
  t.match(unlabelled.warnings, [{ pointer: '/linux/mountLabel', text: /mountLabel is ignored/ }]);
  t.end();
});

t.test("without a mount namespace mounts can't be changed later", (t) => {
  const of = (options: string[], type = 'tmpfs') => {
    const mounts = [{ destination: '/a', type, source: 'a', options }];
    return problemsOf(() => plan(specWith({ mounts, linux: { namespaces: [] } })));
  };
  t.same(of(['nosuid']), []);
  t.same(of(['ro'], 'bind'), []);
  t.same(of(['rro'], 'bind'), []);
  for (const word of ['iversion', 'rslave', 'remount'])
    t.match(of([word]), [/^unsupported \/mounts\/0\/options: .*mount namespace/], word);
  // What becomes read-only later does so as a file system.
  const mounts = [
    { destination: '/sys/fs/cgroup', type: 'cgroup', options: ['ro'] },
    { destination: '/a', type: 'tmpfs', options: ['ro'] },
  ];
  const made = plan(specWith({ mounts, linux: { namespaces: [] } }), hybridRoot);
  t.match(stepsOf(made, 'mount-reconfigure'), [
    { target: '/sys/fs/cgroup', parameters: ['ro'] },
    { target: '/a', parameters: ['ro'] },
  ]);
  t.notOk(stepsOf(made, 'mount-attributes').length);
  t.end();
});

t.test("cgroup v2 without a namespace of its own: the host's tree, or the container's cgroup", (t) => {
  const mounts = [{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro'] }];
  const namespaces: Namespace[] = [{ type: 'mount' }, { type: 'pid' }];
  const sources = (linux: Linux) =>
    stepsOf(plan(specWith({ mounts, linux: { namespaces, ...linux } })), 'mount-bind').flatMap(({ source, target }) =>
      target.endsWith('/sys/fs/cgroup') ? [source] : [],
    );
  const { mountPoint } = unifiedRoot.cgroup.unified!;
  t.same(sources({}), [mountPoint]);
  const map = [{ containerID: 0, hostID: 100000, size: 65536 }];
  const user: Linux = { namespaces: [...namespaces, { type: 'user' }], uidMappings: map, gidMappings: map };
  const [own, ...rest] = sources(user);
  t.same(rest, []);
  t.match(own, new RegExp(`^${mountPoint}/.`));
  t.end();
});

t.test('options of a cgroup mount: what the cgroup file system knows, on its own or bound', (t) => {
  const of = (options: string[], facts = unifiedRoot, type = 'cgroup') => {
    const mounts = [{ destination: '/sys/fs/cgroup', type, options }];
    return problemsOf(() => plan(specWith({ mounts, linux: { namespaces: newOnes('mount', 'cgroup') } }), facts));
  };
  const mounts = [{ destination: '/sys/fs/cgroup', type: 'cgroup', options: ['nsdelegate', 'rw'] }];
  const own = plan(specWith({ mounts, linux: { namespaces: newOnes('mount', 'cgroup') } }));
  t.match(stepsOf(own, 'mount-fs'), [{ type: 'cgroup2', parameters: ['nsdelegate'] }]);
  const bound = plan(specWith({ mounts, linux: { namespaces: newOnes('mount') } }));
  t.equal(stepsOf(bound, 'mount-bind').length, 1);
  t.match(of(['no-such-word']), [/^config \/mounts\/0\/options: no-such-word: no option of a mount of cgroup v2/]);
  t.match(of(['xattr']), [/cgroup v2/]);
  t.match(of(['nsdelegate'], hybridRoot), [/cgroup v1/]);
  t.match(of(['release_agent=/x', 'name=a', 'memory'], hybridRoot), [/release_agent=\/x, name=a, memory: no option/]);
  t.same(of(['xattr'], hybridRoot), []);
  t.match(of(['idmap']), [/config|unsupported/]);
  t.end();
});

t.test(
  "type cgroup2 in the host's cgroup namespace: its mount, not a new one that would reset the options of all",
  (t) => {
    const mounts = [{ destination: '/c', type: 'cgroup2', source: 'cgroup2', options: ['ro'] }];
    for (const facts of [unifiedRoot, hybridRoot]) {
      const shared = plan(specWith({ mounts, linux: { namespaces: newOnes('mount') } }), facts);
      t.match(stepsOf(shared, 'mount-bind'), [
        { source: facts.cgroup.unified!.mountPoint, recursiveSet: BigInt(flags.MOUNT_ATTR_RDONLY) },
      ]);
      const own = plan(specWith({ mounts, linux: { namespaces: newOnes('mount', 'cgroup') } }), facts);
      t.match(stepsOf(own, 'mount-fs'), [{ type: 'cgroup2', target: '/c' }]);
    }
    t.end();
  },
);

t.test('recursive words of a new file system count as plain ones, and take none of those away', (t) => {
  const [made, kept] = stepsOf(
    planOf([
      { destination: '/a', type: 'proc', options: ['rnosuid', 'ro', 'rnoatime'] },
      { destination: '/b', type: 'proc', options: ['noexec', 'rexec', 'noatime', 'rstrictatime'] },
    ]),
    'mount-fs',
  );
  const { MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOATIME, MOUNT_ATTR_NOEXEC } = flags;
  t.equal(made?.attributes, BigInt(MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME));
  t.equal(kept?.attributes, BigInt(MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME));
  t.end();
});

t.test('a source under an earlier mount is cloned in its turn', (t) => {
  const mounts = [
    { destination: '/mnt', type: 'bind', source: '/data', options: ['bind'] },
    { destination: '/other', type: 'bind', source: `${options.rootfs}/mnt/sub`, options: ['rbind'] },
    { destination: '/third', type: 'bind', source: `${options.rootfs}/etc`, options: ['bind'] },
  ];
  const linux: Linux = {
    namespaces: newOnes('mount', 'user'),
    uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
  };
  const made = plan(specWith({ mounts, linux }));
  const [inner] = stepsOf(made, 'clone-in-root');
  t.match(inner, { source: '/mnt/sub', recursive: 1, pointer: '/mounts/1/source' });
  t.equal(stepsOf(made, 'mount-bind')[1]?.tree, inner?.slot);
  t.ok(indexOf(made, 'clone-in-root') > indexOf(made, 'mount-bind'));
  t.ok(
    stepsOf(made, 'clone-tree').some(({ source }) => source === `${options.rootfs}/etc`),
    'all else ahead',
  );
  t.match(stepsOf(plan(specWith({ mounts })), 'clone-in-root'), [{ source: '/mnt/sub' }], 'in its turn there too');
  t.end();
});

t.test("destinations that begin with the root's own path", (t) => {
  const at = (destination: string, rootfs = '/srv/b/rootfs') => {
    const mounts = [{ destination, type: 'tmpfs' }];
    return stepsOf(plan(specWith({ mounts }), undefined, { rootfs }), 'mount-fs')[0]?.target;
  };
  t.equal(at('/srv/b/rootfs/mnt'), '/mnt');
  t.equal(at('/srv/b/rootfs2/mnt'), '/srv/b/rootfs2/mnt');
  t.equal(at('/mnt', '/'), '/mnt');
  t.end();
});
