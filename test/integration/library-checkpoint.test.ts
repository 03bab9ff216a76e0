/** The client's checkpoint and restore. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OciRuntime } from '../../src/library/index.js';
import { appears } from '../helpers/appears.js';
import { criuEnv, noCriu } from '../helpers/criu.js';
import { specOf } from '../helpers/library.js';
import { plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('a container is written to a directory, and made again from it', { skip: skipIf(noCriu) }, async (t) => {
  const client = new OciRuntime({ command: runtime, root: box.root, env: { ...plainEnv, ...criuEnv } });
  const data = box.directory('data');
  const imagePath = join(box.directory('images'), 'whole');
  // The shell waits in a read; what it says afterwards shows that it is the same one.
  const script =
    'kept=$$; echo begun > /data/begun; read -r line < /data/fifo; echo "$kept $line" > /data/said; exec sleep 1000';
  const spec = specOf(box, ['sh', '-c', `mkfifo /data/fifo; ${script}`], (config) => {
    config.mounts.push({ destination: '/data', type: 'bind', source: data, options: ['bind', 'rw'] });
  });
  const id = box.id();
  await client.run(id, spec, { detach: true });
  await appears(join(data, 'begun'));

  await client.checkpoint(id, { imagePath, leaveRunning: true });
  t.equal((await client.state(id)).status, 'running');
  await client.checkpoint(id, { imagePath, workPath: box.directory('work') });
  t.same(await client.list(), []);
  t.ok(existsSync(join(imagePath, 'inventory.img')));

  const process = await client.restore(id, spec, { imagePath, detach: true });
  t.match(await client.state(id), { status: 'running', pid: process.pid });
  await client.exec(id, ['sh', '-c', 'echo heard > /data/fifo']);
  await appears(join(data, 'said'));
  t.match(readFileSync(join(data, 'said'), 'utf8'), /^1 heard\n$/);
  await client.delete(id, { force: true });
  t.match(await process.wait(), { signal: 'SIGKILL' });
  t.same(await client.list(), []);
});
