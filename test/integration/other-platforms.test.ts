/** Sections and members of other platforms change nothing on Linux. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

const sections = {
  windows: {
    layerFolders: ['c:\\layer'],
    resources: { memory: { limit: 1048576 }, cpu: { count: 1 } },
    network: { allowUnqualifiedDNSQuery: true },
  },
  solaris: { milestone: 'svc:/milestone/container:default', cappedMemory: { physical: '1m' } },
  vm: { kernel: { path: '/no/such/kernel' }, hwConfig: { vcpus: 1, memory: 1048576 } },
  zos: { namespaces: [{ type: 'pid', path: '/proc/1/ns/pid' }] },
  freebsd: { jail: { host: 'inherit', allow: { mount: ['tmpfs'] } } },
};
const script = 'id -u; echo "$0"; cat /proc/self/cgroup; ls /; cat /proc/self/limits';

t.test('a configuration with the sections of all platforms', { skip: skipIf() }, async (t) => {
  const run = (change: (config: TestConfig) => void) =>
    box.sh(script, (config) => {
      config.linux.cgroupsPath = `/${box.prefix}-platforms`;
      change(config);
    });
  const plain = run(() => {});
  const other = run((config) => {
    Object.assign(config, sections);
    Object.assign(config.process, { commandLine: 'cmd.exe /c exit 3' });
    Object.assign(config.process.user, { username: 'nobody' });
  });
  t.equal(other.status, 0, other.stderr);
  t.equal(other.stdout, plain.stdout);
});

t.test('exec with members of other platforms', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const process = {
    args: ['id', '-u'],
    cwd: '/',
    env: ['PATH=/bin'],
    commandLine: 'cmd.exe /c exit 3',
    user: { uid: 7, gid: 7, username: 'nobody' },
  };
  const file = join(box.directory(), 'process.json');
  writeFileSync(file, JSON.stringify(process));
  const { stdout, stderr } = box.call(['exec', '--process', file, id]);
  t.equal(stdout, '7\n', stderr);
});

box.end(t);
