import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const ours = tsruncOnly("the words are tsrunc's");

/** A file with this content. */
function file(content: unknown): string {
  const path = join(box.directory(), 'file.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

t.test('create, run: a name nobody knows is warned of in the log', { skip: skipIf(ours) }, async (t) => {
  const log = join(box.directory(), 'log');
  const bundle = box.bundle((config) => {
    Reflect.deleteProperty(config.process, 'noNewPrivileges');
    Object.assign(config.process, { noNewPriveleges: true });
    config.process.args = ['true'];
  });
  const result = box.call(['--log', log, '--log-format', 'json', 'run', '--bundle', bundle, box.id()]);
  t.equal(result.status, 0, result.stderr);
  t.equal(result.stderr, '');
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0]!), {
    level: 'warning',
    code: 'config',
    pointer: '/process/noNewPriveleges',
    line: Number,
    msg: /config\.json:\d+:\d+: .*did you mean "noNewPrivileges"\?$/,
  });
});

t.test('create: the wrong name is told first, and not what comes of it', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle((config) => {
    Object.assign(config.linux, { namespace: config.linux.namespaces });
    Reflect.deleteProperty(config.linux, 'namespaces');
    config.linux.maskedPaths = ['/proc/kcore'];
    config.hostname = 'web';
  });
  const result = box.call(['create', '--bundle', bundle, box.id()]);
  t.equal(result.status, 1);
  const lines = result.stderr.trim().split('\n');
  t.match(lines.at(-1), /: \/linux\/namespace: is not known .*did you mean "namespaces"\?.*\/hostname/);
  t.equal(lines.filter((line) => /config\.json:\d+:\d+/.test(line)).length, 1, result.stderr);
});

t.test(
  'update --resources: nothing known is refused, beside limits it is warned of',
  { skip: skipIf(ours) },
  async (t) => {
    const { id } = box.started();
    const refused = box.call(['update', '--resources', file({ memroy: { limit: 50_000_000 } }), id]);
    t.equal(refused.status, 1);
    t.match(refused.stderr, /file\.json:1:\d+: \/memroy: is not known and is left out; did you mean "memory"\?/);
    t.equal(box.call(['update', '--resources', file({ memory: { limt: 50_000_000 } }), id]).status, 1);
    t.equal(box.call(['update', '--resources', file({}), id]).status, 0, 'nothing is no name that nobody knows');
    const taken = box.call(['update', '--resources', file({ pids: { limit: 50, limt: 5 } }), id]);
    t.equal(taken.status, 0, taken.stderr);
    t.match(taken.stderr, /warning: .*\/pids\/limt: is not known/);
  },
);

t.test('exec --process and mounts add', { skip: skipIf(ours) }, async (t) => {
  const { id } = box.started();
  const process = { cwd: '/', args: ['/bin/true'], noNewPriveleges: true };
  const done = box.call(['exec', '--process', file(process), id]);
  t.equal(done.status, 0, done.stderr);
  t.match(done.stderr, /warning: .*\/noNewPriveleges: is not known .*did you mean "noNewPrivileges"/);
  const missing = box.call(['exec', '--process', file({ cwd: '/', arg: ['true'] }), id]);
  t.equal(missing.status, 255);
  t.match(missing.stderr, /\/arg: is not known .*did you mean "args"/);
  const mount = { destination: '/mnt', source: box.directory(), option: ['bind', 'ro'] };
  const refused = box.call(['mounts', 'add', id, file([mount])]);
  t.equal(refused.status, 1);
  t.match(refused.stderr, /\/mounts\/0\/option: is not known .*did you mean "options"/);
});

t.test('validate: bytes, standard input, and a user without rights', { skip: skipIf(ours) }, async (t) => {
  const path = join(box.directory(), 'config.json');
  writeFileSync(path, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{}', 'utf16le')]));
  const wide = box.call(['validate', path]);
  t.equal(wide.status, 1);
  t.match(wide.stdout, /config\.json:1:1: error: is UTF-16 \(little-endian, with a byte order mark\)/);
  writeFileSync(
    path,
    Buffer.from('{"ociVersion":"1.3.0","root":{"path":"caf\xe9"},"process":{"args":["a"],"cwd":"/"}}', 'latin1'),
  );
  const bytes = box.call(['validate', '--strict', path]);
  t.equal(bytes.status, 2, bytes.stderr);
  t.match(bytes.stdout, /1:42: warning: \/root\/path: holds the byte 0xe9/);
  const none = box.call(['validate', '--format', 'json', '-'], { input: '{"memroy": {}}' });
  t.match(JSON.parse(none.stdout), { file: 'stdin', errors: 2 });
  t.match(box.call(['validate', '/no/such/file']).stderr, /\/no\/such\/file: no such file or directory/);
});
