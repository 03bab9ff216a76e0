// What a container shows and holds when nothing attacks: no mount of the host after the change of root, a session keyring of its own,
// init not dumpable while it is parked, and paths of ids and cgroups that stay in their place.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { withUserNamespace } from '../helpers/config.js';
import { execute } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

for (const flags of [[], ['--no-pivot']]) {
  t.test(`no mount of the host is left ${flags.join(' ')}`, { skip: skipIf() }, async (t) => {
    const { stdout } = box.sh('cat /proc/self/mountinfo', () => {}, { flags });
    const places = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[4]!);
    const known = /^\/($|proc|dev|sys)/;
    t.same(
      places.filter((place) => !known.test(place)),
      [],
    );
    t.equal(places.filter((place) => place === '/').length, 1, 'one root');
  });
}

t.test('a parked init belongs to root and cannot be traced by its user', { skip: skipIf() }, async (t) => {
  const { id } = box.create((config) => {
    withUserNamespace(config);
    config.process.user = { uid: 1000, gid: 1000 };
  });
  const { pid } = box.state(id);
  t.equal(statSync(`/proc/${pid}/mem`).uid, 0, "not dumpable: its files in /proc are not the user's");
  const uid = String(101_000);
  const asUser = ['setpriv', '--reuid', uid, '--regid', uid, '--clear-groups'];
  t.equal(execute([...asUser, 'head', '-c1', '/proc/self/maps']).status, 0, 'its own');
  for (const file of ['maps', 'environ', 'fd/0', 'root/etc/passwd', 'cwd/etc/passwd', 'exe']) {
    const result = execute([...asUser, 'head', '-c1', `/proc/${pid}/${file}`]);
    t.match(result.stderr, /Permission denied/, file);
  }
});

t.test('the session keyring is its own, named after the container', { skip: skipIf() }, async (t) => {
  const { id } = box.started((config) => {
    config.linux.maskedPaths = [];
  });
  const keys = box.call(['exec', id, 'cat', '/proc/keys']).stdout;
  if (!/keyring/.test(keys)) return t.comment('this kernel shows no keyrings');
  t.match(keys, new RegExp(`_ses\\.${id}`));
});

t.test('ids and cgroups are no paths', { skip: skipIf(differs({ runc: 'cleans such paths' })) }, async (t) => {
  const bundle = box.bundle();
  for (const id of ['../x', '..', '.', 'a/b', 'a\nb', ''])
    t.equal(box.call(['create', '--bundle', bundle, id]).status, 1, id);
  for (const cgroupsPath of ['/../x', 'a/../../x', '/']) {
    const result = box.run((config) => {
      config.linux.cgroupsPath = cgroupsPath;
    });
    t.equal(result.status, 1, cgroupsPath);
  }
  const { id } = box.started();
  for (const path of ['..', '/../x', 'memory:../..', 'a/../../b'])
    t.equal(box.call(['exec', '--cgroup', path, id, 'true']).status, 255, path);
});

t.test(
  'hooks get the environment of the config alone',
  { skip: skipIf(tsruncOnly('others add theirs')) },
  async (t) => {
    const seen = join(box.directory('seen'), 'env');
    const hook = { path: '/bin/sh', args: ['sh', '-c', `/usr/bin/env > ${seen}`], env: ['ONE=1'] };
    const result = box.run(
      (config) => {
        config.process.env.push('LD_PRELOAD=/evil.so');
        config.hooks = { createRuntime: [hook] };
      },
      { env: { PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: '/evil', HOME: '/evil' } },
    );
    t.equal(result.status, 0, result.stderr);
    t.match(readFileSync(seen, 'utf8'), /^ONE=1$/m);
    t.notMatch(readFileSync(seen, 'utf8'), /evil/);
  },
);

box.end(t);
