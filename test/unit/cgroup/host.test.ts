import t from 'tap';
import { cgroupHost, parseCgroupMounts, parseOwnCgroups } from '../../../src/cgroup/host.js';
import { fakeNative } from '../../helpers/fake-native.js';

const hybridMounts = `23 1 254:0 / / rw - ext4 /dev/vda rw
30 23 0:27 / /sys rw - sysfs sysfs rw
31 30 0:28 / /sys/fs/cgroup rw,relatime shared:1 - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
33 31 0:35 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
90 23 0:35 /x /var/a\\040b rw - cgroup cgroup rw,memory
`;

t.test('own cgroups', async (t) => {
  const own = parseOwnCgroups('4:memory:/a:b\n1:cpu,cpuacct:/\n9:name=systemd:/s\n0::/u\n');
  t.same(
    [...own],
    [
      ['memory', '/a:b'],
      ['cpu', '/'],
      ['cpuacct', '/'],
      ['name=systemd', '/s'],
      ['', '/u'],
    ],
  );
});

t.test('mounts: decoded, the usual place first', async (t) => {
  const mounts = parseCgroupMounts(hybridMounts);
  t.equal(mounts.length, 5);
  t.match(mounts[4], { mountPoint: '/var/a b', root: '/x', type: 'cgroup' });
});

t.test('mounts that are hidden by another are left out', async (t) => {
  const over = `${hybridMounts}95 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n`;
  const mounts = parseCgroupMounts(over);
  t.same(
    mounts.map(({ mountPoint }) => mountPoint),
    ['/sys/fs/cgroup', '/var/a b'],
  );
});

t.test('a mount that is hidden itself hides none', async (t) => {
  const again = [
    '95 31 0:60 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
    '96 95 0:35 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '97 95 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    '',
  ].join('\n');
  t.same(
    parseCgroupMounts(hybridMounts + again).map(({ mountPoint }) => mountPoint),
    ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified', '/var/a b'],
  );
});

t.test('hybrid, legacy, unified, none', async (t) => {
  const own = '4:memory:/m\n1:cpu,cpuacct:/\n9:name=systemd:/\n0::/\n';
  const files = {
    '/proc/self/cgroup': own,
    '/proc/self/mountinfo': hybridMounts,
    '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb misc\n',
  };
  const hybrid = cgroupHost(fakeNative({ files }).native);
  t.equal(hybrid.mode, 'hybrid');
  t.same(hybrid.unified, {
    mountPoint: '/sys/fs/cgroup/unified',
    root: '/',
    self: '/',
    controllers: ['hugetlb', 'misc'],
  });
  t.same(hybrid.controllers[0], { name: 'memory', mountPoint: '/sys/fs/cgroup/memory', root: '/', self: '/m' });
  t.same(
    hybrid.controllers.filter(({ mountPoint }) => mountPoint.endsWith('cpu,cpuacct')).map(({ name }) => name),
    ['cpu', 'cpuacct'],
  );

  const without = (text: string) => ({ ...files, '/proc/self/mountinfo': text });
  const legacy = hybridMounts.replace(/.*cgroup2.*\n/, '');
  t.equal(cgroupHost(fakeNative({ files: without(legacy) }).native).mode, 'legacy');
  const unified = hybridMounts.replace(/.* - cgroup .*\n/g, '');
  t.equal(cgroupHost(fakeNative({ files: without(unified) }).native).mode, 'unified');
  t.same(cgroupHost(fakeNative({ files: without('') }).native), { mode: 'none', controllers: [] });
});

t.test('v1 and hybrid at the usual places are told without mountinfo', async (t) => {
  const CGROUP = 0x27e0eb;
  const CGROUP2 = 0x63677270;
  const types: Record<string, number> = {
    '/sys/fs/cgroup/memory': CGROUP,
    '/sys/fs/cgroup/cpu,cpuacct': CGROUP,
    '/sys/fs/cgroup/systemd': CGROUP,
    '/sys/fs/cgroup/unified': CGROUP2,
  };
  const directories = ['/sys/fs/cgroup', '/sys/fs/cgroup/memory/m'];
  const seen = (
    changed: Record<string, number> = {},
    mountinfo = '',
    own = '/m',
    more = ['/sys/fs/cgroup/unified'],
  ) => {
    const { native } = fakeNative({
      files: {
        '/proc/self/cgroup': `4:memory:${own}\n1:cpu,cpuacct:/\n9:name=systemd:/\n0::/\n`,
        '/proc/self/mountinfo': mountinfo,
        '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n',
      },
      directories: [...directories, ...more],
    });
    native.fsType = (path) => ({ ...types, ...changed })[path] ?? 1;
    return cgroupHost(native);
  };
  const hybrid = seen();
  t.equal(hybrid.mode, 'hybrid');
  t.same(
    hybrid.controllers.map(({ name, mountPoint }) => [name, mountPoint]),
    [
      ['memory', '/sys/fs/cgroup/memory'],
      ['cpu', '/sys/fs/cgroup/cpu,cpuacct'],
      ['cpuacct', '/sys/fs/cgroup/cpu,cpuacct'],
      ['name=systemd', '/sys/fs/cgroup/systemd'],
    ],
  );
  t.equal(hybrid.unified?.mountPoint, '/sys/fs/cgroup/unified');
  t.equal(seen({}, '', '/m', []).mode, 'legacy', 'v2 is not mounted');
  const bound = '33 31 0:35 /m /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n';
  for (const [why, host] of Object.entries({
    'one is elsewhere': seen({ '/sys/fs/cgroup/systemd': 1 }, bound),
    'v2 is elsewhere': seen({ '/sys/fs/cgroup/unified': 1 }, bound),
    'the mount shows a part of the hierarchy': seen({}, bound, '/m/below'),
  }))
    t.match(host.controllers, [{ name: 'memory', root: '/m' }], why);
});

t.test('pure v2 is told without mountinfo', async (t) => {
  const { native } = fakeNative({
    files: { '/proc/self/cgroup': '0::/user.slice/x\n', '/sys/fs/cgroup/cgroup.controllers': 'cpu memory pids\n' },
    directories: ['/sys/fs/cgroup', '/sys/fs/cgroup/user.slice/x'],
  });
  native.fsType = () => 0x63677270;
  t.same(cgroupHost(native), {
    mode: 'unified',
    controllers: [],
    unified: {
      mountPoint: '/sys/fs/cgroup',
      root: '/',
      self: '/user.slice/x',
      controllers: ['cpu', 'memory', 'pids'],
    },
  });
});

t.test('rootless: what was delegated', async (t) => {
  const { native } = fakeNative({
    files: {
      '/proc/self/cgroup': '0::/u/app/x\n',
      '/sys/fs/cgroup/u/app/cgroup.controllers': 'memory pids\n',
      '/sys/fs/cgroup/u/app/cgroup.procs': '',
    },
    directories: ['/sys/fs/cgroup', '/sys/fs/cgroup/u/app', '/sys/fs/cgroup/u/app/x'],
  });
  native.fsType = () => 0x63677270;
  t.match(cgroupHost(native, true).unified, { writable: true, controllers: ['memory', 'pids'] });
  native.identity = () => [1000, 1000, 1000, 1000, 1, 0];
  t.match(cgroupHost(native, true).unified, { writable: false });
  const { stat } = native;
  const readOnly = (owner: number) => {
    native.stat = (path, follow) => {
      const status = stat(path, follow);
      return status && { ...status, mode: 0o40555, uid: owner, gid: 7 };
    };
    return cgroupHost(native, true).unified?.writable;
  };
  t.equal(readOnly(1000), false);
  native.identity = () => [0, 0, 0, 0, 1, 0];
  t.equal(readOnly(0), true, 'root, of a directory as the topmost of v1');
  t.equal(readOnly(65534), false, "root of a user namespace, of the host's");
});
