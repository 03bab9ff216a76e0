import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { pureV2 } from '../helpers/pure-v2.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

const controllers = ((): string[] => {
  for (const file of ['/sys/fs/cgroup/cgroup.controllers', '/sys/fs/cgroup/unified/cgroup.controllers']) {
    if (existsSync(file)) return readFileSync(file, 'utf8').trim().split(' ').filter(Boolean);
  }
  return [];
})();
const withMount = (config: Parameters<Parameters<Sandbox['run']>[0]>[0]) => {
  config.linux.namespaces.push({ type: 'cgroup' });
  config.mounts.push({
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['ro', 'nosuid', 'noexec', 'nodev'],
  });
};

t.test('a container in a cgroup of its own', { skip: skipIf() }, async (t) => {
  const id = box.id('v2');
  const result = box.call(
    [
      'run',
      '--bundle',
      box.bundle((config) => {
        withMount(config);
        config.process.args = ['sh', '-c', 'cat /proc/self/cgroup; ls /sys/fs/cgroup; grep cgroup /proc/self/mounts'];
      }),
      id,
    ],
    pureV2,
  );
  t.equal(result.status, 0, result.stderr);
  t.match(result.stdout, /^0::\/$/m, 'its cgroup is the root of its namespace');
  t.match(result.stdout, /^cgroup\.procs$/m);
  t.match(result.stdout, /^cgroup2? \/sys\/fs\/cgroup cgroup2 ro/m);
});

t.test(
  'devices are restricted by a program',
  { skip: skipIf(differs({ runc: 'wants CAP_SYS_RESOURCE' })) },
  async (t) => {
    const result = box.sh(
      'cat /dev/kmsg0; echo $?; head -c 1 /dev/zero | wc -c; mknod /tmp/n c 1 3 && echo made',
      (config) => {
        config.linux.devices = [{ type: 'c', path: '/dev/kmsg0', major: 1, minor: 11, fileMode: 0o666 }];
        for (const set of ['bounding', 'effective', 'permitted'] as const)
          config.process.capabilities[set]!.push('CAP_MKNOD');
      },
      pureV2,
    );
    t.equal(result.stdout, '1\n1\nmade\n', result.stderr);
    t.match(result.stderr, /Operation not permitted/);
  },
);

t.test(
  'an allowed device can be opened, with the access that is allowed',
  { skip: skipIf(differs({ runc: 'wants CAP_SYS_RESOURCE' })) },
  async (t) => {
    // A number that no driver has: ENXIO, where the cgroup lets it through; EPERM, where it doesn't.
    const result = box.sh(
      '(: < /dev/z); (: > /dev/z)',
      (config) => {
        config.linux.devices = [{ type: 'c', path: '/dev/z', major: 240, minor: 250, fileMode: 0o666 }];
        config.linux.resources.devices!.push({ allow: true, type: 'c', major: 240, minor: 250, access: 'r' });
      },
      pureV2,
    );
    const [reading, writing] = result.stderr.trim().split('\n');
    t.match(reading, /No such device/, 'nobody drives it, but the cgroup let it through');
    t.match(writing, /Operation not permitted/);
  },
);

t.test(
  'a limit of a controller that v2 does not have here names the field',
  { skip: skipIf(differs({ runc: 'other words' })) },
  async (t) => {
    for (const [name, change] of [
      ['memory', { memory: { limit: 67108864 } }],
      ['pids', { pids: { limit: 10 } }],
      ['cpu', { cpu: { shares: 512 } }],
    ] as const) {
      if (controllers.includes(name)) continue;
      const result = box.run((config) => (config.linux.resources = change), pureV2);
      t.equal(result.status, 1, name);
      t.match(result.stderr, new RegExp(`linux/resources/${name}`));
    }
  },
);

t.test(
  'hugepageLimits',
  {
    skip: skipIf(
      controllers.includes('hugetlb') ? false : 'v2 has no hugetlb controller here',
      differs({ runc: 'wants CAP_SYS_RESOURCE for devices' }),
    ),
  },
  async (t) => {
    const result = box.sh(
      'cat /sys/fs/cgroup/hugetlb.2MB.max',
      (config) => {
        withMount(config);
        config.linux.resources.hugepageLimits = [{ pageSize: '2MB', limit: 4194304 }];
      },
      pureV2,
    );
    t.equal(result.stdout, '4194304\n', result.stderr);
  },
);

t.test(
  'unified',
  {
    skip: skipIf(
      controllers.includes('hugetlb') ? false : 'v2 has no controller to try it with here',
      differs({ runc: 'wants CAP_SYS_RESOURCE for devices' }),
    ),
  },
  async (t) => {
    const result = box.sh(
      'cat /sys/fs/cgroup/hugetlb.2MB.max',
      (config) => {
        withMount(config);
        config.linux.resources.unified = { 'hugetlb.2MB.max': '2097152' };
      },
      pureV2,
    );
    t.equal(result.stdout, '2097152\n', result.stderr);
    for (const key of ['memory.high', 'no-such.file', '../x']) {
      if (key === 'memory.high' && controllers.includes('memory')) continue;
      const refused = box.run((config) => (config.linux.resources.unified = { [key]: '1' }), pureV2);
      t.equal(refused.status, 1, key);
      t.match(refused.stderr, /linux\/resources\/unified/, key);
    }
  },
);

t.test(
  'create, exec, kill, ps and delete',
  { skip: skipIf(differs({ runc: 'wants CAP_SYS_RESOURCE for devices' })) },
  async (t) => {
    const id = box.id('v2');
    const bundle = box.bundle((config) => (config.process.args = ['sleep', '1000']));
    const call = (...args: string[]) => box.call(args, pureV2);
    t.equal(call('create', '--bundle', bundle, id).status, 0);
    t.equal(call('start', id).status, 0);
    const inside = call('exec', id, 'cat', '/proc/self/cgroup');
    t.match(inside.stdout, new RegExp(`^0::/.*${id}$`, 'm'), inside.stderr);
    t.same(JSON.parse(call('ps', '-f', 'json', id).stdout), [box.state(id).pid]);
    t.equal(call('kill', id, 'KILL').status, 0);
    box.waitStopped(id);
    t.equal(call('delete', id).status, 0);
  },
);

box.end(t);
