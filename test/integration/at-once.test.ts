// A caller that acts the moment a command has returned: docs/protocol.md, "When a command returns".
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lives } from '../helpers/lives.js';
import { cgroups } from '../helpers/machine.js';
import { kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const ROUNDS = 5;
const sleeper = () => box.bundle((config) => (config.process.args = ['sleep', '1000']));
const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];

t.test('create, start, exec, pause, delete, and the id again', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const bundle = sleeper();
  const directory = box.directory();
  for (let round = 0; round < ROUNDS; round++) {
    const call = (...args: string[]) => {
      const result = box.call(args);
      t.equal(result.status, 0, `${result.command}: ${result.stderr}`);
    };
    const pidFile = join(directory, `pid${round}`);
    call('create', '--pid-file', pidFile, '--bundle', bundle, id);
    t.match(box.state(id), { status: 'created', pid: Number(readFileSync(pidFile, 'utf8')) });
    call('start', id);
    // Looked at before anything else could have taken time. runc returns earlier.
    if (kind !== 'runc') t.equal(commandOf(Number(readFileSync(pidFile, 'utf8'))), 'sleep');
    t.equal(box.state(id).status, 'running');
    const execFile = join(directory, `exec${round}`);
    call('exec', '--detach', '--pid-file', execFile, id, 'sleep', '999');
    const inner = Number(readFileSync(execFile, 'utf8'));
    if (kind !== 'runc') t.equal(commandOf(inner), 'sleep');
    call('pause', id);
    t.equal(box.state(id).status, 'paused');
    call('resume', id);
    t.equal(box.state(id).status, 'running');
    call('delete', '--force', id);
    t.notOk(lives(inner), 'the process of exec');
    t.notOk(existsSync(join(box.root, id)));
    t.same(
      cgroups().filter((path) => path.endsWith(`/${id}`)),
      [],
    );
  }
});

t.test('kill of a created container, and start or delete', { skip: skipIf() }, async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = box.create();
    t.equal(box.call(['kill', id, 'KILL']).status, 0);
    const start = box.call(['start', id]);
    t.not(start.status, 0);
    t.equal(box.call(['delete', '--force', id]).status, 0);
  }
});

t.test('start changes no file of the state', { skip: skipIf(tsruncOnly('its files')) }, async (t) => {
  const { id } = box.create((config) => (config.process.args = ['sleep', '1000']));
  const directory = join(box.root, id);
  // A byte goes through a fifo, which has no content to change.
  const files = () =>
    readdirSync(directory).map((name) => {
      const stat = lstatSync(join(directory, name), { bigint: true });
      return { name, inode: stat.ino, ...(stat.isFIFO() ? {} : { size: stat.size, time: stat.mtimeNs }) };
    });
  const before = files();
  t.equal(box.call(['start', id]).status, 0);
  t.same(files(), before);
});

t.test(
  'kill --all KILL: every process is dead',
  { skip: skipIf(differs({ runc: 'sends the signal and returns' })) },
  async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id } = box.started();
      const { pid } = box.state(id);
      t.equal(box.call(['kill', '--all', id, 'KILL']).status, 0);
      const stat = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') X';
      t.match(stat, /\) [XZ]/);
      t.equal(box.call(['delete', id]).status, 0);
    }
  },
);

box.end(t);
