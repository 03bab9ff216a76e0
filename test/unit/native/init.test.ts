import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import t from 'tap';
import { ECANCELED, EINVAL } from '../../../src/base/errno.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import {
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  O_RDONLY,
} from '../../../src/native/flags.js';
import type { SpawnedInit } from '../../../src/native/native.js';
import { encodeSteps } from '../../../src/plan/steps/encode.js';
import type { Step } from '../../../src/plan/steps/generated/steps.js';
import { MessageKind, REPLY, SyncEvent } from '../../../src/plan/steps/protocol.js';
import { NO_SLOT } from '../../../src/plan/steps/step-table.js';

const native = nodeNative();
const skip = process.getuid?.() !== 0 && 'needs root';

function spawnInit(flags: number, cgroup: number, stdio: number[], preserve: number, slots: number[]): SpawnedInit {
  native.prepareSpawn(0, preserve, []);
  native.beginSpawn(flags, cgroup, stdio);
  const spawned = native.endSpawn();
  native.sendPlan(spawned.socket, slots, new Uint8Array());
  return spawned;
}

t.test('init is a sealed memfd with nothing open but what it is given', { skip }, async (t) => {
  const passwd = native.open('/etc/passwd', O_RDONLY, 0);
  const { pid, pidfd, socket } = spawnInit(0, -1, [0, 1, 2], 0, [passwd, passwd]);
  t.teardown(() => {
    native.pidfdSignal(pidfd, 9);
    native.wait(pidfd, false);
    for (const fd of [pidfd, socket, passwd]) native.close(fd);
  });
  t.match(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:tsrunc-init/);
  const image = native.open(`/proc/${pid}/exe`, O_RDONLY, 0);
  t.throws(() => native.writeExisting(`/proc/self/fd/${image}`, 'x'), { code: 'system' }, 'it cannot be written');
  native.close(image);
  native.send(socket, encodeSteps(native, [{ step: 'sync', event: SyncEvent.mapIds }]));
  t.equal(native.receive(socket)?.kind, MessageKind.sync);
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  t.match(open[3], /^socket:/);
  t.same(open.slice(4), ['/proc', '/etc/passwd', '/etc/passwd']);
  const { nofileSoft, nofileHard } = native.inherited();
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  t.same(words.slice(0, 4), ['tsrunc:[INIT] sets the container up', '3', `${nofileSoft}`, `${nofileHard}`]);
  t.match(words[4], /^[01]$/, 'whether it was put on other CPUs');
  t.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
});

t.test('a plan that is none is refused with a message', { skip }, async (t) => {
  const { pidfd, socket } = spawnInit(0, -1, [-1, -1, -1], 0, []);
  native.send(socket, new Uint8Array(24));
  t.equal(native.receive(socket)?.kind, MessageKind.error);
  t.equal(native.receive(socket), null, 'the end');
  t.equal(native.wait(pidfd, false), 1);
  native.close(socket);
  native.close(pidfd);
});

t.test('a plan in parts: numbers of steps and slots go on', { skip }, async (t) => {
  const [passwd, group] = ['/etc/passwd', '/etc/group'].map((file) => native.open(file, O_RDONLY, 0)) as [
    number,
    number,
  ];
  const { pid, pidfd, socket } = spawnInit(0, -1, [-1, -1, -1], 0, []);
  native.send(socket, encodeSteps(native, [{ step: 'setsid' }], true));
  native.sendPlan(socket, [passwd], encodeSteps(native, [{ step: 'sync', event: SyncEvent.mapIds }], true));
  t.match(native.receive(socket), { kind: MessageKind.sync, step: 1 });
  native.sendReply(socket, REPLY, []);
  const last: Step[] = [
    { step: 'sync', event: SyncEvent.mapIds },
    { step: 'join-namespace', descriptor: 1, type: CLONE_NEWNET },
  ];
  native.sendPlan(socket, [group], encodeSteps(native, last));
  t.match(native.receive(socket), { kind: MessageKind.sync, step: 2 });
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  t.same(open.slice(-2), ['/etc/passwd', '/etc/group']);
  native.sendReply(socket, REPLY, []);
  // No namespace, but a descriptor: the second slot it was.
  t.match(native.receive(socket), { kind: MessageKind.error, step: 3, value: EINVAL });
  t.equal(native.wait(pidfd, false), 1);
  for (const fd of [pidfd, socket, passwd, group]) native.close(fd);
});

t.test('init ends when the rest of its plan does not come', { skip }, async (t) => {
  const { pidfd, socket } = spawnInit(0, -1, [-1, -1, -1], 0, []);
  native.send(socket, encodeSteps(native, [{ step: 'setsid' }], true));
  native.close(socket);
  t.equal(native.wait(pidfd, false), 1);
  native.close(pidfd);
});

t.test('more slots than one message takes', { skip }, async (t) => {
  const passwd = native.open('/etc/passwd', O_RDONLY, 0);
  const { pid, pidfd, socket } = spawnInit(0, -1, [-1, -1, -1], 0, Array(600).fill(passwd));
  native.send(socket, encodeSteps(native, [{ step: 'sync', event: SyncEvent.mapIds }]));
  t.equal(native.receive(socket)?.kind, MessageKind.sync);
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  t.equal(open.filter((name) => name === '/etc/passwd').length, 600);
  native.pidfdSignal(pidfd, 9);
  native.wait(pidfd, false);
  for (const fd of [pidfd, socket, passwd]) native.close(fd);
});

t.test('one spawn at a time, and none is left by one that failed', { skip }, async (t) => {
  t.throws(() => native.endSpawn(), { code: 'system' }, 'none was begun');
  const again = { code: 'system', fields: { syscall: 'clone3' } };
  t.throws(() => native.beginSpawn(0, -1, [-1, -1, -1]), again, 'not prepared');
  native.prepareSpawn(0, 0, []);
  t.throws(() => native.prepareSpawn(0, 0, []), again);
  native.beginSpawn(0, -1, [-1, -1, -1]);
  t.throws(() => native.beginSpawn(0, -1, [-1, -1, -1]), again);
  const { pidfd, socket } = native.endSpawn();
  native.close(socket);
  t.equal(native.wait(pidfd, false), 1, 'without a runtime it ends');
  native.close(pidfd);
});

t.test('namespaces made ahead are those init is born in, and not ours', { skip }, async (t) => {
  const ahead = CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
  const own = readlinkSync('/proc/self/ns/net');
  native.prepareSpawn(ahead, 0, []);
  native.beginSpawn(ahead | CLONE_NEWPID, -1, [-1, -1, -1]);
  const { pid, pidfd, socket } = native.endSpawn();
  for (const name of ['net', 'uts', 'ipc', 'pid'])
    t.not(readlinkSync(`/proc/${pid}/ns/${name}`), readlinkSync(`/proc/self/ns/${name}`), name);
  t.equal(readlinkSync('/proc/self/ns/net'), own);
  native.close(socket);
  native.wait(pidfd, false);
  native.close(pidfd);

  native.prepareSpawn(CLONE_NEWNET, 0, []);
  t.throws(() => native.beginSpawn(CLONE_NEWPID, -1, [-1, -1, -1]), { code: 'system' }, 'one that init is not to have');
  t.throws(() => native.endSpawn(), { code: 'system' });
});

t.test('a spawn that was only prepared for leaves nothing', { skip }, async (t) => {
  const threads = () => readdirSync('/proc/self/task').length;
  const files = () => readdirSync('/proc/self/fd').length;
  const before = [threads(), files()];
  for (let i = 0; i < 20; i++) {
    native.prepareSpawn(i % 2 === 0 ? CLONE_NEWNET : 0, 0, []);
    t.throws(() => native.endSpawn(), { code: 'system', fields: { errno: ECANCELED } });
  }
  t.same([threads(), files()], before);
});

t.test('namespaces are made by the spawn', { skip }, async (t) => {
  // The time namespace is entered by the exec.
  const flags = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWTIME;
  const { pid, pidfd, socket } = spawnInit(flags, -1, [-1, -1, -1], 0, []);
  const inode = (of: string, type: string): number => statSync(`/proc/${of}/ns/${type}`).ino;
  for (const type of ['pid', 'uts', 'time']) t.not(inode(String(pid), type), inode('self', type), type);
  t.equal(inode(String(pid), 'net'), inode('self', 'net'));
  native.pidfdSignal(pidfd, 9);
  t.equal(native.wait(pidfd, false), 137);
  native.close(socket);
  native.close(pidfd);
});

t.test('a spawn that fails says which call did', { skip }, async (t) => {
  // CLONE_THREAD alone is refused by the kernel.
  t.throws(() => spawnInit(0x10000, -1, [0, 1, 2], 0, []), {
    code: 'system',
    fields: { syscall: 'clone3', errno: EINVAL },
  });
  t.throws(() => spawnInit(0, -1, [999, 1, 2], 0, []), {
    code: 'system',
    message: 'dup3: bad file descriptor',
  });
});

t.test('a plan sent before its init is there: found by it, or refused where there is none', { skip }, async (t) => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  const last: Step[] = [{ step: 'sync', event: SyncEvent.mapIds }];
  native.prepareSpawn(0, 0, []);
  const early = native.beginSpawn(0, -1, [-1, -1, -1]);
  native.sendPlan(early, [], encodeSteps(native, [{ step: 'setsid' }], true));
  native.sendPlan(early, [], encodeSteps(native, last, true));
  const { pidfd, socket } = native.endSpawn();
  t.equal(socket, early);
  t.match(native.receive(socket), { kind: MessageKind.sync, step: 1 });
  native.close(socket);
  native.wait(pidfd, false);
  native.close(pidfd);

  // Far more than a socket holds: nobody will ever read it.
  const huge = new Uint8Array(8 << 20);
  for (const [flags, stdio] of [
    [0x10000, -1],
    [0, 999],
  ] as const) {
    native.prepareSpawn(0, 0, []);
    const alone = native.beginSpawn(flags, -1, [stdio, -1, -1]);
    t.throws(() => native.sendPlan(alone, [], huge), {
      code: 'system',
      message: /^send(?:msg)?: (?:broken pipe|connection reset)/,
    });
    t.throws(() => native.endSpawn(), { code: 'system' });
  }
  t.equal(open(), before);
});

t.test('the process gets its arguments, its streams and the preserved descriptors', { skip }, async (t) => {
  // The numbers of the memfd, the socket and the slots are below 3 + preserve at first.
  const preserved = [0, 1, 2, 3].map(() => native.open('/etc/hostname', O_RDONLY, 0));
  const preserve = Math.max(...preserved) - 2;
  const { pidfd, socket } = spawnInit(0, -1, [preserved[0] as number, -1, -1], preserve, []);
  native.send(
    socket,
    encodeSteps(native, [
      { step: 'wait-start', input: NO_SLOT, output: NO_SLOT } as never,
      { step: 'exec', args: ['/bin/sleep', '100'], env: ['A=b'], preserve },
    ]),
  );
  native.send(socket, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
  const kinds: (number | string)[] = [];
  for (let message = native.receive(socket); message; message = native.receive(socket))
    kinds.push(message.kind, message.text);
  t.same(kinds, [MessageKind.starting, '']);
  const pid = Number(/^Pid:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8'))?.[1]);
  t.equal(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '/bin/sleep\x00100\x00');
  t.equal(readlinkSync(`/proc/${pid}/fd/0`), '/etc/hostname');
  t.equal(readlinkSync(`/proc/${pid}/fd/1`), '/dev/null');
  for (const fd of preserved) t.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/etc/hostname', `descriptor ${fd}`);
  native.pidfdSignal(pidfd, 9);
  native.wait(pidfd, false);
  for (const fd of [...preserved, socket, pidfd]) native.close(fd);
});

t.test('a user namespace with maps, as a descriptor', { skip }, async (t) => {
  const fd = native.userNamespace('0 100000 65536\n', '0 200000 65536\n');
  t.equal(native.namespaceType(fd), CLONE_NEWUSER);
  native.close(fd);
  t.throws(() => native.userNamespace('nonsense', '0 0 1'), {
    code: 'system',
    fields: { syscall: 'write', errno: EINVAL },
  });
});
