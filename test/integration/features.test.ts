/** What `features` says is true: whatever it names is accepted in a configuration, and what it says fits the specification. */
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const ours = tsruncOnly('its own features');

interface Features {
  ociVersionMin: string;
  ociVersionMax: string;
  hooks: string[];
  mountOptions: string[];
  annotations: Record<string, unknown>;
  linux: {
    namespaces: string[];
    capabilities: string[];
    cgroup: { v1: boolean; v2: boolean; systemd: boolean; systemdUser: boolean; rdma: boolean };
    seccomp: Record<'actions' | 'operators' | 'archs' | 'knownFlags' | 'supportedFlags', string[]> & {
      enabled: boolean;
    };
    apparmor: { enabled: boolean };
    selinux: { enabled: boolean };
    intelRdt: { enabled: boolean; schemata: boolean; monitoring: boolean };
    memoryPolicy: { modes: string[]; flags: string[] };
    mountExtensions: { idmap: { enabled: boolean } };
    netDevices: { enabled: boolean };
  };
}
const features = (): Features => JSON.parse(box.call(['features']).stdout) as Features;

/** What `validate` finds wrong with a configuration that has these changes. */
function mistakes(change: (config: TestConfig) => void): string[] {
  const { stdout } = box.call(['validate', '--format', 'json', box.bundle(change)]);
  const { findings } = JSON.parse(stdout) as { findings: { severity: string; message: string; pointer: string }[] };
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ pointer, message }) => `${pointer}: ${message}`);
}

t.test('what is named is accepted', { skip: skipIf(ours) }, async (t) => {
  const { ociVersionMin, ociVersionMax, hooks, mountOptions, linux } = features();
  for (const version of [ociVersionMin, ociVersionMax])
    t.same(
      mistakes((config) => (config.ociVersion = version)),
      [],
    );
  const { actions, operators, archs, knownFlags, supportedFlags } = linux.seccomp;
  const found = mistakes((config) => {
    config.ociVersion = ociVersionMax;
    config.hooks = Object.fromEntries(hooks.map((name) => [name, [{ path: '/bin/true' }]]));
    config.linux.namespaces = linux.namespaces.map((type) => ({ type }) as (typeof config.linux.namespaces)[number]);
    config.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
    config.linux.gidMappings = config.linux.uidMappings;
    config.process.capabilities = { bounding: linux.capabilities };
    config.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: archs,
      flags: [...new Set([...knownFlags, ...supportedFlags])],
      listenerPath: '/run/agent',
      syscalls: actions.map((action, i) => {
        const args = operators.map((op, index) => ({ index: index % 6, value: 1, op }));
        return { names: [['mkdir', 'rmdir', 'link', 'unlink', 'chmod', 'chown'][i % 6]!], action, args };
      }),
    };
    for (const option of mountOptions) {
      // noacl is the file system's affair.
      const bind = option === 'noacl' ? { type: 'ext4', options: [option] } : { options: ['bind', option] };
      config.mounts.push({ destination: `/mnt/${option}`, source: '/', ...bind });
    }
  });
  t.same(found, []);
  for (const mode of linux.memoryPolicy.modes) {
    const nodes = /DEFAULT|LOCAL/.test(mode) ? {} : { nodes: '0' };
    t.same(
      mistakes((config) => (config.linux.memoryPolicy = { mode, ...nodes })),
      [],
      mode,
    );
  }
  for (const flag of linux.memoryPolicy.flags)
    t.same(
      mistakes((config) => (config.linux.memoryPolicy = { mode: 'MPOL_BIND', nodes: '0', flags: [flag] })),
      [],
      flag,
    );
  t.not(
    mistakes((config) => (config.hooks = { prestart: [{ path: 'relative' }] })).length,
    0,
    'mistakes would be seen',
  );
});

t.test('what is said fits the specification', { skip: skipIf(ours) }, async (t) => {
  const { ociVersionMin, ociVersionMax, annotations, linux, hooks } = features();
  const number = (version: string) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
  t.ok(number(ociVersionMin) <= number(ociVersionMax));
  t.equal(hooks.length, 6);
  for (const [key, value] of Object.entries(annotations)) t.ok(key !== '' && typeof value === 'string', key);
  t.match(linux.cgroup, { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true });
  t.match(linux, { apparmor: { enabled: true }, selinux: { enabled: true }, netDevices: { enabled: true } });
  t.match(linux.intelRdt, { enabled: true, schemata: true, monitoring: true });
  t.equal(linux.mountExtensions.idmap.enabled, true);
  t.equal(linux.seccomp.enabled, true);
});

/** Those that must be known, and those that should (config.md, Linux mount options). */
const must =
  'async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec noiversion ' +
  'nolazytime norelatime nostrictatime nosuid private rbind relatime remount ro rprivate rshared rslave runbindable rw shared ' +
  'silent slave strictatime suid sync unbindable';
const should =
  'nosymfollow ratime rdev rdiratime rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ' +
  'rrelatime rro rrw rstrictatime rsuid rsymfollow symfollow idmap ridmap';

t.test('every mount option of the specification is known', { skip: skipIf(ours) }, async (t) => {
  const { mountOptions } = features();
  t.equal(must.split(' ').length, 37);
  t.equal(should.split(' ').length, 21);
  for (const option of `${must} ${should}`.split(' ')) t.ok(mountOptions.includes(option), option);
  for (const option of ['size', 'mode', 'uid', 'gid', 'newinstance']) t.notOk(mountOptions.includes(option), option);
  // What is not known goes to the file system, and tmpfs knows none of these words.
  const words = [...must.split(' '), ...should.split(' ')].filter((word) => !/^r?(?:bind|idmap)$|^remount$/.test(word));
  const result = box.run((config) => {
    for (const word of words)
      config.mounts.push({ destination: `/mnt/${word}`, type: 'tmpfs', source: 'tmpfs', options: [word] });
  });
  t.equal(result.status, 0, result.stderr);
});

box.end(t);
