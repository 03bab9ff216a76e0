import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkFeatures } from '../../../src/criu/features.js';
import { criuRequest, criuResponse, RequestType } from '../../../src/criu/messages.js';
import { decodeMessage, encodeMessage, type MessageOf } from '../../../src/criu/protobuf.js';
import { CriuSession } from '../../../src/criu/session.js';
import { checkVersion } from '../../../src/criu/version.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { project } from '../../helpers/runtime.js';

const native = nodeNative();
const answer = (response: MessageOf<typeof criuResponse>): string =>
  Buffer.from(encodeMessage(criuResponse, response)).toString('hex');
const notify = (script: string, pid = 0): string =>
  answer({ type: RequestType.notify, success: true, notify: { script, pid } });

type Action = [string, ...(string | number)[]];

/** A session with a criu that does these things; `got` gives what it was sent. */
function session(t: Test, actions: Action[]) {
  const directory = t.testdir();
  const executable = join(directory, 'criu');
  copyFileSync(join(project, 'test/helpers/fake-criu.py'), executable);
  chmodSync(executable, 0o755);
  const file = join(directory, 'got');
  const env = [`PATH=${process.env.PATH}`, `FAKE_CRIU=${JSON.stringify(actions)}`, `FAKE_CRIU_GOT=${file}`];
  const criu = CriuSession.start(native, { executable, env, fds: [-1, -1, -1], cgroup: -1 });
  const got = () => {
    const [start = '{}', ...packets] = readFileSync(file, 'utf8').trim().split('\n');
    return {
      start: JSON.parse(start),
      packets: packets.map((line) => decodeMessage(criuRequest, new Uint8Array(Buffer.from(line, 'hex')))),
    };
  };
  return { criu, got, directory };
}

const openFds = () => readdirSync('/proc/self/fd').length;

t.test('criu is started with the socket at 3 and nothing else', async (t) => {
  const before = openFds();
  const { criu, got } = session(t, [['get'], ['put', answer({ type: RequestType.dump, success: true })]]);
  criu.ask({ type: RequestType.dump, opts: { imagesDirFd: 4 } });
  criu.close();
  const { start, packets } = got();
  t.same(start.args, ['swrk', '3']);
  t.match(start.fds, { 0: '/dev/null', 1: '/dev/null', 2: '/dev/null', 3: /^socket:/ });
  // 4 is the file it writes to itself.
  t.same(Object.keys(start.fds), ['0', '1', '2', '3', '4']);
  t.same(packets, [{ type: RequestType.dump, opts: { imagesDirFd: 4 } }]);
  t.equal(openFds(), before, 'no descriptor is left open');
});

t.test('versions', async (t) => {
  const version = (fields: object) => answer({ type: RequestType.version, success: true, version: fields });
  for (const [fields, number] of [
    [{ major: 3, minor: 17, sublevel: 1 }, 31701],
    [{ major: 4, minor: 2, gitid: 'v4.2-5-g123' }, 40300],
  ] as const) {
    const { criu, got } = session(t, [['get'], ['put', version(fields)]]);
    t.equal(criu.version(), number);
    criu.close();
    t.same(got().packets, [{ type: RequestType.version, keepOpen: true }]);
  }
  const { criu } = session(t, [['get'], ['put', version({ major: 3, minor: 15 })]]);
  t.throws(() => checkVersion(criu), { message: 'criu is version 3.15; 3.16 or newer is needed' });
  criu.close();
});

t.test('features', async (t) => {
  const features = { memTrack: false, lazyPages: true };
  const { criu, got } = session(t, [
    ['get'],
    ['put', answer({ type: RequestType.featureCheck, success: true, features })],
  ]);
  checkFeatures(native, criu, { memTrack: false, lazyPages: false }, 31701);
  t.throws(() => checkFeatures(native, criu, { memTrack: true, lazyPages: true }, 31701), {
    message: /track memory changes/,
  });
  criu.close();
  t.same(got().packets, [
    { type: RequestType.featureCheck, keepOpen: true, features: { memTrack: true, lazyPages: true } },
  ]);
});

t.test('a criu that is too old for the kernel', async (t) => {
  const failed = answer({ type: RequestType.featureCheck, success: false });
  const { criu, directory } = session(t, [['get'], ['put', failed], ['get'], ['put', answer({ type: 1 })]]);
  t.throws(() => checkFeatures(native, criu, { memTrack: true, lazyPages: false }, 31701), {
    message: new RegExp(
      `^criu featureCheck failed: criu 3.17.1 does not .* Linux ${release()}: .* too old for it; .criu check`,
    ),
  });
  // As 3.17.1 logs on Linux 6.18.
  const log = join(directory, 'dump.log');
  const lines = [
    '(00.000913) Version: 3.17.1 (gitid 0)',
    '(00.000932) Running on host Linux 6.18.44 #1 SMP PREEMPT_DYNAMIC @0 x86_64',
    '(00.031879) Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds',
    '(00.031883) Error (criu/kerndat.c:1615): kerndat_vdso_fill_symtable failed when initializing kerndat.',
  ];
  writeFileSync(log, `${lines.join('\n')}\n`);
  t.throws(() => criu.ask({ type: RequestType.dump }, { log }), {
    message: `criu dump failed: criu 3.17.1 does not know its way about this kernel, Linux 6.18.44: it is most likely too old for it; its log is ${log}:\n  ${lines[2]}\n  ${lines[3]}`,
  });
  criu.close();
});

t.test('each notification is answered, descriptors are handed on', async (t) => {
  const before = openFds();
  const { criu, got } = session(t, [
    ['get'],
    ['put', notify('setup-namespaces', 77)],
    ['get'],
    ['put-fd', notify('orphan-pts-master')],
    ['get'],
    ['put', answer({ type: RequestType.restore, success: true, restore: { pid: 77 } })],
  ]);
  const heard: unknown[] = [];
  const response = criu.ask(
    { type: RequestType.restore },
    {
      notified: (script, { pid }, fds) => {
        heard.push([script, pid, fds.length]);
        for (const fd of fds) native.close(fd);
      },
    },
  );
  criu.close();
  t.equal(response.restore?.pid, 77);
  t.same(heard, [
    ['setup-namespaces', 77, 0],
    ['orphan-pts-master', 0, 1],
  ]);
  const yes = { type: RequestType.notify, notifySuccess: true };
  t.same(got().packets.slice(1), [yes, yes]);
  t.equal(openFds(), before);
});

t.test('a notification that fails ends the request, once criu has undone it', async (t) => {
  const { criu, got } = session(t, [
    ['get'],
    ['put', notify('setup-namespaces', 77)],
    ['get'],
    ['put-fd', notify('post-restore')],
    ['get'],
    ['put', answer({ type: RequestType.restore, success: false, errno: 2 })],
  ]);
  const before = openFds();
  let calls = 0;
  t.throws(
    () =>
      criu.ask(
        { type: RequestType.restore },
        {
          notified: () => {
            calls++;
            throw new Error('the hook');
          },
        },
      ),
    { message: 'the hook' },
  );
  t.equal(calls, 1);
  t.equal(openFds(), before);
  criu.close();
  const no = { type: RequestType.notify, notifySuccess: false };
  t.same(got().packets.slice(1), [no, no]);
});

t.test("a failure has errno's text and the log's errors", async (t) => {
  const failed = answer({ type: RequestType.dump, success: false, errno: 13, message: 'Error (a.c:1): first' });
  const { criu, directory } = session(t, [['get'], ['put', failed], ['get'], ['put', failed]]);
  const log = join(directory, 'dump.log');
  writeFileSync(log, '(0.1) fine\n(0.2) Error (a.c:1): first\n(0.3) fine\n(0.4) Error (b.c:2): last\n');
  t.throws(() => criu.ask({ type: RequestType.dump }, { log }), {
    message: `criu dump failed: permission denied; its log is ${log}:\n  (0.2) Error (a.c:1): first\n  (0.4) Error (b.c:2): last`,
    fields: { errno: 13, path: log },
  });
  t.throws(() => criu.ask({ type: RequestType.dump }), {
    message: 'criu dump failed: permission denied: Error (a.c:1): first',
  });
  criu.close();
});

for (const [line, what] of [
  [
    "1: Error (mount.c:1): mnt: Can't create a temporary directory: Read-only file system",
    'a root file system that is read-only needs a directory /tmp',
  ],
  [
    'Error (criu/util.c:642): execvp("ip6tables-restore", ...) failed: No such file or directory',
    'criu calls iptables, which is not in $PATH: install it, or checkpoint with --network-lock nftables or skip',
  ],
  ["(00.108054) Can't connect to server 127.0.0.1:1", 'there is no page server'],
] as const)
  t.test(`a failure that is known says what it takes: ${what}`, async (t) => {
    const { criu, directory } = session(t, [['get'], ['put', answer({ type: RequestType.restore, success: false })]]);
    const log = join(directory, 'restore.log');
    writeFileSync(log, `${line}\n`);
    t.throws(() => criu.ask({ type: RequestType.restore }, { log }), {
      message: `criu restore failed: ${what}; its log is ${log}:\n  ${line}`,
    });
    criu.close();
  });

for (const [how, actions, message] of [
  ['ends', [['exit', 3]], /criu ended with status 3 before it had answered; its log is \/no\/log$/],
  ['ends after the request', [['get'], ['exit', 0]], /criu ended with status 0 before/],
  ['is killed', [['get'], ['put', notify('post-dump')], ['die']], /criu was killed by SIGKILL before/],
  ['says nonsense', [['get'], ['put', '0b']], /none of its protocol/],
  ['answers something else', [['get'], ['put', answer({ type: RequestType.version, success: true })]], /failed/],
] as [string, Action[], RegExp][])
  t.test(`criu ${how}`, async (t) => {
    const before = openFds();
    const { criu } = session(t, actions);
    t.throws(() => criu.ask({ type: RequestType.dump }, { log: '/no/log' }), { message });
    criu.close();
    t.equal(openFds(), before);
  });

t.test('a program that is none', async (t) => {
  const start = { env: [], fds: [-1, -1, -1], cgroup: -1 };
  t.throws(() => CriuSession.start(native, { ...start, executable: '/no/criu' }), {
    message: /no such file/,
    fields: { path: '/no/criu' },
  });
});
