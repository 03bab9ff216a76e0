// A container that may make cgroups made them so deep that no path led to the last one, or that the runtime's stack ended before: it
// could not be removed any more, nor its processes listed, frozen or killed. Asserted: all of that works, and nothing is left.
import { existsSync } from 'node:fs';
import t from 'tap';
import { cgroups } from '../helpers/machine.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const places = ['/sys/fs/cgroup/freezer', '/sys/fs/cgroup/pids', '/sys/fs/cgroup'];
const place = places.find((path) => existsSync(`${path}/cgroup.procs`)) ?? places[2]!;
const skip = skipIf(tsruncOnly('a hole of its own'));

for (const [what, name, levels] of [
  ['a path that is longer than the kernel takes', 'n'.repeat(250), 16],
  // A hundred levels at a time.
  ['more levels than a stack has room for', 'n/'.repeat(100), 8],
] as const) {
  t.test(what, { skip, timeout: 100_000 }, async (t) => {
    const { directory, read } = box.fifo();
    const { id } = box.started((config) => {
      const make = `i=0; while [ $i -lt ${levels} ] && mkdir -p ${name} && cd ${name}; do i=$((i+1)); done`;
      // The shell itself is moved to the last one, with what it starts.
      const join = 'echo $$ > cgroup.procs; cd /; sleep 1000 & echo $i > /fifo/fifo; wait';
      config.process.args = ['sh', '-c', `cd ${place}; ${make}; ${join}`];
      config.linux.namespaces.push({ type: 'cgroup' });
      config.mounts.push(
        { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['rw', 'nosuid'] },
        { destination: '/fifo', source: directory, options: ['bind'] },
      );
    });
    t.equal(Number(read()), levels, 'they are made');
    for (const command of [
      ['state', id],
      ['exec', id, 'true'],
      ['pause', id],
      ['resume', id],
      ['kill', '--all', id, 'TERM'],
      ['kill', '--all', id, 'KILL'],
      ['delete', '--force', id],
    ]) {
      const result = box.call(command);
      t.equal(result.status, 0, `${command[0]}: ${result.stderr.slice(0, 200)}`);
      if (command[0] === 'exec') {
        const pids = box.call(['ps', '--format', 'json', id]);
        t.ok((JSON.parse(pids.stdout) as number[]).length >= 2, `ps: ${pids.stdout} ${pids.stderr.slice(0, 200)}`);
      }
    }
    t.same(
      cgroups().filter((path) => path.endsWith(`/${id}`)),
      [],
    );
  });
}

box.end(t);
