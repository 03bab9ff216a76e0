import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Resources } from '../../src/config/spec.js';
import { type TestConfig, withoutNamespace } from '../helpers/config.js';
import { runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const v1 = needsFile('/sys/fs/cgroup/memory/tasks', 'no v1 hierarchies');

/** The container's directory in a v1 hierarchy, from /proc/PID/cgroup. */
function directory(pid: number, controller: string): string {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, names, path] = line.split(':');
    if (names?.split(',').includes(controller)) return join('/sys/fs/cgroup', controller, path ?? '');
  }
  throw new Error(`no ${controller} in /proc/${pid}/cgroup`);
}

/** Why the controllers of the network can't be tried. */
function noNetwork(): string | false {
  const [, hierarchy] = /^net_cls\t(\d+)/m.exec(readFileSync('/proc/cgroups', 'utf8')) ?? [];
  return hierarchy === undefined ? 'no net_cls' : hierarchy !== '0' && 'net_cls is mounted elsewhere';
}

/** Without a pid namespace of its own, with which its processes end, whatever is in its cgroups may be the container's. */
const sharedPids = (config: TestConfig) => withoutNamespace(config, 'pid');

/** A created container with these resources; `file` reads one of its cgroup files. */
function limited(resources: Resources, cgroupsPath?: string) {
  const made = box.create((config) => {
    config.linux.resources = resources;
    if (cgroupsPath) config.linux.cgroupsPath = cgroupsPath;
  });
  const { pid } = box.state(made.id);
  const file = (name: string) => readFileSync(join(directory(pid, name.split('.')[0]!), name), 'utf8').trim();
  return { ...made, pid, file };
}

t.test('the container is in a cgroup of its own in every hierarchy', { skip: skipIf(v1) }, async (t) => {
  const { id, pid } = limited({});
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('0:'));
  for (const line of lines) t.match(line, new RegExp(`/${id}$`), line);
});

t.test(
  'cgroupsPath, absolute and relative',
  { skip: skipIf(v1, differs({ runc: "leaves the directories above the container's own" })) },
  async (t) => {
    const absolute = limited({}, `/${box.prefix}-top/middle/leaf`);
    t.match(readFileSync(`/proc/${absolute.pid}/cgroup`, 'utf8'), new RegExp(`pids:/${box.prefix}-top/middle/leaf\n`));
    t.ok(existsSync(`/sys/fs/cgroup/memory/${box.prefix}-top/middle/leaf`));
    const relative = limited({}, `${box.prefix}-relative/leaf`);
    t.match(readFileSync(`/proc/${relative.pid}/cgroup`, 'utf8'), new RegExp(`${box.prefix}-relative/leaf\n`));
    box.remove(absolute.id);
    box.remove(relative.id);
    t.notOk(existsSync(`/sys/fs/cgroup/memory/${box.prefix}-top/middle/leaf`));
  },
);

t.test('memory', { skip: skipIf(v1) }, async (t) => {
  const { file } = limited({
    memory: { limit: 67108864, reservation: 33554432, swap: 134217728, swappiness: 30, disableOOMKiller: true },
  });
  t.equal(file('memory.limit_in_bytes'), '67108864');
  t.equal(file('memory.soft_limit_in_bytes'), '33554432');
  t.equal(file('memory.memsw.limit_in_bytes'), '134217728');
  t.equal(file('memory.swappiness'), '30');
  t.match(file('memory.oom_control'), /^oom_kill_disable 1$/m);
});

t.test('memory -1 is no limit', { skip: skipIf(v1) }, async (t) => {
  const { file } = limited({ memory: { limit: -1 } });
  t.equal(file('memory.limit_in_bytes'), '9223372036854771712');
});

t.test('cpu', { skip: skipIf(v1) }, async (t) => {
  const { file } = limited({ cpu: { shares: 512, quota: 50000, period: 200000, burst: 1000, cpus: '0', mems: '0' } });
  t.equal(file('cpu.shares'), '512');
  t.equal(file('cpu.cfs_quota_us'), '50000');
  t.equal(file('cpu.cfs_period_us'), '200000');
  if (!differs({ runc: 'burst came with 1.2' })) t.equal(file('cpu.cfs_burst_us'), '1000');
  t.equal(file('cpuset.cpus'), '0');
  t.equal(file('cpuset.mems'), '0');
});

t.test(
  'cpu.idle',
  { skip: skipIf(v1, differs({ runc: 'came with 1.2' }), needsFile('/sys/fs/cgroup/cpu/cpu.idle')) },
  async (t) => {
    t.equal(limited({ cpu: { idle: 1 } }).file('cpu.idle'), '1');
  },
);

t.test('pids', { skip: skipIf(v1) }, async (t) => {
  t.equal(limited({ pids: { limit: 17 } }).file('pids.max'), '17');
  t.equal(limited({ pids: { limit: -1 } }).file('pids.max'), 'max');
});

t.test('pids 0 is a limit', { skip: skipIf(v1, differs({ runc: '0 means none before 1.4' })) }, async (t) => {
  t.equal(limited({ pids: { limit: 0 } }).file('pids.max'), '0');
});

t.test('the limit of pids acts', { skip: skipIf(v1) }, async (t) => {
  const result = box.sh(
    'for i in 1 2 3 4 5 6; do sleep 5 & done; wait',
    (config) => (config.linux.resources = { pids: { limit: 4 } }),
  );
  t.not(result.status, 0);
  t.match(result.stderr, /can't fork/);
});

t.test('the limit of memory acts', { skip: skipIf(v1) }, async (t) => {
  const holding = (size: string) =>
    box.sh(
      `head -c ${size} /dev/zero | tail | wc -c`,
      (config) => (config.linux.resources = { memory: { limit: 33554432, swap: 33554432 } }),
    );
  t.match(holding('2m').stdout, /^2097152$/m, 'what fits is let be');
  t.notMatch(holding('200m').stdout, /^209715200/, 'tail, which holds all of it, was killed');
});

t.test("devices: the config's rules first, the defaults after them", { skip: skipIf(v1) }, async (t) => {
  const { file } = limited({
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
      { allow: true, type: 'b', major: 8, access: 'r' },
    ],
  });
  const rules = file('devices.list').split('\n');
  for (const rule of ['c 10:229 rw', 'b 8:* r', 'c *:* m', 'b *:* m', 'c 1:3 rwm', 'c 136:* rwm', 'c 5:2 rwm']) {
    t.ok(rules.includes(rule), rule);
  }
  if (!differs({ runc: 'sorts them' })) t.same(rules.slice(0, 2), ['c 10:229 rw', 'b 8:* r']);
});

t.test('a device that is not allowed cannot be opened', { skip: skipIf(v1) }, async (t) => {
  const result = box.sh('cat /dev/kmsg0; echo $?; head -c 1 /dev/zero | wc -c', (config) => {
    config.linux.devices = [{ type: 'c', path: '/dev/kmsg0', major: 1, minor: 11, fileMode: 0o666 }];
  });
  t.equal(result.stdout, '1\n1\n');
  t.match(result.stderr, /Operation not permitted/);
});

t.test(
  'a limit this host cannot set is an error that names the field',
  { skip: skipIf(v1, differs({ runc: 'ignores some' })) },
  async (t) => {
    for (const [resources, field] of [
      [{ unified: { 'memory.high': '1000000' } }, 'unified'],
      [{ hugepageLimits: [{ pageSize: '3MB', limit: 3145728 }] }, 'hugepageLimits'],
      [{ cpu: { cpus: '4000' } }, 'cpus'],
      [{ memory: { limit: 1048576, swap: 1024 } }, 'swap'],
      [{ network: { classID: 1048577 } }, 'network'],
      [{ rdma: { mlx5_1: { hcaHandles: 1 } } }, 'rdma'],
    ] as [Resources, string][]) {
      if (field === 'network' && existsSync('/sys/fs/cgroup/net_cls')) continue;
      const id = box.id('limit');
      const result = box.call(['create', '--bundle', box.bundle((config) => (config.linux.resources = resources)), id]);
      t.equal(result.status, 1, field);
      t.match(result.stderr, new RegExp(`linux/resources/${field}|linux/resources/\\w+/${field}`), field);
      t.not(box.call(['state', id]).status, 0);
    }
  },
);

t.test(
  'a cgroup that was there before is left there',
  { skip: skipIf(v1, differs({ runc: "leaves the directories above the container's own" })) },
  async (t) => {
    const own = `/sys/fs/cgroup/pids/${box.prefix}-foreign`;
    mkdirSync(own);
    const { id } = limited({}, `/${box.prefix}-foreign/leaf`);
    box.remove(id);
    t.ok(existsSync(own));
    t.notOk(existsSync(join(own, 'leaf')));
    rmdirSync(own);
  },
);

t.test('exec joins the cgroup of the container, --cgroup one below it', { skip: skipIf(v1) }, async (t) => {
  const { id } = box.started();
  const { pid } = box.state(id);
  const result = box.call(['exec', id, 'cat', '/proc/self/cgroup']);
  t.equal(result.stdout, readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
  const below = join(directory(pid, 'pids'), 'below');
  mkdirSync(below);
  const inBelow = box.call(['exec', '--cgroup', 'pids:below', id, 'grep', ':pids:', '/proc/self/cgroup']);
  t.match(inBelow.stdout, /\/below\n$/, inBelow.stderr);
  rmdirSync(below);
});

t.test(
  'a cgroup left with a process in it is still removed by delete --force',
  { skip: skipIf(v1, differs({ runc: 'kills only what is in the cgroup itself' })) },
  async (t) => {
    const { id } = box.started(sharedPids);
    const { pid } = box.state(id);
    const where = directory(pid, 'pids');
    // Every hierarchy, as a container that makes cgroups of its own does.
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(':'));
    // cpuset takes no process before its cpus are set; one hierarchy less makes no difference.
    const all = lines
      .filter(([, names]) => names !== 'cpuset')
      .map(([, names, path]) => join('/sys/fs/cgroup', names?.replace('name=', '') || 'unified', path!, 'sub'));
    for (const path of all) mkdirSync(path);
    const stray = spawn('sleep', ['1000']);
    await new Promise((resolve) => stray.once('spawn', resolve));
    for (const path of all) writeFileSync(join(path, 'cgroup.procs'), String(stray.pid));
    t.ok(existsSync(where));
    const result = box.call(['delete', '--force', id]);
    t.equal(result.status, 0, result.stderr);
    t.notOk(existsSync(where));
    stray.kill();
    await new Promise((resolve) =>
      stray.exitCode === null && stray.signalCode === null ? stray.once('exit', resolve) : resolve(null),
    );
  },
);

t.test(
  'also when the process is in a cgroup below of one hierarchy alone',
  { skip: skipIf(v1, differs({ runc: 'kills only what is in the cgroup itself' })) },
  async (t) => {
    const { id } = box.started(sharedPids);
    const below = join(directory(box.state(id).pid, 'pids'), 'below');
    mkdirSync(below);
    const stray = spawn('sleep', ['1000']);
    const ended = new Promise((resolve) => stray.once('exit', (_, signal) => resolve(signal)));
    await new Promise((resolve) => stray.once('spawn', resolve));
    writeFileSync(join(below, 'cgroup.procs'), String(stray.pid));
    t.match(JSON.parse(box.call(['ps', '--format', 'json', id]).stdout), { length: 2 }, 'ps shows it too');
    const result = box.call(['delete', '--force', id]);
    if (result.status !== 0) stray.kill();
    t.equal(result.status, 0, result.stderr);
    t.notOk(existsSync(below));
    t.equal(await ended, 'SIGKILL');
  },
);

t.test('resources of runc spec: deny-all devices alone', { skip: skipIf(v1) }, async (t) => {
  const result = box.sh(
    'echo x > /dev/null && echo fine',
    (config) => (config.linux.resources = { devices: [{ allow: false, access: 'rwm' }] }),
  );
  t.equal(result.stdout, 'fine\n', result.stderr);
});

// A hierarchy that is mounted for the moment is in /proc/PID/cgroup of every process: so beside the tests that look there.
t.test('network: classID and priorities', { skip: skipIf(v1, noNetwork()) }, async (t) => {
  const place = box.directory('net_cls,net_prio');
  const id = box.id();
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
    config.linux.resources = { network: { classID: 1048577, priorities: [{ name: 'lo', priority: 3 }] } };
  });
  const changed = join(box.directory(), 'resources.json');
  writeFileSync(changed, JSON.stringify({ network: { classID: 1048578, priorities: [{ name: 'lo', priority: 4 }] } }));
  const show = `cat ${place}/${id}/net_cls.classid; grep "^lo " ${place}/${id}/net_prio.ifpriomap`;
  const tsrunc = `${runtime} --root ${box.root}`;
  const mount = `mount -t cgroup -o net_cls,net_prio none ${place}`;
  // A hierarchy with a cgroup that the kernel is just giving up outlasts umount(8), until it is mounted once more.
  const unmount = `umount ${place}; until grep -q "^net_cls\t0\t" /proc/cgroups; do ${mount} && umount ${place}; sleep 0.05; done`;
  const script = `${mount} && "$@" && { ${show}; ${tsrunc} update -r ${changed} ${id} && ${show}; }; ${tsrunc} delete --force ${id}; ${unmount}`;
  const result = box.call(['run', '--detach', '--bundle', bundle, id], {
    wrapper: ['unshare', '--mount', 'sh', '-c', script, 'sh'],
  });
  t.equal(result.stdout, '1048577\nlo 3\n1048578\nlo 4\n', result.stderr);
});

box.end(t);
