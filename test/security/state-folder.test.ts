// `delete --force` and the other commands met links and foreign files in the state folder, as somebody who got to write there
// (or to the folder of the notify socket) would leave them. Asserted: nothing outside is removed, read as state or changed.
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
const skip = skipIf(tsruncOnly('its own state folder'));

function outside(): string {
  const folder = box.directory('outside');
  mkdirSync(join(folder, 'below'));
  writeFileSync(join(folder, 'below/file'), 'kept');
  return folder;
}

t.test('links in the state folder are removed, not followed', { skip }, async (t) => {
  const kept = outside();
  const { id } = box.started();
  const folder = join(box.root, id);
  symlinkSync(kept, join(folder, 'link'));
  mkdirSync(join(folder, 'notify'));
  symlinkSync(join(kept, 'below'), join(folder, 'notify/notify.sock'));
  t.equal(box.call(['delete', '--force', id]).status, 0);
  t.notOk(existsSync(folder));
  t.equal(readFileSync(join(kept, 'below/file'), 'utf8'), 'kept');
});

t.test('a state folder that is a link is no container', { skip }, async (t) => {
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
