/** mounts[].uidMappings and gidMappings: which ids they map, to which, and how many. */
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('containerID, hostID and size', { skip: skipIf(differs({ runc: 'came with 1.2' })) }, async (t) => {
  const source = box.directory();
  for (const [name, uid, gid] of [
    ['first', 5, 6],
    ['second', 6, 7],
    ['third', 7, 8],
  ] as const) {
    writeFileSync(join(source, name), '');
    chownSync(join(source, name), uid, gid);
  }
  const result = box.sh('stat -c "%n %u:%g" /mnt/*; touch /mnt/made', (config) => {
    config.process.user = { uid: 1006, gid: 2006 };
    config.mounts.push({
      destination: '/mnt',
      source,
      options: ['bind'],
      uidMappings: [{ containerID: 5, hostID: 1005, size: 2 }],
      gidMappings: [
        { containerID: 6, hostID: 2006, size: 1 },
        { containerID: 8, hostID: 3008, size: 1 },
      ],
    });
  });
  t.equal(result.stdout, '/mnt/first 1005:2006\n/mnt/second 1006:65534\n/mnt/third 65534:3008\n', result.stderr);
});

box.end(t);
