import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { ESRCH } from '../../../src/base/errno.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { POLLIN } from '../../../src/native/flags.js';
import { SIGKILL, SIGTERM, signalName, signalNumber } from '../../../src/native/signals.js';
import { noClone } from '../../helpers/when.js';

const native = nodeNative();
const sh = (script: string, stdin = '', timeout = 0, limit = 1 << 16) =>
  native.command('/bin/sh', ['sh', '-c', script], ['PATH=/usr/bin:/bin'], '/', stdin, timeout, limit);

t.test('identity, names and clocks', async (t) => {
  const [ruid, , , , pid, ppid] = native.identity();
  t.same([ruid, pid, ppid], [process.getuid?.(), process.pid, process.ppid]);
  t.equal(native.uname()[0], 'Linux');
  t.equal(native.userName(0), 'root');
  t.equal(native.userName(4000000000), null);
  const [seconds = 0] = native.clock(false);
  t.ok(Math.abs(seconds - Date.now() / 1000) < 5);
  const old = native.umask(0o27);
  t.equal(native.umask(old), 0o27);
});

t.test('a process is known by pid and start time, and waited for by pidfd', async (t) => {
  const own = native.processStat(process.pid);
  t.equal(own?.name, readFileSync('/proc/self/comm', 'utf8').trimEnd());
  t.equal(own?.ppid, process.ppid);
  t.equal(own?.exiting, false);
  t.equal(own?.startTime, Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[19]));
  const child = spawn('/bin/sleep', ['100'], { stdio: 'ignore' });
  // Waited for here, so Node never hears of its end.
  child.unref();
  const pidfd = native.pidfdOpen(child.pid as number);
  t.equal(native.wait(pidfd, true), null);
  t.same(native.poll([pidfd], [POLLIN], 0), [0]);
  native.pidfdSignal(pidfd, SIGTERM);
  t.equal(native.wait(pidfd, false), 128 + SIGTERM);
  t.throws(() => native.pidfdSignal(pidfd, SIGKILL), {
    code: 'system',
    fields: { errno: ESRCH },
    message: /no such process$/,
  });
  native.close(pidfd);
  t.equal(native.processStat(4194304), null);
});

t.test('command: status, signal, output, environment', { skip: noClone }, async (t) => {
  t.match(sh('echo out; echo err >&2; exit 3'), {
    status: 3,
    signal: 0,
    timedOut: false,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  t.match(sh('kill -9 $$'), { status: -1, signal: 9, timedOut: false });
  t.equal(sh('cat', 'x'.repeat(300000), 0, 1 << 20).stdout.length, 300000, 'more than a pipe holds');
  t.equal(sh('yes | head -c 200000; echo end', '', 0, 4).stdout, 'end\n', 'the last bytes are kept');
  t.equal(native.command('/usr/bin/env', ['env'], ['A=1', 'B=2'], '', '', 0, 100).stdout, 'A=1\nB=2\n');
  t.equal(native.command('/bin/pwd', ['pwd'], [], '/usr', '', 0, 100).stdout, '/usr\n');
});

t.test('command: a program that is missing, or a directory that is', { skip: noClone }, async (t) => {
  t.throws(() => native.command('/nowhere', ['x'], [], '', '', 0, 1), {
    message: 'execve /nowhere: no such file or directory',
  });
  t.throws(() => native.command('/bin/true', ['x'], [], '/nowhere', '', 0, 1), {
    message: /^chdir \/nowhere: no such file/,
  });
  t.throws(() => native.command('/etc/passwd', ['x'], [], '', '', 0, 1), {
    message: 'execve /etc/passwd: permission denied',
  });
});

t.test('command: stdin that nobody reads, timeouts, pipes that others keep', { skip: noClone }, async (t) => {
  t.match(sh('exec 0<&-; exit 0', 'x'.repeat(1 << 20)), { status: 0, signal: 0 });
  const before = Date.now();
  t.match(sh('echo started; sleep 100', '', 100), { status: -1, signal: 9, timedOut: true, stdout: 'started\n' });
  const { status, stdout } = sh('sleep 100 & echo $!', '');
  const left = native.pidfdOpen(Number(stdout));
  t.equal(status, 0);
  t.ok(Date.now() - before < 50_000, 'neither sleep was waited for');
  process.kill(Number(stdout), 'SIGKILL');
  native.poll([left], [POLLIN], 10_000);
  native.close(left);
});

t.test('command: descriptors closed, signals default and unblocked', { skip: noClone }, async (t) => {
  t.equal(
    native.command('/bin/ls', ['ls', '/proc/self/fd'], [], '', '', 0, 100).stdout,
    '0\n1\n2\n3\n',
    '3 is its own',
  );
  const status = native.command('/bin/grep', ['grep', '^Sig[BI]', '/proc/self/status'], [], '', '', 0, 1000).stdout;
  t.equal(status, 'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
});

t.test('a descriptor of another process', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const child = spawn('/bin/sh', ['-c', 'exec 9</etc/passwd; echo; exec sleep 100'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  child.unref();
  child.stdout?.destroy();
  const pidfd = native.pidfdOpen(child.pid as number);
  const fd = native.pidfdGetFd(pidfd, 9);
  t.match(native.read(fd, 1000), /^root:/);
  native.close(fd);
  native.pidfdSignal(pidfd, SIGKILL);
  native.close(pidfd);
});

t.test('signals by number and name', async (t) => {
  const kill = (name: string) => Number(spawnSync('/bin/bash', ['-c', `kill -l ${name}`], { encoding: 'utf8' }).stdout);
  for (const name of ['HUP', 'USR1', 'CHLD', 'WINCH', 'SYS', 'RTMIN', 'RTMIN+3', 'RTMAX-1', 'RTMAX']) {
    t.equal(signalNumber(name), kill(name), name);
  }
  t.same(['sigterm', 'TERM', '15', 'SIGIOT'].map(signalNumber), [15, 15, 15, 6]);
  t.same(
    ['', '0', '65', 'SIGSIGTERM', 'FOO', 'RTMIN+31', 'toString', '1e1'].map(signalNumber),
    Array(8).fill(undefined),
  );
  t.same([9, 34, 36, 64, 99].map(signalName), ['SIGKILL', 'SIGRTMIN', 'SIGRTMIN+2', 'SIGRTMIN+30', '99']);
});
