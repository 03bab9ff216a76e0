import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { pureV2 } from '../helpers/pure-v2.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

const cgroup2 = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => existsSync(`${path}/cgroup.controllers`));
const controllers = cgroup2 ? readFileSync(`${cgroup2}/cgroup.controllers`, 'utf8').trim().split(' ') : [];
const noDevices = differs({ runc: 'wants CAP_SYS_RESOURCE for devices' });

const ownCgroup = (options: string[]) => (config: TestConfig) => {
  config.linux.namespaces.push({ type: 'cgroup' });
  config.mounts.push({ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options });
};
const look =
  'cd /sys/fs/cgroup; stat -c %u . cgroup.procs cgroup.controllers; mkdir sub && echo 0 > sub/cgroup.procs && echo made';

t.test('a writable cgroup belongs to the container', { skip: skipIf(noDevices) }, async (t) => {
  const change = ownCgroup(['nosuid', 'noexec', 'nodev']);
  const mapped = box.sh(
    look,
    (config) => {
      change(config);
      config.linux.namespaces.push({ type: 'user' });
      config.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
      config.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
    },
    pureV2,
  );
  t.equal(mapped.stdout, '0\n0\n65534\nmade\n', mapped.stderr);
  const user = box.sh(
    look,
    (config) => {
      change(config);
      config.process.user = { uid: 1000, gid: 1000 };
    },
    pureV2,
  );
  t.equal(user.stdout, '1000\n1000\n0\nmade\n', user.stderr);
});

t.test('a read-only one does not', { skip: skipIf(noDevices) }, async (t) => {
  const result = box.sh(
    look,
    (config) => {
      ownCgroup(['ro'])(config);
      config.process.user = { uid: 1000, gid: 1000 };
    },
    pureV2,
  );
  t.equal(result.stdout, '0\n0\n0\n', result.stderr);
});

const noHugetlb = controllers.includes('hugetlb') ? false : 'v2 has no controller to try it with here';
t.test('below a cgroup with processes', { skip: skipIf(noDevices, noHugetlb) }, async (t) => {
  const name = box.id('busy');
  const busy = `${cgroup2}/${name}`;
  mkdirSync(busy);
  const sleeper = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const ended = once(sleeper, 'exit');
  t.teardown(async () => {
    sleeper.kill('SIGKILL');
    await ended;
    rmdirSync(busy);
  });
  writeFileSync(`${busy}/cgroup.procs`, String(sleeper.pid));
  const inside = (config: TestConfig) => (config.linux.cgroupsPath = `/${name}/c`);

  const limited = box.sh(
    'true',
    (config) => {
      inside(config);
      config.linux.resources.hugepageLimits = [{ pageSize: '2MB', limit: 4194304 }];
    },
    pureV2,
  );
  t.equal(limited.status, 1);
  t.match(limited.stderr, /\/linux\/resources\/hugepageLimits\/0.*has processes of its own/);
  t.equal(readFileSync(`${busy}/cgroup.subtree_control`, 'utf8').trim(), '', 'no controller was turned on');

  const free = box.sh('cat /proc/self/cgroup', inside, pureV2);
  t.match(free.stdout, new RegExp(`^0::/${name}/c$`, 'm'), free.stderr);
  t.equal(readFileSync(`${busy}/cgroup.type`, 'utf8').trim(), 'domain', 'no thread root');
});

box.end(t);
