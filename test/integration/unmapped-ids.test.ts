// Ids that a user namespace doesn't map: the kernel says only "invalid argument", or the container runs as nobody. Asserted: they
// are refused before anything is made, with the field and what is mapped, for new namespaces and those that are joined.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { User } from '../../src/config/spec.js';
import { type TestConfig, withUserNamespace } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const crun = 'says invalid argument; without root it runs';
const isRunc = kindIs('runc');

const small = (config: TestConfig): void => withUserNamespace(config, 100000, 1000);
const cases: readonly [user: User, field: string, words: RegExp][] = [
  [{ uid: 1000, gid: 0 }, 'uid', /unmapped uid 1000 in user namespace/],
  [{ uid: 0, gid: 1000 }, 'gid', /unmapped gid 1000 in user namespace/],
  [
    { uid: 0, gid: 0, additionalGids: [5, 2000] },
    'additionalGids/1',
    isRunc ? /setgroups/ : /unmapped gid 2000 in user namespace/,
  ],
];

t.test('a new user namespace', { skip: skipIf(differs({ crun })) }, async (t) => {
  for (const [user, field, words] of cases) {
    const { status, stderr } = box.sh('true', (config) => {
      small(config);
      config.process.user = user;
    });
    t.equal(status, 1, field);
    t.match(stderr, words);
    if (!isRunc) t.ok(stderr.includes(`/process/user/${field}: `) && stderr.includes('mapped are 0-999'), stderr);
  }
});

t.test('one that is joined', { skip: skipIf(differs({ crun, runc: 'says less' })) }, async (t) => {
  const { id } = box.started(small);
  for (const [user, field, words] of cases) {
    const { status, stderr } = box.sh('true', (config) => {
      config.linux.namespaces.push({ type: 'user', path: `/proc/${box.state(id).pid}/ns/user` });
      config.process.user = user;
    });
    t.equal(status, 1, field);
    t.match(stderr, words);
    t.ok(stderr.includes(`/process/user/${field}: `) && stderr.includes('mapped are 0-999'), stderr);
  }
});

t.test('exec', { skip: skipIf(differs({ crun })) }, async (t) => {
  const { id } = box.started(small);
  const joins = box.started((config) => {
    config.linux.namespaces.push({ type: 'user', path: `/proc/${box.state(id).pid}/ns/user` });
  });
  for (const container of isRunc ? [id] : [id, joins.id])
    for (const [user, field, words] of cases) {
      const groups = (user.additionalGids ?? []).flatMap((gid) => ['--additional-gids', String(gid)]);
      const byOption = box.call(['exec', '--user', `${user.uid}:${user.gid}`, ...groups, container, 'true']);
      const file = join(box.directory(), 'process.json');
      writeFileSync(file, JSON.stringify({ args: ['/bin/true'], cwd: '/', user }));
      const byFile = box.call(['exec', '--process', file, container]);
      for (const { status, stderr } of [byOption, byFile]) {
        t.equal(status, 255, field);
        t.match(stderr, words);
        if (!isRunc) t.ok(stderr.includes(`/user/${field}: `) && stderr.includes('mapped are 0-999'), stderr);
      }
    }
});

t.test('root of the container', { skip: skipIf(differs({ crun })) }, async (t) => {
  const above = (config: TestConfig): void => {
    withUserNamespace(config);
    config.linux.uidMappings = [{ containerID: 1000, hostID: 100000, size: 10 }];
    config.process.user = { uid: 1000, gid: 0 };
  };
  const { status, stderr } = box.sh('true', above);
  t.equal(status, 1);
  t.match(
    stderr,
    isRunc
      ? /no mapping found for uid 0/
      : /\/linux\/uidMappings: unmapped uid 0 in user namespace: mapped are 1000-1009/,
  );
});

t.test('each is said once, with its place in the file', { skip: skipIf(tsruncOnly('its words')) }, async (t) => {
  const said = (change: (config: TestConfig) => void) => {
    const bundle = box.bundle(change);
    const { stderr } = box.call(['run', '--bundle', bundle, box.id()]);
    const [head, ...lines] = stderr
      .trim()
      .replaceAll(/config\.json:\d+:\d+: /g, 'PLACE ')
      .replaceAll(`${bundle}/`, '')
      .split('\n');
    return { head, lines: lines.map((line) => line.replace(/ in user namespace:.*/, '')) };
  };
  t.same(
    said((config) => {
      withUserNamespace(config);
      config.linux.uidMappings = config.linux.gidMappings = [{ containerID: 1, hostID: 100000, size: 1000 }];
      config.process.user = { uid: 1, gid: 1 };
    }),
    {
      head: 'tsrunc run failed: 2 problems in config.json',
      lines: ['PLACE /linux/uidMappings: unmapped uid 0', 'PLACE /linux/gidMappings: unmapped gid 0'],
    },
  );
  const users = (config: TestConfig) => {
    small(config);
    config.process.user = { uid: 1000, gid: 1000 };
  };
  t.same(said(users).lines, [
    'PLACE /process/user/uid: unmapped uid 1000',
    'PLACE /process/user/gid: unmapped gid 1000',
  ]);
  const { id } = box.started(small);
  const exec = box.call(['exec', '--user', '1000:1000', id, 'true']);
  t.match(exec.stderr, /^exec failed: 2 problems\n\/user\/uid: .*\n\/user\/gid: /);
});

t.test('a group of a file system', { skip: skipIf(differs({ crun, runc: 'invalid argument' })) }, async (t) => {
  const { id } = box.started(small);
  const { stderr } = box.sh('true', (config) => {
    config.linux.namespaces.push({ type: 'user', path: `/proc/${box.state(id).pid}/ns/user` });
    config.mounts.push({ destination: '/mnt', type: 'tmpfs', options: ['gid=1000'] });
  });
  t.match(stderr, /\/mounts\/\d+\/options: gid=1000: no mapping for gid 1000/);
});

box.end(t);
