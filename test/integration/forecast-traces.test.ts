/** `explain --check` leaves nothing in the file systems of which the kernel has one for all. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { withoutNamespace } from '../helpers/config.js';
import { execute } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

/** The names in the message queues of this IPC namespace. */
const queues = (): string =>
  execute(['unshare', '--mount', 'sh', '-c', 'mount -t mqueue queues /mnt && ls /mnt']).stdout;

t.test(
  'a mount point in the message queues of the host',
  { skip: skipIf(tsruncOnly('explain --check')) },
  async (t) => {
    const source = join(box.directory(), 'source');
    writeFileSync(source, '');
    const name = `${box.prefix}-left`;
    const bundle = box.bundle((config) => {
      withoutNamespace(config, 'ipc');
      config.mounts.push({ destination: '/queues', type: 'mqueue', source: 'mqueue' });
      config.mounts.push({ destination: `/queues/${name}`, type: 'bind', source, options: ['bind'] });
    });
    const before = queues();
    const result = box.call(['explain', '--check', '--bundle', bundle]);
    t.match(result.stdout, /actions: \d+ will work/, result.stderr);
    t.equal(queues(), before);
  },
);

box.end(t);
