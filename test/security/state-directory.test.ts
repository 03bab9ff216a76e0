// `delete --force` and the other commands met links and foreign files in the state directory, as somebody who got to write there
// (or to the directory of the notify socket) would leave them. Asserted: nothing outside is removed, read as state or changed.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { plainEnv } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(tsruncOnly('its own state directory'));

function outside(): string {
  const directory = box.directory('outside');
  mkdirSync(join(directory, 'below'));
  writeFileSync(join(directory, 'below/file'), 'kept');
  return directory;
}

t.test('links in the state directory are removed, not followed', { skip }, async (t) => {
  const kept = outside();
  const { id } = box.started();
  const directory = join(box.root, id);
  symlinkSync(kept, join(directory, 'link'));
  mkdirSync(join(directory, 'notify'));
  symlinkSync(join(kept, 'below'), join(directory, 'notify/notify.sock'));
  t.equal(box.call(['delete', '--force', id]).status, 0);
  t.notOk(existsSync(directory));
  t.equal(readFileSync(join(kept, 'below/file'), 'utf8'), 'kept');
});

t.test('a state directory that is a link is no container', { skip }, async (t) => {
  const kept = outside();
  const id = box.id();
  box.call(['list']);
  mkdirSync(box.root, { recursive: true });
  symlinkSync(kept, join(box.root, id));
  for (const command of [
    ['state', id],
    ['kill', id, 'KILL'],
    ['exec', id, 'true'],
    ['start', id],
  ])
    t.not(box.call(command).status, 0, command.join(' '));
  box.call(['delete', '--force', id]);
  t.same(readdirSync(kept), ['below']);
  t.equal(readFileSync(join(kept, 'below/file'), 'utf8'), 'kept');
  rmSync(join(box.root, id), { force: true });
});

t.test('the state of another container is not taken for this one', { skip }, async (t) => {
  const victim = box.started();
  const { id } = box.create();
  writeFileSync(join(box.root, id, 'state.json'), readFileSync(join(box.root, victim.id, 'state.json')));
  t.not(box.call(['kill', id, 'KILL']).status, 0);
  t.equal(box.state(victim.id).status, 'running');
});

t.test('only root reads the state, anybody may pass to the notify socket', { skip }, async (t) => {
  const { id } = box.create(() => {}, { env: { ...plainEnv, NOTIFY_SOCKET: '/nonexistent' } });
  const mode = (name: string) => (statSync(join(box.root, id, name)).mode & 0o777).toString(8);
  t.equal(mode('state.json'), '600');
  t.equal(mode('config.json'), '600');
  t.equal(mode('start.fifo'), '600');
  t.equal(mode('.'), '711');
});

box.end(t);
