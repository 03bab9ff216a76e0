// Masked files were covered by the host's own /dev/null, and exec passed it on as a standard stream: root of a container could
// change the mode and the owner of the host's device. Asserted: they stay as they are.
import { statSync } from 'node:fs';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const change =
  'for f in /proc/keys /proc/self/fd/0; do chmod 0666 $f; chown 0:0 $f; touch -d @1 $f; done 2>/dev/null; true';

function mayChangeFiles(config: TestConfig): void {
  for (const set of ['bounding', 'effective', 'permitted'] as const)
    config.process.capabilities[set]!.push('CAP_CHOWN', 'CAP_FOWNER', 'CAP_DAC_OVERRIDE');
}

const host = (): string => {
  const { mode, uid, gid, mtimeMs } = statSync('/dev/null');
  return `${mode} ${uid} ${gid} ${mtimeMs === 1000}`;
};

t.test('a masked path is no way to the host device', { skip: skipIf() }, async (t) => {
  const before = host();
  box.sh(change, mayChangeFiles);
  t.equal(host(), before);
});

t.test('nor are the standard streams of exec', { skip: skipIf() }, async (t) => {
  const before = host();
  const { id } = box.started(mayChangeFiles);
  const result = box.call(['exec', id, 'sh', '-c', change]);
  t.equal(result.status, 0, result.stderr);
  t.equal(host(), before);
});

t.test('not even where the container has another /dev/null', { skip: skipIf() }, async (t) => {
  const before = host();
  const { id } = box.started(mayChangeFiles);
  t.equal(box.call(['exec', id, 'sh', '-c', 'rm /dev/null; touch /dev/null']).status, 0);
  const result = box.call(['exec', id, 'sh', '-c', change]);
  t.equal(result.status, 0, result.stderr);
  t.equal(host(), before);
});

box.end(t);
