/** Checkpoints that podman makes. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { join } from 'node:path';
import type { Case } from '../../engines/guest/case.js';
import type { Podman } from '../../engines/guest/podman/podman.js';

const count = 'i=0; while :; do i=$((i + 1)); echo $i > /tmp/count; sleep 0.1; done';
const read = async (podman: Podman, name: string) => Number(await podman.exec(name, 'cat /tmp/count'));

async function counts(podman: Podman, name: string, from: number): Promise<number> {
  const at = await read(podman, name);
  ok(at > from, `${name} counts on from ${from}: ${at}`);
  return at;
}

const start = async (podman: Podman, ...flags: readonly string[]) => {
  const name = await podman.background(['--tmpfs', '/tmp', ...flags], 'sh', '-c', count);
  await podman.exec(name, 'until [ -s /tmp/count ]; do sleep 0.1; done');
  return name;
};

const cases: readonly Case<Podman>[] = [
  {
    name: 'podman container checkpoint, restore',
    async show(podman) {
      const name = await start(podman);
      const at = await read(podman, name);
      await podman.cli('container', 'checkpoint', name);
      equal((await podman.inspect(name)).State.Status, 'exited');
      await podman.cli('container', 'restore', name);
      equal((await podman.inspect(name)).State.Status, 'running');
      await counts(podman, name, at);
      await podman.cli('stop', '--time', '0', name);
    },
  },
  {
    name: 'podman --keep, --print-stats, --file-locks; limits, a volume, a port and --tcp-established with a bridge',
    async show(podman) {
      const directory = podman.context.directory;
      const flags = ['--pids-limit', '44', '--memory', '64m', '--volume', `${directory}:/bound`, '--network', 'bridge'];
      const name = await start(podman, ...flags);
      const at = await read(podman, name);
      const stats = await podman.cli('container', 'checkpoint', '--keep', '--print-stats', '--tcp-established', name);
      match(stats, /runtime_checkpoint_duration/);
      match(stats, /frozen_time/);
      await podman.cli('container', 'restore', '--keep', '--print-stats', '--tcp-established', name);
      await counts(podman, name, at);
      equal(await podman.cgroupFile(name, 'pids.max'), '44');
      equal(await podman.cgroupFile(name, 'memory.max'), String(64 << 20));
      equal(await podman.exec(name, 'echo there >/bound/there; cat /bound/there'), 'there');
    },
  },
  {
    name: 'podman --leave-running --export, --import under another name: both run',
    async show(podman) {
      const name = await start(podman);
      const at = await read(podman, name);
      const archive = join(podman.context.directory, 'checkpoint.tar.gz');
      await podman.cli('container', 'checkpoint', '--export', archive, '--compress', 'gzip', '--leave-running', name);
      equal((await podman.inspect(name)).State.Status, 'running');
      const other = podman.another();
      await podman.cli('container', 'restore', '--import', archive, '--name', other);
      await counts(podman, other, at);
      await counts(podman, name, at);
      const [one, two] = [await podman.inspect(name), await podman.inspect(other)];
      notEqual(one.Id, two.Id);
      notEqual(one.State.Pid, two.State.Pid);
      equal(two.OCIRuntime.includes(podman.context.runtime), true);
      await podman.cli('rm', '--force', '--time', '0', name);
      await counts(podman, other, at);
    },
  },
  {
    name: 'podman --export, rm, --import: a container that was removed is back',
    async show(podman) {
      const name = await start(podman);
      const at = await read(podman, name);
      const archive = join(podman.context.directory, 'checkpoint.tar');
      await podman.exec(name, 'echo changed >/changed');
      await podman.cli('container', 'checkpoint', '--export', archive, name);
      await podman.cli('rm', '--force', name);
      await podman.cli('container', 'restore', '--import', archive);
      await counts(podman, name, at);
      equal(await podman.exec(name, 'cat /changed'), 'changed');
    },
  },
  {
    name: 'podman --pre-checkpoint, --with-previous, and their import',
    async show(podman) {
      const name = await start(podman);
      const [first, last] = ['first.tar', 'last.tar'].map((file) => join(podman.context.directory, file)) as [
        string,
        string,
      ];
      await podman.cli('container', 'checkpoint', '--pre-checkpoint', '--export', first, name);
      equal((await podman.inspect(name)).State.Status, 'running');
      const at = await read(podman, name);
      await podman.cli('container', 'checkpoint', '--with-previous', '--export', last, name);
      await podman.cli('rm', '--force', name);
      await podman.cli('container', 'restore', '--import-previous', first, '--import', last);
      await counts(podman, name, at);
    },
  },
  {
    name: 'podman: a terminal, --tty',
    async show(podman) {
      const name = await start(podman, '--tty');
      const at = await read(podman, name);
      await podman.cli('container', 'checkpoint', name);
      await podman.cli('container', 'restore', name);
      await counts(podman, name, at);
    },
  },
  {
    name: 'podman container checkpoint --create-image, restore of the image',
    async show(podman) {
      const name = await start(podman);
      const at = await read(podman, name);
      const image = `localhost/${podman.another()}`;
      await podman.cli('container', 'checkpoint', '--create-image', image, name);
      await podman.cli('rm', '--force', name);
      await podman.cli('container', 'restore', '--name', name, image);
      await counts(podman, name, at);
      await podman.cli('rm', '--force', '--time', '0', name);
      await podman.cli('rmi', '--force', image);
    },
  },
  {
    name: 'podman: a checkpoint that fails leaves the container running',
    async show(podman) {
      const listens = 'until netstat -ltn | grep -q :4000; do sleep 0.1; done';
      // Either end would close the connection at the end of its input.
      const line = `sleep 1000 | nc -l -p 4000 & ${listens}; sleep 1000 | nc 127.0.0.1 4000 & ${count}`;
      const name = await podman.background(['--tmpfs', '/tmp'], 'sh', '-c', line);
      await podman.exec(name, 'until [ "$(netstat -tn | grep -c ESTABLISHED)" = 2 ]; do sleep 0.2; done');
      const { status, stderr } = await podman.attempt(['container', 'checkpoint', name]);
      notEqual(status, 0);
      match(stderr, /tcp-established|criu|checkpoint/i);
      const at = await read(podman, name);
      deepEqual(
        [(await podman.inspect(name)).State.Status, await podman.cgroupFile(name, 'cgroup.freeze')],
        ['running', '0'],
      );
      await podman.exec(name, 'sleep 0.5');
      await counts(podman, name, at);
    },
  },
];

/** Emulated, beside other work, podman has been seen to take more than five minutes for one of them. */
export const podmanCases: readonly Case<Podman>[] = cases.map((one) => ({ ...one, seconds: 900 }));
