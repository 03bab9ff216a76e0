import t from 'tap';
import { cgroupDirectory, ownDirectory, parentDirectory, parseCgroupsPath } from '../../../src/cgroup/plan/path.js';

t.test('cgroupsPath: absent, relative, absolute', async (t) => {
  t.same(parseCgroupsPath(undefined, 'id'), { absolute: false, path: 'id' });
  t.same(parseCgroupsPath('', 'id'), { absolute: false, path: 'id' });
  t.same(parseCgroupsPath('a/./b//c/', 'id'), { absolute: false, path: 'a/b/c' });
  t.same(parseCgroupsPath('/a/b', 'id'), { absolute: true, path: 'a/b' });
  t.same(parseCgroupsPath('a..b', 'id'), { absolute: false, path: 'a..b' });
});

t.test('cgroupsPath: refused', async (t) => {
  for (const path of ['..', '/../a', 'a/../b', 'a/..', '/', '.', './/', 'a\nb', 'a\0'])
    t.throws(() => parseCgroupsPath(path, 'id'), { code: 'config', fields: { pointer: '/linux/cgroupsPath' } }, path);
});

t.test('our own directory below a mount', async (t) => {
  const own = (root: string, self: string) => ownDirectory({ mountPoint: '/sys/fs/cgroup', root, self });
  t.equal(own('/', '/'), '/sys/fs/cgroup');
  t.equal(own('/', '/user.slice/x'), '/sys/fs/cgroup/user.slice/x');
  t.equal(own('/docker/abc', '/docker/abc'), '/sys/fs/cgroup');
  t.equal(own('/docker/abc', '/docker/abc/init'), '/sys/fs/cgroup/init');
  t.equal(own('/docker/abc', '/docker/abcd'), '/sys/fs/cgroup', 'a place the mount does not show');
  t.equal(own('/..', '/'), '/sys/fs/cgroup');
});

t.test('relative paths start beside the runtime, absolute ones at the mount', async (t) => {
  const mounted = { mountPoint: '/sys/fs/cgroup', root: '/', self: '/user.slice/x.scope' };
  t.equal(parentDirectory(mounted), '/sys/fs/cgroup/user.slice');
  t.equal(parentDirectory({ ...mounted, self: '/' }), '/sys/fs/cgroup');
  t.equal(parentDirectory({ ...mounted, self: '/x' }), '/sys/fs/cgroup');
  t.equal(cgroupDirectory({ absolute: false, path: 'a' }, mounted, '/base'), '/base/a');
  t.equal(cgroupDirectory({ absolute: true, path: 'a' }, mounted, '/base'), '/sys/fs/cgroup/a');
});
