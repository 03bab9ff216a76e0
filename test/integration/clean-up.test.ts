// What holds when a command has done its work and what it is to remove can't be removed: somebody else's process is in the
// container's cgroup.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findCgroupPlaces } from '../faults/site.js';
import type { TestConfig } from '../helpers/config.js';
import { lives } from '../helpers/lives.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** A container whose createRuntime hook leaves a process in its cgroup, which ends with status 7. */
function visited(id: string) {
  const place = join(findCgroupPlaces(box)[0]!, id);
  const file = join(box.directory(), 'pid');
  const script = `sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >${place}/cgroup.procs; echo $! >${file}`;
  const change = (config: TestConfig) => {
    config.process.args = ['sh', '-c', 'echo here; exit 7'];
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', script], env: ['PATH=/bin:/usr/bin'] }] };
  };
  const visitor = () => Number(readFileSync(file, 'utf8'));
  t.teardown(() => existsSync(file) && lives(visitor()) && process.kill(visitor(), 'SIGKILL'));
  return { place, change, visitor };
}

t.test(
  'run has the status of the process when the cgroup stays, and says what is left',
  { skip: skipIf() },
  async (t) => {
    for (const log of [false, true]) {
      const id = box.id('visited');
      const { place, change, visitor } = visited(id);
      const file = join(box.directory(), 'log');
      const options = log ? ['--log', file, '--log-format', 'json'] : [];
      const result = box.call([...options, 'run', '--bundle', box.bundle(change), id]);
      t.equal(result.status, 7);
      t.match(result.stdout, /^here/);
      t.ok(lives(visitor()), "another's process lives");
      if (!differs({ runc: 'it says nothing', crun: 'it says nothing' })) {
        t.match(result.stderr, new RegExp(`cleaning up: ${place}: .*${visitor()}.*delete --force ${id}`, 's'));
        if (log) {
          const lines = readFileSync(file, 'utf8').trim().split('\n');
          const { level, msg } = JSON.parse(lines.at(-1)!) as { level: string; msg: string };
          t.match({ level, msg }, { level: 'error', msg: /cleaning up/ });
        }
      }
      process.kill(visitor(), 'SIGKILL');
      t.equal(box.call(['delete', '--force', id]).status, 0);
      t.notOk(existsSync(place));
      t.notOk(existsSync(join(box.root, id)));
    }
  },
);

box.end(t);
