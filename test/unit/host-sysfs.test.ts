import t from 'tap';
import type { Namespace } from '../../src/config/spec.js';
import { MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from '../../src/native/flags.js';
import { newOnes, plan, problemsOf, specWith, stepsOf } from './plan-helpers.js';

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
  t.match(bind, { source: '/sys', target: '/sys', recursive: 1, mustBeDirectory: 1, from: '/mounts/0' });
  t.equal(bind?.recursiveSet, BigInt(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
  t.match(stepsOf(made(newOnes('mount', 'user')), 'mask-path'), [{ path: '/sys/fs/cgroup' }]);
  t.same(stepsOf(made(newOnes('mount', 'user'), ['ro'], ['/sys/fs/cgroup']), 'mask-path'), []);
  t.match(
    problemsOf(() => made(newOnes('mount', 'user'), ['nosuid'])),
    [/^unsupported \/mounts\/0\/type: .*can mount no sysfs/],
  );
});
