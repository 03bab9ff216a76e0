/** Checkpoints that containerd makes, by its own client. */
import { equal, match, ok } from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../../engines/guest/case.js';
import { until } from '../../engines/guest/command.js';
import type { Ctr } from '../../engines/guest/ctr/ctr.js';

const count = 'i=0; while :; do i=$((i + 1)); echo $i > /tmp/count; sleep 0.1; done';

async function counts(ctr: Ctr, name: string, from: number): Promise<number> {
  return await until(`${name} to count on from ${from}`, ctr.signal, async () => {
    const { stdout } = await ctr.exec(name, 'cat /tmp/count');
    return Number(stdout) > from ? Number(stdout) : undefined;
  });
}

const tmpfs = ['--mount', 'type=tmpfs,src=tmpfs,dst=/tmp,options=mode=1777'];
const start = async (ctr: Ctr) => await ctr.background(tmpfs, 'sh', '-c', count);

/** An image of the case. */
const reference = (ctr: Ctr) => `localhost/${ctr.context.name}:checkpoint`;

export const ctrCases: readonly Case<Ctr>[] = [
  {
    name: 'ctr containers checkpoint --task --rw --image, rm, restore --live --rw',
    async show(ctr) {
      const name = await start(ctr);
      const at = await counts(ctr, name, 2);
      await ctr.cli('containers', 'checkpoint', '--task', '--rw', '--image', name, reference(ctr));
      equal(await ctr.status(name), 'RUNNING');
      // The image names its cgroup, which a second container can't have as well.
      await ctr.cli('tasks', 'rm', '--force', name);
      const other = ctr.another();
      await ctr.cli('containers', 'restore', '--live', '--rw', other, reference(ctr));
      equal(await ctr.status(other), 'RUNNING');
      await counts(ctr, other, at);
      await ctr.cli('images', 'rm', reference(ctr));
    },
  },
  {
    name: 'ctr tasks checkpoint --image-path: the task runs on; --exit: it has ended',
    async show(ctr) {
      const name = await start(ctr);
      const at = await counts(ctr, name, 2);
      const [one, two] = ['one', 'two'].map((file) => join(ctr.context.directory, file)) as [string, string];
      await ctr.cli('tasks', 'checkpoint', '--image-path', one, '--work-path', `${one}.work`, name);
      ok((await readdir(one)).includes('inventory.img'));
      await counts(ctr, name, at);
      await ctr.cli('tasks', 'checkpoint', '--exit', '--image-path', two, '--work-path', `${two}.work`, name);
      await ctr.ended(name);
      ok((await readdir(two)).includes('inventory.img'));
    },
  },
  {
    name: 'ctr tasks checkpoint into an image, tasks start after it',
    async show(ctr) {
      const name = await start(ctr);
      await counts(ctr, name, 2);
      const said = await ctr.cli('tasks', 'checkpoint', name);
      match(said, /containerd\.io\/checkpoint|checkpoint/);
      equal(await ctr.status(name), 'RUNNING');
    },
  },
];
