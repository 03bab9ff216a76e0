import t from 'tap';
import type { Mount, Namespace } from '../../../src/config/spec.js';
import { MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_REC, MS_SLAVE } from '../../../src/native/flags.js';
import { newOnes, plan, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';

const maps = [{ containerID: 0, hostID: 5000, size: 10 }];
const made = (namespaces: Namespace[], options = ['ro', 'nosuid'], more: string[] = []) =>
  plan(
    specWith({
      mounts: [
        { destination: '/sys', type: 'sysfs', source: 'sysfs', options },
        ...more.map((destination) => ({ destination, type: 'tmpfs', source: 'tmpfs' })),
      ],
      linux: { namespaces, uidMappings: maps, gidMappings: maps },
    }),
  );
const own = (namespaces: Namespace[]): boolean => stepsOf(made(namespaces), 'mount-fs').length === 1;
const net = { type: 'network' as const, path: '/run/netns/x' };
const user = { type: 'user' as const, path: '/proc/1/ns/user' };

t.test('a sysfs of its own, where the network namespace may be its own too', async (t) => {
  t.ok(own(newOnes('mount')));
  t.ok(own([...newOnes('mount'), net]));
  t.ok(own(newOnes('mount', 'user', 'network')));
  t.ok(own([...newOnes('mount'), user, net]), 'whose it is nobody knows before');
  t.notOk(own(newOnes('mount', 'user')));
  t.notOk(own([...newOnes('mount', 'user'), net]));
});

t.test("else the host's, with what was asked for on all of it", async (t) => {
  const [bind] = stepsOf(made(newOnes('mount', 'user')), 'mount-bind');
  t.match(bind, { source: '/sys', target: '/sys', recursive: 1, mustBeDirectory: 1, pointer: '/mounts/0' });
  t.equal(bind?.recursiveSet, BigInt(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
  t.match(stepsOf(made(newOnes('mount', 'user')), 'mask-path'), [{ path: '/sys/fs/cgroup' }]);
  const propagation = (...options: string[]) =>
    stepsOf(made(newOnes('mount', 'user'), ['ro', ...options]), 'mount-propagation').map(({ flags }) => Number(flags));
  t.same(propagation(), [MS_REC | MS_PRIVATE], 'what is mounted on the host later would be writable');
  t.same(propagation('rslave'), [MS_REC | MS_SLAVE]);
  t.same(stepsOf(made(newOnes('mount', 'user'), ['ro'], ['/sys/fs/cgroup']), 'mask-path'), []);
  t.match(
    problemsOf(() => made(newOnes('mount', 'user'), ['nosuid'])),
    [/^unsupported \/mounts\/0\/type: .*can mount no sysfs/],
  );
});

t.test('cgroups of the host stay hidden, whatever other mount there is', async (t) => {
  const sys: Mount = { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro'] };
  const cgroup: Mount = { destination: '/sys/fs/cgroup', type: 'tmpfs', source: 'tmpfs' };
  const namespaces = newOnes('mount', 'user');
  const hidden = (...mounts: Mount[]): boolean => {
    const linux = { namespaces, uidMappings: maps, gidMappings: maps };
    return stepsOf(plan(specWith({ mounts, linux })), 'mask-path').length > 0;
  };
  t.notOk(hidden(sys, { ...cgroup, destination: '/sys/fs/cgroup/' }));
  t.notOk(hidden(sys, { ...cgroup, destination: '/sys/fs' }));
  t.ok(hidden(cgroup, sys), 'what is mounted before is covered');
  t.ok(hidden(sys, { ...cgroup, destination: '/sys/fs/cgroup/memory' }), 'a part of it alone');
  t.ok(hidden(sys, { ...cgroup, destination: '/sys/fs/cgroup2' }));
  t.ok(hidden(sys, { ...cgroup, options: ['remount', 'ro'] }), 'what mounts nothing');
});

t.test('what a bind of it can do nothing with is refused', async (t) => {
  const namespaces = newOnes('mount', 'user');
  for (const [options, problem] of [
    [['ro', 'mode=700'], /^unsupported \/mounts\/0\/options: .*no option "mode=700"/],
    [['ro', 'sync'], /^unsupported \/mounts\/0\/options: .*no option "sync"/],
    [['ro', 'idmap'], /^unsupported \/mounts\/0: .*can't be id-mapped/],
    [['ro', 'idmap=uids=0-1-1;gids=0-1-1'], /^unsupported \/mounts\/0: .*can't be id-mapped/],
  ] as const)
    t.match(
      problemsOf(() => made(namespaces, [...options])),
      [problem],
    );
});
