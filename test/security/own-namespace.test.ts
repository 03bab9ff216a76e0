// A namespace joined by path can be the runtime's own: parameters of the kernel, the hostname, the mounts of the container then
// were the host's. Asserted: refused, with the field, and the host stays as it is. What could harm it is tried in namespaces that
// are made for the call.
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { pureV2 } from '../helpers/pure-v2.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

function join(config: TestConfig, type: string, path: string): void {
  for (const namespace of config.linux.namespaces) if (namespace.type === type) namespace.path = path;
}

const parameters = [
  { type: 'network', file: 'net', name: 'net.ipv4.ip_local_port_range', value: '32768\t60998' },
  { type: 'ipc', file: 'ipc', name: 'kernel.msgmax', value: '8193' },
] as const;

for (const { type, file, name, value } of parameters) {
  t.test(
    `${name} in the host's ${type} namespace`,
    { skip: skipIf(differs({ runc: "1.1.5 writes the host's" })) },
    async (t) => {
      const path = `/proc/sys/${name.replaceAll('.', '/')}`;
      const before = readFileSync(path, 'utf8');
      const result = box.run((config) => {
        join(config, type, `/proc/${process.pid}/ns/${file}`);
        config.linux.sysctl = { [name]: value };
      });
      t.equal(result.status, 1);
      t.equal(readFileSync(path, 'utf8'), before);
    },
  );
}

/** Runs a container that joins the runtime's own namespace; then a command shows what has become of that. */
function inOwn(type: string, change: (config: TestConfig) => void, show: string) {
  const script = `"$@"; status=$?; ${show}; exit $status`;
  return box.run(
    (config) => {
      const file = { network: 'net', mount: 'mnt' }[type] ?? type;
      join(config, type, `/proc/self/ns/${file}`);
      change(config);
    },
    { wrapper: ['unshare', '--uts', '--net', '--mount', '--cgroup', 'sh', '-c', `hostname kept; ${script}`, 'sh'] },
  );
}

for (const [field, change] of [
  ['hostname', (config: TestConfig) => (config.hostname = 'taken')],
  [
    'domainname',
    (config: TestConfig) => {
      delete config.hostname;
      config.domainname = 'taken';
    },
  ],
] as const)
  t.test(`${field} in the host's uts namespace`, { skip: skipIf(differs({ runc: "sets the host's" })) }, async (t) => {
    const result = inOwn('uts', change, 'hostname; cat /proc/sys/kernel/domainname');
    t.equal(result.status, 1);
    t.notMatch(result.stdout, /taken/);
    if (kindIs('tsrunc')) t.match(result.stderr, new RegExp(`/${field}: the ${field} would change the host`));
  });

t.test('a uts namespace that is shared, and left alone', { skip: skipIf() }, async (t) => {
  const result = inOwn(
    'uts',
    (config) => {
      delete config.hostname;
      config.process.args = ['hostname'];
    },
    'hostname',
  );
  t.equal(result.status, 0, result.stderr);
  t.equal(result.stdout, 'kept\nkept\n', 'in the container, and afterwards');
});

t.test(
  "the host's mount namespace",
  { skip: skipIf(differs({ runc: 'changes the root of all', crun: 'changes the root of all' })) },
  async (t) => {
    const result = inOwn('mount', () => {}, 'test -e /proc/self/ns/mnt && test -e /usr/bin && echo kept');
    t.equal(result.status, 1);
    t.equal(result.stdout, 'kept\n');
    t.match(result.stderr, /\/linux\/namespaces\/4\/path: the container's mounts would change the host/);
  },
);

t.test("interfaces in the host's network namespace", { skip: skipIf(differs({ runc: 'knows none' })) }, async (t) => {
  const result = inOwn(
    'network',
    (config) => (config.linux.netDevices = { lo: { name: 'taken' } }),
    'cat /proc/net/dev',
  );
  t.equal(result.status, 1);
  t.match(result.stdout, /\blo:/);
  if (kindIs('tsrunc')) t.match(result.stderr, /\/linux\/netDevices: moving interfaces would change the host/);
});

t.test(
  "cgroups in the host's cgroup namespace",
  { skip: skipIf(differs({ runc: 'mounts them', crun: 'mounts them' }), needsFile('/sys/fs/cgroup/unified')) },
  async (t) => {
    for (const options of [pureV2, {}]) {
      const result = box.run((config) => {
        config.linux.namespaces.push({ type: 'cgroup', path: '/proc/self/ns/cgroup' });
        config.mounts.push({ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' });
      }, options);
      t.equal(result.status, 1);
      t.match(result.stderr, /\/mounts\/6: the cgroups at \/sys\/fs\/cgroup.* would change the host/);
    }
  },
);

box.end(t);
