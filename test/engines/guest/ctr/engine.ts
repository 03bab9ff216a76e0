/** containerd by its own client, with its cases. */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import { type Case, engine } from '../case.js';
import { command } from '../command.js';
import { Ctr, left } from './ctr.js';

const cases: readonly Case<Ctr>[] = [
  {
    name: 'run: output, exit code, environment, directory, user',
    async show(ctr) {
      const flags = ['--env', 'A=b', '--cwd', '/tmp', '--user', '7:8'];
      const { status, stdout } = await ctr.run(flags, 'sh', '-c', 'echo $A; pwd; id -u; id -g; exit 3');
      equal(stdout, 'b\n/tmp\n7\n8\n');
      equal(status, 3);
    },
  },
  {
    name: 'run: a command that is not there',
    async show(ctr) {
      const { status, stderr } = await ctr.run([], 'no-such-command');
      notEqual(status, 0);
      match(stderr, /no-such-command.*executable file not found in \$PATH/);
    },
  },
  {
    name: 'run --tty',
    async show(ctr) {
      // ctr tells the size some time after the start.
      const line = 'tty; until stty size 2>/dev/null | grep 24; do sleep 0.1; done; exit 4';
      const words = ctr.words(['--rm', '--tty'], ctr.another(), ['sh', '-c', line]);
      const { status, output } = await ctr.terminal(...words);
      match(output, /\/dev\/pts\/0\r+\n24 80/);
      equal(status, 4);
    },
  },
  {
    name: 'exec, exec --tty, exec -d',
    async show(ctr) {
      const name = await ctr.background();
      const { status, stdout } = await ctr.exec(name, 'pwd; id -u; exit 5', '--cwd', '/etc', '--user', '9');
      equal(stdout, '/etc\n9\n');
      equal(status, 5);
      const words = ['tasks', 'exec', '--tty', '--exec-id', 'tty', name, 'tty'];
      match((await ctr.terminal(...words)).output, /\/dev\/pts\/0/);
      equal((await ctr.exec(name, 'sleep 1000', '--detach')).status, 0);
      match(await ctr.cli('tasks', 'ps', name), /PID[\s\S]*\d+/);
    },
  },
  {
    name: 'pause, resume, kill, rm',
    async show(ctr) {
      const name = await ctr.background();
      await ctr.cli('tasks', 'pause', name);
      equal(await ctr.status(name), 'PAUSED');
      equal(await ctr.cgroupFile(name, 'cgroup.freeze'), '1');
      await ctr.cli('tasks', 'resume', name);
      equal(await ctr.status(name), 'RUNNING');
      notEqual((await ctr.attempt('tasks', 'rm', name)).status, 0);
      await ctr.cli('tasks', 'kill', '--signal', 'KILL', name);
      await ctr.ended(name);
      match((await ctr.attempt('tasks', 'rm', name)).stderr, /137|^$/);
      equal(await ctr.status(name), '');
      await ctr.cli('containers', 'rm', name);
    },
  },
  {
    name: 'kill --all: processes of the host’s pid namespace',
    async show(ctr) {
      const name = await ctr.background(['--with-ns', 'pid:/proc/1/ns/pid'], 'sh', '-c', 'sleep 1001 & sleep 1000');
      await ctr.cli('tasks', 'kill', '--all', '--signal', 'KILL', name);
      await ctr.ended(name);
    },
  },
  {
    name: 'metrics',
    async show(ctr) {
      const name = await ctr.background(['--memory-limit', String(64 << 20)]);
      const text = await ctr.cli('tasks', 'metrics', name);
      match(text, /memory\.usage_limit\s+67108864/);
      match(text, /pids\.current\s+1\b/);
      match(text, /cpuacct\.usage|cpu\.usage_usec|usage_usec/);
    },
  },
  {
    name: 'limits: memory with OOM, cpus',
    async show(ctr) {
      const { status } = await ctr.run(['--memory-limit', String(24 << 20)], 'tail', '/dev/zero');
      equal(status, 137);
      const name = await ctr.background(['--cpus', '0.25']);
      equal(await ctr.cgroupFile(name, 'cpu.max'), '25000 100000');
    },
  },
  {
    name: 'mounts, devices, read-only, capabilities, seccomp',
    async show(ctr) {
      const flags = [
        ...['--mount', `type=bind,src=${ctr.context.directory},dst=/mnt,options=rbind:ro`, '--read-only'],
        ...['--device', '/dev/fuse', '--cap-drop', 'CAP_CHOWN', '--seccomp'],
      ];
      const line =
        'touch /mnt/x; touch /x; ls /dev/fuse; chown 9 /bin/sh; grep -E "^(Seccomp|CapEff):" /proc/self/status';
      const { stdout, stderr } = await ctr.run(flags, 'sh', '-c', line);
      match(stdout, /^\/dev\/fuse\nCapEff:\t\w+[^1]\nSeccomp:\t2/);
      match(stderr, /\/mnt\/x: Read-only[\s\S]*\/x: Read-only/);
    },
  },
  {
    name: '--privileged, --net-host, user namespace',
    async show(ctr) {
      const all = await ctr.run(
        ['--privileged', '--net-host'],
        'sh',
        '-c',
        'readlink /proc/self/ns/net; touch /proc/sys/vm/swappiness',
      );
      equal(all.stdout.trim(), await command(['readlink', '/proc/self/ns/net']));
      const flags = ['--uidmap', '0:200000:65536', '--gidmap', '0:200000:65536', '--remap-labels'];
      const { stdout, stderr } = await ctr.run(flags, 'sh', '-c', 'cat /proc/self/uid_map; stat -c %u /bin/busybox');
      match(stdout, /^\s+0\s+200000\s+65536\n0\n/, stderr);
    },
  },
  {
    name: 'ten at once',
    seconds: 400,
    async show(ctr) {
      const names = await Promise.all(Array.from({ length: 10 }, () => ctr.background()));
      const pids = await Promise.all(names.map((name) => ctr.pid(name)));
      equal(new Set(pids).size, names.length);
      ok(pids.every((pid) => pid > 0));
    },
  },
];

export const ctr = engine<Ctr>({
  name: 'ctr',
  cases,
  async begin() {
    await command(['systemctl', 'start', 'containerd']);
  },
  async end() {},
  open: (context) => new Ctr(context),
  close: (box) => box.close(),
  left,
});
