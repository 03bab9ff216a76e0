import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { execute, plainEnv, project, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const ours = tsruncOnly("the words are tsrunc's");

/** What is on stderr is also in the log, and stdout has nothing. */
function refuse(
  t: import('tap').Test,
  args: string[],
  words: RegExp,
  options: Parameters<Sandbox['call']>[1] & { status?: number } = {},
) {
  const log = join(box.directory(), 'log');
  const result = box.call(['--log', log, ...args], options);
  const title = args.join(' ').slice(0, 60);
  t.equal(result.status, options.status ?? 1, `${title}: ${result.stderr}`);
  t.match(result.stderr, words, title);
  t.equal(result.stdout, '', `${title}: nothing on stdout`);
  if (!ours) t.match(existsSync(log) ? readFileSync(log, 'utf8') : '', words, `${title}: in the log`);
  return result;
}

t.test('unknown command, flag, id, signal', { skip: skipIf(ours) }, async (t) => {
  refuse(t, ['frobnicate'], /frobnicate/);
  refuse(t, ['state', '--no-such-flag', 'x'], /no-such-flag/);
  refuse(t, ['state', 'no-such-container'], /container does not exist/);
  refuse(t, ['state'], /id|argument/i);
  refuse(t, ['state', 'a', 'b'], /argument/i);
  refuse(t, ['exec'], /argument|id/i);
  const { id } = box.started();
  const before = box.state(id);
  for (const signal of ['NOSUCH', '0x9', '-1', '99', '9x', '']) refuse(t, ['kill', id, signal], /signal/i);
  t.same(box.state(id), before);
});

t.test('ids that are no file names', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle();
  for (const id of ['../up', 'a/b', '.', '..', '', 'ü', 'a b', 'a\nb', 'x'.repeat(300)]) {
    const result = box.call(['create', '--bundle', bundle, id]);
    t.equal(result.status, 1, JSON.stringify(id));
    if (id.length < 100 && id !== '') t.match(result.stderr, /invalid container ID format|container id/i);
  }
  t.same(
    readdirSync(box.root).filter((name) => !name.startsWith(box.prefix)),
    [],
  );
});

t.test('a bundle or config.json that is missing or cannot be read', { skip: skipIf() }, async (t) => {
  const empty = box.directory();
  refuse(t, ['create', '--bundle', '/no/such/bundle', box.id()], /no such file or directory/);
  refuse(t, ['create', '--bundle', empty, box.id()], /config\.json/);
  mkdirSync(join(empty, 'config.json'));
  refuse(t, ['create', '--bundle', empty, box.id()], /is a directory/);
  refuse(t, ['create', '--bundle', '/etc/passwd', box.id()], /not a directory/);
});

t.test('JSON that does not parse: line and column', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle();
  for (const [text, where] of [
    ['{\n  "ociVersion": "1.0.2",\n  oops\n}', /config\.json:3:3/],
    ['{\n  "a": 1,\n}', /config\.json:2:9/],
    ['', /config\.json:1:1/],
    ['{"a": "\x01"}', /config\.json:1:\d/],
    ['[1, 2', /config\.json:1:\d/],
    ['{"a": 01}', /config\.json:1:\d/],
    ['{} {}', /config\.json:1:4/],
  ] as const) {
    writeFileSync(join(bundle, 'config.json'), text);
    refuse(t, ['create', '--bundle', bundle, box.id()], where);
  }
});

t.test('schema errors, all of them', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle();
  box.writeConfig(bundle, {
    ociVersion: 5,
    root: { path: 7 },
    process: { cwd: true, args: 'sh' },
    mounts: [{ destination: 1 }],
  });
  const result = refuse(t, ['create', '--bundle', bundle, box.id()], /ociVersion/);
  for (const pointer of ['/ociVersion', '/root/path', '/process/cwd', '/process/args', '/mounts/0/destination']) {
    t.match(result.stderr, pointer);
  }
});

t.test('twenty mistakes, twenty messages with pointer and line', { skip: skipIf(ours) }, async (t) => {
  const bundle = join(project, 'test/fixtures/bundles/twenty-mistakes');
  const result = box.call(['create', '--bundle', bundle, box.id()]);
  t.equal(result.status, 1);
  const messages = result.stderr.split('\n').filter((line) => /config\.json:\d+:\d+: \/\w/.test(line));
  t.equal(messages.length, 20, result.stderr);
  t.equal(new Set(messages.map((line) => /: (\/\S+?):? /.exec(line)?.[1])).size, 20, 'all about different fields');
});

t.test('versions of the specification', { skip: skipIf(ours) }, async (t) => {
  for (const version of ['1.0.0', '1.0.2-dev', '1.1.0', '1.2.1', '1.3.0', '1.99.0']) {
    t.equal(box.run((config) => (config.ociVersion = version)).status, 0, version);
  }
  for (const version of ['invalid', '2.0.0', '0.9.0', '1', '', '1.0.0.0']) {
    const result = box.run((config) => (config.ociVersion = version));
    t.equal(result.status, 1, version);
    t.match(result.stderr, /ociVersion/, version);
  }
});

t.test('a state file that is damaged or not ours', { skip: skipIf(ours) }, async (t) => {
  for (const [what, text] of [
    ['empty', ''],
    ['cut short', '{"ociVersion": "1.0'],
    ['no object', '[]'],
    ['foreign', '{"id":"x","init_process_pid":1,"config":{}}'],
    ['wrong types', '{"version":1,"id":5,"pid":"one"}'],
    ['binary', '\x00\x01\x02'],
  ] as const) {
    const { id } = box.create();
    const directory = join(box.root, id);
    const file = join(directory, 'state.json');
    const kept = readFileSync(file, 'utf8');
    t.ok(existsSync(file), 'the state file has its name');
    writeFileSync(file, text);
    for (const args of [
      ['state', id],
      ['start', id],
      ['kill', id, 'KILL'],
      ['delete', id],
      ['exec', id, 'true'],
      ['ps', id],
    ]) {
      const result = box.call(args);
      t.equal(result.status, args[0] === 'exec' ? 255 : 1, `${what}: ${args[0]}`);
      t.match(result.stderr, /state/, `${what}: ${args[0]}`);
    }
    const list = box.call(['list', '-q']);
    t.equal(list.status, 0, `${what}: list goes on`);
    t.match(list.stderr, id, `${what}: list says which`);
    writeFileSync(file, kept);
    t.equal(box.call(['delete', '--force', id]).status, 0);
  }
});

t.test('delete --force of a damaged container leaves nothing', { skip: skipIf(ours) }, async (t) => {
  const { id } = box.create();
  const { pid } = box.state(id);
  t.ok(existsSync(`/proc/${pid}`));
  writeFileSync(join(box.root, id, 'state.json'), '{ damaged');
  const result = box.call(['delete', '--force', id]);
  t.comment(`status ${result.status} ${result.stderr}`);
  t.notOk(existsSync(join(box.root, id)));
  if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
});

t.test('a rootfs that is not there, is a file, or is a symlink', { skip: skipIf() }, async (t) => {
  const missing = box.bundle((config) => (config.root.path = 'no-such-rootfs'));
  refuse(t, ['create', '--bundle', missing, box.id()], /no such file or directory|does not exist/);
  const file = box.bundle((config) => (config.root.path = 'config.json'));
  refuse(t, ['create', '--bundle', file, box.id()], /not a directory/);
});

t.test('a rootfs that is a symlink', { skip: skipIf(differs({ runc: 'follows it' })) }, async (t) => {
  const bundle = box.bundle((config) => (config.root.path = 'link'));
  symlinkSync('rootfs', join(bundle, 'link'));
  const result = box.call(['run', '--bundle', bundle, box.id()]);
  t.comment(`status ${result.status}: ${result.stderr}`);
  t.ok(result.status === 0 || /symlink|symbolic link/.test(result.stderr));
});

t.test('two commands on one container at once', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => (config.process.args = ['sleep', '1000']));
  const id = box.id('race');
  const both = (args: string[][]) =>
    Promise.all(
      args.map(
        (one) =>
          new Promise<{ status: number | null; stderr: string }>((resolve) => {
            const child = spawn(runtime, ['--root', box.root, ...one], {
              env: plainEnv,
              stdio: ['ignore', 'ignore', 'pipe'],
            });
            let stderr = '';
            child.stderr.on('data', (part) => (stderr += part));
            child.once('exit', (status) => setImmediate(() => resolve({ status, stderr })));
          }),
      ),
    );
  const creates = await both([1, 2, 3].map(() => ['create', '--bundle', bundle, id]));
  t.same(creates.map((one) => one.status).sort(), [0, 1, 1], creates.map((one) => one.stderr).join(''));
  t.equal(box.state(id).status, 'created');
  const starts = await both([1, 2, 3].map(() => ['start', id]));
  t.same(starts.map((one) => one.status).sort(), [0, 1, 1], starts.map((one) => one.stderr).join(''));
  t.equal(box.state(id).status, 'running');
  const deletes = await both([1, 2, 3].map(() => ['delete', '--force', id]));
  t.same(
    deletes.map((one) => one.status),
    [0, 0, 0],
    deletes.map((one) => one.stderr).join(''),
  );
  t.not(box.call(['state', id]).status, 0);
});

t.test('a full disk under --root', { skip: skipIf(differs({ runc: 'other words' })) }, async (t) => {
  const directory = box.directory('full');
  const bundle = box.bundle();
  const id = box.id('full');
  // 16 KiB, all of it taken by one file: mkdir still works, writing doesn't.
  const script = `mount -t tmpfs -o size=16k,nr_inodes=40 tmpfs ${directory} && { cat /dev/zero > ${directory}/filler 2>/dev/null; "$@"; status=$?; ls ${directory} >&2; exit $status; }`;
  const result = execute([runtime, '--root', directory, 'create', '--bundle', bundle, id], {
    wrapper: ['unshare', '--mount', 'sh', '-c', script, 'sh'],
  });
  t.equal(result.status, 1);
  t.match(result.stderr, /no space left on device/);
  t.match(result.stderr, /\nfiller\n$/, 'and nothing of the container is left there');
});

t.test('no permission', { skip: skipIf() }, async (t) => {
  const root = box.directory('private');
  chmodSync(root, 0o700);
  const bundle = box.bundle();
  // A copy that nobody can get at: the project may lie below a directory that only root may enter.
  const wrapper = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const reachable = execute(['test', '-x', runtime], { wrapper }).status === 0;
  if (!reachable) {
    t.comment('the executable is out of reach for other users');
    return;
  }
  for (const args of [['create', '--bundle', bundle, box.id()], ['list'], ['delete', 'x']]) {
    const result = execute([runtime, '--root', join(root, 'state'), ...args], { wrapper });
    t.not(result.status, 0, args.join(' '));
    t.match(result.stderr, /permission denied|operation not permitted|does not exist/i, args.join(' '));
  }
  t.same(readdirSync(root), []);
});

t.test('a field this host cannot honour', { skip: skipIf(ours) }, async (t) => {
  const result = box.run((config) => {
    config.linux.intelRdt = { closID: 'group', l3CacheSchema: 'L3:0=ff' };
  });
  if (existsSync('/sys/fs/resctrl/schemata')) return;
  t.equal(result.status, 1);
  t.match(result.stderr, /linux\/intelRdt/);
});

t.test('--root /, a --root that is a file, an unknown --log-format', { skip: skipIf(ours) }, async (t) => {
  const id = box.id();
  const bundle = box.bundle();
  for (const [args, words] of [
    [['--root', '/'], /root/],
    [['--root', join(bundle, 'config.json')], /not a directory/],
    [['--log-format', 'xml'], /log-format/],
    [['--rootless', 'maybe'], /rootless/],
  ] as const) {
    const result = execute([runtime, '--root', box.root, ...args, 'create', '--bundle', bundle, id]);
    t.equal(result.status, 1, args.join(' '));
    t.match(result.stderr, words, args.join(' '));
  }
  rmSync(join(box.root, id), { recursive: true, force: true });
});

t.test('files that are too big or never end', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle();
  rmSync(join(bundle, 'config.json'));
  symlinkSync('/dev/zero', join(bundle, 'config.json'));
  refuse(t, ['create', '--bundle', bundle, box.id()], /config\.json/);
  rmSync(join(bundle, 'config.json'));
  copyFileSync('/dev/null', join(bundle, 'config.json'));
  refuse(t, ['create', '--bundle', bundle, box.id()], /config\.json/);
});

box.end(t);
