/** What `doctor` says, beside what other tools find on this machine. */
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { added, settled, snapshot } from '../helpers/machine.js';
import { execute, plainEnv } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { asUser, reachableRuntime, USER_ID } from '../helpers/user.js';
import { needsRoot, tsruncOnly } from '../helpers/when.js';

interface Line {
  name: string;
  status: 'ok' | 'limited' | 'missing';
  text: string;
  remedy?: string;
  where?: string;
}

interface Document {
  counts: Record<Line['status'], number>;
  usable: boolean;
  groups: { name: string; lines: Line[] }[];
}

const box = new Sandbox(t);
const skip = needsRoot() || tsruncOnly('it has no doctor');

/** criu's check of the kernel takes its time on an emulated processor. */
const doctor = (...args: string[]) => box.call(['doctor', ...args], { timeout: 120_000 });

const works = (...argv: string[]): boolean => execute(argv).status === 0;
const worksForUser = (...argv: string[]): boolean => execute(argv, { wrapper: asUser }).status === 0;
const sysctl = (path: string): string | undefined =>
  existsSync(`/proc/sys/${path}`) ? readFileSync(`/proc/sys/${path}`, 'utf8').trim() : undefined;

function groupsOf(stdout: string): (group: string, name: string) => Line {
  const { groups } = JSON.parse(stdout) as Document;
  return (group, name) => {
    const line = groups.find((one) => one.name === group)?.lines.find((one) => one.name === name);
    if (line === undefined) throw new Error(`no line ${group}: ${name}`);
    return line;
  };
}

function callAsUser(...args: string[]) {
  const home = box.directory('user');
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  for (const path of [home, join(home, 'run')]) chownSync(path, USER_ID, USER_ID);
  const env = { ...plainEnv, HOME: home, XDG_RUNTIME_DIR: join(home, 'run') };
  return execute([reachableRuntime(box), ...args], { wrapper: asUser, env, cwd: home, timeout: 120_000 });
}

const isOk = (line: Line): boolean => line.status === 'ok';

t.test('as root', { skip }, async (t) => {
  const { stdout, status, stderr } = doctor('--format', 'json');
  t.equal(status, 0, stderr);
  t.equal(stderr, '');
  t.equal((JSON.parse(stdout) as Document).usable, true);
  const line = groupsOf(stdout);
  t.match(line('kernel', 'release').text, release());
  t.equal(line('kernel', 'openat2').status, 'ok');
  t.equal(isOk(line('namespaces', 'time')), works('unshare', '-T', 'true'));
  t.equal(isOk(line('namespaces', 'network')), works('unshare', '-n', 'true'));
  t.equal(isOk(line('user namespaces', 'own')), works('unshare', '-U', 'true'));
  t.equal(isOk(line('user namespaces', 'for users')), worksForUser('unshare', '-U', '-m', 'true'));
  const layout = execute(['stat', '-f', '-c', '%T', '/sys/fs/cgroup']).stdout.trim();
  t.equal(isOk(line('cgroups', 'layout')), layout === 'cgroup2fs');
  t.equal(line('cgroups', 'making').status, 'ok');
  t.equal(isOk(line('systemd', 'manager')), existsSync('/run/systemd/system'));
  t.equal(isOk(line('security modules', 'AppArmor')), existsSync('/sys/kernel/security/apparmor/profiles'));
  t.equal(isOk(line('security modules', 'SELinux')), existsSync('/sys/fs/selinux/enforce'));
  t.equal(isOk(line('criu', 'criu')), works('which', 'criu'));
  t.equal(line('limits', 'kernel.pid_max').text.split(':')[0], sysctl('kernel/pid_max'));
  t.equal(line('state', '--root').text, box.root);
  t.equal(isOk(line('seccomp', 'notify')), true);
  t.notMatch(stdout, hostname(), 'the document is of the machine, and has no name of it');
});

t.test('a container really can have what is ok', { skip }, async (t) => {
  const line = groupsOf(doctor('--format', 'json').stdout);
  const types = ['network', 'ipc', 'uts', 'cgroup', 'time'] as const;
  for (const type of types) {
    const { status } = box.run((config) => {
      config.linux.namespaces = ['mount' as const, type].map((one) => ({ type: one }));
      if (type !== 'uts') delete config.hostname;
    });
    t.equal(status === 0, isOk(line('namespaces', type)), type);
  }
  const limited = (name: string, change: Parameters<typeof box.run>[0]) =>
    t.equal(box.run(change).status === 0, isOk(line('cgroups', name)), name);
  limited('memory', (config) => {
    config.linux.resources.memory = { limit: 64 << 20 };
  });
  limited('pids', (config) => {
    config.linux.resources.pids = { limit: 100 };
  });
  limited('cpu', (config) => {
    config.linux.resources.cpu = { shares: 200 };
  });
  const idmapped = box.run((config) => {
    const map = [{ containerID: 0, hostID: 100000, size: 65536 }];
    config.mounts.push({
      destination: '/mnt',
      type: 'bind',
      source: box.home,
      options: ['bind'],
      uidMappings: map,
      gidMappings: map,
    });
  });
  const fs = execute(['stat', '-f', '-c', '%T', box.home]).stdout.trim().replace('ext2/ext3', 'ext4');
  const lines = (JSON.parse(doctor('--format', 'json').stdout) as Document).groups;
  const told = lines.find(({ name }) => name === 'idmapped mounts')?.lines.find(({ name }) => name === fs);
  if (told !== undefined) t.equal(idmapped.status === 0, isOk(told), `idmapped mounts of ${fs}`);
});

t.test('as a user', { skip }, async (t) => {
  const { stdout, status, stderr } = callAsUser('doctor', '--format', 'json');
  t.equal(status, 0, stderr);
  const line = groupsOf(stdout);
  t.equal(isOk(line('user namespaces', 'own')), worksForUser('unshare', '-U', '-m', 'true'));
  t.equal(isOk(line('namespaces', 'network')), worksForUser('unshare', '-U', '-n', 'true'));
  t.equal(isOk(line('id ranges', 'newuidmap')), works('test', '-u', '/usr/bin/newuidmap'));
  t.match(line('id ranges', 'subuid'), { status: 'limited', where: '/etc/subuid' });
  t.match(line('idmapped mounts', 'all'), { status: 'limited' });
  t.match(line('cgroups', 'making'), { status: 'limited', remedy: String });
  t.equal(line('state', '--root').status, 'ok');
  t.equal(line('state', 'XDG_RUNTIME_DIR').status, 'ok');
});

t.test('a state directory that can not be written', { skip }, async (t) => {
  const result = callAsUser('--root', '/etc/tsrunc', 'doctor', '--format', 'json');
  t.equal(result.status, 1);
  t.equal((JSON.parse(result.stdout) as Document).usable, false);
  t.match(groupsOf(result.stdout)('state', '--root'), { status: 'missing', text: /nothing can be made in \/etc/ });
});

t.test('what is left of containers', { skip }, async (t) => {
  const { id } = box.started();
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  mkdirSync(join(box.root, `${box.prefix}-damaged`), { recursive: true });
  writeFileSync(join(box.root, `${box.prefix}-damaged/state.json`), '{');
  const { stdout } = doctor('--format', 'json');
  const line = groupsOf(stdout);
  t.match(line('leftovers', 'containers'), { status: 'limited', text: new RegExp(id), remedy: `tsrunc delete ${id}` });
  t.match(line('leftovers', 'state'), { status: 'limited', remedy: /delete --force/ });
  box.remove(id);
  box.remove(`${box.prefix}-damaged`);
  t.match(groupsOf(doctor('--format', 'json').stdout)('leftovers', 'containers'), { status: 'ok' });
});

t.test('as text; nothing is left', { skip }, async (t) => {
  const before = snapshot();
  const { stdout } = doctor();
  t.match(stdout, /^kernel\n {2}ok {7}release /);
  t.match(stdout, /\n\d+ ok, \d+ limited, \d+ missing\n$/);
  const difference = await settled(() => added(before, snapshot()));
  t.same(difference.mounts, []);
  t.same(
    difference.cgroups.filter((path) => path.includes('doctor')),
    [],
  );
  t.same(
    difference.processes.filter((line) => line.includes('tsrunc')),
    [],
  );
});

box.end(t);
