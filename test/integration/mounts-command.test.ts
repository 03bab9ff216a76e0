import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(tsruncOnly('runc has no such command'));

/** A file with this text or value. */
function file(value: unknown): string {
  const path = join(box.directory(), 'mounts.json');
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

/** A directory of the host with one file. */
function directory(text: string): string {
  const path = box.directory('source');
  writeFileSync(join(path, 'file'), text);
  return path;
}

t.test('a bind mount is added to a running container and removed', { skip }, async (t) => {
  const { id } = box.started();
  const source = directory('from the host');
  const list = file([{ destination: '/added/here', type: 'bind', source, options: ['rbind', 'ro'] }]);
  const added = box.call(['mounts', 'add', id, list]);
  t.match(added, { status: 0, stdout: '', stderr: '' });
  t.equal(box.call(['exec', id, 'cat', '/added/here/file']).stdout, 'from the host');
  t.match(box.call(['exec', id, 'touch', '/added/here/new']), { status: 1, stderr: /Read-only file system/ });
  t.notMatch(readFileSync('/proc/self/mountinfo', 'utf8'), /added\/here/, 'not on the host');
  const removed = box.call(['mounts', 'remove', id, list]);
  t.match(removed, { status: 0, stdout: '', stderr: '' });
  t.not(box.call(['exec', id, 'cat', '/added/here/file']).status, 0);
  t.match(box.call(['mounts', 'remove', id, list]), { status: 1, stderr: /\/mounts\/0.*invalid argument/ });
});

t.test('a single file, a tmpfs, an object with mounts, a created container', { skip }, async (t) => {
  const { id } = box.create((config) => (config.process.args = ['sleep', '1000']));
  const source = join(directory('one file'), 'file');
  const list = file({
    mounts: [
      { destination: '/etc/one', source, options: ['bind'] },
      { destination: '/scratch', type: 'tmpfs', source: 'tmpfs', options: ['size=1m', 'ro'] },
    ],
  });
  const added = box.call(['mounts', 'add', id, list]);
  t.equal(added.status, 0, added.stderr);
  box.call(['start', id]);
  t.equal(box.call(['exec', id, 'cat', '/etc/one']).stdout, 'one file');
  t.match(box.call(['exec', id, 'grep', ' /scratch ', '/proc/mounts']).stdout, /tmpfs .*\bro\b.*size=1024k/);
  t.equal(box.call(['mounts', 'remove', id, list]).status, 0);
  t.equal(box.call(['exec', id, 'grep', '-c', ' /scratch ', '/proc/mounts']).stdout, '0\n');
});

/** Noticed only when it is mounted. */
const failing = { destination: '/bin/busybox', type: 'tmpfs', source: 'tmpfs' };

t.test('all of a list are added, or none', { skip }, async (t) => {
  const { id } = box.started();
  const source = directory('x');
  const mounts = [{ destination: '/with blank', type: 'bind', source, options: ['bind'] }, failing];
  const table = () => box.call(['exec', id, 'cat', '/proc/self/mountinfo']).stdout;
  const before = table();
  t.match(box.call(['mounts', 'add', id, file(mounts)]), { status: 1, stderr: /\/mounts\/1/ });
  t.equal(table(), before);
});

t.test('what was there before stays, when a list fails that mounts over it', { skip }, async (t) => {
  const { id } = box.started((config) => {
    config.mounts.push({ destination: '/mnt', type: 'tmpfs', source: 'hiding' });
  });
  const source = directory('x');
  const bind = { destination: '/mnt', type: 'bind', source, options: ['bind'] };
  const remount = { ...bind, options: ['bind', 'remount', 'ro'] };
  const table = () => box.call(['exec', id, 'cat', '/proc/self/mountinfo']).stdout;
  const before = table();
  t.match(before, / \/mnt .* hiding /);
  for (const list of [
    [bind, remount, failing],
    [bind, { ...bind, destination: '/mnt/' }, failing],
    [
      bind,
      { ...bind, destination: '/mnt/../mnt', options: ['remount', 'bind', 'ro'] },
      { ...bind, destination: '/bin/sh' },
    ],
  ]) {
    t.equal(box.call(['mounts', 'add', id, file(list)]).status, 1);
    t.equal(table(), before);
  }
});

t.test('what a link has led elsewhere stays, with a warning', { skip }, async (t) => {
  const { id } = box.started();
  box.call(['exec', id, 'sh', '-c', 'mkdir /elsewhere && ln -s /elsewhere /link']);
  const bind = { destination: '/link/x', type: 'bind', source: directory('x'), options: ['bind'] };
  const { status, stderr } = box.call(['mounts', 'add', id, file([bind, failing])]);
  t.equal(status, 1);
  t.match(stderr, /what was mounted meanwhile at "\/elsewhere\/x" stays/);
});

t.test('an integer beyond 2^53 is an error like others', { skip }, async (t) => {
  const { id } = box.started();
  const mapping = '{"containerID":0,"hostID":0,"size":9007199254740993}';
  const list = file(`[{"destination":"/a","type":"bind","source":"/","options":["bind"],"uidMappings":[${mapping}]}]`);
  const words = /:1:118: \/mounts\/0\/uidMappings\/0\/size: is 9007199254740993; must be at most 4294967295/;
  for (const action of ['add', 'remove']) t.match(box.call(['mounts', action, id, list]), { status: 1, stderr: words });
  const unknown = file(
    '[{"destination":"/scratch","type":"tmpfs","source":"x","org.example.extension":9007199254740993}]',
  );
  t.match(box.call(['mounts', 'add', id, unknown]), { status: 0, stderr: '' });
});

t.test('nothing that is mounted below propagates', { skip }, async (t) => {
  const { id } = box.started();
  const source = directory('x');
  box.call(['mounts', 'add', id, file([{ destination: '/p', type: 'bind', source, options: ['rbind'] }])]);
  const line = box.call(['exec', id, 'grep', ' /p ', '/proc/self/mountinfo']).stdout;
  t.match(line, / \/p /);
  t.notMatch(line, /shared:|master:/);
});

t.test('a symbolic link leads nowhere but into the container', { skip }, async (t) => {
  const { id, bundle } = box.started((config) => {
    config.process.args = ['sh', '-c', 'ln -s /../../../../../tmp /escape; sleep 1000'];
  });
  const made = join(bundle, 'rootfs/tmp/inside');
  box.call(['exec', id, 'sh', '-c', 'while ! [ -L /escape ]; do :; done']);
  const source = directory('y');
  const added = box.call(['mounts', 'add', id, file([{ destination: '/escape/inside', type: 'bind', source }])]);
  t.equal(added.status, 0, added.stderr);
  t.ok(existsSync(made), "in the container's /tmp");
  t.notOk(existsSync('/tmp/inside'));
});

t.test('a container with a user namespace', { skip }, async (t) => {
  const { id } = box.started((config) => {
    config.linux.namespaces.push({ type: 'user' });
    config.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
    config.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
  });
  const list = file([{ destination: '/added', type: 'bind', source: directory('mapped') }]);
  const added = box.call(['mounts', 'add', id, list]);
  t.equal(added.status, 0, added.stderr);
  t.equal(box.call(['exec', id, 'cat', '/added/file']).stdout, 'mapped');
  t.equal(box.call(['mounts', 'remove', id, list]).status, 0);
});

t.test('mistakes', { skip }, async (t) => {
  const { id } = box.started();
  const add = (value: unknown) => box.call(['mounts', 'add', id, file(value)]);
  t.match(add([{ destination: '/x', type: 'bind', source: '/nonexistent' }]), {
    status: 1,
    stderr: /\/mounts\/0\/source.*no such file or directory/,
  });
  t.match(add([{ destination: '/x', type: 'bind' }]), { status: 1, stderr: /\/mounts\/0\/source: is missing/ });
  t.match(add([{ destination: '/x', type: 'proc' }]), { status: 1, stderr: /\/mounts\/0\/type: .*type proc/ });
  // The place is that in the file, an array or not.
  const list = '[\n  {"destination": "/x", "type": 7}]';
  t.match(add(list), { status: 1, stderr: /mounts\.json:2:33: \/mounts\/0\/type: / });
  t.match(add(`{"mounts":${list}}`), { status: 1, stderr: /mounts\.json:2:33: \/mounts\/0\/type: / });
  t.match(add('[\n{"destination": "/x", "type": "bind", "source": "/nonexistent"}]'), {
    stderr: /mounts\.json:2:49: .*no such file/,
  });
  t.match(add({ nope: 1 }), { status: 1, stderr: /is no list of mounts/ });
  t.match(add('[{'), { status: 1, stderr: /mounts\.json:1:/ });
  t.match(box.call(['mounts', 'change', id, file([])]), { status: 1, stderr: /must be add or remove/ });
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  t.match(add([]), { status: 1, stderr: /container not running/ });
  t.match(box.call(['mounts', 'add', 'unknown', file([])]), { status: 1, stderr: /container does not exist/ });
});

t.test('remove goes through no symlink of the container', { skip: skipIf(tsruncOnly('mounts')) }, async (t) => {
  const { id } = box.started((config) => {
    config.process.args = ['sleep', '1000'];
  });
  const file = join(box.directory(), 'mounts.json');
  const source = box.directory();
  writeFileSync(file, JSON.stringify([{ destination: '/x/sys', type: 'bind', source, options: ['bind'] }]));
  const added = box.call(['mounts', 'add', id, file]);
  t.equal(added.status, 0, added.stderr);
  box.call(['exec', id, 'sh', '-c', 'mv /x /y; ln -s /proc /x']);
  const before = box.call(['exec', id, 'cat', '/proc/self/mountinfo']).stdout;
  t.match(before, ' /proc/sys ', 'a read-only path');
  const removed = box.call(['mounts', 'remove', id, file]);
  t.not(removed.status, 0);
  t.match(removed.stderr, /too many levels of symbolic links/);
  t.match(box.call(['exec', id, 'cat', '/proc/self/mountinfo']).stdout, ' /proc/sys ');
});

box.end(t);
