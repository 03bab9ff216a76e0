import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import t from 'tap';
import type { NamespaceType } from '../../src/config/spec.js';
import { withoutNamespace, withUserNamespace } from '../helpers/config.js';
import { kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** The kernel's name of each namespace type in /proc/PID/ns. */
const links: Record<NamespaceType, string> = {
  pid: 'pid',
  network: 'net',
  mount: 'mnt',
  ipc: 'ipc',
  uts: 'uts',
  user: 'user',
  cgroup: 'cgroup',
  time: 'time',
};
const own = (type: NamespaceType): string => readlinkSync(`/proc/self/ns/${links[type]}`);
const show = Object.values(links)
  .map((link) => `readlink /proc/self/ns/${link}`)
  .join('; ');
const noTime = differs({ runc: 'time namespaces came with 1.2' });

t.test('all eight types new', { skip: skipIf(noTime) }, async (t) => {
  const result = box.sh(show, (config) => {
    withUserNamespace(config);
    config.linux.namespaces.push({ type: 'cgroup' }, { type: 'time' });
  });
  t.equal(result.status, 0, result.stderr);
  const inside = result.stdout.trim().split('\n');
  t.equal(inside.length, 8);
  Object.keys(links).forEach((type, index) => {
    t.not(inside[index], own(type as NamespaceType), `${type} is not the caller's`);
  });
});

for (const type of ['pid', 'network', 'ipc', 'uts', 'cgroup', 'time'] as const) {
  const name = links[type];
  t.test(`${type}: absent means inherited`, { skip: skipIf(needsFile(`/proc/self/ns/${name}`)) }, async (t) => {
    const result = box.sh(`readlink /proc/self/ns/${name}`, (config) => {
      withoutNamespace(config, type);
      if (type === 'uts') delete config.hostname;
      // A new sysfs shows the network namespace; without one it can't be mounted in every setting, so it's left out.
      config.mounts = config.mounts.filter((mount) => mount.type !== 'sysfs');
      config.linux.maskedPaths = [];
    });
    t.equal(result.status, 0, result.stderr);
    t.equal(result.stdout.trim(), own(type));
  });
}

t.test(
  'exec into a container without a mount namespace of its own',
  { skip: skipIf(differs({ runc: "runs it in the host's root" })) },
  async (t) => {
    for (const types of [['mount'], ['mount', 'pid']] as const) {
      const { id } = box.started((config) => {
        for (const type of types) withoutNamespace(config, type);
        config.process.args = ['sh', '-c', 'echo inside > /tmp/here; exec sleep 1000'];
        config.root.readonly = false;
        config.mounts = config.mounts.filter((mount) => mount.type === 'proc');
        config.linux.maskedPaths = [];
        config.linux.readonlyPaths = [];
      });
      const script = 'while ! cat /tmp/here; do sleep 0.1; done 2>/dev/null; pwd; ls -d /.. /tmp/here';
      const result = box.call(['exec', id, 'sh', '-c', script]);
      t.match(result, { status: 0, stdout: 'inside\n/\n/..\n/tmp/here\n' }, result.stderr);
      const up = box.call(['exec', id, 'sh', '-c', 'cd ..; cd ../../..; ls tmp']);
      t.equal(up.stdout, 'here\n', 'the root of the container is the end of the way up');
      box.call(['delete', '--force', id]);
    }
  },
);

t.test('joined by path: every type of a running container', { skip: skipIf() }, async (t) => {
  const first = box.started();
  const { pid } = box.state(first.id);
  for (const type of ['network', 'ipc', 'uts', 'pid'] as const) {
    const path = `/proc/${pid}/ns/${links[type]}`;
    const result = box.sh(`readlink /proc/self/ns/${links[type]}`, (config) => {
      const entry = config.linux.namespaces.find((one) => one.type === type)!;
      entry.path = path;
      if (type === 'uts') delete config.hostname;
    });
    t.equal(result.status, 0, result.stderr);
    t.equal(result.stdout.trim(), readlinkSync(path), `${type} is the first container's`);
  }
});

t.test('a joined time namespace', { skip: skipIf(noTime) }, async (t) => {
  const first = box.started((config) => {
    config.linux.namespaces.push({ type: 'time' });
    config.linux.timeOffsets = { boottime: { secs: 86400 } };
  });
  const path = `/proc/${box.state(first.id).pid}/ns/time`;
  const result = box.sh('readlink /proc/self/ns/time; cut -d. -f1 /proc/uptime', (config) => {
    config.linux.namespaces.push({ type: 'time', path });
  });
  t.equal(result.status, 0, result.stderr);
  const [link, uptime] = result.stdout.trim().split('\n');
  t.equal(link, readlinkSync(path));
  const host = Number(readFileSync('/proc/uptime', 'utf8').split('.')[0]);
  t.ok(Number(uptime) - host >= 86399, `${uptime} is a day ahead of ${host}`);
});

t.test('time offsets move the monotonic and boot clocks', { skip: skipIf(noTime) }, async (t) => {
  const result = box.sh('cut -d" " -f1 /proc/uptime; cat /proc/self/timens_offsets', (config) => {
    config.linux.namespaces.push({ type: 'time' });
    config.linux.timeOffsets = { monotonic: { secs: 172800, nanosecs: 5 }, boottime: { secs: 604800, nanosecs: 7 } };
  });
  t.equal(result.status, 0, result.stderr);
  const [uptime, ...offsets] = result.stdout.trim().split('\n');
  const host = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  t.ok(Number(uptime) >= host + 604790, 'uptime is a week ahead');
  t.match(offsets.join('\n'), /monotonic\s+172800\s+5/);
  t.match(offsets.join('\n'), /boottime\s+604800\s+7/);
});

t.test('user namespace with mappings', { skip: skipIf() }, async (t) => {
  const { id } = box.started((config) => withUserNamespace(config, 200000, 1000));
  const { pid } = box.state(id);
  t.match(readFileSync(`/proc/${pid}/uid_map`, 'utf8'), /^\s*0\s+200000\s+1000\n$/);
  t.match(readFileSync(`/proc/${pid}/gid_map`, 'utf8'), /^\s*0\s+200000\s+1000\n$/);
  t.match(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
    /Uid:\t200000\t200000/,
    'root of the container is 200000 outside',
  );
  const inside = box.call(['exec', id, 'sh', '-c', 'id -u; cat /proc/self/setgroups']);
  t.equal(inside.stdout, '0\nallow\n', inside.stderr);
});

t.test('several mappings', { skip: skipIf() }, async (t) => {
  const result = box.sh('cat /proc/self/uid_map; cat /proc/self/gid_map', (config) => {
    config.linux.namespaces.push({ type: 'user' });
    config.linux.uidMappings = [
      { containerID: 0, hostID: 100000, size: 10 },
      { containerID: 1000, hostID: 300000, size: 5 },
    ];
    config.linux.gidMappings = [
      { containerID: 0, hostID: 100000, size: 20 },
      { containerID: 1000, hostID: 400000, size: 6 },
    ];
  });
  t.equal(result.status, 0, result.stderr);
  const rows = result.stdout
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).join(' '));
  t.same(rows, ['0 100000 10', '1000 300000 5', '0 100000 20', '1000 400000 6']);
});

t.test(
  'a joined user namespace',
  { skip: skipIf(differs({ runc: 'wants mappings with the path, before 1.2' })) },
  async (t) => {
    const first = box.started((config) => withUserNamespace(config));
    const path = `/proc/${box.state(first.id).pid}/ns/user`;
    const result = box.sh('readlink /proc/self/ns/user; id -u', (config) => {
      config.linux.namespaces.push({ type: 'user', path });
    });
    t.equal(result.status, 0, result.stderr);
    t.equal(result.stdout, `${readlinkSync(path)}\n0\n`);
  },
);

t.test('loopback is up in a new network namespace', { skip: skipIf() }, async (t) => {
  const result = box.sh('cat /sys/class/net/lo/flags; ping -c 1 127.0.0.1 | grep -c "1 packets received"', (config) => {
    for (const set of ['bounding', 'effective', 'permitted'] as const) {
      config.process.capabilities[set]!.push('CAP_NET_RAW');
    }
  });
  t.match(result.stdout, /^0x9\n1\n$/, result.stderr);
});

t.test('hostname and domainname', { skip: skipIf(differs({ runc: 'domainname came with 1.2' })) }, async (t) => {
  const before = readFileSync('/proc/sys/kernel/hostname', 'utf8');
  const result = box.sh('hostname; cat /proc/sys/kernel/domainname', (config) => {
    config.hostname = 'a-name';
    config.domainname = 'a-domain';
  });
  t.equal(result.stdout, 'a-name\na-domain\n', result.stderr);
  t.equal(readFileSync('/proc/sys/kernel/hostname', 'utf8'), before, "the host's name is untouched");
});

t.test('a path of another type is refused', { skip: skipIf() }, async (t) => {
  const result = box.run((config) => {
    config.linux.namespaces.find((one) => one.type === 'network')!.path = '/proc/self/ns/ipc';
  });
  t.not(result.status, 0);
  t.match(result.stderr, kind === 'tsrunc' ? /linux\.namespaces\[1\]|\/linux\/namespaces\/1/ : /./);
});

t.test('a path that is not there is refused', { skip: skipIf() }, async (t) => {
  const result = box.run((config) => {
    config.linux.namespaces.find((one) => one.type === 'network')!.path = '/nowhere/ns';
  });
  t.not(result.status, 0);
  t.match(result.stderr, /no such file or directory/);
});

t.test('the first process of a new pid namespace is 1', { skip: skipIf() }, async (t) => {
  const result = box.sh('echo $$; ls -d /proc/[0-9]* | wc -l');
  t.match(result.stdout, /^1\n[1-4]\n$/, result.stderr);
});

t.test('ids in a joined pid namespace', { skip: skipIf() }, async (t) => {
  // The link cannot be read before the namespace has its first process: so that process says that it is there.
  const holder = spawn('unshare', ['--pid', '--fork', '--kill-child', 'sh', '-c', 'echo; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const link = `/proc/${holder.pid}/ns/pid_for_children`;
  const result = box.sh('readlink /proc/self/ns/pid', (config) => {
    config.linux.namespaces.find((one) => one.type === 'pid')!.path = link;
  });
  t.equal(result.stdout.trim(), readlinkSync(link), result.stderr);
});

box.end(t);
