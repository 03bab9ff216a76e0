import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const enabled = '/sys/module/apparmor/parameters/enabled';
const off =
  existsSync(enabled) && readFileSync(enabled, 'utf8').trim() === 'Y' ? false : 'this kernel runs without AppArmor';
const parser = needsFile('/usr/sbin/apparmor_parser');
const name = `tsrunc-test-${process.pid}`;
const profile = `profile ${name} flags=(attach_disconnected, mediate_deleted) {
  file,
  capability,
  signal,
  deny /etc/passwd r,
}
`;
const current = 'cat /proc/self/attr/current; cat /etc/passwd';

t.test('a profile', { skip: skipIf(off, parser) }, async (t) => {
  const file = join(box.directory(), 'profile');
  writeFileSync(file, profile);
  const load = spawnSync('/usr/sbin/apparmor_parser', ['-Kr', file], { encoding: 'utf8' });
  t.equal(load.status, 0, load.stderr);
  t.teardown(() => spawnSync('/usr/sbin/apparmor_parser', ['-R', file]));

  for (const noNewPrivileges of [true, false])
    for (const uid of [0, 1000]) {
      const result = box.sh(current, (config) => {
        config.process.apparmorProfile = name;
        config.process.noNewPrivileges = noNewPrivileges;
        config.process.user = { uid, gid: uid };
      });
      t.equal(result.stdout, `${name} (enforce)\n`, `uid ${uid}, noNewPrivileges ${noNewPrivileges}`);
      t.match(result.stderr, /Permission denied/);
    }

  const { id } = box.started((config) => (config.process.apparmorProfile = name));
  t.equal(box.call(['exec', id, 'cat', '/proc/self/attr/current']).stdout, `${name} (enforce)\n`);
  const silent = join(box.directory(), 'process.json');
  const args = ['cat', '/proc/self/attr/current'];
  for (const more of [{}, { apparmorProfile: '' }] as { apparmorProfile?: string }[]) {
    writeFileSync(silent, JSON.stringify({ cwd: '/', args, env: ['PATH=/bin'], ...more }));
    const { stdout, stderr } = box.call(['exec', '--process', silent, id]);
    // docs/exec.md: runc lifts it, crun takes no empty one.
    if (kindIs('runc')) t.notMatch(stdout, name);
    else if (kindIs('crun') && more.apparmorProfile === '') t.match(stderr, /Invalid argument/);
    else t.equal(stdout, `${name} (enforce)\n`, `a file that says nothing: ${stderr}`);
  }
  writeFileSync(silent, JSON.stringify({ cwd: '/', args, env: ['PATH=/bin'], apparmorProfile: 'unconfined' }));
  t.equal(box.call(['exec', '--process', silent, id]).stdout, 'unconfined\n');
  const plain = box.started();
  const exec = box.call(['exec', '--apparmor', name, plain.id, 'cat', '/proc/self/attr/current']);
  t.equal(exec.stdout, `${name} (enforce)\n`, exec.stderr);
});

t.test('a profile that is not loaded', { skip: skipIf(off, differs({ runc: 'names no field' })) }, async (t) => {
  const result = box.run((config) => (config.process.apparmorProfile = 'no-such-profile'));
  t.equal(result.status, 1);
  t.match(result.stderr, /\/process\/apparmorProfile: .*no such file or directory/);
});

const on = off ? false : 'this kernel runs AppArmor';
t.test('a profile on a kernel without AppArmor', { skip: skipIf(on, differs({ runc: 'other words' })) }, async (t) => {
  const result = box.run((config) => (config.process.apparmorProfile = 'docker-default'));
  t.equal(result.status, 1);
  t.match(result.stderr, /\/process\/apparmorProfile/);
});

box.end(t);
