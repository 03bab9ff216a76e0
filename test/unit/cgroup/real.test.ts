/** The cgroup code on this machine's own hierarchies. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import {
  applyCgroup,
  cgroupProcesses,
  destroyCgroup,
  freezeCgroup,
  isFrozen,
  killCgroup,
  thawCgroup,
} from '../../../src/cgroup/apply.js';
import { cgroupHost } from '../../../src/cgroup/host.js';
import { deviceFilter } from '../../../src/cgroup/plan/device-filter.js';
import { deviceRules } from '../../../src/cgroup/plan/device-rules.js';
import { planCgroup } from '../../../src/cgroup/plan/plan-cgroup.js';
import type { DeviceRule, Linux, Spec } from '../../../src/config/spec.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import type { Native } from '../../../src/native/native.js';
import { SIGKILL } from '../../../src/native/signals.js';
import { notEmulated } from '../../helpers/when.js';

const parent = `tsrunc-test-${process.pid}`;

function why(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root';
  return existsSync('/sys/fs/cgroup') ? false : 'needs a mounted cgroup hierarchy';
}

/** Plans and applies, hands over, removes. */
function withCgroup(
  native: Native,
  linux: Linux,
  act: (paths: Record<string, string>, join: (pid: number) => void, made: string[]) => void,
): void {
  const spec = { ociVersion: '1.3.0', linux: { cgroupsPath: `${parent}/c`, ...linux } } as Spec;
  const plan = planCgroup(spec, { id: 'c', manager: 'cgroupfs', rootless: false, hostRoot: true }, cgroupHost(native));
  const made = applyCgroup(native, plan);
  // Without clone3 the v2 cgroup is joined like the others.
  const files = plan.cloneInto ? [...plan.join, `${plan.cloneInto}/cgroup.procs`] : plan.join;
  try {
    const join = (pid: number) => {
      for (const file of files) native.writeExisting(file, String(pid));
    };
    act(plan.paths, join, made);
  } finally {
    killCgroup(native, plan.paths, SIGKILL);
    destroyCgroup(native, plan.paths, made);
  }
  for (const path of made) if (existsSync(path)) throw new Error(`${path} was left behind`);
}

/** A shell that forks two sleepers once it reads a line, so that they are born where it was moved to. */
function sleepers(native: Native, join: (pid: number) => void): number {
  const child = spawn('/bin/sh', ['-c', 'read line; sleep 1000 & sleep 1000 & wait'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  join(child.pid!);
  child.stdin!.write('go\n');
  child.unref();
  for (let i = 0; i < 200 && children(child.pid!).length < 2; i++) native.poll([], [], 10);
  return child.pid!;
}

function children(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}

t.test('on this machine', { skip: why() }, async (t) => {
  const native = nodeNative();
  const host = cgroupHost(native);
  const has = (controller: string) => host.controllers.some(({ name }) => name === controller);
  const v2 = (controller: string) => host.unified?.controllers.includes(controller) ?? false;
  const read = (paths: Record<string, string>, key: string, file: string) =>
    readFileSync(`${paths[key]}/${file}`, 'utf8').trim();
  /** Only v1 here: the filter of v2 needs a kernel and rights this test doesn't ask about. */
  const devices = has('devices');

  // What a test turns on in the root of v2 stays on otherwise.
  const control = `${host.unified?.mountPoint}/cgroup.subtree_control`;
  const before = native.readFileIfExists(control, 4096) ?? '';
  t.teardown(() => {
    for (const name of (native.readFileIfExists(control, 4096) ?? '').split(/\s+/))
      if (name && !before.split(/\s+/).includes(name)) native.writeExisting(control, `-${name}`);
  });

  t.test('limits arrive', { skip: !has('pids') && 'needs pids in v1' }, async (t) => {
    const resources = {
      devices: [{ allow: false }, { allow: true, type: 'c' as const, major: 10, minor: 229, access: 'rwm' }],
      pids: { limit: 77 },
      memory: { limit: 64 << 20, reservation: 32 << 20 },
      cpu: { shares: 512, quota: 50000, period: 200000, cpus: '0', mems: '0' },
    };
    withCgroup(native, { resources }, (paths) => {
      t.equal(read(paths, 'pids', 'pids.max'), '77');
      if (has('memory')) t.equal(read(paths, 'memory', 'memory.limit_in_bytes'), String(64 << 20));
      if (devices) t.equal(read(paths, 'devices', 'devices.list').split('\n')[0], 'c 10:229 rwm');
      if (has('cpuset')) t.equal(read(paths, 'cpuset', 'cpuset.cpus'), '0');
    });
  });

  t.test('a cpuset is usable without limits', { skip: !has('cpuset') && 'needs cpuset in v1' }, async (t) => {
    withCgroup(native, {}, (paths) => {
      t.not(read(paths, 'cpuset', 'cpuset.cpus'), '');
      t.not(read(paths, 'cpuset', 'cpuset.mems'), '');
    });
  });

  t.test('what the kernel has no file for is an error, and leaves nothing', async (t) => {
    t.throws(() => withCgroup(native, { resources: { hugepageLimits: [{ pageSize: '3MB', limit: 1 }] } }, () => {}), {
      code: 'unsupported',
      fields: { pointer: v2('hugetlb') || has('hugetlb') ? '/linux/resources/hugepageLimits/0' : /hugepageLimits$/ },
    });
    for (const { mountPoint } of host.controllers) t.notOk(existsSync(`${mountPoint}/${parent}`), mountPoint);
  });

  t.test('processes, sub-cgroups, freeze, kill, removal', async (t) => {
    withCgroup(native, {}, (paths, join) => {
      const pid = sleepers(native, join);
      t.equal(cgroupProcesses(native, paths).length, 3);
      t.ok(cgroupProcesses(native, paths).includes(pid));

      const [first] = children(pid);
      for (const directory of Object.values(paths)) {
        if (directory.includes('/cpuset/')) continue;
        native.mkdir(`${directory}/memory.inner`, 0o755);
        native.writeExisting(`${directory}/memory.inner/cgroup.procs`, first!);
      }
      t.equal(cgroupProcesses(native, paths).length, 3, 'one of them in a sub-cgroup named like a file');

      t.notOk(isFrozen(native, paths));
      freezeCgroup(native, paths);
      t.ok(isFrozen(native, paths));
      thawCgroup(native, paths);
      t.notOk(isFrozen(native, paths));

      t.equal(killCgroup(native, paths, 0), 3, 'a signal reaches all');
      freezeCgroup(native, paths);
      t.equal(killCgroup(native, paths, 0), 3, 'a paused container too');
      t.ok(isFrozen(native, paths), 'and it stays paused');
      t.equal(killCgroup(native, paths, SIGKILL), 3, 'a paused container is killed');
      t.same(cgroupProcesses(native, paths), []);
    });
  });

  const noFilter = (!host.unified && 'needs cgroup v2') || notEmulated('it does not know bpf');
  t.test('the device filter', { skip: noFilter }, async (t) => {
    const directory = `${host.unified!.mountPoint}/${parent}-devices`;
    native.mkdir(directory, 0o755);
    const shell = (rules: DeviceRule[]) => {
      native.attachDeviceFilter(directory, deviceFilter(deviceRules(rules, '')));
      const script = `echo $$ > ${directory}/cgroup.procs
        (exec 3<>/dev/zero) && echo zero
        (exec 3<>/dev/kmsg) && echo kmsg
        (exec 3</dev/kmsg) && echo kmsg read`;
      return spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
    };
    const deny: DeviceRule = { allow: false, access: 'rwm' };
    const kmsg: DeviceRule = { allow: true, type: 'c', major: 1, minor: 11 };
    try {
      t.same(shell([deny]), ['zero']);
      t.same(shell([deny, kmsg]), ['zero', 'kmsg', 'kmsg read'], 'replaces the one before');
      t.same(shell([kmsg, { ...kmsg, allow: false, access: 'w' }]), ['zero', 'kmsg read']);
    } finally {
      destroyCgroup(native, { '': directory });
    }
  });

  t.test('a cgroup with processes of others is not taken', async (t) => {
    withCgroup(native, {}, (_, join, made) => {
      sleepers(native, join);
      t.throws(() => withCgroup(native, {}, () => {}), { code: 'config', fields: { pointer: '/linux/cgroupsPath' } });
      for (const path of made) t.ok(existsSync(path), path);
    });
  });
});
